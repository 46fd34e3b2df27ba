#include "chat/net/http_request.h"

#include "chat/net/web_address.h"

#include <fmt/format.h>

#include <optional>

namespace chat::net {

namespace {

/// Writes what comes into the part.
class Filling {
  public:
    Filling(std::uint64_t bytes,
            PartialFile& part,
            const std::function<void(std::uint64_t)>& progress)
        : bytes_(bytes)
        , part_(part)
        , progress_(progress) {}

    Status take(const HttpHead& head, std::string_view data) {
        if (!started_) {
            started_ = true;
            if (auto begun = start(head); !begun) {
                return begun;
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

  private:
    Status start(const HttpHead& head) {
        if (head.announcedBytes.value_or(0) > bytes_) {
            return tooLarge();
        }
        if (head.status == 206 && head.rangeStart == part_.length()) {
            return {};
        }
        if (auto empty = part_.startAnew(head.versionMark); !empty) {
            return empty;
        }
        if (head.status == 206) {
            return fail(ErrorCode::DlDataIncomplete,
                        "The server sent another piece than the one asked for");
        }
        return {};
    }

    Status tooLarge() {
        static_cast<void>(part_.startAnew());
        return fail(ErrorCode::DlResTooLarge,
                    fmt::format("The server sent more than the {} bytes of the file", bytes_));
    }

    std::uint64_t bytes_;
    PartialFile& part_;
    const std::function<void(std::uint64_t)>& progress_;
    bool started_ = false;
};

Error downloadError(const HttpError& error) {
    if (error.taker) {
        return *error.taker;
    }
    const auto code = [&] {
        switch (error.fault) {
            case HttpFault::AddressRefused:
                return ErrorCode::DlPermAddressRefused;
            case HttpFault::CertificateRefused:
                return ErrorCode::DlPermCertificateRefused;
            case HttpFault::BrokenOff:
                return ErrorCode::DlDataIncomplete;
            case HttpFault::Timeout:
                return ErrorCode::DlTimeRequestTimeout;
            case HttpFault::TooLarge:
                return ErrorCode::DlResTooLarge;
            case HttpFault::Stopped:
                return ErrorCode::SysStateStopped;
            case HttpFault::Memory:
                return ErrorCode::SysResMemoryError;
            case HttpFault::Unreachable:
            case HttpFault::Malformed:
            case HttpFault::Taker:
                return ErrorCode::DlConnNetworkError;
        }
        return ErrorCode::DlUnkGenericError;
    }();
    return {code,
            error.fault == HttpFault::Stopped ? "The download was stopped" : error.what,
            error.cause};
}

Error refusal(const std::string& host, const HttpHead& head) {
    const int status = head.status;
    const bool passes = mayPass(head) || status == 416;
    const bool says = status >= 400 && status < 500;
    return {passes ? ErrorCode::DlConnNetworkError
            : says ? ErrorCode::DlPermAccessDenied
                   : ErrorCode::DlUnkGenericError,
            status == 404 ? host + " does not have the file" : host + " does not give the file",
            fmt::format("HTTP status {}", status)};
}

}  // namespace

Result<Answer> request(HttpClient& client,
                       const std::string& address,
                       std::uint64_t bytes,
                       PartialFile& part,
                       const std::function<void(std::uint64_t)>& progress,
                       const std::stop_token& stop) {
    HttpRequest request;
    request.address = address;
    request.maxBytes = bytes;
    if (part.length() > 0) {
        request.headers.push_back(fmt::format("Range: bytes={}-", part.length()));
        // Only a strong mark can say that the bytes are the same.
        if (part.versionMark().starts_with('"')) {
            request.headers.push_back("If-Range: " + part.versionMark());
        }
    }
    Filling filling(bytes, part, progress);
    const auto head = client.get(
        request,
        [&](const HttpHead& said, std::string_view data) { return filling.take(said, data); },
        stop);
    if (!head) {
        return tl::unexpected(downloadError(head.error()));
    }
    if (!head->redirect.empty()) {
        return Answer{head->redirect};
    }
    if (head->status == 416) {
        static_cast<void>(part.startAnew());
    }
    if (!bringsBody(*head)) {
        return tl::unexpected(refusal(originOf(address).value_or(Origin{}).host, *head));
    }
    if (part.length() < bytes) {
        return fail(ErrorCode::DlDataIncomplete,
                    fmt::format("The server sent {} of {} bytes", part.length(), bytes));
    }
    return Answer{};
}

}  // namespace chat::net
