#include "chat/net/curl_transfer.h"

#include "chat/core/text.h"
#include "chat/net/public_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace chat::net {

namespace {

/// More than this of what a server says to a refusal or redirect is not listened to.
constexpr std::uint64_t kMaxOtherBytes = 64 * 1024;
constexpr std::size_t kMaxHeadBytes = 256 * 1024;

/// Of a body, not yet taken.
constexpr std::size_t kMostWaiting = 256 * 1024;
/// Handed over at once; less is handed over when it has lain for a while, so that a fast answer does not wake its thread for every
/// packet and a slow one does not lie.
constexpr std::size_t kWorthWaking = 64 * 1024;
constexpr std::chrono::milliseconds kLongestLying{20};

/// The number that a text starts with.
template <typename T>
std::optional<T> leadingNumber(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} ? std::optional<T>(value) : std::nullopt;
}

}  // namespace

CurlTransfer::CurlTransfer(const HttpRequest& request, const AccessRules& rules)
    : request_(request)
    , rules_(rules)
    , easy_(curl_easy_init()) {
    waiting_.reserve(kMostWaiting);
    CURL* curl = easy_.get();
    if (curl == nullptr) {
        return;
    }
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
    // Those that begin together wait until the first has asked whether the server speaks HTTP/2, and share its connection then.
    curl_easy_setopt(curl, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, this);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason_.data());
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &CurlTransfer::onSocket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &CurlTransfer::onHeader);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &CurlTransfer::onBody);
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
curl_socket_t CurlTransfer::onSocket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& transfer = *static_cast<CurlTransfer*>(self);
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
    const auto& allowed = transfer.rules_.allowedAddresses;
    if (!isPublicAddress(text.data()) &&
        std::find(allowed.begin(), allowed.end(), text.data()) == allowed.end()) {
        transfer.refusedAddress_ = text.data();
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t CurlTransfer::onHeader(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    transfer.headBytes_ += size * count;
    if (transfer.headBytes_ > kMaxHeadBytes) {
        return 0;
    }
    transfer.header(trimmed({data, size * count}));
    return size * count;
}

void CurlTransfer::header(std::string_view line) {
    if (bodyBytes_ > 0) {
        return;  // behind the body, when who asked already reads what stood before it
    }
    if (line.starts_with("HTTP/")) {  // the last of several is the answer
        const auto space = line.find(' ');
        head_ = {};
        head_.status = space == std::string_view::npos
                           ? 0
                           : leadingNumber<int>(line.substr(space + 1)).value_or(0);
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
        head_.announcedBytes = leadingNumber<std::uint64_t>(value);
    } else if (name == "content-range" && value.starts_with(kUnit)) {
        head_.rangeStart = leadingNumber<std::uint64_t>(value.substr(kUnit.size()));
        const auto slash = value.rfind('/');
        head_.wholeBytes = slash == std::string_view::npos
                               ? std::nullopt
                               : leadingNumber<std::uint64_t>(value.substr(slash + 1));
    }
}

std::size_t CurlTransfer::onBody(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<CurlTransfer*>(self)->body({data, size * count});
}

std::size_t CurlTransfer::body(std::string_view bytes) {
    if (!bringsBody(head_)) {
        otherBytes_ += bytes.size();
        return otherBytes_ <= kMaxOtherBytes ? bytes.size() : 0;
    }
    const std::lock_guard lock(mutex_);
    if (!waiting_.empty() && waiting_.size() + bytes.size() > kMostWaiting) {
        paused_ = true;
        return CURL_WRITEFUNC_PAUSE;  // libcurl brings the same bytes again
    }
    bodyBytes_ += bytes.size();
    waiting_ += bytes;
    if (waiting_.size() >= kWorthWaking) {
        changed_.notify_one();
    }
    return bodyBytes_ <= request_.maxBytes ? bytes.size() : 0;
}

void CurlTransfer::ended(CURLcode code) {
    const std::lock_guard lock(mutex_);
    code_ = code;
    changed_.notify_one();
}

void CurlTransfer::handOn(const TakeBody& take,
                          const std::function<void()>& resume,
                          const std::stop_token& stop) {
    std::string block;
    block.reserve(kMostWaiting);
    for (bool last = false; !last;) {
        bool goOn = false;
        {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, stop, kLongestLying, [&] {
                return code_ || waiting_.size() >= kWorthWaking;
            });
            if (stop.stop_requested()) {
                return;
            }
            block.swap(waiting_);
            last = code_.has_value();
            goOn = std::exchange(paused_, false);
        }
        if (goOn) {
            resume();
        }
        for (std::string_view rest = block; !rest.empty();) {
            const std::string_view piece = rest.substr(0, kWorthWaking);
            if (auto taken = take(head_, piece); !taken) {
                takerError_ = taken.error();
                return;
            }
            rest.remove_prefix(piece.size());
            if (stop.stop_requested()) {
                return;
            }
        }
        block.clear();
    }
}

HttpError CurlTransfer::failure(CURLcode code, const std::string& host) const {
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

tl::expected<HttpHead, HttpError> CurlTransfer::outcome(const std::string& host) {
    const CURLcode code = code_.value_or(CURLE_ABORTED_BY_CALLBACK);
    if (takerError_) {
        return tl::unexpected(
            HttpError{HttpFault::Taker, host + " sent what cannot be taken", {}, takerError_});
    }
    if (code != CURLE_OK && !refusedAddress_.empty()) {
        return tl::unexpected(HttpError{
            HttpFault::AddressRefused,
            fmt::format(
                "{} has the address {}, which is not one on the internet", host, refusedAddress_),
            {},
            {}});
    }
    if (code != CURLE_OK && otherBytes_ <= kMaxOtherBytes) {
        return tl::unexpected(failure(code, host));
    }
    const char* redirect = nullptr;
    curl_easy_getinfo(handle(), CURLINFO_REDIRECT_URL, &redirect);
    if (head_.status >= 300 && head_.status < 400 && redirect != nullptr) {
        head_.redirect = redirect;
    }
    curl_off_t seconds = 0;
    if (curl_easy_getinfo(handle(), CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0) {
        head_.retryAfter = std::chrono::seconds(seconds);
    }
    return head_;
}

}  // namespace chat::net
