#include "chat/analyze/metrics.h"

#include <gmock/gmock.h>

#include <array>

#include "spoken.h"

namespace chat::analyze {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Values of R's quantile(x, p, type = 7).
TEST(Quantiles, AreThoseOfDefinitionSeven) {
    const std::array<double, 5> odd{1, 2, 4, 8, 16};
    EXPECT_DOUBLE_EQ(*quantile(odd, 0), 1);
    EXPECT_DOUBLE_EQ(*quantile(odd, 0.5), 4);
    EXPECT_DOUBLE_EQ(*quantile(odd, 0.9), 12.8);
    EXPECT_DOUBLE_EQ(*quantile(odd, 1), 16);
    const std::array<double, 4> even{1, 2, 3, 10};
    EXPECT_DOUBLE_EQ(*quantile(even, 0.5), 2.5);
    EXPECT_DOUBLE_EQ(*quantile(even, 0.9), 7.9);
    EXPECT_DOUBLE_EQ(*quantile(std::array{3.0}, 0.9), 3);
    EXPECT_FALSE(quantile({}, 0.5));
}

TEST(ResponseGaps, AreSilentChangesOfSpeaker) {
    const std::array<Intervals, 2> speech{
        Intervals{between(0, 2), between(2.5, 4), between(6, 7), between(8, 10)},
        Intervals{between(4.75, 5.5), between(9, 9.5), between(10.5, 11)}};
    // 2-2.5 is a pause; 4-4.75 and 5.5-6 are gaps; 7-8 a pause; 9 an overlap; 10-10.5 a gap.
    EXPECT_THAT(responseGaps(speech, {}, Seconds{12}),
                ElementsAre(Seconds{0.75}, Seconds{0.5}, Seconds{0.5}));
}

TEST(ResponseGaps, NeedOneWhoEndsAndOneWhoStarts) {
    const std::array<Intervals, 2> together{
        Intervals{between(0, 2), between(4, 5)},
        Intervals{between(1, 2), between(3, 3.5), between(4, 6)}};
    EXPECT_THAT(responseGaps(together, {}, Seconds{6}), IsEmpty());
}

TEST(Metrics, OfADualCall) {
    const std::array<Intervals, 2> speech{Intervals{between(1, 5), between(14, 16)},
                                          Intervals{between(4, 6), between(9, 12)}};
    CallAnalysis call;
    std::vector<Silence>& silences = call.silences;
    silences.resize(3);
    const Intervals times{between(0, 1), between(6, 9), between(12, 14)};
    for (std::size_t i = 0; i < times.size(); ++i) {
        silences[i].start = times[i].start;
        silences[i].end = times[i].end;
    }
    silences[1].announced = true;
    silences[2].kind = SilenceKind::Noise;
    std::vector<ChannelTranscript> words(2);
    say(words[0], 1, "one two three", 0.9);
    say(words[1], 4, "four five", 0.49);
    say(words[1], 9, "six", 0.5);

    const CallMetrics metrics = callMetrics(speech, call, words, Seconds{16}, Seconds{120});
    EXPECT_DOUBLE_EQ(metrics.talk.count(), 10);
    EXPECT_DOUBLE_EQ(metrics.talkOver.value().count(), 1);
    EXPECT_DOUBLE_EQ(metrics.talkRatio.value(), 6.0 / 11);
    EXPECT_EQ(metrics.responses, 1);
    EXPECT_DOUBLE_EQ(metrics.responseMedian.value().count(), 2);
    EXPECT_DOUBLE_EQ(metrics.responseP90.value().count(), 2);
    EXPECT_DOUBLE_EQ(metrics.silence.count(), 6);
    EXPECT_DOUBLE_EQ(metrics.silenceShare, 6.0 / 16);
    EXPECT_DOUBLE_EQ(metrics.longestSilence.count(), 3);
    EXPECT_DOUBLE_EQ(metrics.deadAir.count(), 3) << "the announced one is not dead air";
    EXPECT_EQ(metrics.words, 6);
    EXPECT_EQ(metrics.lowConfidenceWords, 2);
    EXPECT_EQ(metrics.interruptions, 1);
    EXPECT_EQ(metrics.nonTalk, metrics.silence);
}

TEST(Metrics, HoldsAreNoSilencesButNobodyTalks) {
    const std::array<Intervals, 2> speech{Intervals{between(0, 2), between(130, 140)},
                                          Intervals{between(3, 4), between(150, 151)}};
    CallAnalysis call;
    call.holds = {{Seconds{5}, Seconds{125}}, {Seconds{142}, Seconds{146}}};
    call.silences.resize(1);
    call.silences[0].start = Seconds{125};
    call.silences[0].end = Seconds{130};
    const CallMetrics metrics = callMetrics(speech, call, {}, Seconds{151}, Seconds{120});
    EXPECT_DOUBLE_EQ(metrics.hold.count(), 124);
    EXPECT_EQ(metrics.longHolds, 1);
    EXPECT_DOUBLE_EQ(metrics.silence.count(), 5);
    EXPECT_DOUBLE_EQ(metrics.nonTalk.count(), 129);
    EXPECT_EQ(metrics.responses, 1) << "who waits through a hold does not take long to answer";
}

TEST(Interruptions, AreOverlapsInWhichTheSpeakerChanges) {
    const Intervals one{between(0, 5), between(10, 15), between(20, 25)};
    EXPECT_EQ(interruptions(one, {between(4, 7)}), 1);
    EXPECT_EQ(interruptions(one, {between(8, 11)}), 1);
    EXPECT_EQ(interruptions(one, {between(4.6, 7)}), 0) << "too short to be heard as one";
    EXPECT_EQ(interruptions(one, {between(11, 12), between(20.5, 24)}), 0) << "words put in";
    EXPECT_EQ(interruptions(one, {between(9, 16)}), 0);
    EXPECT_EQ(interruptions(one, {between(4, 11), between(24, 26)}), 3);
    EXPECT_EQ(interruptions({}, one), 0);
}

TEST(Metrics, OfAMonoCallLeaveOutWhatNeedsTheParties) {
    const std::array<Intervals, 1> speech{Intervals{between(1, 5), between(6, 7)}};
    const CallMetrics metrics = callMetrics(speech, {}, {}, Seconds{10}, Seconds{120});
    EXPECT_DOUBLE_EQ(metrics.talk.count(), 5);
    EXPECT_FALSE(metrics.talkOver);
    EXPECT_FALSE(metrics.talkRatio);
    EXPECT_FALSE(metrics.responseMedian);
    EXPECT_FALSE(metrics.responseP90);
    EXPECT_EQ(metrics.responses, 0);
}

TEST(Metrics, OfACallWithoutSpeechOrLengthDivideByNothing) {
    const std::array<Intervals, 2> speech;
    const CallMetrics metrics = callMetrics(speech, {}, {}, Seconds{0}, Seconds{120});
    EXPECT_DOUBLE_EQ(metrics.silenceShare, 0);
    EXPECT_FALSE(metrics.talkRatio);
    EXPECT_DOUBLE_EQ(metrics.talkOver.value().count(), 0);
}

}  // namespace
}  // namespace chat::analyze
