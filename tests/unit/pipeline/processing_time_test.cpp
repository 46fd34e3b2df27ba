#include "chat/pipeline/processing_time.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace chat::pipeline {
namespace {

constexpr double kWordsShare = 0.1;

/// A call as a machine of that speed would do it: half a second a call and a twentieth of the speech.
StageTimes machine(double speech) {
    return {Seconds{0.01}, Seconds{0.5 + speech / 20}, Seconds{0.001}};
}

TEST(ProcessingTime, BeforeTheFirstCallAGuessGrowsWithTheLength) {
    const ProcessingTime time(kWordsShare);
    const Seconds brief = time.predict({Seconds{30}, std::nullopt}).total();
    const Seconds lengthy = time.predict({Seconds{3000}, std::nullopt}).total();
    EXPECT_GT(brief, Seconds{1});
    EXPECT_GT(lengthy, Seconds{250});
    EXPECT_LT(lengthy, Seconds{400});
    EXPECT_EQ(time.error().calls, 0);
}

TEST(ProcessingTime, WithoutAModelNoTimeGoesIntoWords) {
    ProcessingTime time(0);
    EXPECT_EQ(time.predict({Seconds{600}, std::nullopt}).words, Seconds{0});
    time.learn({Seconds{600}, Seconds{500}}, {Seconds{1}, Seconds{0}, Seconds{0.01}});
    EXPECT_EQ(time.predict({Seconds{600}, Seconds{500}}).words, Seconds{0});
}

TEST(ProcessingTime, AfterAHandfulOfCallsItFollowsTheMachineRatherThanTheGuess) {
    ProcessingTime time(1);
    for (const double length : {20., 60., 90., 150., 240., 300., 40., 80., 120., 200.}) {
        time.learn({Seconds{length}, Seconds{length}}, machine(length));
    }
    const double expected = machine(100).total().count();
    EXPECT_NEAR(time.predict({Seconds{100}, Seconds{100}}).total().count(), expected, 20);
    for (int i = 0; i < 300; ++i) {
        const double length = 20 + i;
        time.learn({Seconds{length}, Seconds{length}}, machine(length));
    }
    EXPECT_NEAR(time.predict({Seconds{100}, Seconds{100}}).total().count(), expected, expected / 5);
}

TEST(ProcessingTime, OnceTheSpeechIsKnownItSaysMoreThanTheLength) {
    ProcessingTime time(kWordsShare);
    std::mt19937 random(3);
    std::uniform_real_distribution<double> share(0.1, 0.9);
    for (int i = 0; i < 200; ++i) {
        const double length = 30 + i;
        const double speech = length * share(random);
        time.learn({Seconds{length}, Seconds{speech}}, machine(speech));
    }
    const double taken = machine(20).total().count();
    const double byLength = time.predict({Seconds{200}, std::nullopt}).total().count();
    const double bySpeech = time.predict({Seconds{200}, Seconds{20}}).total().count();
    EXPECT_NEAR(bySpeech, taken, 0.1 * taken);
    EXPECT_LT(std::abs(bySpeech - taken), std::abs(byLength - taken));
}

TEST(ProcessingTime, NoPredictionIsEverNegative) {
    ProcessingTime time(kWordsShare);
    // A steep line through these would be below zero for short calls.
    for (const double length : {100., 110., 120., 130.}) {
        time.learn({Seconds{length}, std::nullopt}, {Seconds{0}, Seconds{length - 99}, Seconds{0}});
    }
    EXPECT_GE(time.predict({Seconds{1}, std::nullopt}).words, Seconds{0});
    // Longer calls that took less must not make very long ones take less than nothing.
    ProcessingTime falling(kWordsShare);
    for (const double length : {100., 200., 300.}) {
        falling.learn({Seconds{length}, std::nullopt},
                      {Seconds{0}, Seconds{400 - length}, Seconds{0}});
    }
    EXPECT_GE(falling.predict({Seconds{36'000}, std::nullopt}).words, Seconds{0});
}

TEST(ProcessingTime, ItsErrorIsThatOfPredictionsMadeBeforehand) {
    ProcessingTime time(0);
    const CallSize size{Seconds{100}, std::nullopt};
    const Seconds before = time.predict(size).total();
    time.learn(size, {before * 2, Seconds{0}, Seconds{0}});
    EXPECT_EQ(time.error().calls, 1);
    EXPECT_NEAR(time.error().meanShare, 0.5, 1e-9);
    EXPECT_NEAR(time.error().bias, 0.5, 1e-9);
}

}  // namespace
}  // namespace chat::pipeline
