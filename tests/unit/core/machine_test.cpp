#include "chat/core/machine.h"

#include <gtest/gtest.h>

#include <vector>

namespace chat {
namespace {

TEST(Machine, KnowsItsNameAndItsMemory) {
    EXPECT_FALSE(hostName().empty());
    EXPECT_GT(freeMemory(), 1U << 20U);
    EXPECT_GE(machineLoad(), 0);
}

TEST(Machine, ThePeakIsWhatTheProgramTook) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "this program's memory is mostly the sanitizer's";
#endif
    constexpr std::size_t kMuch = 64U << 20U;
    const std::uint64_t before = peakMemory();
    const std::vector<char> taken(before + kMuch, 1);
    EXPECT_GE(peakMemory(), taken.size());
    EXPECT_LT(peakMemory(), before + taken.size() + kMuch);
}

}  // namespace
}  // namespace chat
