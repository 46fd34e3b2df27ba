// Several batches that are run at once.

#include "chat/core/files.h"
#include "chat/pipeline/batch_run.h"
#include "chat/store/sqlite_job_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <utility>

#include "fakes/fake_transcriber.h"
#include "fakes/temporary_folder.h"

namespace chat::pipeline {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

const fs::path kRecordings = fs::path(CHAT_SOURCE_DIR) / "demo" / "recordings";

class Observer final : public RunObserver {
  public:
    void listed(const std::vector<std::uint64_t>& bytes) override { calls += bytes.size(); }
    void gathering(const fs::path&) override {}
    void working(std::size_t, const std::string& path, std::string_view stage, double) override {
        if (stage == "reading") {
            begun.push_back(path);
            if (onBegun) {
                onBegun();
            }
        }
    }
    void ended(std::size_t, const CallOutcome&) override { ++over; }
    void reported(const std::string& batch, const fs::path&) override {
        reports.push_back(batch);
        if (onReported) {
            onReported();
        }
    }

    std::size_t calls = 0;
    std::size_t over = 0;
    std::vector<std::string> begun;
    std::vector<std::string> reports;
    std::function<void()> onBegun;
    std::function<void()> onReported;
};

class RunBatchesTest : public testing::Test {
  protected:
    /// A batch with these recordings, without a model, whose report goes into a folder of its name.
    BatchToRun& batch(const std::string& name, const std::vector<std::string>& recordings) {
        const auto jobs = queue();
        EXPECT_TRUE(jobs->createBatch(name, "{}", 10));
        add(name, recordings);
        BatchToRun one;
        one.name = name;
        one.settings.storeFile = folder_.path() / "store.sqlite";
        one.settings.logFolder = folder_.path() / "log";
        one.settings.reportFolder = folder_.path() / name;
        one.settings.audio = AudioMode::None;
        one.settings.workers = 1;
        batches_.push_back(std::move(one));
        return batches_.back();
    }

    void add(const std::string& name,
             const std::vector<std::string>& recordings,
             int priority = queue::kNormal) const {
        const auto jobs = queue();
        std::vector<queue::NewJob> calls(recordings.size());
        for (std::size_t i = 0; i < calls.size(); ++i) {
            calls[i].call.sid = recordings[i];
            calls[i].file = kRecordings / recordings[i];
            calls[i].path = recordings[i];
            calls[i].priority = priority;
        }
        const queue::Batch known = jobs->batch(name).value().value();
        ASSERT_EQ(jobs->add(known.id, calls).value().added, calls.size());
    }

    SpeechModel model(const std::string& name) {
        SpeechModel one;
        one.name = name;
        one.fingerprint = name;
        one.load = [this, name]() -> Result<std::unique_ptr<transcribe::Transcriber>> {
            loaded_.push_back(name);
            return std::make_unique<tests::FakeTranscriber>();
        };
        return one;
    }

    std::vector<RunOutcome> run() {
        auto results = runBatches(batches_, next_, observer_, clock_, {});
        EXPECT_TRUE(results) << results.error().what;
        std::vector<RunOutcome> outcomes;
        for (Result<RunOutcome>& result : *results) {
            EXPECT_TRUE(result) << result.error().what;
            outcomes.push_back(std::move(*result));
        }
        return outcomes;
    }

    [[nodiscard]] std::unique_ptr<queue::JobStore> queue() const {
        return store::openJobStore(folder_.path() / "store.sqlite", clock_).value();
    }

    /// Paths of all calls in the order in which they were begun.
    [[nodiscard]] std::vector<std::string> startOrder() const {
        const auto jobs = queue();
        std::vector<std::string> paths;
        const auto page = jobs->list({}, {queue::SortColumn::StartedAt, false}, 100, {}).value();
        for (const queue::Job& job : page.jobs) {
            paths.push_back(job.path);
        }
        return paths;
    }

    [[nodiscard]] nlohmann::json report(const std::string& batch) const {
        return nlohmann::json::parse(
            readFile(folder_.path() / batch / "report.json", 1 << 26, ErrorCode::SysUnkGenericError)
                .value());
    }

    tests::TemporaryFolder folder_;
    SystemClock clock_;
    Observer observer_;
    std::vector<std::string> loaded_;
    std::vector<BatchToRun> batches_;
    NextBatch next_;
};

TEST_F(RunBatchesTest, ACallThatIsUrgentIsTheNextToStartWhateverItsBatch) {
    batch("first", {"add_service_44k.m4a", "auto_loan_mono.flac"});
    batch("second", {"points_balance_duplicated.mp3"});
    observer_.onBegun = [this] {
        if (observer_.begun.size() == 1) {
            add("second", {"auto_repairs_0_mono.flac"}, queue::kCritical);
        }
    };
    const auto outcomes = run();
    EXPECT_THAT(startOrder(),
                ElementsAre("add_service_44k.m4a",
                            "auto_repairs_0_mono.flac",
                            "auto_loan_mono.flac",
                            "points_balance_duplicated.mp3"));
    EXPECT_EQ(outcomes[0].validation.analyzed, 2U);
    EXPECT_EQ(outcomes[1].validation.analyzed, 2U);
    EXPECT_EQ(report("second")["calls"].size(), 2U);
}

TEST_F(RunBatchesTest, CallsAreShownWithTheirBatches) {
    batch("first", {"add_service_44k.m4a"});
    batch("second", {"auto_loan_mono.flac"});
    run();
    EXPECT_EQ(observer_.calls, 2U);
    EXPECT_EQ(observer_.over, 2U);
    EXPECT_THAT(observer_.begun,
                ElementsAre("first: add_service_44k.m4a", "second: auto_loan_mono.flac"));
    EXPECT_EQ(report("first")["calls"][0]["path"], "add_service_44k.m4a");
}

TEST_F(RunBatchesTest, EachCallIsWorkedOnWithTheSettingsOfItsBatch) {
    batch("first", {"add_service_44k.m4a", "auto_loan_mono.flac"}).settings.model = model("small");
    BatchToRun& second = batch("second", {"add_service_44k.m4a"});
    second.settings.model = model("large");
    second.settings.analysis.silence = analyze::silenceProfile("dead-air").value();
    batch("third", {"add_service_44k.m4a"});
    add("second", {"auto_repairs_0_mono.flac"}, queue::kCritical);
    for (BatchToRun& one : batches_) {
        one.settings.workers = 3;
    }
    const auto outcomes = run();
    for (const RunOutcome& outcome : outcomes) {
        EXPECT_EQ(outcome.validation.analyzed, outcome.calls.size()) << outcome.batch;
    }
    EXPECT_EQ(report("first")["run"]["model"], "small");
    EXPECT_EQ(report("second")["run"]["model"], "large");
    EXPECT_EQ(report("second")["run"]["settings"]["profile"], "dead-air");
    EXPECT_TRUE(report("third")["run"]["model"].is_null());
    EXPECT_FALSE(report("third")["calls"][0].contains("words"));
    EXPECT_EQ(std::ranges::count(loaded_, "small") + std::ranges::count(loaded_, "large"),
              static_cast<std::ptrdiff_t>(loaded_.size()));
    EXPECT_GE(loaded_.size(), 2U);
}

TEST_F(RunBatchesTest, WhatStagesTookIsToldOfEachBatchByItself) {
    batch("first", {"add_service_44k.m4a", "auto_loan_mono.flac"}).settings.model = model("small");
    batch("second", {"points_balance_duplicated.mp3"});
    const auto outcomes = run();
    const auto callsOf = [](const RunOutcome& outcome, const std::string& stage) {
        const auto& timings = outcome.facts.timings;
        const auto found = std::ranges::find(timings, stage, &report::StageTiming::stage);
        return found == timings.end() ? 0 : found->calls;
    };
    EXPECT_EQ(callsOf(outcomes[0], "audio"), 2);
    EXPECT_EQ(callsOf(outcomes[0], "transcribe"), 2);
    EXPECT_EQ(callsOf(outcomes[1], "audio"), 1);
    EXPECT_EQ(callsOf(outcomes[1], "transcribe"), 0);
}

TEST_F(RunBatchesTest, AReportDoesNotWaitForOtherBatches) {
    batch("first", {"add_service_44k.m4a"});
    batch("second", {"auto_loan_mono.flac", "points_balance_duplicated.mp3"});
    std::size_t overThen = 0;
    observer_.onReported = [&] {
        if (observer_.reports.size() == 1) {
            overThen = observer_.over;
        }
    };
    run();
    EXPECT_THAT(observer_.reports, ElementsAre("first", "second"));
    EXPECT_EQ(overThen, 1U);
}

TEST_F(RunBatchesTest, ACallThatComesAfterTheReportOfItsBatchIsInTheNext) {
    batch("first", {"add_service_44k.m4a"});
    batch("second", {"auto_loan_mono.flac", "points_balance_duplicated.mp3"});
    observer_.onReported = [this] {
        if (observer_.reports.size() == 1) {
            EXPECT_EQ(report("first")["calls"].size(), 1U);
            add("first", {"auto_repairs_0_mono.flac"}, queue::kCritical);
        }
    };
    const auto outcomes = run();
    EXPECT_THAT(observer_.reports, ElementsAre("first", "second", "first"));
    EXPECT_EQ(outcomes[0].validation.analyzed, 2U);
    EXPECT_EQ(outcomes[0].calls.size(), 2U);
    EXPECT_EQ(report("first")["calls"].size(), 2U);
}

TEST_F(RunBatchesTest, ABatchThatComesMeanwhileIsRunToo) {
    batch("first", {"add_service_44k.m4a"});
    batch("second", {"auto_loan_mono.flac"});
    const BatchToRun second = batches_.back();
    batches_.pop_back();
    bool came = false;
    next_ = [&] { return std::exchange(came, true) ? nullptr : &second; };
    const auto outcomes = run();
    ASSERT_EQ(outcomes.size(), 2U);
    EXPECT_EQ(outcomes[1].batch, "second");
    EXPECT_EQ(outcomes[1].validation.analyzed, 1U);
    EXPECT_EQ(report("second")["calls"].size(), 1U);
    EXPECT_EQ(observer_.calls, 2U);
    EXPECT_EQ(observer_.over, 2U);
}

TEST_F(RunBatchesTest, ABatchThatCannotBeReportedKeepsNoOtherFromBeingRun) {
    batch("first", {"add_service_44k.m4a"}).settings.reportFolder =
        folder_.file("taken/not-a-report.txt", "mine").parent_path();
    batch("second", {"auto_loan_mono.flac"});
    batches_.push_back(batches_.back());
    batches_.back().name = "nobody";
    const auto outcomes = runBatches(batches_, next_, observer_, clock_, {}).value();
    EXPECT_EQ(outcomes[0].error().code, ErrorCode::RpStateFolderNotEmpty);
    ASSERT_TRUE(outcomes[1]);
    EXPECT_EQ(outcomes[1]->validation.analyzed, 1U);
    EXPECT_EQ(outcomes[2].error().code, ErrorCode::QDataBatchMissing);
    queue::JobFilter pending;
    pending.states = {queue::JobState::Pending};
    EXPECT_EQ(queue()->list(pending, {}, 10, {}).value().jobs.size(), 1U)
        << "its call was left alone";
}

TEST_F(RunBatchesTest, AHelperWorksOffAllBatchesWithoutReports) {
    batch("first", {"add_service_44k.m4a"});
    batch("second", {"auto_loan_mono.flac"});
    ASSERT_TRUE(workOff(batches_, next_, observer_, clock_, {}));
    EXPECT_EQ(observer_.over, 2U);
    EXPECT_FALSE(fs::exists(folder_.path() / "first"));
    EXPECT_THAT(observer_.reports, testing::IsEmpty());
}

}  // namespace
}  // namespace chat::pipeline
