#include "chat/pipeline/thread_team.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

namespace chat::pipeline {
namespace {

using namespace std::chrono_literals;

/// Threads that are counted while they work, until there is nothing left to do.
class Counted {
  public:
    Counted()
        : team(
              "counted",
              [this](const auto& wanted) {
                  ++atWork;
                  while (wanted() && !done) {
                      std::this_thread::sleep_for(1ms);
                  }
                  --atWork;
              },
              [this] { ++over; }) {}

    [[nodiscard]] bool comesTo(int count) const {
        for (int i = 0; i < 5'000 && atWork != count; ++i) {
            std::this_thread::sleep_for(1ms);
        }
        return atWork == count;
    }

    std::atomic<int> atWork = 0;
    std::atomic<bool> done = false;
    std::atomic<int> over = 0;
    ThreadTeam team;
};

TEST(ThreadTeam, GrowsAndShrinksWhileItIsAtWork) {
    Counted counted;
    counted.team.resize(2);
    EXPECT_TRUE(counted.comesTo(2));
    counted.team.resize(5);
    EXPECT_TRUE(counted.comesTo(5));
    counted.team.resize(1);
    EXPECT_TRUE(counted.comesTo(1));
    counted.team.resize(0);
    EXPECT_TRUE(counted.comesTo(1)) << "one is always wanted";
    counted.team.resize(3);
    EXPECT_TRUE(counted.comesTo(3));
    EXPECT_EQ(counted.over, 0);
    counted.done = true;
    counted.team.join();
    EXPECT_EQ(counted.atWork, 0);
    EXPECT_EQ(counted.over, 1) << "said once, by the last";
}

TEST(ThreadTeam, NobodyBeginsOnceTheWorkIsOver) {
    Counted counted;
    counted.done = true;
    counted.team.resize(2);
    EXPECT_TRUE(counted.comesTo(0));
    counted.team.join();
    counted.done = false;
    counted.team.resize(4);
    EXPECT_EQ(counted.atWork, 0);
    EXPECT_EQ(counted.over, 1);
}

TEST(ThreadTeam, IsFitManyTimesAtOnce) {
    Counted counted;
    counted.team.resize(1);
    {
        std::vector<std::jthread> hands;
        for (int hand = 1; hand <= 3; ++hand) {
            hands.emplace_back([&, hand] {
                for (int i = 0; i < 200; ++i) {
                    counted.team.resize(1 + (i * hand) % 6);
                }
            });
        }
    }
    counted.team.resize(4);
    EXPECT_TRUE(counted.comesTo(4));
    counted.done = true;
}

}  // namespace
}  // namespace chat::pipeline
