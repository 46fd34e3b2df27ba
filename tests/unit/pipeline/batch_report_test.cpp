#include "chat/pipeline/batch_report.h"

#include "chat/pipeline/report_assembly.h"

#include <gtest/gtest.h>

namespace chat::pipeline {
namespace {

queue::Job job(const std::string& sid, const std::string& recording) {
    queue::Job one;
    one.call.sid = sid;
    one.path = sid + ".wav";
    one.recording = recording;
    return one;
}

TEST(ReportEntries, ListsTheSameRecordingOnceWithAllItsPaths) {
    const std::vector<queue::Job> jobs{
        job("a", "1111"), job("b", "2222"), job("c", "1111"), job("d", ""), job("e", "")};
    const auto entries = reportEntries(jobs, {{"b", {"copy of b.wav"}}});
    ASSERT_EQ(entries.size(), 4U);
    EXPECT_EQ(entries[0].jobs, (std::vector<const queue::Job*>{&jobs[0], &jobs[2]}));
    EXPECT_EQ(entries[0].otherPaths, std::vector<std::string>{"c.wav"});
    EXPECT_EQ(entries[1].otherPaths, std::vector<std::string>{"copy of b.wav"});
    EXPECT_EQ(entries[2].jobs, std::vector<const queue::Job*>{&jobs[3]})
        << "recordings that were never read are not known to be the same";
}

TEST(RelativeAddress, LeadsFromTheReportToTheRecording) {
    EXPECT_EQ(relativeAddress("/calls/monday/a b.wav", "/calls/report"), "../monday/a b.wav");
    EXPECT_EQ(relativeAddress("/calls/report/a.wav", "/calls/report"), "a.wav");
}

}  // namespace
}  // namespace chat::pipeline
