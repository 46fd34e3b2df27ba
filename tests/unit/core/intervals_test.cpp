#include "chat/core/intervals.h"

#include <gmock/gmock.h>

#include <array>
#include <random>

namespace chat {
namespace {

Interval between(double start, double end) {
    return {Seconds{start}, Seconds{end}};
}

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Intervals, UnionMergesWhatOverlapsAndWhatTouches) {
    const std::array<Intervals, 2> sets{Intervals{between(1, 2), between(5, 6)},
                                        Intervals{between(2, 3), between(5.5, 7)}};
    EXPECT_THAT(unite(sets, Seconds{10}), ElementsAre(between(1, 3), between(5, 7)));
}

TEST(Intervals, UnionIsCutToTheRecordingAndDropsEmptyPieces) {
    const std::array<Intervals, 1> sets{
        Intervals{between(9, 12), between(-1, 1), between(4, 4), between(11, 12), between(6, 5)}};
    EXPECT_THAT(unite(sets, Seconds{10}), ElementsAre(between(0, 1), between(9, 10)));
}

TEST(Intervals, ComplementHoldsBothEdges) {
    EXPECT_THAT(complement({between(1, 3), between(5, 7)}, Seconds{10}),
                ElementsAre(between(0, 1), between(3, 5), between(7, 10)));
    EXPECT_THAT(complement({}, Seconds{10}), ElementsAre(between(0, 10)));
    EXPECT_THAT(complement({between(0, 10)}, Seconds{10}), IsEmpty());
    EXPECT_THAT(complement({}, Seconds{0}), IsEmpty());
}

TEST(Intervals, IntersectionIsWhatBothHold) {
    EXPECT_THAT(intersect({between(0, 4), between(6, 9)}, {between(3, 7), between(8, 8.5)}),
                ElementsAre(between(3, 4), between(6, 7), between(8, 8.5)));
    EXPECT_THAT(intersect({between(0, 4)}, {between(4, 5)}), IsEmpty());
}

TEST(Intervals, UnionAndIntersectionTogetherHoldEverySecondOfBoth) {
    std::mt19937 random(7);
    std::uniform_real_distribution<double> pause(0.01, 3);
    for (int round = 0; round < 200; ++round) {
        std::array<Intervals, 2> sets;
        for (Intervals& set : sets) {
            for (double at = pause(random); at < 60;) {
                const double end = std::min(60.0, at + pause(random));
                set.push_back(between(at, end));
                at = end + pause(random);
            }
        }
        const double both =
            total(unite(sets, Seconds{60})).count() + total(intersect(sets[0], sets[1])).count();
        EXPECT_NEAR(both, total(sets[0]).count() + total(sets[1]).count(), 1e-9);
    }
}

}  // namespace
}  // namespace chat
