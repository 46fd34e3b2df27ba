#pragma once

#include "chat/core/clock.h"

#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace chat::source {

/// Keeps a program from asking a server over and over that is down.
///
/// After `failures` in a row a host is not asked for `pause`; then one request is let through, and its outcome decides whether all
/// are again. Any thread may call.
class CircuitBreaker {
  public:
    explicit CircuitBreaker(const Clock& clock,
                            int failures = 5,
                            std::chrono::milliseconds pause = std::chrono::seconds(30))
        : clock_(clock)
        , failures_(failures)
        , pause_(pause) {}

    /// Whether a host may be asked. Who is let through says how it went.
    [[nodiscard]] bool lets(const std::string& host);
    void succeeded(const std::string& host);
    void failed(const std::string& host);

  private:
    struct State {
        int failures = 0;
        std::chrono::steady_clock::time_point closedUntil;
    };
    const Clock& clock_;
    int failures_;
    std::chrono::milliseconds pause_;
    std::mutex mutex_;
    std::map<std::string, State> hosts_;
};

}  // namespace chat::source
