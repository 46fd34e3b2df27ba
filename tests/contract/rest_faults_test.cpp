// What the REST source makes of a server that misbehaves: chat-demo-server, as it is installed, told to.

#include "chat/source/rest/circuit_breaker.h"
#include "chat/source/rest/credential.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <set>

#include "call_sources.h"
#include "fakes/manual_clock.h"

namespace chat::source {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class RestFaults : public testing::Test {
  protected:
    /// Starts a server with these faults and opens a source on it.
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
    [[nodiscard]] Result<CallPage> search() { return source().search({}, {}, {}); }
    /// The code that a search ends with, and what is said of it.
    [[nodiscard]] Error failure() {
        const auto page = search();
        EXPECT_FALSE(page) << sidsOf(page);
        return page ? Error{} : page.error();
    }
    [[nodiscard]] std::size_t asked() const { return server_->seen().size(); }

    static constexpr const char* kAll = "CA6,CA5,CA0,CA1,CA2,CA3,a/b c?d=e&f#%";
    CallFolder folder_;
    SystemClock clock_;
    RestSettings settings_;
    std::unique_ptr<tests::DemoServer> server_;
    std::unique_ptr<CallSource> source_;
};

TEST_F(RestFaults, AreAskedAgainWhenTheyMayPass) {
    begin({"calls:status=503*2", "calls:status=500*3"});
    EXPECT_EQ(sidsOf(search()), kAll);
    EXPECT_EQ(asked(), 4U);
}

TEST_F(RestFaults, AreGivenUpAfterSomeAttempts) {
    begin({"calls:status=500"});
    const Error error = failure();
    EXPECT_EQ(error.code, ErrorCode::ApiUnkGenericError);
    EXPECT_EQ(error.cause, "HTTP status 500");
    EXPECT_EQ(asked(), 4U);
}

TEST_F(RestFaults, WaitAsLongAsTheServerSays) {
    begin({"calls:rate-limit=1*1"});
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(sidsOf(search()), kAll);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 1s);
    EXPECT_EQ(asked(), 2U);
}

TEST_F(RestFaults, DoNotWaitForHours) {
    begin({"calls:rate-limit=3600"});
    const Error error = failure();
    EXPECT_EQ(error.code, ErrorCode::ApiResRateLimited);
    EXPECT_THAT(error.what, HasSubstr("again in 3600 s"));
    EXPECT_EQ(asked(), 1U);
}

TEST_F(RestFaults, AHostThatIsDownIsLeftAlone) {
    begin({"calls:status=503"});
    EXPECT_EQ(failure().code, ErrorCode::ApiUnkGenericError);
    EXPECT_EQ(failure().code, ErrorCode::ApiStateHostPaused);
    EXPECT_EQ(failure().code, ErrorCode::ApiStateHostPaused);
    EXPECT_EQ(asked(), 5U) << "after five failures in a row nothing is sent";
}

TEST_F(RestFaults, APageThatBreaksOffKeepsWhatCame) {
    begin({"calls:cut=520"});
    const auto page = search();
    ASSERT_TRUE(page) << page.error().what;
    const std::string sids = sidsOf(page);
    EXPECT_THAT(sids, testing::StartsWith("CA6,CA5,"));
    EXPECT_LT(page->calls.size(), 7U);
    ASSERT_TRUE(page->cutShort);
    EXPECT_EQ(page->cutShort.value_or(Error{}).code, ErrorCode::ApiDataIncomplete);
    EXPECT_EQ(asked(), 4U) << "it was tried again first";
}

TEST_F(RestFaults, APageThatBreaksOffOnceIsWhole) {
    begin({"calls:cut=520*1"});
    const auto page = search();
    EXPECT_EQ(sidsOf(page), kAll);
    EXPECT_FALSE(page->cutShort);
}

TEST_F(RestFaults, LengthsThatAreLiesAreSeen) {
    begin({"calls:lie=100"});
    const auto longer = search();
    ASSERT_TRUE(longer);
    EXPECT_TRUE(longer->cutShort) << "more was announced than came";
    source_.reset();
    begin({"calls:lie=-40"});
    const auto shorter = search();
    ASSERT_TRUE(shorter);
    EXPECT_TRUE(shorter->cutShort) << "less was announced, and so the list has no end";
}

TEST_F(RestFaults, WhatIsNoListIsNotUsed) {
    begin({"calls:page*1", "calls:bomb=64*2", "calls:deep=100000*3"});
    EXPECT_EQ(failure().code, ErrorCode::ApiDataInvalidResponse);
    EXPECT_EQ(failure().code, ErrorCode::ApiResTooLarge) << "64 MB in 64 KB";
    EXPECT_EQ(failure().code, ErrorCode::ApiResTooLarge) << "nested 100,000 deep";
    EXPECT_EQ(asked(), 3U) << "none is asked again";
}

TEST_F(RestFaults, AnAnswerThatDripsIsTimedOut) {
    begin({"calls:slow=1500"});
    settings_.requestTimeout = 500ms;
    settings_.attempts = 2;
    const auto page = search();
    const ErrorCode code = page ? page->cutShort.value_or(Error{}).code : page.error().code;
    EXPECT_EQ(code, ErrorCode::ApiConnTimeout);
}

TEST_F(RestFaults, NamesThatWouldActArriveAsTheyAre) {
    begin({"any:names"});
    const auto page = search();
    ASSERT_TRUE(page);
    EXPECT_THAT(page->calls.at(2).call.store, HasSubstr("<script>alert(1)</script>\x1B[31m"));
    EXPECT_THAT(page->calls.at(2).call.store, testing::EndsWith("Harbor"));
}

TEST_F(RestFaults, AnotherHostIsNotAskedUnlessAllowed) {
    const auto other = start("other", {});
    std::string elsewhere = other->address();
    elsewhere.replace(elsewhere.find("127.0.0.1"), 9, "localhost");
    begin({"any:redirect=" + elsewhere});
    EXPECT_EQ(failure().code, ErrorCode::ApiPermAddressRefused);
    const Read read = readAll(source(), "CA0");
    EXPECT_EQ(read.part.error().code, ErrorCode::ApiPermAddressRefused);
    EXPECT_TRUE(other->seen().empty());
}

TEST_F(RestFaults, TheCredentialGoesToItsOwnServerOnly) {
    const std::string token = folder_.path() / "token";
    std::ofstream(token) << "s3cr3t\n";
    ::chmod(token.c_str(), 0600);
    const auto other = start("other", {"--plain"});
    begin({"any:redirect=" + other->address()}, {"--plain", "--token-file", token});
    settings_.allowHttp = true;
    settings_.credential.kind = CredentialKind::Bearer;
    settings_.credential.file = token;
    EXPECT_EQ(sidsOf(search()), kAll) << "the other one asks for none";
    ASSERT_EQ(asked(), 1U);
    EXPECT_TRUE(server_->seen().at(0).at("credential").get<bool>());
    ASSERT_EQ(other->seen().size(), 1U);
    EXPECT_FALSE(other->seen().at(0).at("credential").get<bool>());
}

TEST_F(RestFaults, AWrongCredentialIsNotTriedTwiceAndNotQuoted) {
    const std::string token = folder_.path() / "token";
    std::ofstream(token) << "right";
    begin({}, {"--token-file", token});
    ::setenv("CHAT_TEST_TOKEN", "wr0ng", 1);  // NOLINT(concurrency-mt-unsafe): no other thread yet
    settings_.credential.kind = CredentialKind::Bearer;
    settings_.credential.variable = "CHAT_TEST_TOKEN";
    const Error error = failure();
    EXPECT_EQ(error.code, ErrorCode::ApiPermUnauthorized);
    EXPECT_THAT(error.what + error.cause, Not(HasSubstr("wr0ng")));
    EXPECT_EQ(asked(), 1U);
}

TEST_F(RestFaults, NothingIsSentToAServerThatCannotProveWhoItIs) {
    begin({});
    settings_.certificateFile.clear();
    EXPECT_EQ(failure().code, ErrorCode::ApiPermCertificateRefused);
    source_.reset();
    settings_ = settingsFor(*server_);
    settings_.allowAddresses.clear();
    EXPECT_EQ(failure().code, ErrorCode::ApiPermAddressRefused) << "an address of this machine";
    EXPECT_EQ(asked(), 0U);
}

TEST_F(RestFaults, OneConnectionServesManyRequests) {
    begin({});
    std::set<int> ports;
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(search());
        ASSERT_TRUE(readAll(source(), "CA0").part);
    }
    for (const nlohmann::json& request : server_->seen()) {
        ports.insert(request.at("port").get<int>());
    }
    EXPECT_EQ(asked(), 10U);
    EXPECT_EQ(ports.size(), 1U);
}

TEST_F(RestFaults, ARecordingGoesOnWhereItWasCutOff) {
    begin({"recording:cut=100000*2"});
    const Read read = readAll(source(), "CA1");
    ASSERT_TRUE(read.part) << read.part.error().what;
    EXPECT_TRUE(read.bytes == CallFolder::sound(1));
    const auto seen = server_->seen();
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_EQ(seen.at(0).at("range"), "");
    EXPECT_EQ(seen.at(1).at("range"), "bytes=100000-");
    EXPECT_EQ(seen.at(2).at("range"), "bytes=200000-");
    EXPECT_NE(seen.at(2).at("ifRange"), "");
}

TEST_F(RestFaults, ARecordingThatChangesOnTheWayIsNotMixed) {
    begin({"recording:cut=100000*1", "recording:change"});
    const Read read = readAll(source(), "CA1");
    ASSERT_FALSE(read.part);
    EXPECT_EQ(read.part.error().code, ErrorCode::DlDataIncomplete);
    EXPECT_EQ(read.bytes.size(), 100'000U) << "nothing of the other version";
}

TEST_F(RestFaults, ARecordingThatIsShorterThanAnnouncedIsNotWhole) {
    begin({"recording:lie=500"});
    const Read read = readAll(source(), "CA1");
    ASSERT_FALSE(read.part);
    EXPECT_EQ(read.bytes.size(), CallFolder::kSoundBytes);
}

TEST_F(RestFaults, AnotherShapeNeedsOnlyPointers) {
    begin({});
    // The same server read as one whose ids are called otherwise.
    settings_.fields.callSid = "/orderId";
    settings_.fields.orderId = "/callSid";
    const auto page = search();
    ASSERT_TRUE(page);
    EXPECT_EQ(sidsOf(page), "=cmd|'/C calc'!A0,A-1,A-2,A-1,B-9");
    EXPECT_EQ(page->calls.front().call.orderId, "CA5");
    EXPECT_EQ(page->unusable, 2U) << "those without an order";
    settings_.fields.calls = "/data/items";
    source_.reset();
    EXPECT_EQ(failure().code, ErrorCode::ApiDataInvalidResponse);
}

TEST(CredentialFile, IsNobodyElses) {
    const tests::TemporaryFolder folder;
    Credential credential;
    credential.kind = CredentialKind::Basic;
    credential.file = folder.file("secret", "me:pass\n");
    ::chmod(credential.file.c_str(), 0640);
    const auto open = credentialHeader(credential);
    ASSERT_FALSE(open);
    EXPECT_EQ(open.error().code, ErrorCode::CfgPermCredential);
    ::chmod(credential.file.c_str(), 0600);
    EXPECT_EQ(credentialHeader(credential).value_or(""), "Authorization: Basic bWU6cGFzcw==");
    credential.kind = CredentialKind::Key;
    EXPECT_EQ(credentialHeader(credential).value_or(""), "X-API-Key: me:pass");
    credential.file = folder.file("two", "a\nb");
    ::chmod(credential.file.c_str(), 0600);
    EXPECT_FALSE(credentialHeader(credential)) << "a second header would hide in it";
    credential.file.clear();
    credential.variable = "CHAT_TEST_NOT_SET";
    EXPECT_FALSE(credentialHeader(credential));
}

TEST(TelephonyFile, SaysWhatIsWrongAndWhere) {
    const auto problem = [](const std::string& text) {
        const auto settings = parseTelephonySettings(text, "/etc/chat", "telephony.toml");
        return settings ? std::string("nothing") : settings.error().what;
    };
    const std::string address = "address = \"https://telephony.example/api/\"\n";
    EXPECT_EQ(problem(address), "nothing");
    EXPECT_THAT(problem(""), HasSubstr("\"address\" is missing"));
    EXPECT_THAT(problem("address = \"http://telephony.example\""), HasSubstr("begin with https"));
    EXPECT_THAT(problem("address = \"https://me:pass@telephony.example\""), HasSubstr("line 1"));
    EXPECT_THAT(problem("address = \"https://telephony.example/?key=1\""), HasSubstr("query"));
    EXPECT_THAT(problem(address + "adress = \"x\""),
                HasSubstr("line 2, column 1: there is no setting"));
    EXPECT_THAT(problem(address + "[credential]\ntoken = \"abc\""),
                HasSubstr("the secret itself never stands here"));
    EXPECT_THAT(problem(address + "[credential]\nkeyring = \"pbx\"\nvariable = \"T\""),
                HasSubstr("needs one of"));
    EXPECT_THAT(problem(address + "[credential]\nkind = \"bearer\""), HasSubstr("needs one of"));
    EXPECT_THAT(problem(address + "[credential]\nkeyring = \"my pbx\""), HasSubstr("a name of"));
    EXPECT_EQ(problem(address + "[credential]\nkeyring = \"pbx\""), "nothing");
    EXPECT_THAT(problem(address + "[fields]\ncall_sid = \"id\""), HasSubstr("JSON Pointer"));
    EXPECT_THAT(problem(address + "[fields]\ncall_id = \"/id\""), HasSubstr("there are chains, "));
    EXPECT_THAT(problem(address + "cache_minutes = -1"), HasSubstr("must be 0 to"));
    EXPECT_THAT(problem("kind = \"carrier\""), HasSubstr("rest, twilio or asterisk"));
    EXPECT_THAT(problem("kind = \"asterisk\"\nrecords = \"m.csv\""),
                HasSubstr("\"recordings\" is missing"));
    const std::string twilio = "kind = \"twilio\"\naccount = \"AC1\"\n";
    EXPECT_THAT(problem(twilio), HasSubstr("\"credential\" is missing"));
    EXPECT_THAT(problem("kind = \"twilio\"\naccount = \"../AC1\""), HasSubstr("account's SID"));
    EXPECT_THAT(problem(twilio + "[credential]\nvariable = \"T\""), HasSubstr("kind = \"basic\""));
    EXPECT_THAT(problem(twilio + "[credential]\nkind = \"basic\"\nvariable = \"T\"\n[numbers]\n"
                                 "\"+1415\" = [\"Pizza\"]"),
                HasSubstr("a chain and a store"));

    const auto settings = parseTelephonySettings(
        address +
            "ca_file = \"ca.pem\"\nallow_hosts = [\"rec.example\"]\n[credential]\nkind = "
            "\"key\"\nvariable = \"TOKEN\"\n[fields]\ncall_sid = \"/id\"\n",
        "/etc/chat",
        "telephony.toml");
    ASSERT_TRUE(settings) << settings.error().what;
    EXPECT_EQ(settings->server.address, "https://telephony.example/api");
    EXPECT_EQ(settings->server.certificateFile, "/etc/chat/ca.pem");
    EXPECT_EQ(settings->server.allowHosts, std::vector<std::string>{"rec.example"});
    EXPECT_EQ(settings->server.credential.kind, CredentialKind::Key);
    EXPECT_EQ(settings->server.fields.callSid, "/id");

    const auto numbered = parseTelephonySettings(
        twilio +
            "[credential]\nkind = \"basic\"\nvariable = \"T\"\n[numbers]\n\"+1415\" = "
            "[\"Pizza\", \"Harbor\"]\n",
        "/etc/chat",
        "telephony.toml");
    ASSERT_TRUE(numbered) << numbered.error().what;
    EXPECT_EQ(numbered->server.address, "https://api.twilio.com");
    EXPECT_EQ(numbered->numbers.at("+1415").store, "Harbor");
}

TEST(CircuitBreaker, LetsOneThroughAfterAPause) {
    tests::ManualClock clock;
    CircuitBreaker breaker(clock, 2, 30s);
    breaker.failed("a");
    EXPECT_TRUE(breaker.lets("a"));
    breaker.failed("a");
    EXPECT_FALSE(breaker.lets("a"));
    EXPECT_TRUE(breaker.lets("b")) << "each host has its own";
    clock.advance(30s);
    EXPECT_TRUE(breaker.lets("a"));
    EXPECT_FALSE(breaker.lets("a")) << "one, until its outcome is known";
    breaker.failed("a");
    clock.advance(29s);
    EXPECT_FALSE(breaker.lets("a"));
    clock.advance(1s);
    EXPECT_TRUE(breaker.lets("a"));
    breaker.succeeded("a");
    EXPECT_TRUE(breaker.lets("a"));
    EXPECT_TRUE(breaker.lets("a"));
}

}  // namespace
}  // namespace chat::source
