#pragma once

#include "chat/core/c_handle.h"
#include "chat/net/http_client.h"

#include <curl/curl.h>

#include <array>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace chat::net {

/// One request, between the thread on which libcurl works (`CurlEngine`) and the one that asks.
///
/// libcurl's callbacks put what comes into a buffer, and the thread that asks takes it from there. When the buffer is full libcurl
/// reads no more of this answer until there is room, and goes on with the others. The request and rules outlive this.
class CurlTransfer {
  public:
    CurlTransfer(const HttpRequest& request, const AccessRules& rules);

    /// Null when there was not enough memory.
    [[nodiscard]] CURL* handle() const { return easy_.get(); }

    /// The engine's thread says that nothing more will come.
    void ended(CURLcode code);

    /// Gives all that comes to `take`, until the end, an error of `take` or a stop. `resume` has the engine go on reading.
    void handOn(const TakeBody& take,
                const std::function<void()>& resume,
                const std::stop_token& stop);
    /// What it came to, once the engine has let go of it.
    [[nodiscard]] tl::expected<HttpHead, HttpError> outcome(const std::string& host);

  private:
    static curl_socket_t onSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
    static std::size_t onHeader(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t onBody(char* data, std::size_t size, std::size_t count, void* self);

    void header(std::string_view line);
    [[nodiscard]] std::size_t body(std::string_view bytes);
    [[nodiscard]] HttpError failure(CURLcode code, const std::string& host) const;

    const HttpRequest& request_;
    const AccessRules& rules_;
    std::unique_ptr<curl_slist, ReleaseValue<curl_slist_free_all>> headers_;
    std::array<char, CURL_ERROR_SIZE> reason_{};
    std::unique_ptr<CURL, ReleaseValue<curl_easy_cleanup>> easy_;

    // The engine's thread; the head also the other one, after its first bytes have been handed over.
    HttpHead head_;
    std::size_t headBytes_ = 0;
    std::uint64_t bodyBytes_ = 0;
    std::uint64_t otherBytes_ = 0;
    std::string refusedAddress_;

    // Both threads.
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::string waiting_;
    bool paused_ = false;
    std::optional<CURLcode> code_;

    std::optional<Error> takerError_;  // the thread that asks
};

}  // namespace chat::net
