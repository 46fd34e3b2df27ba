// What every CallSource keeps, whatever is behind it: a folder, a telephone system over TLS, Twilio, Asterisk.

#include "chat/source/telephony/open_telephony.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "call_sources.h"
#include "twilio_server.h"

namespace chat::source {
namespace {

/// A source over the calls of a folder, and what it stands on.
struct Opened {
    std::shared_ptr<void> server;
    std::unique_ptr<CallSource> source;
};

struct Implementation {
    std::string name;
    std::function<Opened(const CallFolder&)> open;
};

void PrintTo(const Implementation& implementation, std::ostream* out) {
    *out << implementation.name;
}

Opened openFolder(const CallFolder& folder) {
    return {nullptr,
            std::make_unique<FolderSource>(FolderSource::open(folder.listing(), {}).value())};
}

Opened openServer(const CallFolder& folder) {
    static const SystemClock kClock;
    auto server =
        std::make_shared<tests::DemoServer>(folder.path() / "server", folder.serverArguments());
    auto source = openRestSource(settingsFor(*server), kClock).value();
    return {std::move(server), std::move(source)};
}

Opened openTwilio(const CallFolder& folder) {
    static const SystemClock kClock;
    auto server = std::make_shared<TwilioServer>(folder);
    auto source = openTelephony(server->settings(), kClock, {}).value();
    return {std::move(server), std::move(source)};
}

/// The folder's calls in FreePBX's table of calls, each store with a number of its own.
Opened openAsterisk(const CallFolder& folder) {
    static const SystemClock kClock;
    const auto quoted = [](std::string text) {
        for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2) {
            text.insert(at, 1, '"');
        }
        return "\"" + text + "\",";
    };
    TelephonySettings settings;
    settings.kind = TelephonyKind::Asterisk;
    std::string records =
        "calldate,src,did,dstchannel,disposition,uniqueid,userfield,recordingfile\n";
    for (const SourceRecording& recording : folder.listing().recordings) {
        const CallAttributes& call = recording.attributes;
        const std::string number = call.chain + call.store;
        settings.numbers[number] = {call.chain, call.store};
        records += quoted(call.startedAt) + quoted(call.phone) + quoted(number) +
                   quoted(call.agent.empty() ? "" : "PJSIP/" + call.agent + "-00000001") +
                   quoted("ANSWERED") + quoted(call.sid) + quoted(call.orderId) +
                   recording.path.filename().string() + "\n";
    }
    settings.asterisk.records = folder.path() / "cdr.csv";
    settings.asterisk.recordings = folder.path();
    std::ofstream(settings.asterisk.records) << records;
    return {nullptr, openTelephony(settings, kClock, {}).value()};
}

class CallSourceContract : public testing::TestWithParam<Implementation> {
  protected:
    [[nodiscard]] CallSource& source() const { return *opened_.source; }

    [[nodiscard]] std::string idOf(const Result<std::vector<Named>>& all, const std::string& name) {
        for (const Named& one : all.value_or(std::vector<Named>{})) {
            if (one.name == name) {
                return one.id;
            }
        }
        return "there is no " + name;
    }
    [[nodiscard]] static std::string namesOf(const Result<std::vector<Named>>& all) {
        if (!all) {
            return std::string(errorName(all.error().code));
        }
        std::string names;
        for (const Named& one : *all) {
            names += (names.empty() ? "" : ",") + one.name;
        }
        return names;
    }
    [[nodiscard]] std::string found(const SearchFilter& filter) const {
        return sidsOf(source().search(filter, {}, {}));
    }
    [[nodiscard]] std::string foundBy(std::string SearchFilter::* field,
                                      const std::string& value) const {
        SearchFilter filter;
        filter.*field = value;
        return found(filter);
    }

    CallFolder folder_;
    Opened opened_ = GetParam().open(folder_);
};

TEST_P(CallSourceContract, ListsChainsStoresAndAgentsByName) {
    const auto chains = source().chains({});
    ASSERT_TRUE(chains) << chains.error().what << chains.error().cause;
    EXPECT_EQ(namesOf(chains), "Auto Parts,Pizza & Söhne");
    const std::string pizza = idOf(chains, "Pizza & Söhne");
    const std::string parts = idOf(chains, "Auto Parts");
    EXPECT_EQ(namesOf(source().stores(pizza, {})), "Harbor,North");
    EXPECT_EQ(namesOf(source().stores(parts, {})), "East,Harbor");
    EXPECT_NE(idOf(source().stores(pizza, {}), "Harbor"),
              idOf(source().stores(parts, {}), "Harbor"))
        << "stores of one name in two chains are two";
    EXPECT_EQ(namesOf(source().agents(pizza, "", {})), "Ada,Bob");
    EXPECT_EQ(namesOf(source().agents(pizza, idOf(source().stores(pizza, {}), "North"), {})),
              "Ada");
    EXPECT_EQ(namesOf(source().agents("", "", {})), "<script>,Ada,Bob,Cyd");
    EXPECT_EQ(namesOf(source().stores("nobody's", {})), "API_DATA_NOT_FOUND");
}

TEST_P(CallSourceContract, FindsCallsInTheOrderOfTheirBeginning) {
    EXPECT_EQ(found({}), "CA6,CA5,CA0,CA1,CA2,CA3,a/b c?d=e&f#%");
}

TEST_P(CallSourceContract, FindsByEveryField) {
    const std::string pizza = idOf(source().chains({}), "Pizza & Söhne");
    EXPECT_EQ(foundBy(&SearchFilter::chainId, pizza), "CA0,CA1,CA2");
    EXPECT_EQ(foundBy(&SearchFilter::agentId, idOf(source().agents("", "", {}), "Cyd")),
              "CA3,a/b c?d=e&f#%");
    EXPECT_EQ(foundBy(&SearchFilter::orderId, "=cmd|'/C calc'!A0"), "CA5");
    EXPECT_EQ(foundBy(&SearchFilter::callSid, "a/b c?d=e&f#%"), "a/b c?d=e&f#%");
    EXPECT_EQ(foundBy(&SearchFilter::custId, "+49 30 1"), "CA0,CA2");
    EXPECT_EQ(foundBy(&SearchFilter::telId, "17"), "");
    EXPECT_EQ(foundBy(&SearchFilter::fromDate, "2026-11-13"), "CA2,CA3,a/b c?d=e&f#%");
    EXPECT_EQ(foundBy(&SearchFilter::toDate, "2026-11-12"), "CA5,CA0,CA1") << "the day itself too";
    EXPECT_EQ(foundBy(&SearchFilter::fromTime, "18:00:00"), "CA1,CA3") << "on each of the days";
    SearchFilter filter;
    filter.chainId = pizza;
    filter.storeId = idOf(source().stores(pizza, {}), "Harbor");
    filter.fromDate = "2026-11-12";
    filter.toDate = "2026-11-12";
    filter.toTime = "12:00:00";
    EXPECT_EQ(found(filter), "CA0") << "all of them at once";
}

TEST_P(CallSourceContract, TellsOfACallWhatIsKnown) {
    const auto page = source().search({}, {}, {});
    ASSERT_TRUE(page);
    const FoundCall& call = page->calls.at(2);
    EXPECT_EQ(call.call.chain, "Pizza & Söhne");
    EXPECT_EQ(call.call.store, "Harbor");
    EXPECT_EQ(call.call.agent, "Ada");
    EXPECT_EQ(call.call.orderId, "A-1");
    EXPECT_EQ(call.call.phone, "+49 30 1");
    EXPECT_EQ(call.call.startedAt, "2026-11-12T09:41:00");
    EXPECT_EQ(page->calls.at(1).call.agent, "<script>") << "as it is; who shows it escapes it";
    EXPECT_EQ(page->calls.at(0).call.startedAt, "");
    EXPECT_EQ(page->total, 7U);
    EXPECT_EQ(page->unusable, 0U);
}

TEST_P(CallSourceContract, PutsEveryCallOnOnePage) {
    std::string sids;
    PageRequest request;
    request.limit = 3;
    int pages = 0;
    do {
        const auto page = source().search({}, request, {});
        ASSERT_TRUE(page);
        EXPECT_LE(page->calls.size(), 3U);
        EXPECT_FALSE(page->cutShort);
        sids += (sids.empty() ? "" : ",") + sidsOf(page);
        request.cursor = page->next;
    } while (!request.cursor.empty() && ++pages < 9);
    EXPECT_EQ(sids, "CA6,CA5,CA0,CA1,CA2,CA3,a/b c?d=e&f#%");
    EXPECT_EQ(pages, 2);
}

TEST_P(CallSourceContract, RefusesASearchThatIsWrong) {
    constexpr const char* kRefused = "API_VAL_REQUEST_REFUSED";
    EXPECT_EQ(foundBy(&SearchFilter::fromDate, "2026-02-30"), kRefused);
    EXPECT_EQ(foundBy(&SearchFilter::orderId, "A\n"), kRefused);
    EXPECT_EQ(sidsOf(source().search({}, {0, ""}, {})), kRefused);
    EXPECT_EQ(sidsOf(source().search({}, {kMaxPage + 1, ""}, {})), kRefused);
    EXPECT_EQ(sidsOf(source().search({}, {10, "nobody gave this"}, {})), kRefused);
}

TEST_P(CallSourceContract, ReadsARecordingWhole) {
    for (const auto& [sid, number] : {std::pair{"CA0", 0}, std::pair{"a/b c?d=e&f#%", 4}}) {
        const Read read = readAll(source(), sid);
        ASSERT_TRUE(read.part) << read.part.error().what << read.part.error().cause;
        EXPECT_TRUE(read.bytes == CallFolder::sound(number)) << sid;
        EXPECT_EQ(read.part->offset, 0U);
        EXPECT_EQ(read.part->bytes, CallFolder::kSoundBytes);
        EXPECT_NE(read.part->versionMark, "");
    }
}

TEST_P(CallSourceContract, ReadsTheRestOfTheSameVersionOnly) {
    const Read whole = readAll(source(), "CA1");
    ASSERT_TRUE(whole.part);
    RecordingPart from{100'000, whole.part->versionMark, {}};
    const Read rest = readAll(source(), "CA1", from);
    ASSERT_TRUE(rest.part);
    EXPECT_EQ(rest.part->offset, 100'000U);
    EXPECT_EQ(rest.part->bytes, CallFolder::kSoundBytes);
    EXPECT_TRUE(rest.bytes == CallFolder::sound(1).substr(100'000));

    from.versionMark = "\"of yesterday\"";
    const Read anew = readAll(source(), "CA1", from);
    ASSERT_TRUE(anew.part);
    EXPECT_EQ(anew.part->offset, 0U);
    EXPECT_TRUE(anew.bytes == CallFolder::sound(1));
}

TEST_P(CallSourceContract, EndsReadingWithTheErrorOfWhoTakesIt) {
    const auto part = source().readRecording(
        "CA0",
        {},
        [](const RecordingPart& /*part*/, std::string_view /*bytes*/) -> Status {
            return fail(ErrorCode::SysResDiskFull, "There is no room");
        },
        {});
    ASSERT_FALSE(part);
    EXPECT_EQ(part.error().code, ErrorCode::SysResDiskFull);
}

TEST_P(CallSourceContract, KnowsNoRecordingOfACallThatItDoesNotHave) {
    const Read read = readAll(source(), "../../etc/passwd");
    ASSERT_FALSE(read.part);
    EXPECT_EQ(read.part.error().code, ErrorCode::ApiDataNotFound);
    EXPECT_EQ(read.bytes, "");
}

TEST_P(CallSourceContract, StopsReading) {
    std::stop_source stop;
    std::size_t taken = 0;
    const auto part = source().readRecording(
        "CA0",
        {},
        [&](const RecordingPart& /*part*/, std::string_view bytes) -> Status {
            taken += bytes.size();
            stop.request_stop();
            return {};
        },
        stop.get_token());
    ASSERT_FALSE(part);
    EXPECT_EQ(part.error().code, ErrorCode::SysStateStopped);
    EXPECT_LT(taken, CallFolder::kSoundBytes);
}

INSTANTIATE_TEST_SUITE_P(Sources,
                         CallSourceContract,
                         testing::Values(Implementation{"Folder", openFolder},
                                         Implementation{"RestOverTls", openServer},
                                         Implementation{"Twilio", openTwilio},
                                         Implementation{"Asterisk", openAsterisk}),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace chat::source
