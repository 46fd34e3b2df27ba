#include "chat/pipeline/report_assembly.h"

#include <gtest/gtest.h>

namespace chat::pipeline {
namespace {

std::vector<std::unique_ptr<CallJob>> jobs(std::size_t count) {
    std::vector<std::unique_ptr<CallJob>> all;
    for (std::size_t i = 0; i < count; ++i) {
        all.push_back(std::make_unique<CallJob>());
        all.back()->index = i;
        all.back()->source.displayPath = std::string(1, static_cast<char>('a' + i));
    }
    return all;
}

TEST(ReportEntries, ListsTheSameRecordingOnceWhoeverWorkedOnIt) {
    auto all = jobs(4);
    // Two threads may reach copies of a recording at once: the later one may be the one that was worked on.
    all[0]->duplicateOf = 2;
    all[3]->duplicateOf = 2;
    const auto entries = reportEntries(all);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].first, all[0].get());
    EXPECT_EQ(entries[0].worker, all[2].get());
    EXPECT_EQ(entries[0].otherPaths, (std::vector<std::string>{"c", "d"}));
    EXPECT_EQ(entries[1].first, all[1].get());
}

TEST(RelativeAddress, LeadsFromTheReportToTheRecording) {
    EXPECT_EQ(relativeAddress("/calls/monday/a b.wav", "/calls/report"), "../monday/a b.wav");
    EXPECT_EQ(relativeAddress("/calls/report/a.wav", "/calls/report"), "a.wav");
}

}  // namespace
}  // namespace chat::pipeline
