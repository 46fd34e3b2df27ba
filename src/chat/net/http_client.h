#pragma once

#include "chat/core/error.h"

#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace chat::net {

/// Whom may be asked, and how long a server may take. It must always prove who it is (TLS); there is no way around that.
struct AccessRules {
    /// Hosts that may be asked; ".hf.co" stands for every host below hf.co.
    std::vector<std::string> allowedHosts;
    /// Addresses of this machine and its network that may be connected to all the same, such as
    /// "10.0.0.7" of an own mirror or proxy. All others of the kind are refused.
    std::vector<std::string> allowedAddresses;
    std::string certificateFile;  ///< authorities to trust, PEM; empty for the system's
    bool allowHttp = false;       ///< also without TLS
    std::chrono::milliseconds connectTimeout{30'000};  ///< look-up of the name and TLS included
    std::chrono::milliseconds stallTimeout{60'000};    ///< without a byte
    int connectionsPerHost = 8;                        ///< at most; who asks beyond that waits
};

struct HttpRequest {
    std::string address;
    std::vector<std::string> headers;      ///< "Name: value", without line ends
    std::uint64_t maxBytes = 0;            ///< of the body, when it is unpacked
    bool compressed = false;               ///< gzip is offered
    std::chrono::milliseconds timeout{0};  ///< from the start to the last byte; 0: none
};

/// What a server says before the body.
struct HttpHead {
    int status = 0;
    std::string versionMark;  ///< ETag
    std::string redirect;     ///< absolute address, with a status of 300 to 399
    std::optional<std::chrono::seconds> retryAfter;
    std::optional<std::uint64_t> announcedBytes;  ///< Content-Length: as sent, perhaps packed
    std::optional<std::uint64_t> rangeStart;      ///< Content-Range
    std::optional<std::uint64_t> wholeBytes;
};

enum class HttpFault : std::uint8_t {
    AddressRefused,  ///< host, scheme or address is not allowed
    CertificateRefused,
    Unreachable,  ///< no connection, or it ended before the answer
    BrokenOff,    ///< the body ended early
    Timeout,
    Malformed,  ///< no HTTP, or a packing that cannot be undone
    TooLarge,   ///< more than `maxBytes`
    Taker,      ///< who took the body said no
    Stopped,
    Memory,
};

struct HttpError {
    HttpFault fault{};
    std::string what;   ///< one sentence that names the host and nothing else of the address
    std::string cause;  ///< what libcurl or OpenSSL said
    std::optional<Error> taker;  ///< with HttpFault::Taker
};

/// Takes a body as it comes; an error ends the request.
using TakeBody = std::function<Status(const HttpHead& head, std::string_view bytes)>;

/// Keeps connections for the next request. Any number of threads may ask at once.
class HttpClient {
  public:
    virtual ~HttpClient() = default;

    /// Asks once. The body goes to `take`, on the calling thread, when the status is 200 or 206; otherwise it is thrown away. A
    /// slow `take` holds up its own answer only. Redirects are handed back, never followed. Blocks; a stop takes effect at once.
    [[nodiscard]] virtual tl::expected<HttpHead, HttpError> get(const HttpRequest& request,
                                                                const TakeBody& take,
                                                                const std::stop_token& stop) = 0;

  protected:
    HttpClient() = default;
    HttpClient(const HttpClient&) = default;
    HttpClient& operator=(const HttpClient&) = default;
    HttpClient(HttpClient&&) = default;
    HttpClient& operator=(HttpClient&&) = default;
};

[[nodiscard]] inline bool bringsBody(const HttpHead& head) {
    return head.status == 200 || head.status == 206;
}

/// Whether the same request may be answered otherwise a while later.
[[nodiscard]] inline bool mayPass(const HttpHead& head) {
    return head.status == 408 || head.status == 429 || head.status >= 500;
}

}  // namespace chat::net
