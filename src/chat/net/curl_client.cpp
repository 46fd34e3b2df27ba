#include "chat/net/curl_client.h"

#include "chat/core/c_handle.h"
#include "chat/core/text.h"
#include "chat/net/public_address.h"
#include "chat/net/web_address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <mutex>

namespace chat::net {

namespace {

/// More than this of what a server says to a refusal or redirect is not listened to.
constexpr std::uint64_t kMaxOtherBytes = 64 * 1024;
constexpr std::size_t kMaxHeadBytes = 256 * 1024;
constexpr int kPollMilliseconds = 1000;

using Easy = std::unique_ptr<CURL, ReleaseValue<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, ReleaseValue<curl_multi_cleanup>>;
using Headers = std::unique_ptr<curl_slist, ReleaseValue<curl_slist_free_all>>;

/// The number that a text starts with.
template <typename T>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} ? std::optional<T>(value) : std::nullopt;
}

HttpError refusedAddress(std::string what) {
    return {HttpFault::AddressRefused, std::move(what), {}, {}};
}

/// The host of an address that may be asked.
tl::expected<std::string, HttpError> checkedHost(const std::string& address,
                                                 const AccessRules& rules) {
    const auto origin = originOf(address);
    if (!origin) {
        return tl::unexpected(refusedAddress("The address that was to be asked is not one"));
    }
    if (origin->scheme != "https" && !(origin->scheme == "http" && rules.allowHttp)) {
        return tl::unexpected(
            refusedAddress(fmt::format("{} was to be asked over {}, which is not safe",
                                       printable(origin->host),
                                       printable(origin->scheme))));
    }
    if (!isAmong(origin->host, rules.allowedHosts)) {
        return tl::unexpected(refusedAddress(
            fmt::format("{} is not a host that may be asked", printable(origin->host))));
    }
    return origin->host;
}

/// The state of one request while libcurl calls back.
class Exchange {
  public:
    Exchange(const HttpRequest& request,
             const AccessRules& rules,
             const TakeBody& take,
             const std::stop_token& stop)
        : request_(request)
        , rules_(rules)
        , take_(take)
        , stop_(stop) {}

    void setUp(CURL* curl);
    [[nodiscard]] tl::expected<HttpHead, HttpError> outcome(CURL* curl,
                                                            CURLcode code,
                                                            const std::string& host);

  private:
    static curl_socket_t onSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
    static std::size_t onHeader(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t onBody(char* data, std::size_t size, std::size_t count, void* self);

    void header(std::string_view line);
    [[nodiscard]] HttpError failure(CURLcode code, const std::string& host) const;

    const HttpRequest& request_;
    const AccessRules& rules_;
    const TakeBody& take_;
    const std::stop_token& stop_;
    Headers headers_;
    std::array<char, CURL_ERROR_SIZE> reason_{};

    HttpHead head_;
    std::size_t headBytes_ = 0;
    std::uint64_t bodyBytes_ = 0;
    std::uint64_t otherBytes_ = 0;
    std::string refusedAddress_;
    std::optional<Error> takerError_;
};

void Exchange::setUp(CURL* curl) {
    curl_easy_setopt(curl, CURLOPT_URL, request_.address.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, rules_.allowHttp ? "http,https" : "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!rules_.certificateFile.empty()) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, rules_.certificateFile.c_str());
        curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
    }
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "chat");
    curl_easy_setopt(
        curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(rules_.connectTimeout.count()));
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(
        curl,
        CURLOPT_LOW_SPEED_TIME,
        static_cast<long>(std::chrono::ceil<std::chrono::seconds>(rules_.stallTimeout).count()));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout.count()));
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason_.data());
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &Exchange::onSocket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Exchange::onHeader);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Exchange::onBody);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
    if (request_.compressed) {
        curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    }
    for (const std::string& line : request_.headers) {
        // A list is known by its first line, and stays the same as others follow.
        curl_slist* list = curl_slist_append(headers_.get(), line.c_str());
        if (!headers_) {
            headers_.reset(list);
        }
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_.get());
}

/// Sees every address that libcurl is about to connect to, after names have been looked up.
curl_socket_t Exchange::onSocket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& exchange = *static_cast<Exchange*>(self);
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* bytes = nullptr;
    if (address->family == AF_INET) {
        bytes = &reinterpret_cast<const sockaddr_in*>(&address->addr)->sin_addr;
    } else if (address->family == AF_INET6) {
        bytes = &reinterpret_cast<const sockaddr_in6*>(&address->addr)->sin6_addr;
    }
    if (bytes == nullptr ||
        ::inet_ntop(address->family, bytes, text.data(), text.size()) == nullptr) {
        return CURL_SOCKET_BAD;
    }
    const auto& allowed = exchange.rules_.allowedAddresses;
    if (!isPublicAddress(text.data()) &&
        std::find(allowed.begin(), allowed.end(), text.data()) == allowed.end()) {
        exchange.refusedAddress_ = text.data();
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t Exchange::onHeader(char* data, std::size_t size, std::size_t count, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    exchange.headBytes_ += size * count;
    if (exchange.headBytes_ > kMaxHeadBytes) {
        return 0;
    }
    exchange.header(trimmed({data, size * count}));
    return size * count;
}

void Exchange::header(std::string_view line) {
    if (line.starts_with("HTTP/")) {  // the last of several is the answer
        const auto space = line.find(' ');
        head_ = {};
        head_.status =
            space == std::string_view::npos ? 0 : number<int>(line.substr(space + 1)).value_or(0);
        return;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
        return;
    }
    const std::string name = lowerAscii(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    constexpr std::string_view kUnit = "bytes ";
    if (name == "etag") {
        head_.versionMark = value;
    } else if (name == "content-length") {
        head_.announcedBytes = number<std::uint64_t>(value);
    } else if (name == "content-range" && value.starts_with(kUnit)) {
        head_.rangeStart = number<std::uint64_t>(value.substr(kUnit.size()));
        const auto slash = value.rfind('/');
        head_.wholeBytes = slash == std::string_view::npos
                               ? std::nullopt
                               : number<std::uint64_t>(value.substr(slash + 1));
    }
}

std::size_t Exchange::onBody(char* data, std::size_t size, std::size_t count, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    if (exchange.stop_.stop_requested()) {
        return 0;
    }
    if (!bringsBody(exchange.head_)) {
        exchange.otherBytes_ += size * count;
        return exchange.otherBytes_ <= kMaxOtherBytes ? size * count : 0;
    }
    exchange.bodyBytes_ += size * count;
    if (auto taken = exchange.take_(exchange.head_, {data, size * count}); !taken) {
        exchange.takerError_ = taken.error();
        return 0;
    }
    return exchange.bodyBytes_ <= exchange.request_.maxBytes ? size * count : 0;
}

HttpError Exchange::failure(CURLcode code, const std::string& host) const {
    const auto error = [&](HttpFault fault, std::string_view what) {
        return HttpError{fault, fmt::format("{} {}", host, what), curl_easy_strerror(code), {}};
    };
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
            return error(HttpFault::Timeout, "did not answer in time");
        case CURLE_PARTIAL_FILE:
            return error(HttpFault::BrokenOff, "ended its answer early");
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE: {
            HttpError refused = error(HttpFault::CertificateRefused,
                                      "could not prove with its certificate that it is that host");
            refused.cause = reason_.data();
            return refused;
        }
        case CURLE_UNSUPPORTED_PROTOCOL:
            return error(HttpFault::AddressRefused, "was to be asked in an unsafe way");
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_WEIRD_SERVER_REPLY:
            return error(HttpFault::Malformed, "answered with something that is not HTTP");
        case CURLE_WRITE_ERROR:
            return headBytes_ > kMaxHeadBytes || bodyBytes_ > request_.maxBytes
                       ? error(HttpFault::TooLarge, "answered with more than fits")
                       : error(HttpFault::Malformed, "answered with something that is not HTTP");
        default:
            return bodyBytes_ > 0 ? error(HttpFault::BrokenOff, "broke its answer off")
                                  : error(HttpFault::Unreachable, "could not be reached");
    }
}

tl::expected<HttpHead, HttpError> Exchange::outcome(CURL* curl,
                                                    CURLcode code,
                                                    const std::string& host) {
    if (takerError_) {
        return tl::unexpected(
            HttpError{HttpFault::Taker, host + " sent what cannot be taken", {}, takerError_});
    }
    if (code != CURLE_OK && !refusedAddress_.empty()) {
        return tl::unexpected(refusedAddress(fmt::format(
            "{} has the address {}, which is not one on the internet", host, refusedAddress_)));
    }
    if (code != CURLE_OK && otherBytes_ <= kMaxOtherBytes) {
        return tl::unexpected(failure(code, host));
    }
    const char* redirect = nullptr;
    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &redirect);
    if (head_.status >= 300 && head_.status < 400 && redirect != nullptr) {
        head_.redirect = redirect;
    }
    curl_off_t seconds = 0;
    if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0) {
        head_.retryAfter = std::chrono::seconds(seconds);
    }
    return head_;
}

/// Takes a transfer out of the connections that it was put into.
class Attached {
  public:
    Attached(CURLM* multi, CURL* easy)
        : multi_(multi)
        , easy_(easy) {
        curl_multi_add_handle(multi_, easy_);
    }
    ~Attached() { curl_multi_remove_handle(multi_, easy_); }
    Attached(const Attached&) = delete;
    Attached& operator=(const Attached&) = delete;
    Attached(Attached&&) = delete;
    Attached& operator=(Attached&&) = delete;

  private:
    CURLM* multi_;
    CURL* easy_;
};

/// Lets the only transfer run to its end or until stopped.
CURLcode run(CURLM* multi, const std::stop_token& stop) {
    const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
    while (!stop.stop_requested()) {
        int running = 0;
        if (curl_multi_perform(multi, &running) != CURLM_OK) {
            return CURLE_FAILED_INIT;
        }
        int left = 0;
        if (const CURLMsg* message = curl_multi_info_read(multi, &left);
            message != nullptr && message->msg == CURLMSG_DONE) {
            return message->data.result;
        }
        curl_multi_poll(multi, nullptr, 0, kPollMilliseconds, nullptr);
    }
    return CURLE_ABORTED_BY_CALLBACK;
}

}  // namespace

struct CurlClient::Connections {
    Multi multi{curl_multi_init()};
};

CurlClient::CurlClient(AccessRules rules)
    : rules_(std::move(rules)) {
    static std::once_flag initialized;
    std::call_once(initialized, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    connections_ = std::make_unique<Connections>();
}
CurlClient::~CurlClient() = default;
CurlClient::CurlClient(CurlClient&&) noexcept = default;
CurlClient& CurlClient::operator=(CurlClient&&) noexcept = default;

tl::expected<HttpHead, HttpError> CurlClient::get(const HttpRequest& request,
                                                  const TakeBody& take,
                                                  const std::stop_token& stop) {
    const auto host = checkedHost(request.address, rules_);
    if (!host) {
        return tl::unexpected(host.error());
    }
    const Easy curl(curl_easy_init());
    if (!curl || !connections_->multi) {
        return tl::unexpected(
            HttpError{HttpFault::Memory, "There was not enough memory for a request", {}, {}});
    }
    Exchange exchange(request, rules_, take, stop);
    exchange.setUp(curl.get());
    const Attached attached(connections_->multi.get(), curl.get());
    const CURLcode code = run(connections_->multi.get(), stop);
    if (stop.stop_requested()) {
        return tl::unexpected(
            HttpError{HttpFault::Stopped, *host + " was not asked to the end", {}, {}});
    }
    return exchange.outcome(curl.get(), code, *host);
}

}  // namespace chat::net
