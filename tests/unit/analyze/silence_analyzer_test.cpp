#include "chat/analyze/silence_analyzer.h"

#include "chat/core/intervals.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <random>

#include "spoken.h"

namespace chat::analyze {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

ChannelActivity speaking(Intervals speech) {
    ChannelActivity activity;
    activity.speech = std::move(speech);
    return activity;
}

std::vector<Silence> silencesOf(std::vector<Intervals> parties,
                                double duration,
                                SilenceSettings settings = {}) {
    std::vector<ChannelActivity> activity;
    for (Intervals& speech : parties) {
        activity.push_back(speaking(std::move(speech)));
    }
    return findSilences(activity, {}, {}, Seconds{duration}, settings);
}

Intervals timesOf(const std::vector<Silence>& silences) {
    Intervals times;
    for (const Silence& silence : silences) {
        times.push_back({silence.start, silence.end});
    }
    return times;
}

TEST(Silences, AreWhatNobodySpeaks) {
    const auto silences =
        silencesOf({{between(2, 5), between(12, 13)}, {between(4.5, 7), between(12.5, 14)}}, 20);
    EXPECT_THAT(timesOf(silences), ElementsAre(between(0, 2), between(7, 12), between(14, 20)));
}

TEST(Silences, OfACallInWhichNobodySpeaksIsTheWholeCall) {
    const auto silences = silencesOf({{}, {}}, 9);
    ASSERT_THAT(timesOf(silences), ElementsAre(between(0, 9)));
    EXPECT_EQ(silences[0].within, SilenceWithin::Edge);
    EXPECT_EQ(silences[0].position, CallPosition::Middle);
    EXPECT_EQ(silences[0].partyBefore, -1);
    EXPECT_EQ(silences[0].partyAfter, -1);
}

TEST(Silences, NeedARecordingWithLength) {
    EXPECT_THAT(silencesOf({{}}, 0), IsEmpty());
    EXPECT_THAT(silencesOf({{between(0, 5)}}, 5), IsEmpty());
}

struct LengthCase {
    double start;
    double end;
    bool found;
    SilenceCategory category;
};

class SilenceLengths : public testing::TestWithParam<LengthCase> {};

TEST_P(SilenceLengths, AreJudgedWithoutRoundingErrors) {
    const LengthCase& length = GetParam();
    const auto silences = silencesOf({{between(0, length.start), between(length.end, 100)}}, 100);
    ASSERT_THAT(silences, SizeIs(length.found ? 1 : 0)) << length.end - length.start;
    if (length.found) {
        EXPECT_EQ(silences[0].category, length.category);
    }
}

// 4.3 - 1.3 is 2.9999999999999996 in doubles, 64.1 - 56.1 is 7.999999999999993, 1.1 - 0.1 is 1.
INSTANTIATE_TEST_SUITE_P(AtTheBorders,
                         SilenceLengths,
                         testing::Values(LengthCase{10, 10.99, false, {}},
                                         LengthCase{10, 10.9999, false, {}},
                                         LengthCase{16.1, 17.1, true, SilenceCategory::Short},
                                         LengthCase{0.1, 1.1, true, SilenceCategory::Short},
                                         LengthCase{1.3, 4.29, true, SilenceCategory::Short},
                                         LengthCase{1.3, 4.3, true, SilenceCategory::Medium},
                                         LengthCase{56.1, 64.0999, true, SilenceCategory::Medium},
                                         LengthCase{56.1, 64.1, true, SilenceCategory::Long},
                                         LengthCase{20, 90, true, SilenceCategory::Long}));

TEST(Silences, KnowWhoSpokeBeforeAndAfter) {
    const auto silences = silencesOf({{between(2, 5), between(7, 8), between(20, 21)},
                                      {between(4, 4.5), between(10, 12), between(15, 16)}},
                                     30);
    ASSERT_THAT(silences, SizeIs(6));
    const auto expectParties = [&](std::size_t i, int before, int after, SilenceWithin within) {
        EXPECT_EQ(silences[i].partyBefore, before) << i;
        EXPECT_EQ(silences[i].partyAfter, after) << i;
        EXPECT_EQ(silences[i].within, within) << i;
    };
    expectParties(0, -1, 0, SilenceWithin::Edge);
    expectParties(1, 0, 0, SilenceWithin::Turn);
    expectParties(2, 0, 1, SilenceWithin::BetweenTurns);
    expectParties(3, 1, 1, SilenceWithin::Turn);
    expectParties(4, 1, 0, SilenceWithin::BetweenTurns);
    expectParties(5, 0, -1, SilenceWithin::Edge);
}

TEST(Silences, OfTwoThatEndTogetherTakeTheOneThatBeganLater) {
    const auto silences =
        silencesOf({{between(0, 5), between(8, 9)}, {between(4, 5), between(8.5, 9)}}, 9);
    ASSERT_THAT(silences, SizeIs(1));
    EXPECT_EQ(silences[0].partyBefore, 1);
    EXPECT_EQ(silences[0].partyAfter, 0);
}

TEST(Silences, OfAMonoRecordingCannotTellTheTurns) {
    const auto silences = silencesOf({{between(2, 5), between(8, 9)}}, 9);
    ASSERT_THAT(silences, SizeIs(2));
    EXPECT_EQ(silences[0].within, SilenceWithin::Edge);
    EXPECT_EQ(silences[1].within, SilenceWithin::Unknown);
}

TEST(Silences, LieAtTheStartInTheMiddleOrAtTheEndOfTheCall) {
    EXPECT_EQ(positionInCall(between(0, 59.9), Seconds{600}), CallPosition::Start);
    EXPECT_EQ(positionInCall(between(25, 36), Seconds{600}), CallPosition::Middle);
    EXPECT_EQ(positionInCall(between(565, 574), Seconds{600}), CallPosition::Middle);
    EXPECT_EQ(positionInCall(between(570, 574), Seconds{600}), CallPosition::End);
    // A short call has thirds.
    EXPECT_EQ(positionInCall(between(8, 10), Seconds{30}), CallPosition::Start);
    EXPECT_EQ(positionInCall(between(10, 12), Seconds{30}), CallPosition::Middle);
    EXPECT_EQ(positionInCall(between(21, 23), Seconds{30}), CallPosition::End);
}

/// Twenty seconds with speech in the first and last five; levels are dBFS.
std::vector<Silence> withLevel(double insideDbfs, double floorDbfs) {
    const auto byte = [](double dbfs) {
        return static_cast<std::uint8_t>(std::lround((dbfs + 120) * 2));
    };
    ChannelActivity activity = speaking({between(0, 5), between(15, 20)});
    activity.levels.assign(200, byte(-26));
    std::fill(activity.levels.begin() + 50, activity.levels.begin() + 150, byte(insideDbfs));
    // A click of a tenth of the silence must not make it noise.
    std::fill(activity.levels.begin() + 60, activity.levels.begin() + 70, byte(-10));
    activity.probabilities.assign(200, 255);
    std::fill(activity.probabilities.begin() + 50,
              activity.probabilities.begin() + 150,
              std::uint8_t{51});
    ChannelQuality quality;
    quality.noiseFloorDbfs = floorDbfs;
    return findSilences(std::vector{activity}, std::vector{quality}, {}, Seconds{20}, {});
}

TEST(Silences, AreNoiseWhenSomethingIsClearlyHeard) {
    EXPECT_EQ(withLevel(-75, -78)[0].kind, SilenceKind::Silence);
    EXPECT_EQ(withLevel(-50.5, -78)[0].kind, SilenceKind::Silence);
    EXPECT_EQ(withLevel(-50, -78)[0].kind, SilenceKind::Noise);
    EXPECT_EQ(withLevel(-30, -78)[0].kind, SilenceKind::Noise);
}

TEST(Silences, AreNotNoiseForTheHissOfTheWholeLine) {
    EXPECT_EQ(withLevel(-40, -44)[0].kind, SilenceKind::Silence);
    EXPECT_EQ(withLevel(-32, -44)[0].kind, SilenceKind::Noise);
}

TEST(Silences, SayWhatTheyRestOn) {
    const auto silences = withLevel(-63.5, -78);
    ASSERT_THAT(silences, SizeIs(1));
    EXPECT_DOUBLE_EQ(silences[0].levelDbfs, -63.5);
    EXPECT_NEAR(silences[0].speechProbability, 0.2, 0.01);
}

TEST(Silences, ShowTheLouderAndMoreSpeechLikeChannel) {
    std::vector<ChannelActivity> activity(2);
    activity[0].levels.assign(50, 40);
    activity[0].probabilities.assign(50, 102);
    activity[1].levels.assign(50, 90);
    activity[1].probabilities.assign(50, 0);
    const auto silences = findSilences(activity, {}, {}, Seconds{5}, {});
    ASSERT_THAT(silences, SizeIs(1));
    EXPECT_DOUBLE_EQ(silences[0].levelDbfs, -75);
    EXPECT_DOUBLE_EQ(silences[0].speechProbability, 0.4);
}

TEST(Silences, OfRandomCallsFillExactlyWhatSpeechAndShortPausesLeave) {
    std::mt19937 random(11);
    std::uniform_real_distribution<double> length(0.05, 6);
    for (int round = 0; round < 300; ++round) {
        const double duration = 30 + length(random) * 20;
        std::vector<Intervals> parties(1 + static_cast<std::size_t>(round % 3));
        for (Intervals& speech : parties) {
            for (double at = round % 2 == 0 ? 0 : length(random); at < duration;) {
                const double end = std::min(duration, at + length(random));
                speech.push_back(between(at, end));
                at = end + length(random);
            }
        }
        const SilenceSettings settings;
        const auto silences = silencesOf(parties, duration, settings);
        const Intervals times = timesOf(silences);
        const Intervals united = unite(parties, Seconds{duration});

        Seconds last{-1};
        for (const Silence& silence : silences) {
            EXPECT_GT(silence.start, last) << "in order and apart";
            EXPECT_GE(silence.length().count(), 1.0 - 1e-6);
            last = silence.end;
        }
        for (const Intervals& speech : parties) {
            EXPECT_THAT(intersect(times, speech), IsEmpty()) << "nobody speaks in a silence";
        }
        double shortPauses = 0;
        for (const Interval& pause : complement(united, Seconds{duration})) {
            shortPauses +=
                reaches(pause.length(), settings.minSilence) ? 0 : pause.length().count();
        }
        EXPECT_NEAR(total(times).count() + total(united).count() + shortPauses, duration, 1e-9);
    }
}

TEST(SilenceSettings, AreValidByDefault) {
    EXPECT_TRUE(SilenceSettings{}.validate());
}

TEST(SilenceSettings, OutOfRangeAreRefused) {
    const auto refused = [](auto change) {
        SilenceSettings settings;
        change(settings);
        const Status status = settings.validate();
        return !status && status.error().code == ErrorCode::AnValSetting;
    };
    EXPECT_TRUE(refused([](auto& s) { s.minSilence = Seconds{0}; }));
    EXPECT_TRUE(
        refused([](auto& s) { s.minSilence = Seconds{std::numeric_limits<double>::quiet_NaN()}; }));
    EXPECT_TRUE(refused([](auto& s) { s.minSilence = Seconds{4}; }));
    EXPECT_TRUE(refused([](auto& s) { s.longFrom = Seconds{2}; }));
    EXPECT_TRUE(
        refused([](auto& s) { s.longFrom = Seconds{std::numeric_limits<double>::infinity()}; }));
    EXPECT_TRUE(refused([](auto& s) { s.context = Seconds{-1}; }));
    EXPECT_TRUE(refused([](auto& s) { s.context = Seconds{61}; }));
}

}  // namespace
}  // namespace chat::analyze
