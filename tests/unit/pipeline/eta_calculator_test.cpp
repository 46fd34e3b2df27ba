#include "chat/pipeline/eta_calculator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace chat::pipeline {
namespace {

constexpr double kWordsShare = 0.1;

/// A machine that takes `speed` times as long as one that needs half a second a call and a twentieth of its length.
StageTimes machine(double length, double speed) {
    return {Seconds{0.001 * length * speed},
            Seconds{(0.5 + length / 20) * speed},
            Seconds{0.001 * speed}};
}

/// Calls of one to five minutes, of which each deviates by up to a fifth.
void learnCalls(EtaCalculator& eta, int calls, double speed, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> length(60, 300);
    std::uniform_real_distribution<double> deviation(0.8, 1.2);
    for (int i = 0; i < calls; ++i) {
        const double audio = length(random);
        eta.learn(Seconds{audio}, machine(audio, speed * deviation(random)));
    }
}

WorkLeft waiting(std::size_t calls, int workers, double length = 120) {
    return {{}, std::vector<Seconds>(calls, Seconds{length}), workers};
}

double widthOf(const Eta& eta) {
    return (eta.upper - eta.lower) / eta.remaining;
}

void expectInOrder(const Eta& eta) {
    EXPECT_TRUE(std::isfinite(eta.upper.count()));
    EXPECT_GE(eta.lower, Seconds{0});
    EXPECT_LE(eta.lower, eta.remaining);
    EXPECT_LE(eta.remaining, eta.upper);
}

TEST(EtaCalculator, NothingLeftTakesNoTime) {
    EtaCalculator eta{ProcessingTime(kWordsShare)};
    learnCalls(eta, 30, 1);
    const Eta none = eta.estimate({});
    EXPECT_EQ(none.remaining, Seconds{0});
    EXPECT_EQ(none.lower, Seconds{0});
    EXPECT_EQ(none.upper, Seconds{0});
}

TEST(EtaCalculator, BeforeTheFirstCallItIsTheGuessAndWide) {
    const ProcessingTime guess(kWordsShare);
    const Eta first = EtaCalculator{guess}.estimate(waiting(50, 1));
    const double expected = 50 * guess.predict({Seconds{120}, std::nullopt}).total().count();
    EXPECT_NEAR(first.remaining.count(), expected, 0.3 * expected);
    EXPECT_LT(first.lower.count(), expected / 2);
    EXPECT_GT(first.upper.count(), expected * 2);
    EXPECT_EQ(first.sample, 0);
}

TEST(EtaCalculator, FindsTheWorkThatIsLeftAndIsSurerWithMoreCalls) {
    EtaCalculator eta{ProcessingTime(kWordsShare)};
    const double expected = 50 * machine(120, 1).total().count();
    double width = std::numeric_limits<double>::infinity();
    for (const int more : {3, 17, 80}) {
        learnCalls(eta, more, 1, static_cast<unsigned>(more));
        const Eta now = eta.estimate(waiting(50, 1));
        EXPECT_LE(now.lower.count(), expected);
        EXPECT_GE(now.upper.count(), expected);
        EXPECT_LT(widthOf(now), width);
        width = widthOf(now);
    }
    EXPECT_NEAR(eta.estimate(waiting(50, 1)).remaining.count(), expected, 0.1 * expected);
    EXPECT_LT(width, 0.25);
    EXPECT_EQ(eta.estimate(waiting(50, 1)).sample, EtaCalculator::kWindow);
}

TEST(EtaCalculator, ALongCallIsMoreWorkThanAShortOne) {
    EtaCalculator eta{ProcessingTime(kWordsShare)};
    learnCalls(eta, 40, 1);
    const double brief = eta.estimate(waiting(20, 1, 60)).remaining.count();
    const double lengthy = eta.estimate(waiting(20, 1, 240)).remaining.count();
    EXPECT_NEAR(lengthy / brief, machine(240, 1).total() / machine(60, 1).total(), 0.4);
}

TEST(EtaCalculator, WorkersShareTheWorkButNotACall) {
    EtaCalculator eta{ProcessingTime(kWordsShare)};
    learnCalls(eta, 40, 1);
    const Seconds alone = eta.estimate(waiting(80, 1)).remaining;
    const Seconds four = eta.estimate(waiting(80, 4)).remaining;
    EXPECT_NEAR(alone / four, 4, 0.4);
    const Seconds one = eta.estimate(waiting(1, 1)).remaining;
    EXPECT_NEAR(eta.estimate(waiting(1, 16)).remaining / one, 1, 0.1);
    // An hour-long call that is begun last is waited for.
    WorkLeft uneven = waiting(20, 8);
    uneven.waiting.emplace_back(3600);
    EXPECT_GT(eta.estimate(uneven).remaining, 0.9 * eta.estimate(waiting(1, 1, 3600)).remaining);
}

TEST(EtaCalculator, InPiecesTheWorkersShareACallToo) {
    EtaCalculator eta{ProcessingTime(kWordsShare)};
    learnCalls(eta, 30, 1);
    WorkLeft one = waiting(1, 4, 1200);
    one.inPieces = true;
    const Seconds inPieces = eta.estimate(one).remaining;
    EXPECT_NEAR(inPieces / eta.estimate(waiting(1, 4, 1200)).remaining, 0.25, 0.02);
    WorkLeft piece = waiting(1, 4, 20);
    piece.inPieces = true;
    EXPECT_NEAR(eta.estimate(piece).remaining / eta.estimate(waiting(1, 4, 20)).remaining, 1, 0.1)
        << "but a piece is one worker's";
    WorkLeft many = waiting(100, 4);
    const Seconds whole = eta.estimate(many).remaining;
    many.inPieces = true;
    EXPECT_NEAR(eta.estimate(many).remaining / whole, 1, 0.08) << "there is always enough to do";
    expectInOrder(eta.estimate(many));
}

TEST(EtaCalculator, FewerWorkersThanCallsInHandBeginNothingBeforeTheyMay) {
    EtaCalculator eta{ProcessingTime(kWordsShare)};
    learnCalls(eta, 40, 1);
    WorkLeft left = waiting(30, 6);
    left.inHand.assign(6, {Seconds{120}, CallStage::Sound, Seconds{0}});
    const Seconds six = eta.estimate(left).remaining;
    left.workers = 2;
    EXPECT_GT(eta.estimate(left).remaining, 2 * six);
    left.workers = 0;
    expectInOrder(eta.estimate(left));
}

TEST(EtaCalculator, OfACallInHandOnlyTheRestIsLeft) {
    EtaCalculator eta{ProcessingTime(kWordsShare)};
    learnCalls(eta, 100, 1);
    const double whole = machine(120, 1).total().count();
    const auto rest = [&](CallStage stage, double elapsed) {
        return eta.estimate({{{Seconds{120}, stage, Seconds{elapsed}}}, {}, 1}).remaining.count();
    };
    EXPECT_NEAR(rest(CallStage::Sound, 0), whole, 0.15 * whole);
    EXPECT_NEAR(rest(CallStage::Words, whole / 2), whole / 2, 0.15 * whole);
    EXPECT_LT(rest(CallStage::Analysis, 0), 0.01 * whole);
    // A call that hangs since long will hardly end at once.
    EXPECT_GT(rest(CallStage::Words, 20 * whole), 2 * whole);
}

TEST(EtaCalculator, AfterOneWindowItHasFollowedAChangeOfSpeed) {
    EtaCalculator eta{ProcessingTime(kWordsShare)};
    learnCalls(eta, 200, 1);
    learnCalls(eta, EtaCalculator::kWindow, 2, 2);
    const double expected = 50 * machine(120, 2).total().count();
    EXPECT_NEAR(eta.estimate(waiting(50, 1)).remaining.count(), expected, 0.12 * expected);
}

TEST(EtaCalculator, ACallThatHungDoesNotSlowTheOthersDown) {
    EtaCalculator eta{ProcessingTime(kWordsShare)};
    learnCalls(eta, 100, 1);
    const Eta before = eta.estimate(waiting(50, 1));
    eta.learn(Seconds{120}, machine(120, 20));
    const Eta after = eta.estimate(waiting(50, 1));
    // It may come again, though: one in a hundred calls that takes twenty times as long is a fifth of the work.
    EXPECT_GT(after.remaining, before.remaining);
    EXPECT_LT(after.remaining, before.remaining * 1.4);
    EXPECT_GT(widthOf(after), widthOf(before));
}

TEST(EtaCalculator, AttemptsThatFailAreMoreWork) {
    EtaCalculator eta{ProcessingTime(kWordsShare)};
    learnCalls(eta, 60, 1);
    const Seconds before = eta.estimate(waiting(50, 1)).remaining;
    for (int i = 0; i < 30; ++i) {
        eta.learnFailure();
    }
    EXPECT_GT(eta.estimate(waiting(50, 1)).remaining, before * 1.1);
}

TEST(EtaCalculator, WithoutAModelNoTimeGoesIntoWords) {
    EtaCalculator eta{ProcessingTime(0)};
    for (int i = 0; i < 30; ++i) {
        eta.learn(Seconds{100}, {Seconds{0.2}, Seconds{0}, Seconds{0.01}});
    }
    EXPECT_NEAR(eta.estimate(waiting(100, 1, 100)).remaining.count(), 21, 2);
}

TEST(EtaCalculator, TheWidthIsCorrectedByWhatCame) {
    EtaCalculator eta{ProcessingTime(kWordsShare)};
    learnCalls(eta, 60, 1);
    const WorkLeft left = waiting(50, 2);
    const Eta before = eta.estimate(left);
    EtaCalculator tooNarrow = eta;
    EtaCalculator tooWide = eta;
    for (int i = 0; i < 100; ++i) {
        tooNarrow.settle(before, before.upper * (i % 5 == 0 ? 1.1 : 1));
        tooWide.settle(before, before.remaining * (i % 2 == 0 ? 1.001 : 0.999));
    }
    const Eta wider = tooNarrow.estimate(left);
    EXPECT_EQ(wider.remaining, before.remaining);
    EXPECT_GE(wider.upper, before.upper * 1.05);
    EXPECT_LT(wider.lower, before.lower);
    EXPECT_LT(widthOf(tooWide.estimate(left)), 0.9 * widthOf(before));
}

TEST(EtaCalculator, WhatCannotBeIsNotLearnt) {
    EtaCalculator eta{ProcessingTime(kWordsShare)};
    learnCalls(eta, 20, 1);
    const Eta before = eta.estimate(waiting(50, 2));
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    eta.learn(Seconds{100}, {Seconds{kNan}, Seconds{1}, Seconds{1}});
    eta.learn(Seconds{100}, {Seconds{1}, Seconds{-1}, Seconds{1}});
    eta.learn(Seconds{kNan}, machine(100, 1));
    eta.settle({}, Seconds{5});
    eta.settle(before, Seconds{0});
    eta.settle(before, Seconds{kNan});
    const Eta after = eta.estimate(waiting(50, 2));
    EXPECT_EQ(after.remaining, before.remaining);
    EXPECT_EQ(after.lower, before.lower);
    EXPECT_EQ(after.upper, before.upper);
}

/// Whatever was learnt, including calls without length, stages without time and times that differ by a million.
TEST(EtaCalculator, IsNeverNegativeNorInfinite) {
    std::mt19937 random(7);
    std::uniform_real_distribution<double> exponent(-4, 4);
    const auto some = [&] { return random() % 4 == 0 ? 0.0 : std::pow(10, exponent(random)); };
    for (int round = 0; round < 60; ++round) {
        EtaCalculator eta{ProcessingTime(round % 3 == 0 ? 0 : kWordsShare),
                          static_cast<std::size_t>(round % 25)};
        for (int i = 0; i < round; ++i) {
            eta.learn(Seconds{some()}, {Seconds{some()}, Seconds{some()}, Seconds{some()}});
            if (random() % 8 == 0) {
                eta.learnFailure();
            }
            const WorkLeft left{{{Seconds{some()}, CallStage(random() % 3), Seconds{some()}}},
                                {Seconds{some()}, Seconds{some()}},
                                round - 5};
            const Eta now = eta.estimate(left);
            expectInOrder(now);
            eta.settle(now, Seconds{some()});
        }
    }
}

TEST(EtaCalculator, TheSameWorkIsTheSameEstimate) {
    EtaCalculator eta{ProcessingTime(kWordsShare)};
    learnCalls(eta, 30, 1);
    const Eta once = eta.estimate(waiting(50, 3));
    const Eta again = eta.estimate(waiting(50, 3));
    EXPECT_EQ(once.remaining, again.remaining);
    EXPECT_EQ(once.lower, again.lower);
    EXPECT_EQ(once.upper, again.upper);
}

}  // namespace
}  // namespace chat::pipeline
