#include "chat/pipeline/auto_model.h"

#include "chat/transcribe/installed_models.h"

#include <gmock/gmock.h>

#include "fakes/temporary_folder.h"

namespace chat::pipeline {
namespace {

RunOutcome outcomeOf(double seconds, double wall) {
    RunOutcome outcome;
    outcome.facts.complete = true;
    outcome.facts.peakMemoryBytes = 123'000'000;
    outcome.facts.timings = {{"audio", Seconds{1}, 2, 0}, {"transcribe", Seconds{wall}, 2, 0}};
    CallOutcome call;
    call.status = report::CallStatus::Analyzed;
    call.duration = Seconds{seconds / 2};
    outcome.calls = {call, call};
    return outcome;
}

SpeechModel base() {
    SpeechModel model;
    model.name = "base";
    model.bytes = 145;
    return model;
}

TEST(AutoModel, LearnsFromARunWhatAModelTakes) {
    const auto learnt = measurementOf(outcomeOf(200, 12), base(), 2);
    ASSERT_TRUE(learnt);
    EXPECT_EQ(*learnt, (transcribe::ModelMeasurement{"base", 145, 2, 5, 123'000'000, 0.06}));
}

TEST(AutoModel, LearnsNothingFromRunsThatDoNotTell) {
    EXPECT_FALSE(measurementOf(outcomeOf(30, 12), base(), 2)) << "too short";
    RunOutcome reused = outcomeOf(200, 12);
    reused.facts.timings[1].reused = 1;
    EXPECT_FALSE(measurementOf(reused, base(), 2)) << "words from the store took no time";
    RunOutcome silent = outcomeOf(200, 12);
    silent.facts.timings.pop_back();
    EXPECT_FALSE(measurementOf(silent, base(), 2));
    RunOutcome stopped = outcomeOf(200, 12);
    stopped.facts.complete = false;
    EXPECT_FALSE(measurementOf(stopped, base(), 2));
}

class ModelTrial : public testing::Test {
  protected:
    ModelTrial() {
        settings_.models = transcribe::modelsFolder();
        settings_.measurements = folder_.path() / "measurements.json";
        settings_.program = {std::filesystem::path(CHAT_BINARY_DIR) / "bin" / "worker_double",
                             {"worker_double"}};
    }

    [[nodiscard]] std::optional<transcribe::ModelChoice> choose() {
        auto choice = chooseInstalledModel(settings_, SystemClock(), {});
        EXPECT_TRUE(choice);
        return choice.value_or(std::nullopt);
    }

    tests::TemporaryFolder folder_;
    AutoModelSettings settings_;
};

TEST_F(ModelTrial, ChoosesNothingWhereNoModelIsInstalled) {
    settings_.models = folder_.path() / "models";
    EXPECT_FALSE(choose());
}

TEST_F(ModelTrial, IsMadeByAnotherProcessAndKept) {
    ASSERT_TRUE(choose());
    const auto known = transcribe::readMeasurements(settings_.measurements);
    ASSERT_FALSE(known.empty());
    EXPECT_GT(known.front().peakBytes, 0U);
    settings_.program.file = "/bin/false";
    EXPECT_TRUE(choose()) << "and not made again";
}

TEST_F(ModelTrial, AModelWhoseTrialDiesIsPassedOver) {
    settings_.program.file = "/bin/false";
    EXPECT_FALSE(choose());
    EXPECT_TRUE(transcribe::readMeasurements(settings_.measurements).empty());
}

}  // namespace
}  // namespace chat::pipeline
