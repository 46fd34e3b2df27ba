#pragma once

#include "chat/net/host_places.h"
#include "chat/net/http_client.h"

#include <memory>

namespace chat::net {

class CurlEngine;

/// HTTP/1.1 and HTTP/2 by libcurl, with the proxy that the environment names (https_proxy, no_proxy). Addresses of this machine
/// and its network are refused after names have been looked up, so that no name can lead there.
///
/// All that is asked goes over one set of connections, which a thread of its own works on; over HTTP/2 several answers share one.
class CurlClient final : public HttpClient {
  public:
    explicit CurlClient(AccessRules rules);
    /// Nobody asks any more.
    ~CurlClient() override;
    CurlClient(const CurlClient&) = delete;
    CurlClient& operator=(const CurlClient&) = delete;
    CurlClient(CurlClient&&) = delete;
    CurlClient& operator=(CurlClient&&) = delete;

    [[nodiscard]] tl::expected<HttpHead, HttpError> get(const HttpRequest& request,
                                                        const TakeBody& take,
                                                        const std::stop_token& stop) override;

  private:
    AccessRules rules_;
    HostPlaces places_;
    std::unique_ptr<CurlEngine> engine_;
};

}  // namespace chat::net
