#include "chat/transcribe/words.h"

#include <gtest/gtest.h>

#include <random>

namespace chat::transcribe {
namespace {

Interval at(double start, double end) {
    return {Seconds(start), Seconds(end)};
}

Word word(std::string text, double start, double end) {
    return {std::move(text), Seconds(start), Seconds(end), 0.9};
}

/// Two turns, 10-12 s and 20-22 s, in one window: 9.7-12.3 s, then 19.7-22.3 s.
WindowPlan twoTurns() {
    WindowPlan plan;
    plan.channel = 1;
    plan.speech = {at(10, 12), at(20, 22)};
    plan.pieces = {{at(9.7, 12.3), Seconds(0)}, {at(19.7, 22.3), Seconds(2.6)}};
    return plan;
}

PlacedWords place(const WindowPlan& plan, std::vector<Word> words) {
    WindowTranscript transcript;
    transcript.words = std::move(words);
    return placeWords(plan, transcript);
}

void expectTime(const Word& word, double start, double end) {
    EXPECT_NEAR(word.start.count(), start, 1e-6) << word.text;
    EXPECT_NEAR(word.end.count(), end, 1e-6) << word.text;
}

TEST(Words, InsideSpeechKeepTheirTimes) {
    const PlacedWords placed = place(twoTurns(), {word("Could", 0.4, 0.8), word("you?", 3.0, 4.0)});
    ASSERT_EQ(placed.words.size(), 2U);
    expectTime(placed.words[0], 10.1, 10.5);
    expectTime(placed.words[1], 20.1, 21.1);
    EXPECT_TRUE(placed.warnings.empty());
    EXPECT_EQ(placed.statistics.moved, 0);
}

TEST(Words, AWordWithoutLengthStaysInItsPlace) {
    const PlacedWords placed =
        place(twoTurns(), {word("I", 0.5, 0.5), word("said", 0.5, 0.8), word("so", 0.8, 0.9)});
    ASSERT_EQ(placed.words.size(), 3U);
    expectTime(placed.words[0], 10.2, 10.26);
    expectTime(placed.words[1], 10.26, 10.5);
    expectTime(placed.words[2], 10.5, 10.6);
}

TEST(Words, WhatSticksOutOfSpeechIsCutOff) {
    const PlacedWords placed = place(twoTurns(), {word("Yes.", 0.0, 2.6)});
    ASSERT_EQ(placed.words.size(), 1U);
    expectTime(placed.words[0], 10, 12);
}

// Whisper gives a pause to the word after it: "less" of "less than" began where "currently" had ended.
TEST(Words, AWordOverAPauseBelongsToTheTurnAfterIt) {
    const PlacedWords placed = place(
        twoTurns(), {word("currently", 0.5, 1.5), word("less", 1.5, 3.0), word("than", 3.0, 3.4)});
    ASSERT_EQ(placed.words.size(), 3U);
    expectTime(placed.words[0], 10.2, 11.2);
    expectTime(placed.words[1], 20, 20.1);
    expectTime(placed.words[2], 20.1, 20.5);
}

TEST(Words, AWordOverAPauseThatEndsASentenceStaysBeforeIt) {
    const PlacedWords placed =
        place(twoTurns(), {word("again.", 2.0, 3.2), word("That", 3.2, 3.4)});
    ASSERT_EQ(placed.words.size(), 2U);
    expectTime(placed.words[0], 11.7, 12);
    expectTime(placed.words[1], 20.3, 20.5);
}

TEST(Words, AWordInAPauseMovesToTheNearestEdge) {
    const PlacedWords placed = place(twoTurns(), {word("Sure.", 2.62, 2.82)});
    ASSERT_EQ(placed.words.size(), 1U);
    expectTime(placed.words[0], 20, 20.2);
}

TEST(Words, AWordFarFromSpeechIsDroppedAndListed) {
    WindowPlan plan;
    plan.speech = {at(1, 2)};
    plan.pieces = {{at(0, 10), Seconds(0)}};
    const PlacedWords placed =
        place(plan, {word("Hello.", 1.2, 1.6), word("Thank", 5, 5.5), word("you.", 5.5, 6)});
    ASSERT_EQ(placed.words.size(), 1U);
    ASSERT_EQ(placed.warnings.size(), 1U);
    EXPECT_EQ(placed.warnings[0].code, ErrorCode::TrDataTextInSilence);
    EXPECT_EQ(placed.warnings[0].where, at(5, 6));
    EXPECT_EQ(placed.statistics.dropped, 2);
    EXPECT_EQ(placed.statistics.words, 3);
}

TEST(Words, MoreWordsThanAnybodyCanSayAreDropped) {
    WindowPlan plan;
    plan.speech = {at(1, 1.2)};
    plan.pieces = {{at(0.7, 1.5), Seconds(0)}};
    std::vector<Word> words(8, word("thanks", 0.3, 0.4));
    EXPECT_TRUE(place(plan, words).words.empty());
    words.resize(3);
    EXPECT_EQ(place(plan, words).words.size(), 3U);
}

TEST(Words, TheirDistanceFromTheDetectorIsCounted) {
    const PlacedWords placed =
        place(twoTurns(), {word("One", 0.0, 0.8), word("two", 1.0, 2.5), word("three", 3.4, 4.9)});
    const std::vector<double> errors{0.3, 0.2, 0.5, 0.0};
    ASSERT_EQ(placed.statistics.edgeErrors.size(), errors.size());
    for (std::size_t i = 0; i < errors.size(); ++i) {
        EXPECT_NEAR(placed.statistics.edgeErrors[i], errors[i], 1e-6);
    }
}

TEST(Words, WarningsOfTheTranscriptStay) {
    WindowTranscript transcript;
    transcript.warnings.push_back({ErrorCode::TrDataRepetition, "text", at(9, 12), 1});
    const PlacedWords placed = placeWords(twoTurns(), transcript);
    ASSERT_EQ(placed.warnings.size(), 1U);
    EXPECT_EQ(placed.warnings[0].code, ErrorCode::TrDataRepetition);
}

TEST(Words, AnyWordsEndUpInOrderAndInSpeech) {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        std::mt19937 random(seed);
        const auto between = [&random](double low, double high) {
            return low + (high - low) * static_cast<double>(random() % 100'000) / 100'000;
        };
        ChannelActivity activity;
        for (double time = between(0, 2); time < 60;) {
            const double length = between(0.1, 6);
            activity.speech.push_back(at(time, time + length));
            time += length + between(0.05, 5);
        }
        for (const WindowPlan& plan : planWindows(activity, 0, Seconds(70))) {
            std::vector<Word> words;
            for (double time = 0; time < plan.length().count();) {
                const double start = time + between(0, 0.5);
                time = start + between(0, 0.8);
                words.push_back(word("w", start, time));
            }
            const PlacedWords placed = place(plan, words);
            EXPECT_EQ(static_cast<int>(words.size()),
                      static_cast<int>(placed.words.size()) + placed.statistics.dropped);
            double before = 0;
            for (const Word& w : placed.words) {
                EXPECT_GE(w.start.count(), before - 1e-9);
                EXPECT_GT(w.end.count(), w.start.count());
                before = w.end.count();
                double nearest =
                    100;  // from the word's middle to speech: pauses of 0.3 s count as speech
                const double middle = (w.start.count() + w.end.count()) / 2;
                for (const Interval& speech : plan.speech) {
                    nearest = std::min(
                        nearest,
                        std::max(
                            {0.0, speech.start.count() - middle, middle - speech.end.count()}));
                }
                EXPECT_LE(nearest, 0.15 + 1e-9);
            }
        }
    }
}

}  // namespace
}  // namespace chat::transcribe
