#include "chat/source/rest/circuit_breaker.h"

namespace chat::source {

bool CircuitBreaker::lets(const std::string& host) {
    const std::lock_guard lock(mutex_);
    State& state = hosts_[host];
    if (state.failures < failures_) {
        return true;
    }
    const auto now = clock_.steadyNow();
    if (now < state.closedUntil) {
        return false;
    }
    state.closedUntil = now + pause_;  // for the others, until this one has an outcome
    return true;
}

void CircuitBreaker::succeeded(const std::string& host) {
    const std::lock_guard lock(mutex_);
    hosts_.erase(host);
}

void CircuitBreaker::failed(const std::string& host) {
    const std::lock_guard lock(mutex_);
    State& state = hosts_[host];
    ++state.failures;
    if (state.failures >= failures_) {
        state.closedUntil = clock_.steadyNow() + pause_;
    }
}

}  // namespace chat::source
