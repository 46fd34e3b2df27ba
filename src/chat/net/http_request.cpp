#include "chat/net/http_request.h"

#include "chat/core/c_handle.h"
#include "chat/core/text.h"
#include "chat/net/public_address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <mutex>
#include <optional>

namespace chat::net {

namespace {

/// More than this of what a server says to a refusal or redirect is not listened to.
constexpr std::uint64_t kMaxOtherBytes = 64 * 1024;

using Easy = std::unique_ptr<CURL, ReleaseValue<curl_easy_cleanup>>;
using Address = std::unique_ptr<CURLU, ReleaseValue<curl_url_cleanup>>;
using Headers = std::unique_ptr<curl_slist, ReleaseValue<curl_slist_free_all>>;

std::string partOf(CURLU* address, CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(address, which, &text, 0) != CURLUE_OK) {
        return {};
    }
    const std::unique_ptr<char, ReleaseValue<curl_free>> owner(text);
    return text;
}

bool isAllowed(const std::string& host, const std::vector<std::string>& allowed) {
    return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& entry) {
        return entry.starts_with('.') ? host.ends_with(entry) : host == entry;
    });
}

/// The number that a text starts with.
template <typename T>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} ? std::optional<T>(value) : std::nullopt;
}

/// The host of an address that may be asked.
Result<std::string> checkedHost(const std::string& text, const DownloadSettings& settings) {
    const Address address(curl_url());
    if (!address || curl_url_set(address.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
        return fail(ErrorCode::DlPermAddressRefused, "The address of the download is not one");
    }
    const std::string scheme = partOf(address.get(), CURLUPART_SCHEME);
    std::string host = lowerAscii(partOf(address.get(), CURLUPART_HOST));
    if (scheme != "https" && !(scheme == "http" && settings.allowHttp)) {
        return fail(ErrorCode::DlPermAddressRefused,
                    fmt::format("{} was to be asked over {}, which is not safe", host, scheme));
    }
    if (!partOf(address.get(), CURLUPART_USER).empty() || !isAllowed(host, settings.allowedHosts)) {
        return fail(ErrorCode::DlPermAddressRefused,
                    fmt::format("{} is not a host that may be asked", host));
    }
    return host;
}

/// The state of one request while libcurl calls back.
class Exchange {
  public:
    Exchange(std::uint64_t bytes,
             const DownloadSettings& settings,
             PartialFile& part,
             const std::function<void(std::uint64_t)>& progress,
             const std::stop_token& stop)
        : bytes_(bytes)
        , settings_(settings)
        , part_(part)
        , progress_(progress)
        , stop_(stop) {}

    void setUp(CURL* curl, const std::string& address);
    [[nodiscard]] Result<Answer> outcome(CURL* curl, CURLcode code, const std::string& host) const;

  private:
    static curl_socket_t onSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
    static std::size_t onHeader(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t onBody(char* data, std::size_t size, std::size_t count, void* self);
    static int onProgress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

    void header(std::string_view line);
    Status body(std::string_view data);
    Status startBody();
    Status tooLarge();
    [[nodiscard]] bool bringsTheFile() const { return status_ == 200 || status_ == 206; }
    [[nodiscard]] Error failure(CURLcode code, const std::string& host) const;
    [[nodiscard]] Error refusal(const std::string& host) const;

    std::uint64_t bytes_;
    const DownloadSettings& settings_;
    PartialFile& part_;
    const std::function<void(std::uint64_t)>& progress_;
    const std::stop_token& stop_;
    Headers headers_;
    std::array<char, CURL_ERROR_SIZE> reason_{};

    int status_ = 0;
    std::string versionMark_;
    std::optional<std::uint64_t> rangeStart_;
    std::uint64_t announcedBytes_ = 0;
    std::uint64_t otherBytes_ = 0;
    bool bodyStarted_ = false;
    std::string refusedAddress_;
    std::optional<Error> error_;
};

void Exchange::setUp(CURL* curl, const std::string& address) {
    curl_easy_setopt(curl, CURLOPT_URL, address.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, settings_.allowHttp ? "http,https" : "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!settings_.certificateFile.empty()) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, settings_.certificateFile.c_str());
        curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
    }
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "chat");
    curl_easy_setopt(
        curl,
        CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(std::chrono::milliseconds(settings_.connectTimeout).count()));
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(
        curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings_.stallTimeout.count()));
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason_.data());
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &Exchange::onSocket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Exchange::onHeader);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Exchange::onBody);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Exchange::onProgress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
    if (part_.length() > 0) {
        curl_easy_setopt(curl, CURLOPT_RANGE, fmt::format("{}-", part_.length()).c_str());
        // Only a strong mark can say that the bytes are the same.
        if (part_.versionMark().starts_with('"')) {
            headers_.reset(
                curl_slist_append(nullptr, ("If-Range: " + part_.versionMark()).c_str()));
            curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_.get());
        }
    }
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
    const auto& allowed = exchange.settings_.allowedAddresses;
    if (!isPublicAddress(text.data()) &&
        std::find(allowed.begin(), allowed.end(), text.data()) == allowed.end()) {
        exchange.refusedAddress_ = text.data();
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t Exchange::onHeader(char* data, std::size_t size, std::size_t count, void* self) {
    static_cast<Exchange*>(self)->header(trimmed({data, size * count}));
    return size * count;
}

void Exchange::header(std::string_view line) {
    if (line.starts_with("HTTP/")) {  // the last of several is the answer
        const auto space = line.find(' ');
        status_ =
            space == std::string_view::npos ? 0 : number<int>(line.substr(space + 1)).value_or(0);
        versionMark_.clear();
        rangeStart_.reset();
        announcedBytes_ = 0;
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
        versionMark_ = value;
    } else if (name == "content-length") {
        announcedBytes_ = number<std::uint64_t>(value).value_or(0);
    } else if (name == "content-range" && value.starts_with(kUnit)) {
        rangeStart_ = number<std::uint64_t>(value.substr(kUnit.size()));
    }
}

std::size_t Exchange::onBody(char* data, std::size_t size, std::size_t count, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    if (!exchange.bringsTheFile()) {
        exchange.otherBytes_ += size * count;
        return exchange.otherBytes_ <= kMaxOtherBytes ? size * count : 0;
    }
    if (auto taken = exchange.body({data, size * count}); !taken) {
        exchange.error_ = taken.error();
        return 0;
    }
    return size * count;
}

Status Exchange::tooLarge() {
    static_cast<void>(part_.startAnew());
    return fail(ErrorCode::DlResTooLarge,
                fmt::format("The server sent more than the {} bytes of the file", bytes_));
}

Status Exchange::startBody() {
    bodyStarted_ = true;
    if (announcedBytes_ > bytes_) {
        return tooLarge();
    }
    if (status_ == 206 && rangeStart_ == part_.length()) {
        return {};
    }
    if (auto empty = part_.startAnew(versionMark_); !empty) {
        return empty;
    }
    if (status_ == 206) {
        return fail(ErrorCode::DlDataIncomplete,
                    "The server sent another piece than the one asked for");
    }
    return {};
}

Status Exchange::body(std::string_view data) {
    if (!bodyStarted_) {
        if (auto started = startBody(); !started) {
            return started;
        }
    }
    if (data.size() > bytes_ - part_.length()) {
        return tooLarge();
    }
    auto written = part_.append(data);
    if (written && progress_) {
        progress_(part_.length());
    }
    return written;
}

int Exchange::onProgress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Exchange*>(self)->stop_.stop_requested() ? 1 : 0;
}

Error Exchange::failure(CURLcode code, const std::string& host) const {
    const auto error = [&](ErrorCode which, std::string_view what) {
        return Error{which, fmt::format("{} {}", host, what), curl_easy_strerror(code)};
    };
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
            return error(ErrorCode::DlTimeRequestTimeout, "did not answer in time");
        case CURLE_PARTIAL_FILE:
            return error(ErrorCode::DlDataIncomplete, "ended the file early");
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE: {
            Error refused = error(ErrorCode::DlPermCertificateRefused,
                                  "could not prove with its certificate that it is that host");
            refused.cause = reason_.data();
            return refused;
        }
        case CURLE_UNSUPPORTED_PROTOCOL:
            return error(ErrorCode::DlPermAddressRefused, "was to be asked in an unsafe way");
        default:
            return error(ErrorCode::DlConnNetworkError, "could not be reached or broke off");
    }
}

Error Exchange::refusal(const std::string& host) const {
    const bool mayPass = status_ == 408 || status_ == 416 || status_ == 429 || status_ >= 500;
    const bool says = status_ >= 400 && status_ < 500;
    return {mayPass ? ErrorCode::DlConnNetworkError
            : says  ? ErrorCode::DlPermAccessDenied
                    : ErrorCode::DlUnkGenericError,
            status_ == 404 ? fmt::format("{} does not have the file", host)
                           : fmt::format("{} does not give the file", host),
            fmt::format("HTTP status {}", status_)};
}

Result<Answer> Exchange::outcome(CURL* curl, CURLcode code, const std::string& host) const {
    if (stop_.stop_requested()) {
        return fail(ErrorCode::SysStateStopped, "The download was stopped");
    }
    if (error_) {
        return tl::unexpected(*error_);
    }
    if (code != CURLE_OK && !refusedAddress_.empty()) {
        return fail(
            ErrorCode::DlPermAddressRefused,
            fmt::format(
                "{} has the address {}, which is not one on the internet", host, refusedAddress_));
    }
    if (code != CURLE_OK && otherBytes_ <= kMaxOtherBytes) {
        return tl::unexpected(failure(code, host));
    }
    const char* redirect = nullptr;
    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &redirect);
    if (status_ >= 300 && status_ < 400 && redirect != nullptr) {
        return Answer{redirect};
    }
    if (status_ == 416) {
        static_cast<void>(part_.startAnew());
    }
    if (!bringsTheFile()) {
        return tl::unexpected(refusal(host));
    }
    if (part_.length() < bytes_) {
        return fail(ErrorCode::DlDataIncomplete,
                    fmt::format("{} sent {} of {} bytes", host, part_.length(), bytes_));
    }
    return Answer{};
}

}  // namespace

Result<Answer> request(const std::string& address,
                       std::uint64_t bytes,
                       const DownloadSettings& settings,
                       PartialFile& part,
                       const std::function<void(std::uint64_t)>& progress,
                       const std::stop_token& stop) {
    static std::once_flag initialized;
    std::call_once(initialized, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    const auto host = checkedHost(address, settings);
    if (!host) {
        return tl::unexpected(host.error());
    }
    const Easy curl(curl_easy_init());
    if (!curl) {
        return fail(ErrorCode::SysResMemoryError, "There was not enough memory for a download");
    }
    Exchange exchange(bytes, settings, part, progress, stop);
    exchange.setUp(curl.get(), address);
    const CURLcode code = curl_easy_perform(curl.get());
    return exchange.outcome(curl.get(), code, *host);
}

}  // namespace chat::net
