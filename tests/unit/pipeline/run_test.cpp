#include "chat/core/files.h"
#include "chat/pipeline/analyze_run.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>

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
    void listed(const std::vector<std::uint64_t>& bytes) override { total = bytes.size(); }
    void gathering(const fs::path&) override {}
    void working(std::size_t, const std::string&, std::string_view, double share) override {
        EXPECT_GE(share, 0);
        EXPECT_LE(share, 1);
    }
    void ended(std::size_t, const CallOutcome&) override {
        if (++calls == stopAfter) {
            stop.request_stop();
        }
    }
    std::size_t total = 0;
    int calls = 0;
    int stopAfter = 0;
    std::stop_source stop;
};

class RunTest : public testing::Test {
  protected:
    RunTest() {
        settings_.storeFile = folder_.path() / "store.sqlite";
        settings_.reportFolder = folder_.path() / "report";
        settings_.audio = AudioMode::None;
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
    EXPECT_EQ(outcome.calls[0].status, CallStatus::Failed);
    EXPECT_EQ(outcome.calls[1].status, CallStatus::Analyzed);
    EXPECT_EQ(report()["summary"]["failed"], 1);
    const RunOutcome second = run();
    EXPECT_EQ(second.calls[0].status, CallStatus::Analyzed) << "nothing of the failure was kept";
}

TEST_F(RunTest, AStopKeepsWhatIsDoneAndNamesWhatIsNot) {
    useModel();
    settings_.paths.insert(
        settings_.paths.end(),
        {kRecordings / "auto_repairs_0_mono.flac", kRecordings / "auto_repairs_1.flac"});
    observer_.stopAfter = 1;
    const RunOutcome outcome = run();
    EXPECT_EQ(observer_.calls, 4) << "each call ends once, one way or the other";
    EXPECT_FALSE(outcome.facts.complete);
    EXPECT_EQ(outcome.calls[0].status, CallStatus::Analyzed);
    EXPECT_EQ(outcome.calls[3].status, CallStatus::Stopped);
    EXPECT_EQ(report()["calls"].size(), 4U);
    EXPECT_EQ(report()["calls"][3]["status"], "stopped");
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
