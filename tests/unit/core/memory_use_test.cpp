#include "chat/core/memory_use.h"

#include <gtest/gtest.h>

#include <vector>

#include "fakes/temporary_folder.h"

namespace chat {
namespace {

/// A machine of 1000 kB of which 400 are in use.
void describeMachine(const tests::TemporaryFolder& root) {
    (void)root.file("proc/meminfo",
                    "MemTotal:           1000 kB\nMemFree:   100 kB\nMemAvailable:  600 kB\n");
}

TEST(MemoryUse, IsThatOfTheMachineWhereNothingLimitsIt) {
    const tests::TemporaryFolder root;
    describeMachine(root);
    (void)root.file("proc/self/cgroup", "0::/user.slice/chat.service\n");
    (void)root.file("sys/fs/cgroup/user.slice/chat.service/memory.max", "max\n");
    EXPECT_DOUBLE_EQ(memoryShareInUse(root.path()), 0.4);
}

TEST(MemoryUse, IsThatOfTheFullestGroupAround) {
    const tests::TemporaryFolder root;
    describeMachine(root);
    (void)root.file("proc/self/cgroup", "0::/user.slice/chat.service\n");
    const std::string groups = "sys/fs/cgroup/user.slice/";
    (void)root.file(groups + "memory.max", "1000\n");
    (void)root.file(groups + "memory.current", "900\n");
    (void)root.file(groups + "memory.stat", "anon 700\nfile 200\ninactive_file 150\n");
    (void)root.file(groups + "chat.service/memory.max", "800\n");
    (void)root.file(groups + "chat.service/memory.current", "80\n");
    EXPECT_DOUBLE_EQ(memoryShareInUse(root.path()), 0.75) << "without what is kept of files";
}

TEST(MemoryUse, KnowsAContainersOwnGroupUnderAnotherPath) {
    const tests::TemporaryFolder root;
    describeMachine(root);
    (void)root.file("proc/self/cgroup", "5:memory:/docker/0123\n4:cpu,cpuacct:/docker/0123\n");
    (void)root.file("sys/fs/cgroup/memory/memory.limit_in_bytes", "1000\n");
    (void)root.file("sys/fs/cgroup/memory/memory.usage_in_bytes", "950\n");
    EXPECT_DOUBLE_EQ(memoryShareInUse(root.path()), 0.95);
}

TEST(MemoryUse, IsNothingWhereNobodySays) {
    const tests::TemporaryFolder root;
    EXPECT_EQ(memoryShareInUse(root.path()), 0);
}

TEST(MemoryUse, OfThisProcessAndMachineIsKnown) {
    EXPECT_GT(memoryShareInUse(), 0);
    EXPECT_LE(memoryShareInUse(), 1);
}

TEST(MemoryUse, WhatWasFreedCanBeGivenBack) {
    constexpr std::size_t kMuch = 64U << 20U;
    constexpr std::size_t kPiece = 1U << 10U;
    const std::uint64_t before = processMemory();
    std::vector<std::vector<char>> taken(kMuch / kPiece, std::vector<char>(kPiece, 1));
    EXPECT_GE(processMemory(), before + kMuch);
    taken.clear();
    taken.shrink_to_fit();
    returnFreedMemory();
    // Sanitizers keep what was freed, to see whether anybody still uses it.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LT(processMemory(), before + kMuch / 2);
#endif
}

}  // namespace
}  // namespace chat
