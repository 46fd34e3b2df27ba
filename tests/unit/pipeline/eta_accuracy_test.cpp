#include "chat/pipeline/eta_accuracy.h"

#include <gtest/gtest.h>

namespace chat::pipeline {
namespace {

store::KeptPrediction predicted(int percent, double came) {
    return {{}, percent, Seconds{100}, Seconds{80}, Seconds{120}, 1, Seconds{came}};
}

TEST(EtaAccuracy, OfNothingIsNothing) {
    EXPECT_TRUE(etaAccuracy({}).empty());
}

TEST(EtaAccuracy, IsByThePointAtWhichItWasPredictedAndOfAll) {
    const auto all = etaAccuracy(
        std::vector{predicted(50, 100), predicted(10, 200), predicted(10, 80), predicted(50, 125)});
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].percent, 10);
    EXPECT_EQ(all[0].made, 2U);
    EXPECT_EQ(all[0].held, 1U) << "80 is the edge of the interval, and in it";
    EXPECT_DOUBLE_EQ(all[0].meanError, (0.5 + 0.25) / 2);
    EXPECT_DOUBLE_EQ(all[0].meanWidth, (0.2 + 0.5) / 2);
    EXPECT_EQ(all[1].percent, 50);
    EXPECT_EQ(all[2].percent, 0);
    EXPECT_EQ(all[2].made, 4U);
    EXPECT_EQ(all[2].held, 2U);
    EXPECT_DOUBLE_EQ(all[2].coverage.low, wilsonInterval(2, 4).low);
}

TEST(EtaAccuracy, WhereNothingCameTheMeansStayFinite) {
    const auto all = etaAccuracy(std::vector{predicted(90, 0)});
    EXPECT_EQ(all.back().made, 1U);
    EXPECT_EQ(all.back().meanError, 0);
}

}  // namespace
}  // namespace chat::pipeline
