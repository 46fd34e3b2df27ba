#include "chat/audio/speech_detector.h"

#include "chat/audio/silero_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>

#include "sound_helpers.h"

extern "C" {
extern const char chat_silero_onnx_begin[];
extern const char chat_silero_onnx_end[];
}

namespace chat::audio {
namespace {

using tests::readAll;
using tests::recording;

std::vector<float> referenceSound() {
    auto source = openRecording(recording("auto_loan_mono.flac"));
    return source ? readAll(**source)[0] : std::vector<float>{};
}

std::vector<float> reference() {
    std::ifstream file(std::filesystem::path(CHAT_SOURCE_DIR) / "tests/data/silero_reference.f32",
                       std::ios::binary | std::ios::ate);
    std::vector<float> values(static_cast<std::size_t>(file.tellg()) / sizeof(float));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(values.data()),
              static_cast<std::streamsize>(values.size() * sizeof(float)));
    return values;
}

float largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
    float largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(a[i] - b[i]));
    }
    return largest;
}

TEST(SpeechDetector, GivesTheProbabilitiesOfTheReferenceImplementation) {
    const auto sound = referenceSound();
    auto detector = makeSileroDetector();
    ASSERT_TRUE(detector);
    std::vector<float> probabilities;
    (*detector)->add(sound, probabilities);
    (*detector)->finish(probabilities);
    const auto expected = reference();
    ASSERT_EQ(probabilities.size(), expected.size());
    ASSERT_GT(expected.size(), 1'000U);
    EXPECT_LT(largestDifference(probabilities, expected), 1e-4F);
}

TEST(SpeechDetector, BothBuildsOfTheNetworkAgree) {
    if (__builtin_cpu_supports("avx2") == 0 || __builtin_cpu_supports("fma") == 0) {
        GTEST_SKIP() << "this processor has only one of them";
    }
    const auto weights = readSileroWeights({chat_silero_onnx_begin, chat_silero_onnx_end});
    ASSERT_TRUE(weights);
    const auto sound = referenceSound();
    constexpr std::size_t kFrames = 100;
    ASSERT_GT(sound.size(), SileroNetwork::kContext + kFrames * kDetectorFrame);
    std::vector<float> baseline(kFrames);
    std::vector<float> wide(kFrames);
    std::unique_ptr<SileroNetwork>(makeSileroNetworkBaseline(*weights))
        ->run(sound.data(), kFrames, baseline.data());
    std::unique_ptr<SileroNetwork>(makeSileroNetworkAvx2(*weights))
        ->run(sound.data(), kFrames, wide.data());
    EXPECT_GT(*std::max_element(wide.begin(), wide.end()), 0.9F);
    EXPECT_LT(largestDifference(baseline, wide), 1e-4F);
}

TEST(SpeechDetector, DoesNotDependOnHowTheSoundIsCut) {
    const auto sound = referenceSound();
    auto detector = makeSileroDetector();
    ASSERT_TRUE(detector);
    std::vector<float> whole;
    (*detector)->add(sound, whole);
    (*detector)->finish(whole);
    std::vector<float> cut;
    for (std::size_t i = 0; i < sound.size(); i += 777) {
        (*detector)->add(std::span(sound).subspan(i, std::min<std::size_t>(777, sound.size() - i)),
                         cut);
    }
    (*detector)->finish(cut);
    EXPECT_EQ(whole, cut);  // to the bit, and the detector was as new after its first stream
}

TEST(SpeechDetector, HearsNothingInSilence) {
    auto detector = makeSileroDetector();
    ASSERT_TRUE(detector);
    std::vector<float> probabilities;
    (*detector)->add(std::vector<float>(160'000, 0.0F), probabilities);
    (*detector)->finish(probabilities);
    ASSERT_EQ(probabilities.size(), 313U);  // the last frame is filled up with zeros
    EXPECT_LT(*std::max_element(probabilities.begin(), probabilities.end()), 0.3F);
}

TEST(SileroWeights, RefusesAnotherNetworkAndDamagedBytes) {
    EXPECT_FALSE(readSileroWeights({}));
    const std::vector<char> garbage(1'000, 'x');
    EXPECT_FALSE(readSileroWeights(garbage));
    const std::span<const char> whole(chat_silero_onnx_begin, chat_silero_onnx_end);
    EXPECT_FALSE(readSileroWeights(whole.first(whole.size() / 2)));
}

}  // namespace
}  // namespace chat::audio
