#include "chat/store/forget.h"

#include "chat/store/backup.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>

#include "filled_store.h"

namespace chat::store {
namespace {

namespace fs = std::filesystem;

class ForgetTest : public tests::FilledStoreTest {
  protected:
    ForgetOutcome forgetNow(std::vector<std::string> sids, bool dryRun = false) {
        ForgetRequest request;
        request.sids = std::move(sids);
        request.dryRun = dryRun;
        auto outcome = forget(file_, request, clock_);
        EXPECT_TRUE(outcome) << outcome.error().what << outcome.error().cause;
        return outcome ? std::move(*outcome) : ForgetOutcome{};
    }
    /// Which of the words and names of a call stand in the store's files.
    bool hasTraces(int i) {
        for (const auto& entry : fs::directory_iterator(file_.parent_path())) {
            const std::string content = contentOf(entry.path());
            for (const std::string& trace :
                 {sid(i), sha(i), fmt::format("agent-{:04}", i), fmt::format("word-{:04}", i)}) {
                if (content.find(trace) != std::string::npos) {
                    return true;
                }
            }
        }
        return false;
    }
    std::int64_t count(const std::string& from) {
        return SQLite::Database(file_.string())
            .execAndGet("SELECT count(*) FROM " + from)
            .getInt64();
    }
};

TEST_F(ForgetTest, NeitherTheStoreNorItsLogHoldsAByteOfTheCalls) {
    constexpr int kCalls = 300;
    fill(0, kCalls, 30);
    ASSERT_TRUE(hasTraces(0));
    auto reader = open();  // another connection of a program at work keeps the log
    std::vector<std::string> sids;
    for (int i = 0; i < kCalls; i += 2) {
        sids.push_back(sid(i));
    }
    const auto outcome = forgetNow(sids);
    EXPECT_EQ(outcome.forgotten, sids.size());
    EXPECT_TRUE(outcome.traceless);
    int traces = 0;
    for (int i = 0; i < kCalls; i += 2) {
        traces += hasTraces(i) ? 1 : 0;
    }
    EXPECT_EQ(traces, 0);
    for (int i = 1; i < kCalls; i += 30) {
        EXPECT_TRUE(reader->transcript(key(i)).value().has_value());
    }
    EXPECT_EQ(count("jobs"), kCalls / 2);
    EXPECT_EQ(count("stage_results"), kCalls);
}

TEST_F(ForgetTest, ASidOfOtherCaseIsAnotherCall) {
    fill(0, 3);
    EXPECT_EQ(forgetNow({"ca0001"}).unknown, std::vector<std::string>{"ca0001"});
    EXPECT_EQ(count("jobs"), 3);
}

TEST_F(ForgetTest, ADryRunChangesNothing) {
    fill(0, 3);
    const std::string before = contentOf(file_);
    const auto outcome = forgetNow({sid(1)}, true);
    EXPECT_EQ(outcome.forgotten, 1U);
    EXPECT_EQ(outcome.rows, 0);
    EXPECT_EQ(count("calls"), 3);
    EXPECT_TRUE(hasTraces(1));
}

TEST_F(ForgetTest, SaysWhatItDoesNotKnow) {
    fill(0, 3);
    const auto outcome = forgetNow({"CA9999", sid(1)});
    EXPECT_EQ(outcome.unknown, std::vector<std::string>{"CA9999"});
    EXPECT_EQ(outcome.forgotten, 1U);
    EXPECT_EQ(forgetNow({sid(1)}).unknown, std::vector<std::string>{sid(1)});
}

TEST_F(ForgetTest, ACallWithoutSidGoesByItsRecording) {
    fill(0, 2);
    ASSERT_TRUE(open()->noteCall({sha(50), "/calls/50.wav", "50.wav", {}}, 1));
    EXPECT_EQ(forgetNow({sha(50)}).forgotten, 1U);
    EXPECT_EQ(count("recordings"), 2);
}

TEST_F(ForgetTest, ARecordingThatAnotherCallStandsForKeepsItsResults) {
    fill(0, 2);
    CallAttributes other;
    other.sid = "CA-twin";
    ASSERT_TRUE(open()->noteCall({sha(1), "/calls/twin.wav", "twin.wav", other}, 1));
    const auto outcome = forgetNow({sid(1)});
    EXPECT_EQ(outcome.calls.at(0).keptRecording, "CA-twin");
    EXPECT_TRUE(open()->transcript(key(1)).value().has_value());
    EXPECT_EQ(count("calls WHERE sid = '" + sid(1) + "'"), 0);
}

TEST_F(ForgetTest, ACallThatIsBeingWorkedOnIsLeftAlone) {
    fill(0, 2);
    auto jobs = openJobStore(file_, clock_);
    ASSERT_TRUE(jobs);
    queue::ClaimRequest request;
    request.worker = "w";
    ASSERT_EQ((*jobs)->claim(request).value().size(), 1U);
    const auto outcome = forgetNow({sid(0), sid(1)});
    EXPECT_EQ(outcome.forgotten, 1U);
    EXPECT_FALSE(outcome.calls.at(0).refused.empty());
    EXPECT_EQ(outcome.calls.at(0).sid, sid(0));
    EXPECT_EQ(count("calls"), 1);
}

TEST_F(ForgetTest, OldCallsGoByTheirOwnTimeElseByWhenTheyWereSeen) {
    fill(0, 2);  // seen today, without a time of their own
    CallAttributes old;
    old.sid = "CA-old";
    old.startedAt = "2020-01-01T10:00:00";
    ASSERT_TRUE(open()->noteCall({sha(70), "/calls/old.wav", "old.wav", old}, 1));
    ForgetRequest request;
    request.olderThan = std::chrono::days(30);
    auto outcome = forget(file_, request, clock_);
    ASSERT_TRUE(outcome) << outcome.error().cause;
    ASSERT_EQ(outcome->calls.size(), 1U);
    EXPECT_EQ(outcome->calls[0].sid, "CA-old");

    clock_.advance(std::chrono::days(31));
    outcome = forget(file_, request, clock_);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->forgotten, 2U);
    EXPECT_EQ(count("jobs"), 0);
    EXPECT_EQ(count("recordings"), 0);
}

TEST_F(ForgetTest, NamesReportsAndCopiesThatHoldTheCalls) {
    fill(0, 4);
    const fs::path report = folder_.file("monday/report.json", "{}").parent_path();
    const fs::path gone = folder_.path() / "removed";
    ASSERT_TRUE(noteReport(file_, report, std::vector{sha(0), sha(1)}, clock_));
    ASSERT_TRUE(noteReport(file_, gone, std::vector{sha(1)}, clock_));
    const fs::path copy = folder_.path() / "copy.sqlite";
    ASSERT_TRUE(backUp(file_, copy, clock_));

    const auto outcome = forgetNow({sid(1), sid(2)});
    ASSERT_EQ(outcome.reports.size(), 1U);
    EXPECT_EQ(outcome.reports[0].path, report);
    EXPECT_EQ(outcome.reports[0].calls, 1U);
    ASSERT_EQ(outcome.copies.size(), 1U);
    EXPECT_EQ(outcome.copies[0].path, copy);
    EXPECT_EQ(outcome.copies[0].calls, 2U);
    EXPECT_FALSE(hasTraces(1)) << "nor in the notes of who holds it";

    ASSERT_TRUE(backUp(file_, copy, clock_));
    EXPECT_EQ(contentOf(copy).find("word-0001"), std::string::npos) << "brought up to date";
    const auto later = forgetNow({sid(3)});
    EXPECT_TRUE(later.reports.empty());
    EXPECT_EQ(later.copies.at(0).calls, 1U);
}

TEST_F(ForgetTest, TracesThatAReaderHeldGoWithTheNextOne) {
    fill(0, 20);
    SQLite::Database(file_.string(), SQLite::OPEN_READWRITE)
        .exec("UPDATE store_identity SET traces = 1");
    EXPECT_TRUE(forgetNow({"CA9999"}).traceless) << "nothing to remove, but to clean";
    EXPECT_EQ(count("store_identity WHERE traces = 1"), 0);
}

}  // namespace
}  // namespace chat::store
