#include "chat/analyze/error_analytics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace chat::analyze {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Moment kBegin{std::chrono::seconds(1'794'000'000)};

/// Calls worked on and the errors that they met.
class ErrorAnalyticsTest : public testing::Test {
  protected:
    /// The next call, worked on at that time; with an error unless `code` is empty.
    ErrorEvent& call(std::chrono::minutes at,
                     const std::string& code,
                     const std::string& store = "1") {
        ++counts.calls;
        ++counts.of[Trait::Store][store];
        counts.times.push_back(kBegin + at);
        ErrorEvent event;
        event.record.time = kBegin + at;
        event.record.code = code;
        event.record.job = static_cast<std::int64_t>(counts.calls);
        event.store = store;
        event.duration = Seconds{60};
        event.lost = true;
        if (code.empty()) {
            unused = event;
            return unused;
        }
        events.push_back(event);
        return events.back();
    }

    ErrorAnalysis analyzed() {
        std::ranges::sort(counts.times);
        std::ranges::stable_sort(events, {}, [](const auto& event) { return event.record.time; });
        return analyzeErrors(events, counts, kBegin, kBegin + 24h * 7);
    }

    CallCounts counts;
    std::vector<ErrorEvent> events;
    ErrorEvent unused;
};

TEST_F(ErrorAnalyticsTest, NothingHappenedMeansNothingIsFound) {
    const ErrorAnalysis analysis = analyzed();
    EXPECT_EQ(analysis.errors, 0U);
    EXPECT_EQ(analysis.impact.calls, 0U);
    EXPECT_THAT(analysis.codes, IsEmpty());
    EXPECT_THAT(analysis.causes, IsEmpty());
}

TEST_F(ErrorAnalyticsTest, ACallCountsOnceHoweverOftenItWasTried) {
    ErrorEvent first = call(0min, "DB_CONN_LOCKED");
    first.record.time += 1min;
    events.push_back(first);
    first.record.time += 1min;
    first.record.code = "AU_DATA_EMPTY";
    first.duration = {};
    events.push_back(first);
    call(5min, "DB_CONN_LOCKED").lost = false;
    const ErrorAnalysis analysis = analyzed();
    EXPECT_EQ(analysis.errors, 4U);
    EXPECT_EQ(analysis.impact.calls, 2U);
    EXPECT_EQ(analysis.impact.lost, 1U);
    EXPECT_EQ(analysis.impact.lostSound, Seconds{0})
        << "the newest error of the call does not know its length";
    EXPECT_EQ(analysis.impact.unknownLength, 1U);
    ASSERT_THAT(analysis.codes, SizeIs(2));
    EXPECT_EQ(analysis.codes[0].code, "DB_CONN_LOCKED");
    EXPECT_EQ(analysis.codes[0].errors, 3U);
    EXPECT_EQ(analysis.codes[0].impact.calls, 2U);
    EXPECT_EQ(analysis.codes[0].last, kBegin + 5min);
}

TEST_F(ErrorAnalyticsTest, NamesTheStoreFromWhichMostCallsOfACodeCome) {
    for (int i = 0; i < 200; ++i) {
        call(std::chrono::minutes(i * 40),
             i % 20 == 0 ? "AU_DATA_TRUNCATED" : "",
             i % 20 == 0 ? "12" : std::to_string(i % 4));
    }
    call(9min, "AU_DATA_TRUNCATED", "1");
    const ErrorAnalysis analysis = analyzed();
    ASSERT_THAT(analysis.correlations, SizeIs(1));
    const ErrorCorrelation& found = analysis.correlations[0];
    EXPECT_EQ(found.trait, Trait::Store);
    EXPECT_EQ(found.value, "12");
    EXPECT_EQ((std::tuple{found.with, found.calls, found.allWith, found.all}),
              (std::tuple{10U, 11U, 10U, 201U}));
    EXPECT_LT(found.chance, 1e-6);
    ASSERT_THAT(analysis.causes, SizeIs(1));
    EXPECT_EQ(analysis.causes[0].sentence,
              "10 of its 11 calls are of store 12; of all 201 calls 10 are. Look at that store's "
              "recorder and line.");
}

TEST_F(ErrorAnalyticsTest, DoesNotNameAStoreThatHasMostCallsAnyway) {
    for (int i = 0; i < 200; ++i) {
        call(std::chrono::minutes(i * 40),
             i % 10 == 0 ? "AU_DATA_TRUNCATED" : "",
             i % 10 == 5 ? "2" : "1");
    }
    const ErrorAnalysis analysis = analyzed();
    EXPECT_THAT(analysis.correlations, IsEmpty());
    EXPECT_THAT(analysis.causes, IsEmpty());
}

TEST_F(ErrorAnalyticsTest, WhatMostCallsHaveIsNoCauseHoweverSureTheDifference) {
    for (int i = 0; i < 300; ++i) {
        call(std::chrono::minutes(i * 30),
             i % 10 == 0 ? "AU_DATA_TRUNCATED" : "",
             i % 10 == 0 || i % 3 > 0 ? "1" : "2");
    }
    const ErrorAnalysis analysis = analyzed();
    EXPECT_THAT(analysis.correlations, SizeIs(1));
    EXPECT_THAT(analysis.causes, IsEmpty());
}

TEST_F(ErrorAnalyticsTest, ComparesWithOtherErrorsWhereTheTraitOfCallsIsNotKnown) {
    for (int i = 0; i < 40; ++i) {
        call(std::chrono::minutes(i * 200), i % 2 == 0 ? "TR_RES_MEMORY_ERROR" : "AU_DATA_EMPTY")
            .record.version = i % 2 == 0 ? "0.2.0" : "0.1.0";
    }
    const ErrorAnalysis analysis = analyzed();
    ASSERT_FALSE(analysis.causes.empty());
    EXPECT_THAT(analysis.causes[0].sentence, HasSubstr("of version"));
    EXPECT_THAT(analysis.causes[0].sentence, HasSubstr("of all 40 calls with an error 20 are"));
}

TEST_F(ErrorAnalyticsTest, FindsAnOutage) {
    for (int i = 0; i < 300; ++i) {
        call(std::chrono::minutes(i * 20), i % 50 == 10 ? "DB_CONN_LOCKED" : "");
    }
    for (int i = 0; i < 12; ++i) {
        call(3001min + std::chrono::minutes(i), "DB_CONN_LOCKED");
    }
    const ErrorAnalysis analysis = analyzed();
    ASSERT_THAT(analysis.bursts, SizeIs(1));
    EXPECT_EQ(analysis.bursts[0].begin, kBegin + 3001min);
    EXPECT_EQ(analysis.bursts[0].end, kBegin + 3012min);
    EXPECT_EQ(analysis.bursts[0].calls, 12U);
    EXPECT_EQ(analysis.bursts[0].worked, 12U);
    ASSERT_THAT(analysis.causes, SizeIs(1));
    EXPECT_THAT(analysis.causes[0].sentence,
                HasSubstr("when 12 of all 312 calls were worked on: an outage"));
}

TEST_F(ErrorAnalyticsTest, ABatchThatIsRunAtOnceIsNoOutage) {
    for (int i = 0; i < 200; ++i) {
        call(std::chrono::minutes(i / 40), i % 10 == 0 ? "AU_FMT_UNSUPPORTED" : "");
    }
    EXPECT_THAT(analyzed().bursts, IsEmpty());
}

TEST_F(ErrorAnalyticsTest, WithoutTheQueueABurstIsMeasuredAgainstTheRestOfItsTime) {
    for (int i = 0; i < 10; ++i) {
        call(1min * i * 900, "DL_CONN_NETWORK_ERROR");
        call(5000min + 1min * (i % 3), "DL_CONN_NETWORK_ERROR");
    }
    counts = {};
    const ErrorAnalysis analysis = analyzed();
    ASSERT_THAT(analysis.bursts, SizeIs(1));
    EXPECT_EQ(analysis.bursts[0].calls, 10U);
    EXPECT_EQ(analysis.bursts[0].worked, 0U);
}

TEST_F(ErrorAnalyticsTest, FindsCodesThatComeTogether) {
    for (int i = 0; i < 60; ++i) {
        ErrorEvent event = call(std::chrono::minutes(i * 100),
                                i % 3 == 0 ? "AU_DATA_TRUNCATED" : "AU_DATA_CLIPPED");
        if (i % 3 == 0) {
            event.record.code = "AU_DATA_ONE_SIDED";
            events.push_back(event);
        }
    }
    const ErrorAnalysis analysis = analyzed();
    ASSERT_THAT(analysis.together, SizeIs(1));
    EXPECT_EQ(analysis.together[0].both, 20U);
    EXPECT_EQ(analysis.together[0].calls, 20U);
    EXPECT_LT(analysis.together[0].chance, 1e-6);
}

// Worked out by hand from the definitions.
TEST(Chance, IsThatOfTheHypergeometricAndOfPoissonsDistribution) {
    EXPECT_NEAR(chanceOfOverlap(0, 5, 5, 10), 1, 1e-12);
    EXPECT_NEAR(chanceOfOverlap(5, 5, 5, 10), 1.0 / 252, 1e-12);
    EXPECT_NEAR(chanceOfOverlap(3, 4, 4, 8), 17.0 / 70, 1e-12);
    EXPECT_NEAR(chanceOfOverlap(2, 9, 9, 10), 1, 1e-12);
    EXPECT_DOUBLE_EQ(chanceOfCount(0, 3), 1);
    EXPECT_NEAR(chanceOfCount(1, 2), 1 - std::exp(-2), 1e-12);
    EXPECT_NEAR(chanceOfCount(3, 1), 1 - std::exp(-1) * 2.5, 1e-12);
    EXPECT_NEAR(chanceOfCount(2, 30), 1 - std::exp(-30) * 31, 1e-12);
    EXPECT_EQ(chanceOfCount(5, 0), 0);
}

}  // namespace
}  // namespace chat::analyze
