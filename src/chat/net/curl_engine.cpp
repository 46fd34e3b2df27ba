#include "chat/net/curl_engine.h"

#include <pthread.h>

#include <utility>

namespace chat::net {

namespace {

/// Without an order or a byte; libcurl's own timeouts count when they are earlier.
constexpr int kLongestPollMilliseconds = 60'000;

}  // namespace

CurlEngine::CurlEngine(int connectionsPerHost) {
    static std::once_flag initialized;
    std::call_once(initialized, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    share_.reset(curl_share_init());
    multi_.reset(curl_multi_init());
    if (!works()) {
        return;
    }
    curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(
        multi_.get(), CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(connectionsPerHost));
    // Also when no transfer is in it: libcurl's own bound grows and shrinks with them.
    curl_multi_setopt(
        multi_.get(), CURLMOPT_MAXCONNECTS, 2 * static_cast<long>(connectionsPerHost));
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    ::pthread_setname_np(thread_.native_handle(), "chat-net");
}

CurlEngine::~CurlEngine() {
    thread_.request_stop();
    if (works()) {
        curl_multi_wakeup(multi_.get());
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

void CurlEngine::begin(CurlTransfer& transfer) {
    post([this, &transfer] {
        curl_easy_setopt(transfer.handle(), CURLOPT_SHARE, share_.get());
        if (curl_multi_add_handle(multi_.get(), transfer.handle()) == CURLM_OK) {
            running_.insert(&transfer);
        } else {
            transfer.ended(CURLE_FAILED_INIT);
        }
    });
}

void CurlEngine::resume(CurlTransfer& transfer) {
    post([&transfer] { curl_easy_pause(transfer.handle(), CURLPAUSE_CONT); });
}

void CurlEngine::end(CurlTransfer& transfer) {
    bool gone = false;
    post([this, &transfer, &gone] {
        curl_multi_remove_handle(multi_.get(), transfer.handle());
        curl_easy_setopt(transfer.handle(), CURLOPT_SHARE, nullptr);
        running_.erase(&transfer);
        {
            const std::lock_guard lock(mutex_);
            gone = true;
        }
        gone_.notify_all();
    });
    std::unique_lock lock(mutex_);
    gone_.wait(lock, [&] { return gone; });
}

void CurlEngine::post(std::function<void()> order) {
    {
        const std::lock_guard lock(mutex_);
        orders_.push_back(std::move(order));
    }
    curl_multi_wakeup(multi_.get());
}

void CurlEngine::carryOutOrders() {
    std::vector<std::function<void()>> orders;
    {
        const std::lock_guard lock(mutex_);
        orders.swap(orders_);
    }
    for (const auto& order : orders) {
        order();
    }
}

void CurlEngine::tellEnds() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
        CurlTransfer* transfer = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer->ended(message->data.result);
    }
}

void CurlEngine::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        carryOutOrders();
        int running = 0;
        if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) {
            for (CurlTransfer* const transfer : running_) {
                transfer->ended(CURLE_FAILED_INIT);
            }
        }
        tellEnds();
        curl_multi_poll(multi_.get(), nullptr, 0, kLongestPollMilliseconds, nullptr);
    }
}

}  // namespace chat::net
