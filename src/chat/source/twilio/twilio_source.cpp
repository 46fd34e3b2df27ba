#include "chat/source/twilio/twilio_source.h"

#include "chat/core/text.h"
#include "chat/net/curl_client.h"
#include "chat/net/web_address.h"
#include "chat/source/call_index.h"
#include "chat/source/rest/api_client.h"
#include "chat/source/rest/credential.h"
#include "chat/source/rest/list_answer.h"
#include "chat/source/twilio/twilio_calls.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <utility>

namespace chat::source {

namespace {

using net::percentEncoded;
using nlohmann::json;

constexpr std::size_t kMostCalls = 100'000;
constexpr std::size_t kRecentCalls = 10'000;
constexpr std::size_t kMostPages = 1000;
constexpr std::size_t kPageSize = 1000;  ///< the most that Twilio gives

/// The day so many days after "2026-11-12".
std::string shifted(const std::string& day, int days) {
    std::tm parts{};
    ::strptime(day.c_str(), "%Y-%m-%d", &parts);
    parts.tm_mday += days;
    ::timegm(&parts);  // puts the days of other months right
    return fmt::format("{:%Y-%m-%d}", parts);
}

/// What asks for the days of a filter. Days of the API are those of Greenwich and end when they begin; no time zone is further
/// away from them than this.
std::string daysOf(const SearchFilter& filter) {
    std::string query;
    if (!filter.fromDate.empty()) {
        query += "&StartTime%3E=" + shifted(filter.fromDate, -1);
    }
    if (!filter.toDate.empty()) {
        query += "&StartTime%3C=" + shifted(filter.toDate, 2);
    }
    return query;
}

/// The calls of the plan's numbers, if each had one: so its chains and stores can be listed.
CallIndex indexOf(const NumberPlan& numbers) {
    std::vector<FoundCall> calls;
    calls.reserve(numbers.size());
    for (const auto& [number, owner] : numbers) {
        FoundCall& found = calls.emplace_back();
        found.call.sid = number;
        found.call.chain = owner.chain;
        found.call.store = owner.store;
    }
    return CallIndex(std::move(calls));
}

std::uint64_t numberAt(const json& value, const std::string& pointer) {
    return wholeNumber<std::uint64_t>(textAt(value, pointer)).value_or(0);
}

class TwilioSource final : public CallSource {
  public:
    TwilioSource(TelephonySettings settings, const std::string& credential, const Clock& clock)
        : settings_(std::move(settings))
        , http_(accessRulesOf(settings_.server))
        , api_(settings_.server, credential, http_, clock)
        , account_("/2010-04-01/Accounts/" + settings_.account)
        , local_(localTimeIn(settings_.timeZone))
        , plan_(indexOf(settings_.numbers)) {}

    Result<std::vector<Named>> chains(const std::stop_token& /*stop*/) override {
        return plan_.chains();
    }

    Result<std::vector<Named>> stores(const std::string& chainId,
                                      const std::stop_token& /*stop*/) override {
        return plan_.stores(chainId);
    }

    Result<std::vector<Named>> agents(const std::string& chainId,
                                      const std::string& storeId,
                                      const std::stop_token& stop) override {
        const auto recent = fetched("", kRecentCalls, stop);
        if (!recent) {
            return tl::unexpected(recent.error());
        }
        if (const std::optional<Error>& cutShort = recent->cutShort) {
            return tl::unexpected(*cutShort);
        }
        return recent->index.agents(chainId, storeId);
    }

    Result<CallPage> search(const SearchFilter& filter,
                            const PageRequest& page,
                            const std::stop_token& stop) override {
        if (auto checked = checkSearch(filter, page); !checked) {
            return tl::unexpected(checked.error());
        }
        const std::string query = filter.callSid.empty() ? daysOf(filter) : "/" + filter.callSid;
        if (page.cursor.empty() || query != listedFor_) {
            auto all = filter.callSid.empty() ? fetched(query, kMostCalls, stop)
                                              : fetchedOne(filter.callSid, stop);
            if (!all) {
                return tl::unexpected(all.error());
            }
            listed_ = std::move(*all);
            listedFor_ = query;
        }
        auto found = listed_.index.search(filter, page);
        if (found) {
            found->unusable = page.cursor.empty() ? listed_.unusable : 0;
            if (listed_.cutShort) {
                found->total.reset();
                found->cutShort = found->next.empty() ? listed_.cutShort : std::nullopt;
            }
        }
        return found;
    }

    Result<RecordingPart> readRecording(const std::string& sid,
                                        const RecordingPart& from,
                                        const TakeBytes& take,
                                        const std::stop_token& stop) override {
        return recordingPath(sid, stop).and_then(
            [&](const std::string& path) { return api_.recording(path, from, take, stop); });
    }

  private:
    struct Fetched {
        CallIndex index;
        std::size_t unusable = 0;
        std::optional<Error> cutShort;  ///< why there are more calls than these
    };

    static Fetched gathered(TwilioCalls calls) {
        const std::size_t unusable = calls.unusable();
        return {CallIndex(std::move(calls).calls()), unusable, {}};
    }

    /// Asks for one list; of one that breaks off the entries before are had. Gives the page that follows, or nothing.
    Result<std::string> readPage(const std::string& path,
                                 const std::string& list,
                                 const std::function<void(const json&)>& entry,
                                 const std::stop_token& stop) {
        const auto answer = api_.list(path, stop);
        if (!answer) {
            return tl::unexpected(answer.error());
        }
        const auto read = readList(answer->text, list, settings_.server.maxDepth, entry);
        if (!read) {
            return tl::unexpected(read.error());
        }
        if (const std::optional<Error>& brokenOff = answer->brokenOff) {
            return tl::unexpected(*brokenOff);
        }
        if (!read->whole) {
            return fail(ErrorCode::ApiDataIncomplete, "The server ended its answer early");
        }
        std::string next = textAt(read->rest, "/next_page_uri");
        if (!next.empty() &&
            (next == path || !next.starts_with(account_ + "/") ||
             next.find_first_of(" \\#") != std::string::npos || printable(next) != next)) {
            return fail(ErrorCode::ApiDataInvalidResponse,
                        "The server says that a page follows which is none of this list");
        }
        return next;
    }

    /// All calls that a query asks for, the newest `most` of them.
    Result<Fetched> fetched(const std::string& query,
                            std::size_t most,
                            const std::stop_token& stop) {
        TwilioCalls calls(settings_.numbers, local_);
        const auto add = [&](const json& entry) { calls.add(entry); };
        std::optional<Error> cutShort;
        std::string path =
            fmt::format("{}/Calls.json?Status=completed&PageSize={}{}", account_, kPageSize, query);
        for (std::size_t pages = 0; !path.empty() && !cutShort; ++pages) {
            if (calls.size() >= most || pages == kMostPages) {
                if (most == kMostCalls) {
                    cutShort = Error{ErrorCode::ApiResTooLarge,
                                     fmt::format("There are more than {} calls", calls.size()),
                                     "Choose fewer days"};
                }
                break;
            }
            auto next = readPage(path, "/calls", add, stop);
            if (next) {
                path = std::move(*next);
            } else if (calls.size() == 0 || stop.stop_requested()) {
                return tl::unexpected(next.error());
            } else {
                cutShort = next.error();
            }
        }
        Fetched all = gathered(std::move(calls));
        all.cutShort = cutShort;
        return all;
    }

    /// The call with a SID; none when there is no such call.
    Result<Fetched> fetchedOne(const std::string& sid, const std::stop_token& stop) {
        const auto answer =
            api_.list(fmt::format("{}/Calls/{}.json", account_, percentEncoded(sid)), stop);
        if (!answer && answer.error().code != ErrorCode::ApiDataNotFound) {
            return tl::unexpected(answer.error());
        }
        TwilioCalls calls(settings_.numbers, local_);
        if (answer) {
            const auto read = readList(
                "[" + answer->text + "]", "", settings_.server.maxDepth, [&](const json& entry) {
                    calls.add(entry);
                });
            if (!read) {
                return tl::unexpected(read.error());
            }
        }
        return gathered(std::move(calls));
    }

    Result<std::string> recordingPath(const std::string& sid, const std::stop_token& stop) {
        std::string best;
        std::uint64_t longest = 0;
        const auto choose = [&](const json& entry) {
            const std::string id = textAt(entry, "/sid");
            const std::uint64_t seconds = numberAt(entry, "/duration");
            if (!isUsableId(id) || textAt(entry, "/status") != "completed" ||
                (!best.empty() && seconds <= longest)) {
                return;
            }
            longest = seconds;
            best = fmt::format("{}/Recordings/{}.wav{}",
                               account_,
                               percentEncoded(id),
                               numberAt(entry, "/channels") == 2 ? "?RequestedChannels=2" : "");
        };
        const auto page = readPage(fmt::format("{}/Calls/{}/Recordings.json?PageSize={}",
                                               account_,
                                               percentEncoded(sid),
                                               kPageSize),
                                   "/recordings",
                                   choose,
                                   stop);
        if (!page) {
            return tl::unexpected(page.error());
        }
        if (best.empty()) {
            return fail(ErrorCode::ApiDataNotFound, "There is no recording of that call");
        }
        return best;
    }

    TelephonySettings settings_;
    net::CurlClient http_;
    ApiClient api_;
    std::string account_;  ///< the path that all others begin with
    LocalTime local_;
    CallIndex plan_;
    Fetched listed_;         ///< what the last search was of,
    std::string listedFor_;  ///< and what was asked for it
};

}  // namespace

Result<std::unique_ptr<CallSource>> openTwilioSource(const TelephonySettings& settings,
                                                     const Clock& clock) {
    return credentialHeader(settings.server.credential)
        .map([&](const std::string& credential) -> std::unique_ptr<CallSource> {
            return std::make_unique<TwilioSource>(settings, credential, clock);
        });
}

}  // namespace chat::source
