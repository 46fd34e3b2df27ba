#include "chat/transcribe/model_measurements.h"

#include <gmock/gmock.h>

#include <fstream>

#include "fakes/fake_transcriber.h"
#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::transcribe {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const ModelMeasurement kBase{"base", 145'000'000, 2, 5, 500'000'000, 0.05};

TEST(ModelMeasurements, AreKept) {
    const tests::TemporaryFolder folder;
    const auto file = folder.path() / "cache" / "measurements.json";
    EXPECT_THAT(readMeasurements(file), IsEmpty());
    ASSERT_TRUE(noteMeasurement(file, kBase));
    ModelMeasurement other = kBase;
    other.workers = 8;
    ASSERT_TRUE(noteMeasurement(file, other));
    ModelMeasurement again = kBase;
    again.cost = 0.07;
    ASSERT_TRUE(noteMeasurement(file, again));
    const auto known = readMeasurements(file);
    ASSERT_THAT(known, SizeIs(2)) << "one for each use";
    ASSERT_NE(findMeasurement(known, kBase), nullptr);
    EXPECT_EQ(*findMeasurement(known, kBase), again);
    EXPECT_EQ(*findMeasurement(known, other), other);
}

TEST(ModelMeasurements, AreOfOneFileAndOneUse) {
    for (const auto& change : {+[](ModelMeasurement& one) { one.model = "small"; },
                               +[](ModelMeasurement& one) { one.bytes = 1; },
                               +[](ModelMeasurement& one) { one.workers = 3; },
                               +[](ModelMeasurement& one) { one.beam = 1; }}) {
        ModelMeasurement other = kBase;
        change(other);
        EXPECT_EQ(findMeasurement({kBase}, other), nullptr);
    }
}

TEST(ModelMeasurements, OfADamagedFileAreNone) {
    const tests::TemporaryFolder folder;
    const auto file = folder.path() / "measurements.json";
    for (const char* text : {"", "{", "[{}]", "[{\"model\": 3}]", "7"}) {
        std::ofstream(file) << text;
        EXPECT_THAT(readMeasurements(file), IsEmpty()) << text;
    }
}

TEST(ModelMeasurements, AreTakenWithAWindowForEachWorker) {
    tests::ManualClock clock;
    int heard = 0;
    ModelMeasurement measurement{"fake", 1, 1, 5, 0, 0};
    const Status measured = measureModel(
        [&]() -> Result<std::unique_ptr<Transcriber>> {
            return std::make_unique<tests::FakeTranscriber>(
                1, [&](const SpeechWindow& window) -> Result<WindowTranscript> {
                    ++heard;
                    EXPECT_EQ(window.samples.size(), 480'000U);
                    clock.advance(std::chrono::milliseconds{1'500});
                    return WindowTranscript{};
                });
        },
        clock,
        measurement);
    ASSERT_TRUE(measured);
    EXPECT_EQ(heard, 1);
    EXPECT_DOUBLE_EQ(measurement.cost, 0.05) << "1.5 s for 30 s";
    EXPECT_GT(measurement.peakBytes, 1'000'000U);
}

TEST(ModelMeasurements, TellWhatWentWrong) {
    tests::ManualClock clock;
    ModelMeasurement measurement = kBase;
    const auto broken = [](const SpeechWindow&) -> Result<WindowTranscript> {
        return fail(ErrorCode::TrResMemoryError, "Too little.");
    };
    EXPECT_FALSE(measureModel(
        [&]() -> Result<std::unique_ptr<Transcriber>> {
            return std::make_unique<tests::FakeTranscriber>(2, broken);
        },
        clock,
        measurement));
    EXPECT_FALSE(measureModel(
        []() -> Result<std::unique_ptr<Transcriber>> {
            return fail(ErrorCode::TrDataModelMissing, "Not there.");
        },
        clock,
        measurement));
}

}  // namespace
}  // namespace chat::transcribe
