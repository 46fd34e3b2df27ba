#include "chat/pipeline/auto_model.h"

#include <gmock/gmock.h>

#include "fakes/fake_transcriber.h"
#include "fakes/manual_clock.h"
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

TEST(AutoModel, ChoosesNothingWhereNoModelIsInstalled) {
    const tests::TemporaryFolder folder;
    const tests::ManualClock clock;
    AutoModelSettings settings;
    settings.models = folder.path() / "models";
    settings.measurements = folder.path() / "measurements.json";
    const auto choice = chooseInstalledModel(
        settings,
        [](const std::filesystem::path&) -> Result<std::unique_ptr<transcribe::Transcriber>> {
            ADD_FAILURE() << "there is nothing to load";
            return std::make_unique<tests::FakeTranscriber>();
        },
        clock,
        {});
    ASSERT_TRUE(choice);
    EXPECT_FALSE(*choice);
}

}  // namespace
}  // namespace chat::pipeline
