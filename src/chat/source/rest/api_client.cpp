#include "chat/source/rest/api_client.h"

#include "chat/core/backoff.h"
#include "chat/net/partial_file.h"
#include "chat/net/web_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chat::source {

namespace {

using net::HttpFault;
using net::HttpHead;

constexpr int kMaxRedirects = 5;

ErrorCode codeOf(HttpFault fault) {
    switch (fault) {
        case HttpFault::AddressRefused:
            return ErrorCode::ApiPermAddressRefused;
        case HttpFault::CertificateRefused:
            return ErrorCode::ApiPermCertificateRefused;
        case HttpFault::Unreachable:
            return ErrorCode::ApiConnNetworkError;
        case HttpFault::BrokenOff:
            return ErrorCode::ApiDataIncomplete;
        case HttpFault::Timeout:
            return ErrorCode::ApiConnTimeout;
        case HttpFault::Malformed:
            return ErrorCode::ApiDataInvalidResponse;
        case HttpFault::TooLarge:
            return ErrorCode::ApiResTooLarge;
        case HttpFault::Stopped:
            return ErrorCode::SysStateStopped;
        case HttpFault::Memory:
            return ErrorCode::SysResMemoryError;
        case HttpFault::Taker:
            break;
    }
    return ErrorCode::ApiUnkGenericError;
}

constexpr std::string_view kUnlessVersion = "If-None-Match: ";

/// It is still the version that was asked about.
bool isUnchanged(const HttpHead& head, const std::vector<std::string>& headers) {
    return head.status == 304 && std::ranges::any_of(headers, [](const std::string& header) {
               return header.starts_with(kUnlessVersion);
           });
}

bool mayPass(HttpFault fault) {
    return fault == HttpFault::Unreachable || fault == HttpFault::BrokenOff ||
           fault == HttpFault::Timeout;
}

/// The server has no bytes from there on.
bool isRangeMissing(const HttpHead& head) {
    return head.status == 416;
}

/// What an answer means that is neither the thing asked for nor a redirect.
Error refusal(const HttpHead& head, const std::string& host) {
    const auto error = [&](ErrorCode code, std::string_view what) {
        return Error{
            code, fmt::format("{} {}", host, what), fmt::format("HTTP status {}", head.status)};
    };
    switch (head.status) {
        case 400:
        case 422:
            return error(ErrorCode::ApiValRequestRefused, "refused the request as wrong");
        case 401:
        case 403:
        case 407:
            return error(ErrorCode::ApiPermUnauthorized, "does not let CHAT in");
        case 404:
        case 410:
            return error(ErrorCode::ApiDataNotFound, "does not have what was asked for");
        case 429: {
            const auto wait = head.retryAfter;
            return error(ErrorCode::ApiResRateLimited,
                         wait ? fmt::format("wants to be asked again in {} s", wait->count())
                              : "wants to be asked less often");
        }
        default:
            return head.status >= 500
                       ? error(ErrorCode::ApiUnkGenericError, "answered with an error of its own")
                       : error(ErrorCode::ApiDataInvalidResponse, "answered in an unexpected way");
    }
}

}  // namespace

net::AccessRules accessRulesOf(const RestSettings& settings) {
    net::AccessRules rules;
    rules.allowedHosts = settings.allowHosts;
    rules.allowedHosts.push_back(net::originOf(settings.address).value_or(net::Origin{}).host);
    rules.allowedAddresses = settings.allowAddresses;
    rules.certificateFile = settings.certificateFile.string();
    rules.allowHttp = settings.allowHttp;
    rules.connectTimeout = settings.connectTimeout;
    rules.stallTimeout = settings.stallTimeout;
    rules.connectionsPerHost = settings.connections;
    return rules;
}

ApiClient::ApiClient(const RestSettings& settings,
                     std::string credential,
                     net::HttpClient& http,
                     const Clock& clock)
    : settings_(settings)
    , credential_(std::move(credential))
    , http_(http)
    , breaker_(clock)
    , host_(net::originOf(settings.address).value_or(net::Origin{}).host) {}

tl::expected<HttpHead, ApiClient::Failure> ApiClient::follow(net::HttpRequest request,
                                                             const net::TakeBody& take,
                                                             const std::stop_token& stop) {
    const auto own = net::originOf(settings_.address);
    const std::vector<std::string> headers = request.headers;
    for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
        request.headers = headers;
        const auto origin = net::originOf(request.address);
        if (!credential_.empty() && own && origin == own) {
            request.headers.push_back(credential_);
        }
        const auto head = http_.get(request, take, stop);
        if (!head) {
            const net::HttpError& error = head.error();
            return tl::unexpected(error.taker
                                      ? Failure{*error.taker, false, {}}
                                      : Failure{{codeOf(error.fault), error.what, error.cause},
                                                mayPass(error.fault),
                                                {}});
        }
        if (net::bringsBody(*head) || isRangeMissing(*head) || isUnchanged(*head, headers)) {
            return *head;
        }
        if (head->redirect.empty()) {
            return tl::unexpected(Failure{refusal(*head, origin ? origin->host : host_),
                                          net::mayPass(*head),
                                          head->retryAfter});
        }
        request.address = head->redirect;
    }
    return tl::unexpected(
        Failure{{ErrorCode::ApiPermAddressRefused,
                 fmt::format("{} redirected more than {} times", host_, kMaxRedirects),
                 {}},
                false,
                {}});
}

tl::expected<HttpHead, ApiClient::Failure> ApiClient::ask(net::HttpRequest request,
                                                          const net::TakeBody& take,
                                                          const std::stop_token& stop) {
    if (!breaker_.lets(host_)) {
        return tl::unexpected(Failure{
            {ErrorCode::ApiStateHostPaused,
             fmt::format("{} failed several times in a row and is not asked for a while", host_),
             {}},
            false,
            {}});
    }
    auto head = follow(std::move(request), take, stop);
    // Who breaks off or wants to be asked less often is there.
    const bool down = !head && head.error().mayPass &&
                      head.error().error.code != ErrorCode::ApiResRateLimited &&
                      head.error().error.code != ErrorCode::ApiDataIncomplete;
    if (down) {
        breaker_.failed(host_);
    } else if (!stop.stop_requested()) {
        breaker_.succeeded(host_);
    }
    return head;
}

Status ApiClient::pause(const Failure& failure, int attempt, const std::stop_token& stop) const {
    if (!failure.mayPass || attempt + 1 >= settings_.attempts ||
        failure.retryAfter.value_or(std::chrono::seconds(0)) > settings_.longestRetryAfter) {
        return tl::unexpected(failure.error);
    }
    const auto jitter = fullJitter(attempt, settings_.firstDelay, settings_.longestDelay);
    const auto wait = failure.retryAfter ? *failure.retryAfter + jitter : jitter;
    return waited(wait, stop)
               ? Status{}
               : fail(ErrorCode::SysStateStopped, "Asking the telephony's server was stopped");
}

Result<ListText> ApiClient::list(const std::string& path,
                                 const std::stop_token& stop,
                                 const std::string* atHand) {
    net::HttpRequest request;
    request.address = settings_.address + path;
    request.headers = {"Accept: application/json"};
    request.maxBytes = settings_.maxListBytes;
    request.compressed = true;
    request.timeout = settings_.requestTimeout;
    if (atHand != nullptr && !atHand->empty()) {
        request.headers.push_back(std::string(kUnlessVersion) + *atHand);
    }
    ListText longest;  // of the attempts that broke off
    for (int attempt = 0;; ++attempt) {
        std::string text;
        const auto head = ask(
            request,
            [&](const HttpHead& /*head*/, std::string_view bytes) -> Status {
                text += bytes;
                return {};
            },
            stop);
        if (head) {
            return ListText{
                std::move(text), {}, head->versionMark, isUnchanged(*head, request.headers)};
        }
        if (atHand != nullptr) {
            return tl::unexpected(head.error().error);
        }
        const bool cut = head.error().mayPass;
        if (cut && text.size() > longest.text.size()) {
            longest.text = std::move(text);
        }
        if (auto paused = pause(head.error(), attempt, stop); !paused) {
            if (stop.stop_requested() || !cut || longest.text.empty()) {
                return tl::unexpected(paused.error());
            }
            longest.brokenOff = paused.error();
            return longest;
        }
    }
}

Result<RecordingPart> ApiClient::recording(const std::string& path,
                                           const RecordingPart& from,
                                           const TakeBytes& take,
                                           const std::stop_token& stop) {
    RecordingPart given = from;  // its offset moves with what has been taken
    std::optional<RecordingPart> part;
    bool begun = false;  // this attempt's answer is the one that was asked for
    const auto begin = [&](const HttpHead& head) -> Status {
        const bool goesOn = head.status == 206;
        if (goesOn && (head.rangeStart != given.offset || head.versionMark != given.versionMark)) {
            return fail(ErrorCode::DlDataIncomplete,
                        "The server sent another piece of the recording than the one asked for");
        }
        if (!goesOn && part && given.offset > 0) {
            return fail(ErrorCode::DlDataIncomplete,
                        "The recording changed while it was being fetched");
        }
        if (!part) {
            part = RecordingPart{goesOn ? given.offset : 0,
                                 head.versionMark,
                                 goesOn ? head.wholeBytes : head.announcedBytes};
            given = *part;
        }
        begun = true;
        return {};
    };
    const auto accept = [&](const HttpHead& head, std::string_view bytes) -> Status {
        if (!begun) {
            if (auto fits = begin(head); !fits) {
                return fits;
            }
        }
        auto taken = take(part.value_or(RecordingPart{}), bytes);
        given.offset += taken ? bytes.size() : 0;
        return taken;
    };
    for (int fruitless = 0;;) {
        net::HttpRequest request;
        request.address = settings_.address + path;
        request.maxBytes = settings_.maxRecordingBytes;
        // Only a strong mark can say that the bytes are the same.
        if (given.offset > 0 && given.versionMark.starts_with('"')) {
            request.headers = {fmt::format("Range: bytes={}-", given.offset),
                               "If-Range: " + given.versionMark};
        }
        const bool ranged = !request.headers.empty();
        const std::uint64_t before = given.offset;
        begun = false;
        const auto head = ask(std::move(request), accept, stop);
        if (head && isRangeMissing(*head)) {
            if (part || !ranged) {
                return fail(ErrorCode::DlDataIncomplete,
                            "The server has fewer bytes of the recording than it said");
            }
            if (head->wholeBytes == given.offset && head->versionMark == given.versionMark) {
                return RecordingPart{given.offset, given.versionMark, given.offset};
            }
            given = {};  // it is another recording, and shorter
            continue;
        }
        if (head) {
            return part.value_or(RecordingPart{0, head->versionMark, 0});
        }
        const bool progressed = given.offset >= before + net::kProgressThatCounts;
        if (auto paused = pause(head.error(), progressed ? 0 : fruitless, stop); !paused) {
            Error error = paused.error();
            error.code = error.code == ErrorCode::ApiDataIncomplete ? ErrorCode::DlDataIncomplete
                                                                    : error.code;
            return tl::unexpected(std::move(error));
        }
        fruitless = progressed ? 0 : fruitless + 1;
    }
}

}  // namespace chat::source
