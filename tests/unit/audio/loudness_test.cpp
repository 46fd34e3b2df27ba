#include "chat/audio/loudness.h"

#include "chat/core/c_handle.h"

#include <ebur128.h>

#include <algorithm>
#include <memory>

#include "sound_helpers.h"

namespace chat::audio {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): helpers of this folder's tests

double libraryLoudness(const std::vector<float>& sound) {
    const std::unique_ptr<ebur128_state, ReleaseAddress<ebur128_destroy>> state(
        ebur128_init(1, kAnalysisRateHz, EBUR128_MODE_I));
    ebur128_add_frames_float(state.get(), sound.data(), sound.size());
    double loudness = 0;
    ebur128_loudness_global(state.get(), &loudness);
    return loudness;
}

double ourLoudness(std::span<const float> sound, std::size_t cut) {
    LoudnessMeter meter;
    for (std::size_t i = 0; i < sound.size(); i += cut) {
        meter.add(sound.subspan(i, std::min(cut, sound.size() - i)));
    }
    return meter.integrated();
}

TEST(LoudnessMeter, AgreesWithLibebur128OnEveryDemoRecording) {
    for (const char* name : {"auto_repairs_1.flac",
                             "auto_repairs_0_mono.flac",
                             "auto_loan_mono.flac",
                             "add_service_44k.m4a",
                             "points_balance_duplicated.mp3"}) {
        auto source = openRecording(recording(name));
        ASSERT_TRUE(source);
        for (const auto& channel : readAll(**source)) {
            EXPECT_NEAR(ourLoudness(channel, 65'536), libraryLoudness(channel), 0.1) << name;
            EXPECT_NEAR(ourLoudness(channel, 777), ourLoudness(channel, 65'536), 1e-9) << name;
        }
    }
}

TEST(LoudnessMeter, GivesTheFloorForSilenceAndForWhatIsTooShort) {
    EXPECT_EQ(ourLoudness(std::vector<float>(160'000, 0.0F), 1'000), -70);
    EXPECT_EQ(ourLoudness(std::vector<float>(3'000, 0.5F), 1'000), -70);
    EXPECT_EQ(LoudnessMeter().integrated(), -70);
}

}  // namespace
}  // namespace chat::audio
