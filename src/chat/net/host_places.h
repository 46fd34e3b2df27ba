#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

namespace chat::net {

/// Lets so many ask a host at once, and has others wait. libcurl bounds connections only, of which one carries any number of
/// requests over HTTP/2. Any thread.
class HostPlaces {
  public:
    explicit HostPlaces(int perHost)
        : perHost_(perHost) {}

    /// Waits for a place; false without one, when stopped.
    [[nodiscard]] bool take(const std::string& host, const std::stop_token& stop);
    void give(const std::string& host);

  private:
    const int perHost_;
    std::mutex mutex_;
    std::condition_variable_any given_;
    std::map<std::string, int> taken_;
};

}  // namespace chat::net
