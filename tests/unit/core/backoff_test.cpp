#include "chat/core/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace chat {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesTheBoundOfARandomWait) {
    constexpr int kDraws = 400;
    for (const auto& [attempt, bound] :
         {std::pair{0, 100ms}, std::pair{3, 800ms}, std::pair{9, 1000ms}}) {
        std::set<std::chrono::milliseconds> waits;
        for (int i = 0; i < kDraws; ++i) {
            waits.insert(fullJitter(attempt, 100ms, 1000ms));
        }
        EXPECT_GE(*waits.begin(), 0ms);
        EXPECT_LE(*waits.rbegin(), bound);
        // Of 400 even draws none above nine tenths: once in 10^18 times.
        EXPECT_GT(*waits.rbegin(), bound * 9 / 10) << "over the whole of the bound";
        EXPECT_LT(*waits.begin(), bound / 10) << "down to nothing";
    }
}

TEST(Backoff, EndsWhenStopped) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_FALSE(waited(1h, stop.get_token()));
    EXPECT_TRUE(waited(1ms, {}));
}

}  // namespace
}  // namespace chat
