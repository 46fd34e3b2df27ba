#include "chat/report/csv.h"

#include <gtest/gtest.h>

#include "sample_call.h"

namespace chat::report {
namespace {

using tests::failedCall;
using tests::sampleCall;
using tests::sampleSettings;

TEST(CsvText, QuotesWhatTheFormatNeedsQuoted) {
    EXPECT_EQ(csvText("plain"), "plain");
    EXPECT_EQ(csvText("a,b"), "\"a,b\"");
    EXPECT_EQ(csvText("say \"hi\"\nthere"), "\"say \"\"hi\"\"\nthere\"");
    EXPECT_EQ(csvText("\xFF"), "\xEF\xBF\xBD");
}

TEST(CsvText, TakesTheTeethOutOfFormulas) {
    EXPECT_EQ(csvText("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
    EXPECT_EQ(csvText("@SUM(A1)"), "'@SUM(A1)");
    EXPECT_EQ(csvText("-1+1"), "'-1+1");
    EXPECT_EQ(csvText("+1"), "'+1");
    EXPECT_EQ(csvText("\t=1"), "'\t=1");
    EXPECT_EQ(csvText("a=b"), "a=b");
}

TEST(CallsCsv, HasTheColumnsInOrder) {
    EXPECT_EQ(callsCsvHeader(sampleSettings()),
              "sid,order_id,chain,store_name,agent_name,call_time,duration,silence_count,"
              "silence_duration_total,contains_oops,status,processing_time\r\n");
    EXPECT_EQ(
        callsCsvLine(sampleCall(), sampleSettings()),
        std::string(64, 'a') +
            ",A-1,Chain,Store,Agent,2026-11-12T09:41:00,20.000,1,4.500,true,analyzed,1.500\r\n");
}

TEST(CallsCsv, LeavesEmptyWhatIsNotKnown) {
    EXPECT_EQ(callsCsvLine(failedCall(), sampleSettings()), ",,,,,,,,,,failed,\r\n");
    ReportCall wordless = sampleCall();
    wordless.transcript.reset();
    wordless.analysis.keywords.clear();
    EXPECT_NE(callsCsvLine(wordless, sampleSettings()).find(",4.500,,analyzed"), std::string::npos)
        << "without words nobody can say that a keyword was not said";
}

TEST(SilencesCsv, HasALineForEachSilence) {
    EXPECT_EQ(silencesCsvHeader(),
              "sid,order_id,start,end,duration,kind,category,patterns,before,after\r\n");
    EXPECT_EQ(silencesCsvLines(sampleCall()),
              std::string(64, 'a') +
                  ",A-1,5.000,9.500,4.500,silence,medium,post_question,What is your name?,\r\n");
    EXPECT_EQ(silencesCsvLines(failedCall()), "");
}

}  // namespace
}  // namespace chat::report
