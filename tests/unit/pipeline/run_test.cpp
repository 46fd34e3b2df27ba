#include "chat/core/files.h"
#include "chat/pipeline/analyze_run.h"
#include "chat/pipeline/batch_run.h"
#include "chat/store/error_store.h"
#include "chat/store/sqlite_job_store.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <filesystem>
#include <set>
#include <thread>

#include "fakes/fake_transcriber.h"
#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::pipeline {
namespace {

namespace fs = std::filesystem;
using report::CallStatus;

const fs::path kRecordings = fs::path(CHAT_SOURCE_DIR) / "demo" / "recordings";

/// Remembers what it was told, and stops the run when a given number of calls has ended.
class Observer final : public RunObserver {
  public:
    void listed(const std::vector<std::uint64_t>& bytes) override {
        total = bytes.size();
        over.clear();
    }
    void gathering(const fs::path&) override {}
    void working(std::size_t call, const std::string&, std::string_view, double share) override {
        EXPECT_GE(share, 0);
        EXPECT_LE(share, 1);
        EXPECT_FALSE(over.contains(call)) << "nothing is told of a call that has ended";
    }
    void ended(std::size_t call, const CallOutcome&) override {
        over.insert(call);
        if (++calls == stopAfter) {
            stop.request_stop();
        }
    }
    std::size_t total = 0;
    int calls = 0;
    int stopAfter = 0;
    std::set<std::size_t> over;
    std::stop_source stop;
};

class RunTest : public testing::Test {
  protected:
    RunTest() {
        settings_.storeFile = folder_.path() / "store.sqlite";
        settings_.logFolder = folder_.path() / "log";
        settings_.reportFolder = folder_.path() / "report";
        settings_.audio = AudioMode::None;
        settings_.maxAttempts = 1;  // the clock stands still
        settings_.paths = {kRecordings / "add_service_44k.m4a",
                           kRecordings / "auto_loan_mono.flac"};
    }

    void useModel(tests::FakeTranscriber::Answer answer = {}) {
        SpeechModel model;
        model.name = "fake";
        model.fingerprint = "fake";
        model.load = [this, answer]() -> Result<std::unique_ptr<transcribe::Transcriber>> {
            ++loads_;
            return std::make_unique<tests::FakeTranscriber>(2, answer);
        };
        settings_.model = model;
    }

    RunOutcome run() {
        auto outcome = analyzeRecordings(settings_, observer_, clock_, observer_.stop.get_token());
        EXPECT_TRUE(outcome) << outcome.error().what;
        return outcome.value_or(RunOutcome{});
    }

    [[nodiscard]] nlohmann::json report() const {
        return nlohmann::json::parse(
            readFile(settings_.reportFolder / "report.json", 1 << 26, ErrorCode::SysUnkGenericError)
                .value());
    }

    [[nodiscard]] std::vector<queue::JobState> jobStates() const {
        const auto jobs = store::openJobStore(settings_.storeFile, clock_).value();
        std::vector<queue::JobState> states;
        const queue::JobPage page = jobs->list({}, {}, 100, {}).value();
        for (const queue::Job& job : page.jobs) {
            states.push_back(job.state);
        }
        return states;
    }

    tests::TemporaryFolder folder_;
    tests::ManualClock clock_;
    Observer observer_;
    RunSettings settings_;
    int loads_ = 0;
};

TEST_F(RunTest, AnalyzesEveryCallInOrder) {
    const RunOutcome outcome = run();
    EXPECT_EQ(observer_.calls, 2);
    ASSERT_EQ(outcome.calls.size(), 2U);
    EXPECT_EQ(outcome.calls[0].path, "add_service_44k.m4a");
    EXPECT_NEAR(outcome.calls[0].duration.count(), 32.9, 0.5);
    EXPECT_NEAR(outcome.calls[1].duration.count(), 37.8, 0.5);
    EXPECT_TRUE(outcome.facts.complete);
}

TEST_F(RunTest, LoadsTheModelOnceAndOnlyWhenItIsNeeded) {
    useModel();
    run();
    EXPECT_EQ(loads_, 1);
    EXPECT_GT(report()["calls"][0]["metrics"]["words"], 3);
    run();
    EXPECT_EQ(loads_, 1) << "everything was found in the store";
    settings_.force = true;
    run();
    EXPECT_EQ(loads_, 2);
}

TEST_F(RunTest, ACallHasTheLanguageOfMostOfItsFirstWindows) {
    settings_.paths = {kRecordings / "auto_repairs_1.flac"};
    std::mutex mutex;
    std::map<std::string, int> heardIn;
    SpeechModel model;
    model.name = "fake";
    model.fingerprint = "fake";
    model.language = "auto";
    std::atomic<int> asked = 0;
    model.load = [&]() -> Result<std::unique_ptr<transcribe::Transcriber>> {
        auto fake = std::make_unique<tests::FakeTranscriber>(
            2, [&](const transcribe::SpeechWindow& window) -> Result<transcribe::WindowTranscript> {
                const std::scoped_lock lock(mutex);
                ++heardIn[window.language];
                return transcribe::WindowTranscript{{}, {}, window.language};
            });
        fake->language = [&](const transcribe::SpeechWindow&) {
            // The first window is surely English; the others say Spanish, and less surely.
            return ++asked == 1 ? std::map<std::string, double>{{"en", 0.99}, {"es", 0.01}}
                                : std::map<std::string, double>{{"en", 0.2}, {"es", 0.8}};
        };
        return fake;
    };
    settings_.model = model;
    EXPECT_EQ(run().calls.at(0).status, CallStatus::Analyzed);
    EXPECT_EQ(asked, 4) << "asked of the first windows only";
    EXPECT_EQ(heardIn.size(), 1U) << "one language a call";
    EXPECT_GT(heardIn["es"], 4);
    EXPECT_EQ(report()["calls"][0]["quality"]["language"], "es");
}

TEST_F(RunTest, AModelThatCannotBeLoadedFailsTheCallsNotTheRun) {
    useModel();
    settings_.model->load = []() -> Result<std::unique_ptr<transcribe::Transcriber>> {
        return fail(ErrorCode::TrResMemoryError, "There is not enough memory for the model");
    };
    const RunOutcome outcome = run();
    for (const CallOutcome& call : outcome.calls) {
        EXPECT_EQ(call.status, CallStatus::Failed);
        EXPECT_EQ(call.error->code, ErrorCode::TrResMemoryError);
    }
}

TEST_F(RunTest, AFailedWindowFailsItsCallAlone) {
    std::atomic<bool> failed = false;
    useModel([&](const transcribe::SpeechWindow& window) -> Result<transcribe::WindowTranscript> {
        if (!failed.exchange(true)) {
            return fail(ErrorCode::TrUnkGenericError, "The engine failed");
        }
        return tests::FakeTranscriber().transcribe(window, {});
    });
    const RunOutcome outcome = run();
    EXPECT_EQ(outcome.validation.failed, 1U);
    EXPECT_EQ(outcome.validation.analyzed, 1U);
    EXPECT_EQ(report()["summary"]["failed"], 1);
    const RunOutcome second = run();
    EXPECT_EQ(second.validation.analyzed, 2U) << "nothing of the failure was kept";
}

TEST_F(RunTest, AStopKeepsWhatIsDoneAndNamesWhatIsNot) {
    useModel();
    settings_.paths.insert(
        settings_.paths.end(),
        {kRecordings / "auto_repairs_0_mono.flac", kRecordings / "auto_repairs_1.flac"});
    observer_.stopAfter = 1;
    const RunOutcome outcome = run();
    EXPECT_EQ(outcome.validation.analyzed + outcome.validation.skipped, 4U);
    EXPECT_GE(outcome.validation.skipped, 1U);
    EXPECT_FALSE(outcome.facts.complete);
    EXPECT_GE(outcome.validation.analyzed, 1U);
    ASSERT_EQ(report()["calls"].size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(report()["calls"][i]["status"], report::name(outcome.calls.at(i).status));
    }
}

TEST_F(RunTest, WhatAStopLeftIsContinuedByItsBatch) {
    useModel();
    settings_.workers = 1;  // one call after the other
    observer_.stopAfter = 1;
    const RunOutcome stopped = run();
    EXPECT_EQ(jobStates(), (std::vector{queue::JobState::Completed, queue::JobState::Pending}));
    Observer second;
    const auto outcome =
        runBatch(settings_, stopped.batch, second, clock_, second.stop.get_token());
    ASSERT_TRUE(outcome) << outcome.error().what;
    EXPECT_EQ(outcome->validation.analyzed, 2U);
    EXPECT_TRUE(outcome->facts.complete);
    EXPECT_EQ(outcome->calls[0].path, "add_service_44k.m4a");
}

TEST_F(RunTest, WindowsThatWereHeardBeforeTheEndAreNotHeardAgain) {
    settings_.paths = {kRecordings / "auto_repairs_1.flac"};
    std::atomic<int> heard = 0;
    int stopAt = 3;
    useModel([&](const transcribe::SpeechWindow& window) -> Result<transcribe::WindowTranscript> {
        if (++heard == stopAt) {
            observer_.stop.request_stop();
        }
        transcribe::WindowTranscript transcript;
        transcript.language = "en";
        const Seconds at = window.plan.toWindow(window.plan.speech.front().start);
        const std::string text =
            std::to_string(window.plan.channel) + "." + std::to_string(window.plan.number);
        transcript.words.push_back({text, at, at + Seconds{0.1}, 0.9});
        return transcript;
    });
    const std::string batch = run().batch;
    ASSERT_EQ(report()["calls"][0]["status"], "stopped");
    const int before = heard;
    heard = 0;
    stopAt = 0;
    ASSERT_TRUE(runBatch(settings_, batch, observer_, clock_, {}));
    const auto continued = report()["calls"];
    const int after = heard;
    heard = 0;
    settings_.force = true;
    observer_.stop = {};
    run();
    EXPECT_EQ(before + after, heard);
    EXPECT_GT(after, 0);
    EXPECT_EQ(continued, report()["calls"]) << "as if it had been heard at once";
}

TEST_F(RunTest, AFailureThatMayPassIsTriedAgainLater) {
    std::atomic<int> asked = 0;
    useModel([&](const transcribe::SpeechWindow& window) -> Result<transcribe::WindowTranscript> {
        if (++asked == 1) {
            return fail(ErrorCode::TrResMemoryError, "There was not enough memory");
        }
        return tests::FakeTranscriber().transcribe(window, {});
    });
    settings_.paths = {kRecordings / "add_service_44k.m4a"};
    settings_.maxAttempts = 3;
    // Each look at the clock takes a second, so that no test waits.
    class HastyClock final : public Clock {
      public:
        [[nodiscard]] std::chrono::system_clock::time_point now() const override {
            return std::chrono::system_clock::time_point(std::chrono::seconds(++looks_));
        }
        [[nodiscard]] std::chrono::steady_clock::time_point steadyNow() const override {
            return std::chrono::steady_clock::time_point(std::chrono::seconds(looks_));
        }

      private:
        mutable std::atomic<int> looks_ = 1'790'000'000;
    } hasty;
    const auto outcome = analyzeRecordings(settings_, observer_, hasty, {});
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->calls[0].status, CallStatus::Analyzed);
    EXPECT_EQ(observer_.calls, 1) << "a call that is put off has not ended";
    const auto jobs = store::openJobStore(settings_.storeFile, clock_).value();
    const auto job = jobs->list({}, {}, 1, {}).value().jobs.at(0);
    EXPECT_EQ(job.attempts, 2);
    const auto attempts = jobs->attempts(job.id).value();
    ASSERT_EQ(attempts.size(), 2U);
    EXPECT_EQ(attempts[0].end, queue::Move::Wait);
    EXPECT_EQ(attempts[0].error->code, ErrorCode::TrResMemoryError);
    EXPECT_EQ(attempts[1].end, queue::Move::Complete);
}

TEST_F(RunTest, ACallThatIsCancelledMeanwhileIsDropped) {
    std::atomic<bool> cancelled = false;
    std::atomic<int> after = 0;
    useModel([&](const transcribe::SpeechWindow& window) -> Result<transcribe::WindowTranscript> {
        if (!cancelled.exchange(true)) {
            const auto jobs = store::openJobStore(settings_.storeFile, clock_).value();
            queue::JobFilter running;
            running.states = {queue::JobState::Running};
            queue::Edit cancel;
            cancel.kind = queue::Edit::Kind::Cancel;
            EXPECT_EQ(jobs->edit(running, cancel).value().done, 1U);
            std::this_thread::sleep_for(std::chrono::seconds(3));
        } else {
            ++after;
        }
        return tests::FakeTranscriber().transcribe(window, {});
    });
    settings_.paths = {kRecordings / "auto_repairs_1.flac"};
    const RunOutcome outcome = run();
    EXPECT_EQ(outcome.calls[0].status, CallStatus::Stopped);
    EXPECT_EQ(outcome.validation.skipped, 1U);
    EXPECT_EQ(outcome.calls[0].skipped, "it was cancelled");
    EXPECT_EQ(jobStates(), std::vector{queue::JobState::Cancelled});
}

TEST_F(RunTest, TwoRunsShareABatch) {
    useModel();
    settings_.paths.push_back(kRecordings / "auto_repairs_0_mono.flac");
    observer_.stopAfter = 1;
    const std::string batch = run().batch;
    std::array<Observer, 2> observers;
    std::array<RunOutcome, 2> outcomes;
    {
        std::vector<std::jthread> runs;
        for (std::size_t i = 0; i < 2; ++i) {
            runs.emplace_back([&, i] {
                RunSettings mine = settings_;
                mine.reportFolder = folder_.path() / ("report" + std::to_string(i));
                outcomes.at(i) = runBatch(mine, batch, observers.at(i), clock_, {}).value();
            });
        }
    }
    for (const RunOutcome& outcome : outcomes) {
        EXPECT_EQ(outcome.validation.analyzed, 3U) << "either report holds the whole batch";
    }
    const auto jobs = store::openJobStore(settings_.storeFile, clock_).value();
    const queue::JobPage page = jobs->list({}, {}, 10, {}).value();
    for (const queue::Job& job : page.jobs) {
        EXPECT_EQ(job.attempts, 1) << "each call was worked on once";
    }
}

TEST_F(RunTest, KeepsWhyCallsFailedInTheLogAndTheStore) {
    settings_.paths = {folder_.file("calls/text.wav", std::string(5'000, 'x')),
                       folder_.path() / "missing.wav",
                       kRecordings / "auto_loan_mono.flac"};
    settings_.version = "0.1.0";
    run();
    const auto errors =
        store::ErrorStore::open(settings_.storeFile, clock_).value()->events({}).value();
    ASSERT_EQ(errors.size(), 2U);
    EXPECT_EQ(errors[0].record.code, "SYS_DATA_PATH_MISSING");
    EXPECT_EQ(errors[0].record.operation, "list");
    EXPECT_EQ(errors[0].path, "missing.wav");
    EXPECT_TRUE(errors[0].lost);
    EXPECT_EQ(errors[1].record.code, "AU_FMT_UNSUPPORTED");
    EXPECT_EQ(errors[1].record.stage, "sound");
    EXPECT_EQ(errors[1].record.attempt, 1);
    EXPECT_EQ(errors[1].record.fileType, "wav");
    EXPECT_EQ(errors[1].record.call.size(), 64U) << "the recording stands for a call without an id";
    EXPECT_EQ(errors[1].path, "text.wav");
    const auto logged = ErrorLog(settings_.logFolder).read({}).value();
    ASSERT_EQ(logged.size(), 2U);
    EXPECT_EQ(logged[1], errors[1].record);
}

TEST_F(RunTest, TheNumberOfThreadsChangesNoResult) {
    const auto calls = [&](int workers, const fs::path& folder) {
        settings_.workers = workers;
        settings_.force = true;
        settings_.reportFolder = folder_.path() / folder;
        run();
        return report()["calls"];
    };
    useModel();
    const auto one = calls(1, "one");
    EXPECT_EQ(one, calls(4, "four"));
    settings_.model.reset();
    EXPECT_EQ(calls(1, "a"), calls(4, "b"));
}

TEST_F(RunTest, TheSameRecordingIsWorkedOnOnce) {
    const fs::path copy = folder_.path() / "copy.m4a";
    fs::copy_file(settings_.paths[0], copy);
    settings_.paths = {settings_.paths[0], copy, kRecordings / "auto_loan_mono.flac"};
    settings_.workers = 3;
    const RunOutcome outcome = run();
    ASSERT_EQ(outcome.calls.size(), 2U);
    const auto call = report()["calls"][0];
    EXPECT_EQ(call["path"], "add_service_44k.m4a");
    EXPECT_EQ(call["otherPaths"], nlohmann::json::array({"copy.m4a"}));
}

TEST_F(RunTest, AWindowWithoutSpeechIsNeverAskedFor) {
    std::atomic<int> empty = 0;
    useModel([&](const transcribe::SpeechWindow& window) -> Result<transcribe::WindowTranscript> {
        empty += window.samples.empty() || window.plan.speech.empty() ? 1 : 0;
        EXPECT_LE(window.samples.size(), 480'000U);
        return transcribe::WindowTranscript{};
    });
    run();
    EXPECT_EQ(empty, 0);
}

}  // namespace
}  // namespace chat::pipeline
