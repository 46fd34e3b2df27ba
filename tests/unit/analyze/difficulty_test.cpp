#include "chat/analyze/difficulty.h"

#include <gmock/gmock.h>

#include <array>

namespace chat::analyze {
namespace {

ChannelQuality good() {
    ChannelQuality quality;
    quality.loudnessLufs = -22;
    quality.snrDb = 45;
    quality.bandwidthHz = 3'400;
    quality.speechShare = 0.4;
    return quality;
}

double of(const ChannelQuality& quality) {
    return difficulty(quality).value_or(-1);
}

TEST(Difficulty, IsTheShareOfWordsThatWillBeWrong) {
    EXPECT_GT(of(good()), 0.005);
    EXPECT_LT(of(good()), 0.12) << "a good telephone line";
    ChannelQuality noisy = good();
    noisy.snrDb = 5;
    EXPECT_GT(of(noisy), 1.5 * of(good()));
    noisy.snrDb = 15;
    EXPECT_GT(of(noisy), of(good()));
}

TEST(Difficulty, OfACallIsThatOfItsSpeech) {
    ChannelQuality noisy = good();
    noisy.snrDb = 0;
    noisy.speechShare = 0.1;
    ChannelQuality silent = good();
    silent.speechShare = 0;
    EXPECT_FALSE(difficulty(silent));
    EXPECT_FALSE(difficulty(std::array{silent, silent}));
    EXPECT_DOUBLE_EQ(difficulty(std::array{good(), silent}).value_or(-1), of(good()));
    EXPECT_NEAR(difficulty(std::array{good(), noisy}).value_or(-1),
                (4 * of(good()) + of(noisy)) / 5,
                1e-12);
}

TEST(Difficulty, LiesBetweenNothingAndAll) {
    for (const double snr : {-200.0, 0.0, 300.0}) {
        for (const double loudness : {-70.0, 0.0}) {
            ChannelQuality quality = good();
            quality.snrDb = snr;
            quality.loudnessLufs = loudness;
            quality.bandwidthHz = 0;
            quality.clippedShare = 1;
            EXPECT_GE(of(quality), 0);
            EXPECT_LE(of(quality), 1);
        }
    }
}

}  // namespace
}  // namespace chat::analyze
