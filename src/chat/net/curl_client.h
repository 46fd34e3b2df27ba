#pragma once

#include "chat/net/http_client.h"

#include <memory>

namespace chat::net {

/// HTTP/1.1 and HTTP/2 by libcurl, with the proxy that the environment names (https_proxy, no_proxy). Addresses of this machine
/// and its network are refused after names have been looked up, so that no name can lead there.
class CurlClient final : public HttpClient {
  public:
    explicit CurlClient(AccessRules rules);
    ~CurlClient() override;
    CurlClient(CurlClient&&) noexcept;
    CurlClient& operator=(CurlClient&&) noexcept;
    CurlClient(const CurlClient&) = delete;
    CurlClient& operator=(const CurlClient&) = delete;

    [[nodiscard]] tl::expected<HttpHead, HttpError> get(const HttpRequest& request,
                                                        const TakeBody& take,
                                                        const std::stop_token& stop) override;

  private:
    struct Connections;
    AccessRules rules_;
    std::unique_ptr<Connections> connections_;
};

}  // namespace chat::net
