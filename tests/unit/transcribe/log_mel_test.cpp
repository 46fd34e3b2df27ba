#include "chat/transcribe/log_mel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <numbers>
#include <string>
#include <thread>

namespace chat::transcribe {
namespace {

/// The sound of tests/data/log_mel/make_reference.py: a tone that rises and swells, over noise.
std::vector<float> testSound(int seconds) {
    std::vector<float> sound(static_cast<std::size_t>(seconds) * 16'000);
    std::uint32_t state = 1;
    for (std::size_t i = 0; i < sound.size(); ++i) {
        const double t = static_cast<double>(i) / 16'000;
        const double tone = std::sin(2 * std::numbers::pi * (100 * t + 120 * t * t)) *
                            (0.5 + 0.5 * std::sin(4 * std::numbers::pi * t));
        state = state * 1664525U + 1013904223U;
        const double noise = static_cast<double>(state >> 16U) / 65536 - 0.5;
        sound[i] = static_cast<float>(0.3 * tone + 0.01 * noise);
    }
    return sound;
}

std::vector<float> reference(int bands) {
    std::ifstream file(
        CHAT_SOURCE_DIR "/tests/data/log_mel/reference_" + std::to_string(bands) + ".f32",
        std::ios::binary);
    std::vector<float> values(static_cast<std::size_t>(bands) * 120);
    file.read(reinterpret_cast<char*>(values.data()),
              static_cast<std::streamsize>(values.size() * sizeof(float)));
    EXPECT_TRUE(file) << "the stored reference is missing or short";
    return values;
}

void expectReference(int bands, int seconds) {
    const std::vector<float> mel = LogMel(bands).compute(testSound(seconds));
    ASSERT_EQ(mel.size(), static_cast<std::size_t>(bands) * LogMel::kFrames);
    const std::vector<float> expected = reference(bands);
    float furthest = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const std::size_t frame = i / static_cast<std::size_t>(bands) * 25;
        const std::size_t band = i % static_cast<std::size_t>(bands);
        furthest = std::max(furthest, std::abs(mel[band * LogMel::kFrames + frame] - expected[i]));
    }
    testing::Test::RecordProperty("furthest", std::to_string(furthest));
    EXPECT_LT(furthest, 1e-3F);
}

TEST(LogMel, EqualsTheReferenceWithSilenceAfterTheSound) {
    expectReference(80, 11);
}

TEST(LogMel, EqualsTheReferenceOfLargeModelsOverAWholeWindow) {
    expectReference(128, 30);
}

TEST(LogMel, SilenceIsOneValue) {
    const std::vector<float> mel = LogMel(80).compute({});
    for (const float value : mel) {
        ASSERT_FLOAT_EQ(value, -1.5F);
    }
}

TEST(LogMel, WhatIsBeyondThirtySecondsIsCutOff) {
    std::vector<float> sound = testSound(30);
    const LogMel mel(80);
    const std::vector<float> expected = mel.compute(sound);
    sound.resize(sound.size() + 12'345, 0.9F);
    EXPECT_EQ(mel.compute(sound), expected);
}

TEST(LogMel, ThreadsGetTheSameBits) {
    const LogMel mel(80);
    const std::vector<float> sound = testSound(5);
    const std::vector<float> expected = mel.compute(sound);
    std::vector<std::vector<float>> results(4);
    {
        std::vector<std::jthread> threads;
        for (std::vector<float>& result : results) {
            threads.emplace_back([&result, &sound, &mel, own = &result == &results[0]] {
                result = own ? LogMel(80).compute(sound) : mel.compute(sound);
            });
        }
    }
    for (const std::vector<float>& result : results) {
        EXPECT_EQ(result, expected);
    }
}

}  // namespace
}  // namespace chat::transcribe
