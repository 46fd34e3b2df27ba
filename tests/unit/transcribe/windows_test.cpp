#include "chat/transcribe/windows.h"

#include <gtest/gtest.h>

#include <random>

namespace chat::transcribe {
namespace {

constexpr double kSample = 1.0 / kAnalysisRateHz;

ChannelActivity speaking(Intervals speech) {
    ChannelActivity activity;
    activity.speech = std::move(speech);
    return activity;
}

Interval at(double start, double end) {
    return {Seconds(start), Seconds(end)};
}

std::vector<float> numbered(Seconds duration) {
    std::vector<float> samples(static_cast<std::size_t>(duration.count() * kAnalysisRateHz));
    for (std::size_t i = 0; i < samples.size(); ++i) {
        samples[i] = static_cast<float>(i);
    }
    return samples;
}

std::vector<SpeechWindow> gather(const std::vector<WindowPlan>& plans,
                                 const std::vector<float>& sound,
                                 std::size_t block) {
    WindowGatherer gatherer(plans);
    std::vector<SpeechWindow> windows;
    const auto keep = [&windows](std::vector<SpeechWindow> more) {
        std::move(more.begin(), more.end(), std::back_inserter(windows));
    };
    for (std::size_t i = 0; i < sound.size(); i += block) {
        keep(gatherer.add(std::span(sound).subspan(i, std::min(block, sound.size() - i))));
    }
    keep(gatherer.finish());
    return windows;
}

TEST(Windows, NoSpeechNeedsNoWindow) {
    EXPECT_TRUE(planWindows(speaking({}), 0, Seconds(60)).empty());
    EXPECT_TRUE(planWindows(speaking({at(70, 80)}), 0, Seconds(60)).empty());
}

TEST(Windows, ShortPausesStayAndLongOnesAreShortened) {
    const WindowSettings settings{.margin = Seconds(0.25), .longestGap = Seconds(1.0)};
    const auto plans =
        planWindows(speaking({at(2, 4), at(4.8, 6), at(20, 22)}), 1, Seconds(60), settings);
    ASSERT_EQ(plans.size(), 1U);
    const WindowPlan& plan = plans[0];
    EXPECT_EQ(plan.channel, 1);
    ASSERT_EQ(plan.pieces.size(), 2U);
    EXPECT_DOUBLE_EQ(plan.pieces[0].recording.start.count(), 1.75);
    EXPECT_DOUBLE_EQ(plan.pieces[0].recording.end.count(), 6.25);
    EXPECT_DOUBLE_EQ(plan.pieces[1].recording.start.count(), 19.75);
    EXPECT_DOUBLE_EQ(plan.length().count(), 4.5 + 2.5);
    EXPECT_DOUBLE_EQ(plan.toRecording(Seconds(4.5)).count(), 19.75);
    EXPECT_DOUBLE_EQ(plan.toRecording(Seconds(99)).count(), 22.25);
    EXPECT_DOUBLE_EQ(plan.toWindow(Seconds(10)).count(), 4.5);
    EXPECT_DOUBLE_EQ(plan.extent().end.count(), 22.25);
}

TEST(Windows, AreCutInTheLongestPause) {
    // 36 s of speech need two windows; both cuts fit, the second pause is the longer.
    const auto plans =
        planWindows(speaking({at(0, 12), at(12.4, 24), at(26, 38.4)}), 0, Seconds(40));
    ASSERT_EQ(plans.size(), 2U);
    EXPECT_EQ(plans[0].speech.size(), 2U);
    EXPECT_EQ(plans[1].speech.size(), 1U);
}

TEST(Windows, EndlessSpeechIsCutWhereTheDetectorIsLeastSure) {
    ChannelActivity activity = speaking({at(0, 50)});
    activity.probabilities.assign(static_cast<std::size_t>(50 / kEvidenceStep.count()), 250);
    activity.probabilities[224] = 200;
    const auto plans = planWindows(activity, 0, Seconds(50));
    ASSERT_EQ(plans.size(), 2U);
    EXPECT_NEAR(plans[0].speech.back().end.count(), 22.45, 1e-9);
    EXPECT_EQ(plans[0].pieces.back().recording.end, plans[1].pieces.front().recording.start);
}

TEST(Windows, EndlessSpeechOfEqualProbabilityIsCutWhereItIsQuietest) {
    ChannelActivity activity = speaking({at(0, 50)});
    activity.probabilities.assign(static_cast<std::size_t>(50 / kEvidenceStep.count()), 255);
    activity.levels.assign(500, 200);
    std::fill(activity.levels.begin() + 240, activity.levels.begin() + 242, std::uint8_t{120});
    const auto plans = planWindows(activity, 0, Seconds(50));
    ASSERT_EQ(plans.size(), 2U);
    EXPECT_NEAR(plans[0].speech.back().end.count(), 24.1, 0.11);
}

TEST(Windows, GathererCutsOutThePlannedSamples) {
    const auto plans = planWindows(speaking({at(1, 2), at(5, 6)}), 0, Seconds(10));
    const auto windows = gather(plans, numbered(Seconds(10)), 1'000);
    ASSERT_EQ(windows.size(), 1U);
    EXPECT_EQ(windows[0].samples.front(), 0.7F * kAnalysisRateHz);
    EXPECT_EQ(windows[0].samples.back(), 6.3F * kAnalysisRateHz - 1);
}

TEST(Windows, SoundThatEndsEarlyIsPadded) {
    const auto plans = planWindows(speaking({at(1, 2), at(5, 6)}), 0, Seconds(10));
    const auto windows = gather(plans, numbered(Seconds(5.5)), 4'096);
    ASSERT_EQ(windows.size(), 1U);
    EXPECT_EQ(windows[0].samples.size(),
              static_cast<std::size_t>(plans[0].length().count() * kAnalysisRateHz + 0.5));
    EXPECT_EQ(windows[0].samples.back(), 0.0F);
    EXPECT_TRUE(gather(plans, {}, 1).empty());
}

/// Properties that hold for any speech, checked on many made-up channels.
class WindowsOfAnySpeech : public testing::TestWithParam<unsigned> {
  protected:
    void SetUp() override {
        std::mt19937 random(GetParam());
        const auto between = [&random](double low, double high) {
            return low + (high - low) * static_cast<double>(random() % 100'000) / 100'000;
        };
        double time = between(0, 3);
        while (time < 400) {
            const double length = random() % 20 == 0 ? between(20, 120) : between(0.05, 8);
            activity_.speech.push_back(at(time, time + length));
            time += length + (random() % 4 == 0 ? between(1, 40) : between(0.03, 1.5));
        }
        duration_ = Seconds(between(activity_.speech.back().start.count() + 0.01, time));
        for (double t = 0; t < duration_.count(); t += kEvidenceStep.count()) {
            activity_.probabilities.push_back(static_cast<std::uint8_t>(random() % 256));
        }
        settings_.margin = Seconds(between(0, 0.6));
        settings_.longestGap = Seconds(between(0.2, 2));
        plans_ = planWindows(activity_, 0, duration_, settings_);
    }

    ChannelActivity activity_;
    Seconds duration_{};
    WindowSettings settings_;
    std::vector<WindowPlan> plans_;
};

TEST_P(WindowsOfAnySpeech, EverySecondOfItLiesInExactlyOneWindow) {
    Seconds planned{0};
    Seconds covered{0};
    Seconds lastEnd{0};
    for (const WindowPlan& plan : plans_) {
        for (const WindowPiece& piece : plan.pieces) {
            EXPECT_GE(piece.recording.start.count(), lastEnd.count() - kSample);
            EXPECT_GT(piece.recording.length().count(), 0);
            lastEnd = piece.recording.end;
            for (const Interval& speech : activity_.speech) {
                covered += overlap(piece.recording, speech);
            }
        }
        for (const Interval& speech : plan.speech) {
            planned += speech.length();
        }
    }
    EXPECT_LE(lastEnd.count(), duration_.count() + kSample);
    Seconds spoken{0};
    for (const Interval& speech : activity_.speech) {
        spoken += overlap(speech, {Seconds(0), duration_});
    }
    EXPECT_NEAR(planned.count(), spoken.count(), 1e-6);
    EXPECT_NEAR(covered.count(), spoken.count(), 0.05);
}

TEST_P(WindowsOfAnySpeech, NoWindowIsLongerThanTheModelTakes) {
    for (const WindowPlan& plan : plans_) {
        EXPECT_LE(plan.length(), kWindowLength);
    }
}

TEST_P(WindowsOfAnySpeech, AreNumberedInTheirOrder) {
    int number = 0;
    for (const WindowPlan& plan : plans_) {
        EXPECT_EQ(plan.number, number++);
    }
}

TEST_P(WindowsOfAnySpeech, TimesMapThereAndBack) {
    for (const WindowPlan& plan : plans_) {
        Seconds before{-1};
        for (double t = 0; t < plan.length().count(); t += 0.013) {
            const Seconds inRecording = plan.toRecording(Seconds(t));
            EXPECT_GT(inRecording, before);
            EXPECT_NEAR(plan.toWindow(inRecording).count(), t, 1e-9);
            before = inRecording;
        }
        for (const Interval& speech : plan.speech) {
            const Seconds middle = (speech.start + speech.end) / 2;
            EXPECT_NEAR(plan.toRecording(plan.toWindow(middle)).count(), middle.count(), 1e-9);
        }
    }
}

TEST_P(WindowsOfAnySpeech, BlocksOfAnySizeGiveTheSameWindows) {
    const std::vector<float> sound = numbered(duration_);
    const auto whole = gather(plans_, sound, sound.size());
    const auto pieces = gather(plans_, sound, 7'919);
    ASSERT_EQ(whole.size(), plans_.size());
    ASSERT_EQ(pieces.size(), plans_.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        EXPECT_EQ(whole[i].samples, pieces[i].samples);
        EXPECT_LE(whole[i].samples.size(), 480'000U);
        EXPECT_NEAR(static_cast<double>(whole[i].samples.size()) * kSample,
                    whole[i].plan.length().count(),
                    kSample);
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, WindowsOfAnySpeech, testing::Range(1U, 21U));

}  // namespace
}  // namespace chat::transcribe
