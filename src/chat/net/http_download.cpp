#include "chat/net/http_download.h"

#include "chat/core/backoff.h"
#include "chat/core/sha256.h"
#include "chat/net/curl_client.h"
#include "chat/net/http_request.h"
#include "chat/net/partial_file.h"

#include <fmt/format.h>

#include <chrono>

namespace chat::net {

namespace {

constexpr std::chrono::milliseconds kLongestWait{30'000};

/// Asks for the rest of the file, wherever the server sends us for it.
Status fetchRest(HttpClient& client,
                 const Download& what,
                 const DownloadSettings& settings,
                 PartialFile& part,
                 const std::function<void(std::uint64_t)>& progress,
                 const std::stop_token& stop) {
    std::string address = what.address;
    for (int redirects = 0; redirects <= settings.maxRedirects; ++redirects) {
        auto answer = request(client, address, what.bytes, part, progress, stop);
        if (!answer) {
            return tl::unexpected(answer.error());
        }
        if (answer->redirect.empty()) {
            return {};
        }
        address = std::move(answer->redirect);
    }
    return fail(ErrorCode::DlPermAddressRefused,
                fmt::format("The server redirected more than {} times", settings.maxRedirects));
}

/// Brings the part to its full length, over as many attempts as make sense.
Status complete(HttpClient& client,
                const Download& what,
                const DownloadSettings& settings,
                PartialFile& part,
                const std::function<void(std::uint64_t)>& progress,
                const std::stop_token& stop) {
    for (int fruitless = 0; part.length() < what.bytes;) {
        const std::uint64_t before = part.length();
        auto fetched = fetchRest(client, what, settings, part, progress, stop);
        if (fetched) {
            continue;
        }
        fruitless = part.length() >= before + kProgressThatCounts ? 1 : fruitless + 1;
        if (!errorInfo(fetched.error().code).retryable ||
            fetched.error().code == ErrorCode::SysStateStopped ||
            fetched.error().code == ErrorCode::SysResDiskFull || fruitless >= settings.attempts) {
            return fetched;
        }
        if (!waited(fullJitter(fruitless - 1, settings.firstDelay, kLongestWait), stop)) {
            return fail(ErrorCode::SysStateStopped, "The download was stopped");
        }
    }
    return {};
}

}  // namespace

Status download(const Download& what,
                const DownloadSettings& settings,
                const std::function<void(std::uint64_t)>& progress,
                const std::stop_token& stop) {
    auto part = PartialFile::open(what.file, stop);
    if (!part) {
        return tl::unexpected(part.error());
    }
    if (part->length() > what.bytes) {
        if (auto empty = part->startAnew(); !empty) {
            return empty;
        }
    }
    CurlClient client(settings.access);
    for (bool whole = part->length() == 0;; whole = true) {
        if (auto arrived = complete(client, what, settings, *part, progress, stop); !arrived) {
            return arrived;
        }
        const auto sum = sha256OfFile(part->path(), stop);
        if (!sum) {
            return tl::unexpected(sum.error());
        }
        if (*sum == what.sha256) {
            return part->finish();
        }
        if (auto empty = part->startAnew(); !empty) {
            return empty;
        }
        if (whole) {
            return fail(ErrorCode::DlDataSumMismatch,
                        fmt::format("{} arrived with another SHA-256 than expected",
                                    what.file.filename().string()),
                        fmt::format("{} instead of {}", *sum, what.sha256));
        }
    }
}

}  // namespace chat::net
