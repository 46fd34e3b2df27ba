#include "chat/net/host_places.h"

namespace chat::net {

bool HostPlaces::take(const std::string& host, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    int& taken = taken_[host];
    if (!given_.wait(lock, stop, [&] { return taken < perHost_; })) {
        return false;
    }
    ++taken;
    return true;
}

void HostPlaces::give(const std::string& host) {
    {
        const std::lock_guard lock(mutex_);
        --taken_[host];
    }
    given_.notify_all();
}

}  // namespace chat::net
