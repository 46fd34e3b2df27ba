#include "chat/net/http_download.h"

#include "chat/core/sha256.h"
#include "chat/net/http_request.h"
#include "chat/net/partial_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

namespace chat::net {

namespace {

constexpr std::uint64_t kProgressThatCounts = 1'000'000;
constexpr std::chrono::milliseconds kLongestWait{30'000};

/// Waits a random part of a bound that doubles with every attempt, so that many machines that failed
/// together do not come back together. False when stopped.
bool waited(int attempt, std::chrono::milliseconds first, std::stop_token stop) {
    const std::chrono::milliseconds bound =
        std::min<std::chrono::milliseconds>(kLongestWait, first * (1 << std::min(attempt, 16)));
    std::random_device random;
    const std::chrono::milliseconds wait(
        std::uniform_int_distribution<std::int64_t>(0, bound.count())(random));
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    return !never.wait_for(lock, stop, wait, [&] { return stop.stop_requested(); });
}

/// Asks for the rest of the file, wherever the server sends us for it.
Status fetchRest(const Download& what,
                 const DownloadSettings& settings,
                 PartialFile& part,
                 const std::function<void(std::uint64_t)>& progress,
                 const std::stop_token& stop) {
    std::string address = what.address;
    for (int redirects = 0; redirects <= settings.maxRedirects; ++redirects) {
        auto answer = request(address, what.bytes, settings, part, progress, stop);
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
Status complete(const Download& what,
                const DownloadSettings& settings,
                PartialFile& part,
                const std::function<void(std::uint64_t)>& progress,
                const std::stop_token& stop) {
    for (int fruitless = 0; part.length() < what.bytes;) {
        const std::uint64_t before = part.length();
        auto fetched = fetchRest(what, settings, part, progress, stop);
        if (fetched) {
            continue;
        }
        fruitless = part.length() >= before + kProgressThatCounts ? 1 : fruitless + 1;
        if (!errorInfo(fetched.error().code).retryable ||
            fetched.error().code == ErrorCode::SysStateStopped ||
            fetched.error().code == ErrorCode::SysResDiskFull || fruitless >= settings.attempts) {
            return fetched;
        }
        if (!waited(fruitless - 1, settings.firstDelay, stop)) {
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
    auto part = PartialFile::open(what.file);
    if (!part) {
        return tl::unexpected(part.error());
    }
    if (part->length() > what.bytes) {
        if (auto empty = part->startAnew(); !empty) {
            return empty;
        }
    }
    for (bool whole = part->length() == 0;; whole = true) {
        if (auto arrived = complete(what, settings, *part, progress, stop); !arrived) {
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
