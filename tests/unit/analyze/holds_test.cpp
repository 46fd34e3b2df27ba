#include "chat/analyze/holds.h"

#include "chat/analyze/silence_analyzer.h"

#include <gmock/gmock.h>

#include <vector>

#include "spoken.h"

namespace chat::analyze {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

ChannelActivity channel(Intervals speech, std::vector<HoldSound> holds) {
    return {std::move(speech), std::move(holds), {}, {}};
}

TEST(Holds, AreWhatSpeechOfAnyPartyLeavesOfTheirSounds) {
    const std::vector activity{channel({between(0, 5)}, {{between(6, 30), HoldKind::Music, 0.4}}),
                               channel({between(10, 12), between(40, 41)}, {})};
    const auto holds = findHolds(activity, Seconds{60});
    ASSERT_THAT(holds, SizeIs(2));
    EXPECT_EQ(holds[0].start, Seconds{6});
    EXPECT_EQ(holds[0].end, Seconds{10});
    EXPECT_EQ(holds[1].start, Seconds{12});
    EXPECT_EQ(holds[1].end, Seconds{30});
    EXPECT_EQ(holds[1].kind, HoldKind::Music);
    EXPECT_EQ(holds[1].party, 0);
    EXPECT_DOUBLE_EQ(holds[1].tonality, 0.4);
}

TEST(Holds, OnBothChannelsAreOneOfTheLongerSoundsKind) {
    const std::vector activity{channel({}, {{between(5, 20), HoldKind::Music, 0.4}}),
                               channel({}, {{between(4, 8), HoldKind::Tone, 0.6}})};
    const auto holds = findHolds(activity, Seconds{30});
    ASSERT_THAT(holds, SizeIs(1));
    EXPECT_EQ(holds[0].start, Seconds{4});
    EXPECT_EQ(holds[0].end, Seconds{20});
    EXPECT_EQ(holds[0].kind, HoldKind::Music);
}

TEST(Holds, ARestOfMusicBesideSpeechIsNone) {
    const std::vector activity{
        channel({between(0, 5), between(5.3, 9)}, {{between(4.9, 5.35), HoldKind::Music, 0.4}})};
    EXPECT_THAT(findHolds(activity, Seconds{10}), IsEmpty());
}

TEST(Holds, AreNeverInsideASilence) {
    const std::vector activity{
        channel({between(0, 5), between(40, 45)}, {{between(8, 30), HoldKind::Music, 0.4}})};
    const auto holds = findHolds(activity, Seconds{45});
    const auto silences = findSilences(activity, {}, holds, Seconds{45}, {});
    ASSERT_THAT(silences, SizeIs(2));
    EXPECT_EQ(silences[0].start, Seconds{5});
    EXPECT_EQ(silences[0].end, Seconds{8});
    EXPECT_EQ(silences[1].start, Seconds{30});
    EXPECT_EQ(silences[1].end, Seconds{40});
}

}  // namespace
}  // namespace chat::analyze
