// Calls that a crash has left half done: what is kept of them, who has them, and what is done with that.

#include "chat/pipeline/recovery_manager.h"

#include "chat/core/machine.h"
#include "chat/pipeline/sound_stage.h"
#include "chat/pipeline/stage_keys.h"
#include "chat/queue/worker_name.h"
#include "chat/store/audit_log.h"
#include "chat/store/sqlite_job_store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::pipeline {
namespace {

using namespace std::chrono_literals;
using queue::JobState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A process that was and is no more.
pid_t deadProcess() {
    const pid_t process = ::fork();
    if (process == 0) {
        ::_exit(0);
    }
    ::waitpid(process, nullptr, 0);
    return process;
}

class RecoveryManagerTest : public testing::Test {
  protected:
    static std::string sha(int call) { return fmt::format("{:064x}", call + 0xabc); }
    static std::string sid(int call) { return fmt::format("CA{}", call); }

    void SetUp() override {
        results_ = store::ResultStore::open(file_, clock_).value();
        jobs_ = store::openJobStore(file_, clock_).value();
        const auto batch =
            jobs_->createBatch("monday", R"({"model": "tiny.en", "no-transcribe": false})", 10)
                .value();
        std::vector<queue::NewJob> all;
        for (int call = 0; call < 4; ++call) {
            queue::NewJob& job = all.emplace_back();
            job.call.sid = sid(call);
            job.file = fmt::format("/calls/{}.wav", call);
            job.path = fmt::format("{}.wav", call);
        }
        ASSERT_TRUE(jobs_->add(batch, all));
    }

    void claim(const std::string& worker, std::size_t count = 1) {
        ASSERT_EQ(jobs_->claim({worker, 60s, {}, count}).value().size(), count);
    }

    static std::string workerOf(pid_t process, const std::string& host = hostName()) {
        return queue::WorkerName{host, process, 1}.text();
    }

    /// Two minutes of speech, sentence by sentence.
    static AcousticResult sound() {
        AcousticResult result;
        result.duration = 120s;
        ChannelActivity& channel = result.activity.emplace_back();
        for (int i = 0; i < 24; ++i) {
            channel.speech.push_back({Seconds{5.0 * i}, Seconds{5.0 * i + 4}});
        }
        return result;
    }

    void keepSound(int call) {
        ASSERT_TRUE(results_->noteCall(
            {sha(call), fmt::format("/calls/{}.wav", call), fmt::format("{}.wav", call), {}}, 100));
        ASSERT_TRUE(
            results_->put({sha(call), stageVersions().audio, ".wav", "s"}, sound(), Seconds{2}));
    }
    static store::StageKey wordsKey(int call) {
        return {sha(call), stageVersions().transcribe, "speech", "tiny.en"};
    }
    void keepWindows(int call, int count) {
        for (int i = 0; i < count; ++i) {
            ASSERT_TRUE(
                results_->putWindow(wordsKey(call), {0, i}, {"", "en", {{}}, {}}, Seconds{3}));
        }
    }

    std::vector<std::string> audited() {
        std::vector<std::string> entries;
        const auto log = store::auditLog(file_, {}, 100, clock_).value();
        for (const store::AuditEntry& entry : log) {
            entries.push_back(entry.action + " " + entry.call + ": " + entry.why);
        }
        return entries;
    }
    JobState stateOf(int call) {
        queue::JobFilter filter;
        filter.sid = sid(call);
        return jobs_->list(filter, {}, 1, {}).value().jobs.front().state;
    }
    void damage(const std::string& table) {
        SQLite::Database(file_.string(), SQLite::OPEN_READWRITE)
            .exec("UPDATE " + table + " SET result = zeroblob(length(result))");
    }

    tests::TemporaryFolder folder_;
    std::filesystem::path file_ = folder_.path() / "store.sqlite";
    tests::ManualClock clock_;
    std::unique_ptr<store::ResultStore> results_;
    std::unique_ptr<queue::JobStore> jobs_;
    RecoveryManager manager_{file_, clock_};
};

TEST_F(RecoveryManagerTest, ListsWhatWasBegunAndHasNotEnded) {
    EXPECT_THAT(manager_.list({}).value(), IsEmpty());
    claim(workerOf(deadProcess()), 3);
    keepSound(1);
    keepSound(2);
    keepWindows(2, 3);
    const auto calls = manager_.list({}).value();
    ASSERT_EQ(calls.size(), 3U);
    EXPECT_EQ(calls[0].batch.name, "monday");
    EXPECT_EQ(calls[0].holder, Holder::Dead);
    EXPECT_EQ(calls[0].stage, "audio");
    EXPECT_TRUE(calls[0].kept.empty());
    EXPECT_EQ(calls[1].stage, "transcribe");
    EXPECT_TRUE(calls[1].kept.sound);
    EXPECT_EQ(calls[1].kept.windows, 0U);
    EXPECT_EQ(calls[2].recording, sha(2)) << "known by its file, no attempt having ended";
    EXPECT_EQ(calls[2].kept.windows, 3U);
    EXPECT_EQ(calls[2].kept.windowsInAll, windowPlans(sound()).front().size());
    EXPECT_GT(calls[2].kept.bytes, calls[1].kept.bytes);
    EXPECT_EQ(calls[2].kept.took, Seconds{11});
    EXPECT_EQ(manager_.list({{}, {}, "transcribe"}).value().size(), 2U);
    EXPECT_EQ(manager_.list({"ca2", {}, {}}).value().size(), 1U);
    EXPECT_EQ(manager_.list({{}, "tuesday", {}}).error().code, ErrorCode::QDataBatchMissing);
}

TEST_F(RecoveryManagerTest, ACallWithWordsStandsInTheAnalysisIfTheyAreByItsModel) {
    claim(workerOf(deadProcess()), 2);
    keepSound(0);
    keepSound(1);
    keepWindows(0, 2);
    ASSERT_TRUE(results_->put(wordsKey(0), Transcript{"tiny.en", "en", {{}}, {}}, Seconds{9}));
    ASSERT_TRUE(results_->put(wordsKey(1), Transcript{"small", "en", {{}}, {}}, Seconds{9}));
    const auto calls = manager_.list({}).value();
    EXPECT_EQ(calls[0].stage, "analyze");
    EXPECT_EQ(calls[0].kept.words, "tiny.en");
    EXPECT_EQ(calls[0].kept.windows, 0U) << "they go when the transcript comes";
    EXPECT_EQ(calls[1].stage, "transcribe");
}

TEST_F(RecoveryManagerTest, LookingChangesNothing) {
    claim(workerOf(deadProcess()), 2);
    keepSound(0);
    const auto content = [&] {
        std::string all;
        for (const char* ending : {"", "-wal"}) {
            std::ifstream in(file_.string() + ending, std::ios::binary);
            all.append(std::istreambuf_iterator<char>(in), {});
        }
        return all;
    };
    const auto before = content();
    ASSERT_TRUE(manager_.list({}));
    ASSERT_TRUE(manager_.verify());
    ASSERT_TRUE(manager_.discardable({}, {}));
    EXPECT_EQ(content(), before);
    EXPECT_THAT(audited(), IsEmpty());
    EXPECT_EQ(RecoveryManager(folder_.path() / "none", clock_).list({}).error().code,
              ErrorCode::SysDataPathMissing);
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "none"));
}

TEST_F(RecoveryManagerTest, OnlyWhatADeadProcessHadIsTakenBack) {
    const std::string dead = workerOf(deadProcess());
    claim(dead);
    claim(workerOf(::getpid()));
    claim(workerOf(1, "another-machine"));
    const auto outcome = manager_.resume({}, "").value();
    ASSERT_EQ(outcome.calls.size(), 3U);
    EXPECT_TRUE(outcome.calls[0].givenBack);
    EXPECT_EQ(stateOf(0), JobState::Pending);
    EXPECT_THAT(outcome.calls[1].refused, HasSubstr("is at work on it"));
    EXPECT_EQ(stateOf(1), JobState::Running);
    EXPECT_THAT(outcome.calls[2].refused, HasSubstr("on another machine"));
    EXPECT_EQ(stateOf(2), JobState::Running);
    ASSERT_EQ(outcome.batches.size(), 1U);
    EXPECT_EQ(outcome.batches[0].name, "monday");
    EXPECT_THAT(audited(),
                ElementsAre("resume CA0: given back for " + dead + ", which is no more"));
    clock_.advance(61s);
    const auto later = manager_.resume({}, "the other machine is gone").value();
    EXPECT_TRUE(later.calls[2].givenBack) << "its lease has run out";
    EXPECT_THAT(audited().front(), HasSubstr("the other machine is gone"));
}

TEST_F(RecoveryManagerTest, ANamedCallMustHaveBeenBegun) {
    claim(workerOf(deadProcess()), 2);
    EXPECT_EQ(manager_.resume({sid(1), {}, {}}, "")->calls.size(), 1U);
    EXPECT_EQ(stateOf(0), JobState::Running);
    EXPECT_EQ(manager_.resume({sid(3), {}, {}}, "").error().code, ErrorCode::QDataJobMissing);
}

TEST_F(RecoveryManagerTest, AStoreThatIsNotUsableIsNotWrittenTo) {
    claim(workerOf(deadProcess()), 1);
    for (int call = 0; call < 4; ++call) {
        keepSound(call);
    }
    damage("stage_results");
    const auto usable = manager_.resume({}, "").value();
    EXPECT_EQ(usable.inspection.wrong.size(), 4U) << "checkpoints are made anew";
    claim(workerOf(deadProcess()), 1);
    // A row that refers to nothing: what SQLite does not do, damage does.
    SQLite::Database(file_.string(), SQLite::OPEN_READWRITE)
        .exec("PRAGMA foreign_keys = OFF; UPDATE calls SET recording = 'x' WHERE id = 1");
    const auto audits = audited().size();
    EXPECT_EQ(manager_.resume({}, "").error().code, ErrorCode::DbDataDamaged);
    EXPECT_EQ(stateOf(0), JobState::Running);
    EXPECT_EQ(audited().size(), audits);
}

TEST_F(RecoveryManagerTest, WhatIsThrownAwayIsSaidBeforehandAndGone) {
    claim(workerOf(deadProcess()), 3);
    keepSound(0);
    keepSound(1);
    keepWindows(1, 2);
    const auto all = manager_.discardable({}, {}).value();
    ASSERT_EQ(all.size(), 2U) << "nothing is kept of the third";
    EXPECT_EQ(all[1].sid, "CA1");
    EXPECT_EQ(all[1].kept.windows, 2U);
    const auto words = manager_.discardable({}, "transcribe").value();
    ASSERT_EQ(words.size(), 1U);
    EXPECT_FALSE(words[0].kept.sound);
    EXPECT_EQ(manager_.discard(words[0], "transcribe", "heard wrong").value(), 2);
    EXPECT_TRUE(results_->windows(wordsKey(1)).value().empty());
    EXPECT_TRUE(results_->newestAcoustic(sha(1), stageVersions().audio).value().has_value());
    EXPECT_EQ(manager_.discard(all[0], "", "").value(), 1);
    EXPECT_THAT(audited(),
                ElementsAre("discard CA0: from stage audio on", "discard CA1: heard wrong"));
    EXPECT_EQ(manager_.list({}).value()[0].stage, "audio");
    EXPECT_THAT(manager_.discardable(sid(0), {}).value(), IsEmpty());
    EXPECT_EQ(manager_.discardable("CA-none", {}).error().code, ErrorCode::QDataJobMissing);
}

TEST_F(RecoveryManagerTest, WhatIsDoneOrInWorkIsNotThrownAway) {
    const std::string worker = workerOf(::getpid());
    claim(worker, 2);
    keepSound(0);
    keepSound(1);
    queue::AttemptEnd end;
    end.recording = sha(0);
    ASSERT_TRUE(jobs_->end(1, worker, end).value());
    EXPECT_THAT(manager_.discardable(sid(0), {}).value()[0].refused, HasSubstr("it is done"));
    EXPECT_THAT(manager_.discardable(sid(1), {}).value()[0].refused, HasSubstr("is at work on it"));
    damage("stage_results");
    EXPECT_THAT(manager_.discardable(sid(0), {}).value()[0].refused, IsEmpty())
        << "damaged, it is of no use to a report either";
}

}  // namespace
}  // namespace chat::pipeline
