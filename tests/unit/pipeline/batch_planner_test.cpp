#include "chat/pipeline/batch_planner.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace chat::pipeline {
namespace {

using testing::ElementsAre;

std::vector<Seconds> calls(const std::vector<double>& seconds) {
    std::vector<Seconds> all;
    all.reserve(seconds.size());
    for (const double one : seconds) {
        all.emplace_back(one);
    }
    return all;
}

std::vector<std::size_t> longestFirst(const std::vector<Seconds>& expected) {
    std::vector<std::size_t> order(expected.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) { return expected[i]; });
    return order;
}

Seconds last(const std::vector<Seconds>& ends) {
    return *std::ranges::max_element(ends);
}

Seconds mean(const std::vector<Seconds>& ends) {
    return std::accumulate(ends.begin(), ends.end(), Seconds{}) / static_cast<double>(ends.size());
}

/// Calls as a call center has them: many short, few very long.
std::vector<Seconds> manyCalls(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::lognormal_distribution<double> length(2, 1);
    std::vector<Seconds> expected;
    expected.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        expected.emplace_back(length(random));
    }
    return expected;
}

TEST(BatchPlanner, OneWorkerTakesTheShortestFirst) {
    EXPECT_THAT(planBatch(calls({3, 1, 2}), 1), ElementsAre(1, 2, 0));
}

TEST(BatchPlanner, CallsOfEqualLengthStayInTheirOrder) {
    EXPECT_THAT(planBatch(calls({2, 2, 2, 2}), 2), ElementsAre(0, 1, 2, 3));
}

TEST(BatchPlanner, NoCallsAndMoreWorkersThanCalls) {
    EXPECT_THAT(planBatch({}, 4), ElementsAre());
    EXPECT_EQ(planBatch(calls({5, 1}), 16).size(), 2);
}

TEST(BatchPlanner, ACallThatWouldOutlastAllOthersIsNotBegunLast) {
    // Begun last, the long one would end at 15 instead of 10.
    const auto expected = calls({1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 10});
    const auto order = planBatch(expected, 2);
    EXPECT_LE(last(endsInOrder(order, expected, 2)), Seconds{10 * 1.01});
}

TEST(BatchPlanner, EveryCallIsPlannedOnce) {
    const auto expected = manyCalls(500, 1);
    auto order = planBatch(expected, 7);
    std::ranges::sort(order);
    std::vector<std::size_t> all(expected.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    EXPECT_EQ(order, all);
}

TEST(BatchPlanner, EndsAsEarlyAsLongestFirstAndShowsResultsSooner) {
    for (const int workers : {1, 2, 3, 4, 8, 16}) {
        for (unsigned seed = 0; seed < 20; ++seed) {
            const auto expected = manyCalls(200, seed);
            const auto ours = endsInOrder(planBatch(expected, workers), expected, workers);
            const auto theirs = endsInOrder(longestFirst(expected), expected, workers);
            EXPECT_LE(last(ours), last(theirs) * (1 + kLongerForEarlier));
            EXPECT_LT(mean(ours), mean(theirs) * 0.8) << workers << " workers, seed " << seed;
        }
    }
}

TEST(BatchPlanner, WorkersTakeTheNextCallWhenTheyAreFree) {
    const auto took = calls({4, 1, 1, 3});
    EXPECT_THAT(endsInOrder(std::vector<std::size_t>{0, 1, 2, 3}, took, 2),
                ElementsAre(Seconds{4}, Seconds{1}, Seconds{2}, Seconds{5}));
}

}  // namespace
}  // namespace chat::pipeline
