// What fetching makes of a telephony server that misbehaves: chat-demo-server, as it is installed, told to.

#include "chat/core/files.h"
#include "chat/fetch/fetch_recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <set>
#include <thread>

#include "call_sources.h"

namespace chat::source {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// What comes of fetching CA1 once, and how often the server was asked.
struct Case {
    std::string name;
    std::vector<std::string> faults;
    std::string outcome;  ///< "whole", or the error's name
    std::size_t asked;
    std::optional<std::uint64_t> kept = {};  ///< bytes that wait for the next attempt
};

void PrintTo(const Case& one, std::ostream* out) {
    *out << one.name;
}

class FetchFaults : public testing::Test {
  protected:
    void begin(const std::vector<std::string>& faults, std::vector<std::string> arguments = {}) {
        for (const std::string& fault : faults) {
            arguments.insert(arguments.end(), {"--fault", fault});
        }
        server_ = start("server", arguments);
        settings_ = settingsFor(*server_);
    }
    [[nodiscard]] std::unique_ptr<tests::DemoServer> start(
        const std::string& name, const std::vector<std::string>& more) const {
        auto arguments = folder_.serverArguments();
        arguments.insert(arguments.end(), more.begin(), more.end());
        return std::make_unique<tests::DemoServer>(folder_.path() / name, arguments);
    }
    [[nodiscard]] CallSource& source() {
        if (!source_) {
            source_ = openRestSource(settings_, clock_).value();
        }
        return *source_;
    }
    [[nodiscard]] fs::path fileOf(const std::string& sid) const {
        return folder_.path() / "fetched" / sid;
    }
    [[nodiscard]] Status fetch(const std::string& sid,
                               std::uint64_t maxBytes = fetch::kMaxRecordingBytes) {
        CallSource& from = source();
        return fetch::fetchRecording(
            [&](const std::string& of,
                const RecordingPart& part,
                const TakeBytes& take,
                const std::stop_token& stop) { return from.readRecording(of, part, take, stop); },
            sid,
            fileOf(sid),
            {},
            maxBytes);
    }
    /// "whole" when the bytes are right, "wrong bytes", or the error's name.
    [[nodiscard]] std::string outcome(std::uint64_t maxBytes = fetch::kMaxRecordingBytes) {
        const auto fetched = fetch("CA1", maxBytes);
        EXPECT_EQ(fetched.has_value(), fs::exists(fileOf("CA1")));
        if (!fetched) {
            const Error& error = fetched.error();
            EXPECT_THAT(error.what + error.cause, testing::Not(testing::HasSubstr("CA1")));
            EXPECT_THAT(error.what + error.cause, testing::Not(testing::HasSubstr("s3cr3t")));
            return std::string(errorName(error.code));
        }
        return bytesOf("CA1") == CallFolder::sound(1) ? "whole" : "wrong bytes";
    }
    [[nodiscard]] std::string bytesOf(const std::string& sid) const {
        return readFile(fileOf(sid), 1'000'000, ErrorCode::SysUnkGenericError).value_or("");
    }
    [[nodiscard]] std::size_t asked() const { return server_->seen().size(); }

    CallFolder folder_;
    SystemClock clock_;
    RestSettings settings_;
    std::unique_ptr<tests::DemoServer> server_;
    std::unique_ptr<CallSource> source_;
};

class EachFetchFault : public FetchFaults, public testing::WithParamInterface<Case> {};

TEST_P(EachFetchFault, HasItsOutcome) {
    begin(GetParam().faults);
    settings_.stallTimeout = 1s;
    EXPECT_EQ(outcome(), GetParam().outcome);
    EXPECT_EQ(asked(), GetParam().asked);
    if (const auto& kept = GetParam().kept) {
        EXPECT_EQ(fs::file_size(fileOf("CA1").string() + ".part"), *kept);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Faults,
    EachFetchFault,
    testing::Values(
        Case{"None", {}, "whole", 1},
        Case{"CutTwice", {"recording:cut=100000*2"}, "whole", 3},
        Case{"CutEachTime", {"recording:cut=100000"}, "whole", 3},
        Case{"CutSoonEachTime", {"recording:cut=10000"}, "DL_DATA_INCOMPLETE", 20, 200'000},
        Case{"CutAtOnce", {"recording:cut=0"}, "DL_DATA_INCOMPLETE", 4, 0},
        Case{"MoreAnnounced", {"recording:lie=500"}, "DL_DATA_INCOMPLETE", 3, 0},
        Case{"MoreAnnouncedOnce", {"recording:lie=500*1"}, "DL_DATA_INCOMPLETE", 3, 0},
        Case{"LimitedForASecond", {"recording:rate-limit=1*1"}, "whole", 2},
        Case{"LimitedForAnHour", {"recording:rate-limit=3600"}, "API_RES_RATE_LIMITED", 1, 0},
        Case{"UnderRepairTwice", {"recording:status=503*2"}, "whole", 3},
        Case{"UnderRepair", {"recording:status=500"}, "API_UNK_GENERIC_ERROR", 4, 0},
        Case{"Deleted", {"recording:status=404"}, "API_DATA_NOT_FOUND", 1, 0},
        Case{"Forbidden", {"recording:status=403"}, "API_PERM_UNAUTHORIZED", 1, 0},
        Case{"NothingSaid", {"recording:delay=2500"}, "API_CONN_TIMEOUT", 4, 0},
        Case{"Dripping", {"recording:slow=3"}, "whole", 1},
        Case{"ChangedOnTheWay", {"recording:cut=100000*1", "recording:change"}, "whole", 3},
        Case{"ChangedEachTime",
             {"recording:cut=100000", "recording:change"},
             "DL_DATA_INCOMPLETE",
             10}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(FetchFaults, ALaterAttemptGoesOnWhereTheLastOneEnded) {
    begin({"recording:cut=10000"});
    EXPECT_EQ(outcome(), "DL_DATA_INCOMPLETE");
    source_.reset();
    begin({});  // as another run would find it
    EXPECT_EQ(outcome(), "whole");
    const auto seen = server_->seen();
    EXPECT_EQ(seen.back().at("range"), "bytes=200000-");
    EXPECT_NE(seen.back().at("ifRange"), "");
}

TEST_F(FetchFaults, AnotherHostIsNotAskedUnlessAllowedAndNeverShownTheCredential) {
    const auto other = start("other", {"--plain"});
    std::string elsewhere = other->address();
    elsewhere.replace(elsewhere.find("127.0.0.1"), 9, "localhost");
    const auto token = folder_.path() / "token";
    std::ofstream(token) << "s3cr3t";
    ::chmod(token.c_str(), 0600);
    begin({"recording:redirect=" + elsewhere}, {"--plain", "--token-file", token});
    settings_.allowHttp = true;
    settings_.credential.kind = CredentialKind::Bearer;
    settings_.credential.file = token;
    EXPECT_EQ(outcome(), "API_PERM_ADDRESS_REFUSED");
    EXPECT_TRUE(other->seen().empty());
    source_.reset();
    settings_.allowHosts = {"localhost"};
    settings_.allowAddresses = {"127.0.0.1", "::1"};
    EXPECT_EQ(outcome(), "whole");
    ASSERT_EQ(other->seen().size(), 1U);
    EXPECT_FALSE(other->seen().front().at("credential").get<bool>());
    source_.reset();  // servers end when their connections have
}

TEST_F(FetchFaults, OneThatIsLongerThanAllowedIsNotFetched) {
    begin({});
    EXPECT_EQ(outcome(CallFolder::kSoundBytes - 1), "DL_RES_TOO_LARGE");
    EXPECT_EQ(asked(), 1U);
}

TEST_F(FetchFaults, ManyThreadsFetchOverFewConnectionsAndEachRecordingOnce) {
    begin({"recording:cut=250000*3", "recording:status=503*2"});
    settings_.connections = 2;
    static_cast<void>(source());
    const std::vector<std::string> sids{"CA0", "CA1", "CA2", "CA3", "CA5", "CA6"};
    std::atomic<int> good{0};
    {
        std::vector<std::jthread> threads;
        for (int round = 0; round < 2; ++round) {
            for (const std::string& sid : sids) {
                threads.emplace_back([&, sid] { good += fetch(sid).has_value() ? 1 : 0; });
            }
        }
    }
    EXPECT_EQ(good, 12);
    for (const std::string& sid : sids) {
        EXPECT_TRUE(bytesOf(sid) == CallFolder::sound(sid.back() - '0')) << sid;
    }
    EXPECT_EQ(asked(), sids.size() + 3) << "each once, and again after each answer with a fault";
    std::set<int> ports;
    for (const nlohmann::json& request : server_->seen()) {
        ports.insert(request.at("port").get<int>());
    }
    EXPECT_LE(ports.size(), 2U + 3U) << "two, and a new one for each that was cut";
    for (const auto& entry : fs::directory_iterator(folder_.path() / "fetched")) {
        EXPECT_EQ(entry.path().extension(), "") << "nothing is left beside them";
    }
}

}  // namespace
}  // namespace chat::source
