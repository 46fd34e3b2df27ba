#pragma once

#include "chat/core/c_handle.h"
#include "chat/net/curl_transfer.h"

#include <curl/curl.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace chat::net {

/// Works on any number of transfers at once, on a thread of its own, which is the only one that touches libcurl's connections.
/// They are kept for the transfers that follow, with what is known of names and TLS sessions.
class CurlEngine {
  public:
    explicit CurlEngine(int connectionsPerHost);
    /// No transfer is in it any more.
    ~CurlEngine();
    CurlEngine(const CurlEngine&) = delete;
    CurlEngine& operator=(const CurlEngine&) = delete;
    CurlEngine(CurlEngine&&) = delete;
    CurlEngine& operator=(CurlEngine&&) = delete;

    /// False when there was not enough memory; nothing else may be called then.
    [[nodiscard]] bool works() const { return multi_ && share_; }

    void begin(CurlTransfer& transfer);
    /// Goes on with one that was full.
    void resume(CurlTransfer& transfer);
    /// Lets go of it, whether it has ended or not; when this returns the engine's thread knows it no more.
    void end(CurlTransfer& transfer);

  private:
    void run(const std::stop_token& stop);
    void post(std::function<void()> order);
    void carryOutOrders();
    void tellEnds();

    std::unique_ptr<CURLSH, ReleaseValue<curl_share_cleanup>> share_;
    std::unique_ptr<CURLM, ReleaseValue<curl_multi_cleanup>> multi_;
    std::set<CurlTransfer*> running_;  // the thread's
    std::mutex mutex_;
    std::condition_variable gone_;
    std::vector<std::function<void()>> orders_;
    std::jthread thread_;
};

}  // namespace chat::net
