#include "chat/pipeline/stage_variance.h"

#include <gtest/gtest.h>

#include <cmath>

namespace chat::pipeline {
namespace {

using store::EtaStore;

/// `words` of a minute of the recording.
EtaStore::Timed call(const std::string& model, double minutes, double words) {
    return {{"host", model, 2}, {Seconds{60 * minutes}, {}, Seconds{words * minutes}, {}}};
}

TEST(StageVariance, OnlyStagesThatTookTimeAreThere) {
    EXPECT_TRUE(stageVariance({}).empty());
    const auto stages = stageVariance(std::vector{call("a", 2, 3)});
    ASSERT_EQ(stages.size(), 1U);
    EXPECT_EQ(stages[0].stage, "words");
    EXPECT_DOUBLE_EQ(stages[0].mean, 3);
    EXPECT_EQ(stages[0].deviation, 0);
    EXPECT_EQ(stages[0].within, 0) << "a single call deviates from nothing";
}

TEST(StageVariance, ThePartsAreThoseOfTheSumOfSquares) {
    // Means: of all 5, of the models 2 and 8; of b's lengths 6 and 10; in the last of these 9 and 11.
    const auto stages = stageVariance(std::vector{call("a", 2, 2),
                                                  call("a", 2, 2),
                                                  call("a", 2, 2),
                                                  call("a", 2, 2),
                                                  call("b", 2, 6),
                                                  call("b", 2, 6),
                                                  call("b", 20, 9),
                                                  call("b", 20, 11)});
    ASSERT_EQ(stages.size(), 1U);
    const StageVariance& words = stages[0];
    EXPECT_EQ(words.calls, 8U);
    EXPECT_DOUBLE_EQ(words.mean, 5);
    const double all = 4 * 9 + 2 * 1 + 16 + 36;
    EXPECT_NEAR(words.betweenModels, 8 * 9 / all, 1e-12);
    EXPECT_NEAR(words.betweenLengths, 4 * 4 / all, 1e-12);
    EXPECT_NEAR(words.within, 2 / all, 1e-12);
    ASSERT_EQ(words.groups.size(), 3U);
    EXPECT_EQ(words.groups[0].model, "a, 2 workers");
    EXPECT_EQ(words.groups[2].lengths, "from 10 m");
    EXPECT_DOUBLE_EQ(words.groups[2].mean, 10);
    EXPECT_NEAR(words.groups[2].deviation, std::sqrt(2), 1e-12);
}

}  // namespace
}  // namespace chat::pipeline
