#include "chat/core/wilson.h"

#include <gtest/gtest.h>

namespace chat {
namespace {

TEST(Wilson, NothingTriedMayBeAnything) {
    EXPECT_EQ(wilsonInterval(0, 0).low, 0);
    EXPECT_EQ(wilsonInterval(0, 0).high, 1);
}

TEST(Wilson, IsTheIntervalOfTheBooks) {
    // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    EXPECT_NEAR(wilsonInterval(81, 263).low, 0.2553, 1e-4);
    EXPECT_NEAR(wilsonInterval(81, 263).high, 0.3662, 1e-4);
    EXPECT_NEAR(wilsonInterval(15, 148).low, 0.0624, 1e-4);
    EXPECT_NEAR(wilsonInterval(15, 148).high, 0.1605, 1e-4);
    EXPECT_NEAR(wilsonInterval(0, 20).low, 0, 1e-4);
    EXPECT_NEAR(wilsonInterval(0, 20).high, 0.1611, 1e-4);
}

}  // namespace
}  // namespace chat
