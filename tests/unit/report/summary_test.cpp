#include "chat/report/summary.h"

#include <gtest/gtest.h>

#include "sample_call.h"

namespace chat::report {
namespace {

TEST(Summary, CountsWhatEachCallAdds) {
    Summary summary;
    summary.add(tests::sampleCall());
    summary.add(tests::failedCall());
    ReportCall quiet = tests::sampleCall();
    quiet.analysis.silences.clear();
    quiet.analysis.keywords.clear();
    quiet.analysis.metrics = {};
    summary.add(quiet);

    EXPECT_EQ(summary.total, 3);
    EXPECT_EQ(summary.processed, 2);
    EXPECT_EQ(summary.failed, 1);
    EXPECT_EQ(summary.callsWithSilence, 1);
    EXPECT_EQ(summary.silences, 1);
    EXPECT_EQ(summary.duration, Seconds{40});
    EXPECT_EQ(summary.silence, Seconds{4.5});
    EXPECT_EQ(summary.callsWithKeyword("oops"), 1);
    EXPECT_EQ(summary.callsWithKeyword("other"), 0);
}

TEST(Summary, AKeywordSaidTwiceIsOneCall) {
    ReportCall call = tests::sampleCall();
    call.analysis.keywords.push_back(call.analysis.keywords.front());
    Summary summary;
    summary.add(call);
    EXPECT_EQ(summary.callsWithKeyword("oops"), 1);
}

TEST(Summary, GroupsEverySilenceOnceByItsBestPattern) {
    ReportCall call = tests::sampleCall();
    Silence unexplained = call.analysis.silences.front();
    unexplained.patterns.clear();
    unexplained.category = SilenceCategory::Long;
    unexplained.end = unexplained.start + Seconds{10};
    call.analysis.silences.push_back(unexplained);
    call.analysis.silences.front().patterns.push_back({"checking_information", 0.5, "", {}});
    Summary summary;
    summary.add(call);

    const auto patterns = summary.byPattern();
    ASSERT_EQ(patterns.size(), 2U);
    EXPECT_EQ(patterns[0].id, "unexplained") << "most seconds first";
    EXPECT_EQ(patterns[1].id, "post_question");
    const auto categories = summary.byCategory();
    EXPECT_EQ(categories[0].count, 0);
    EXPECT_EQ(categories[1].count, 1);
    EXPECT_EQ(categories[2].length, Seconds{10});
}

}  // namespace
}  // namespace chat::report
