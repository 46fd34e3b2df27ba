#include "chat/audio/peak_meter.h"

#include <gtest/gtest.h>

#include <vector>

namespace chat::audio {
namespace {

TEST(PeakMeter, KeepsTheLargestSampleOfEachStep) {
    PeakMeter meter(1);
    std::vector<float> sound(480, 0.0F);
    sound[100] = -1.0F;
    sound[200] = 0.5F;
    meter.add(0, sound);
    const Peaks peaks = meter.peaks();
    EXPECT_DOUBLE_EQ(peaks.step.count(), 0.01);
    EXPECT_EQ(peaks.channels, (std::vector<std::vector<std::uint8_t>>{{255, 128, 0}}));
}

TEST(PeakMeter, StaysBoundedAndKeepsPeaksAtTheirPlaceInALongRecording) {
    PeakMeter meter(2);
    const std::vector<float> second(16'000, 0.1F);
    const std::vector<float> loud(16'000, 0.9F);
    constexpr std::size_t kSeconds = 36'000;
    for (std::size_t i = 0; i < kSeconds; ++i) {
        meter.add(0, i == 27'000 ? loud : second);
        meter.add(1, second);
    }
    const Peaks peaks = meter.peaks();
    ASSERT_EQ(peaks.channels.size(), 2U);
    EXPECT_LE(peaks.channels[0].size(), PeakMeter::kMaxSteps);
    EXPECT_GT(peaks.channels[0].size(), PeakMeter::kMaxSteps / 2);
    EXPECT_EQ(peaks.channels[0].size(), peaks.channels[1].size());
    const auto at = static_cast<std::size_t>(27'000.5 / peaks.step.count());
    EXPECT_EQ(peaks.channels[0][at], 230);
    EXPECT_EQ(peaks.channels[0][at - 2], 26);
    EXPECT_EQ(peaks.channels[1][at], 26);
}

TEST(PeakMeter, DoesNotDependOnHowTheSoundIsCut) {
    std::vector<float> sound(1'000'000);
    for (std::size_t i = 0; i < sound.size(); ++i) {
        sound[i] = static_cast<float>((i * 7919) % 1000) / 1000.0F;
    }
    PeakMeter whole(1);
    whole.add(0, sound);
    PeakMeter cut(1);
    for (std::size_t i = 0; i < sound.size(); i += 1'237) {
        cut.add(0, std::span(sound).subspan(i, std::min<std::size_t>(1'237, sound.size() - i)));
    }
    EXPECT_EQ(whole.peaks().channels, cut.peaks().channels);
}

}  // namespace
}  // namespace chat::audio
