// Twilio as it documents itself, and one that lies.

#include "chat/source/twilio/twilio_calls.h"
#include "chat/source/twilio/twilio_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "twilio_server.h"

namespace chat::source {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

class Twilio : public testing::Test {
  protected:
    [[nodiscard]] CallSource& source() {
        if (!source_) {
            source_ = openTwilioSource(settings_, clock_).value();
        }
        return *source_;
    }

    SystemClock clock_;
    TwilioServer server_;
    TelephonySettings settings_ = server_.settings();
    std::unique_ptr<CallSource> source_;
};

TEST_F(Twilio, GivesTheDocumentedCalls) {
    settings_.numbers["+13051913580"] = {"Pizza Roma", "Harbor"};
    settings_.timeZone = "America/New_York";
    const auto page = source().search({}, {}, {});
    ASSERT_TRUE(page) << page.error().what;
    ASSERT_EQ(page->calls.size(), 2U);
    const FoundCall& inbound = page->calls.at(0);
    EXPECT_EQ(inbound.call.sid, "CAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0");
    EXPECT_EQ(inbound.call.startedAt, "2019-10-18T12:02:00") << "16:02 at Greenwich";
    EXPECT_EQ(inbound.telId, "+13051913580") << "who was called";
    EXPECT_EQ(inbound.call.phone, "+13051416798");
    EXPECT_EQ(inbound.call.chain, "Pizza Roma");
    EXPECT_EQ(inbound.call.orderId, "billingreferencetag2");
    const FoundCall& outbound = page->calls.at(1);
    EXPECT_EQ(outbound.telId, "+13051416799") << "who called";
    EXPECT_EQ(outbound.call.phone, "+13051913581");
    EXPECT_EQ(outbound.call.chain, "");
}

TEST_F(Twilio, ReadsTheRecordingThatIsThereWithBothChannels) {
    const Read read = readAll(source(), "CAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0");
    ASSERT_TRUE(read.part) << read.part.error().what;
    EXPECT_EQ(read.bytes, "sound of b") << "the other one is deleted";
    EXPECT_THAT(server_.seen().back().target,
                EndsWith("/Recordings/REaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab.wav?RequestedChannels=2"));
}

TEST_F(Twilio, IsAskedForTheDaysAroundThoseOfTheCallCenter) {
    SearchFilter filter;
    filter.fromDate = "2020-03-01";
    filter.toDate = "2020-12-31";
    ASSERT_TRUE(source().search(filter, {}, {}));
    EXPECT_THAT(server_.seen().back().target,
                EndsWith("/Calls.json?Status=completed&PageSize=1000&StartTime%3E=2020-02-29&"
                         "StartTime%3C=2021-01-02"));
}

TEST_F(Twilio, HasItsDaysByTheCallCentersClock) {
    SearchFilter filter;  // the calls began at 16:02 and 17:02 at Greenwich, on the 18th
    filter.fromDate = "2019-10-19";
    filter.toDate = "2019-10-19";
    filter.toTime = "01:30:00";
    settings_.timeZone = "Asia/Tokyo";
    EXPECT_EQ(sidsOf(source().search(filter, {}, {})), "CAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0");
    source_.reset();
    settings_.timeZone = "America/New_York";
    EXPECT_EQ(sidsOf(source().search(filter, {}, {})), "");
}

TEST_F(Twilio, IsShownTheAccountAndItsToken) {
    ::setenv(
        "CHAT_TEST_TWILIO", "AC1:t0ken", 1);  // NOLINT(concurrency-mt-unsafe): one thread reads
    settings_.server.credential.kind = CredentialKind::Basic;
    settings_.server.credential.variable = "CHAT_TEST_TWILIO";
    ASSERT_TRUE(source().search({}, {}, {}));
    EXPECT_EQ(server_.seen().back().credential, "Basic QUMxOnQwa2Vu");
}

/// Twilio with more calls than a page has.
class TwilioPages : public testing::Test {
  protected:
    [[nodiscard]] Result<CallPage> search(const PageRequest& page = {}) {
        if (!source_) {
            source_ = openTwilioSource(server_.settings(), clock_).value();
        }
        return source_->search({}, page, {});
    }

    SystemClock clock_;
    CallFolder folder_;
    TwilioServer server_{folder_};
    std::unique_ptr<CallSource> source_;
};

TEST_F(TwilioPages, AreAskedForOnceForAllPagesOfASearch) {
    const auto first = search({3, ""});
    ASSERT_TRUE(first);
    EXPECT_EQ(first->total, 7U);
    const std::size_t asked = server_.seen().size();
    EXPECT_EQ(asked, 4U) << "13 entries, four a page";
    EXPECT_THAT(server_.seen().back().target, HasSubstr("PageToken=PA"));
    EXPECT_EQ(sidsOf(search({3, first->next})), "CA1,CA2,CA3");
    EXPECT_EQ(server_.seen().size(), asked);
    ASSERT_TRUE(search());
    EXPECT_EQ(server_.seen().size(), 2 * asked) << "a search of its own";
}

TEST_F(TwilioPages, ThatFailKeepTheCallsBefore) {
    server_.failFrom(2);
    const auto page = search();
    ASSERT_TRUE(page) << page.error().what;
    EXPECT_GT(page->calls.size(), 2U);
    EXPECT_LT(page->calls.size(), 7U);
    EXPECT_EQ(page->total, std::nullopt);
    EXPECT_EQ(page->cutShort.value_or(Error{}).code, ErrorCode::ApiUnkGenericError);
}

TEST_F(TwilioPages, ThatFollowNothingAreNotAskedFor) {
    for (const std::string lie : {"https://elsewhere.example/2010-04-01/",
                                  "@elsewhere.example/",
                                  "/2010-04-01/Accounts/ACbbbb/Calls.json",
                                  "/2010-04-01/Accounts/ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/x y"}) {
        server_.lieAboutNext(lie);
        const auto page = search();
        ASSERT_TRUE(page);
        EXPECT_EQ(page->cutShort.value_or(Error{}).code, ErrorCode::ApiDataInvalidResponse) << lie;
    }
}

TEST(TwilioTime, IsThatOfTheCallCenterWhereverThisMachineIs) {
    ::setenv("TZ", "Asia/Tokyo", 1);  // NOLINT(concurrency-mt-unsafe): one thread
    const LocalTime newYork = localTimeIn("America/New_York");
    EXPECT_EQ(localCallTime("Sun, 08 Mar 2026 06:59:59 +0000", newYork), "2026-03-08T01:59:59");
    EXPECT_EQ(localCallTime("Sun, 08 Mar 2026 07:00:00 +0000", newYork), "2026-03-08T03:00:00");
    EXPECT_EQ(localCallTime("Sun, 08 Mar 2026 09:00:00 +0200", newYork), "2026-03-08T03:00:00");
    EXPECT_EQ(localCallTime("Sun, 08 Mar 2026 07:00:00 +0000", localTimeIn("")),
              "2026-03-08T16:00:00");
    ::unsetenv("TZ");  // NOLINT(concurrency-mt-unsafe): one thread
    for (const char* text : {"",
                             "2019-10-18T17:02:00",
                             "Fri, 18 Oct 2019 17:02:00",
                             "Fri, 38 Oct 2019 17:02:00 +0000"}) {
        EXPECT_EQ(localCallTime(text, newYork), "") << text;
    }
}

}  // namespace
}  // namespace chat::source
