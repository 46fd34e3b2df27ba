#include "chat/pipeline/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace chat::pipeline {
namespace {

TEST(BoundedQueue, GivesEverythingOnceInOrder) {
    BoundedQueue<std::unique_ptr<int>> queue(2);
    std::jthread producer([&] {
        for (int i = 0; i < 1000; ++i) {
            queue.put(std::make_unique<int>(i), {});
        }
        queue.close();
    });
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(*queue.take({}).value(), i);
    }
    EXPECT_FALSE(queue.take({}));
}

TEST(BoundedQueue, ManyThreadsShareTheWork) {
    BoundedQueue<int> queue(4);
    std::atomic<int> sum = 0;
    {
        std::vector<std::jthread> takers;
        for (int i = 0; i < 4; ++i) {
            takers.emplace_back([&] {
                while (const auto value = queue.take({})) {
                    sum += *value;
                }
            });
        }
        for (int i = 1; i <= 1000; ++i) {
            ASSERT_TRUE(queue.put(i, {}));
        }
        queue.close();
    }
    EXPECT_EQ(sum, 500'500);
}

TEST(BoundedQueue, HoldsNoMoreThanItsCapacity) {
    BoundedQueue<int> queue(2);
    std::stop_source stop;
    ASSERT_TRUE(queue.put(1, {}));
    ASSERT_TRUE(queue.put(2, {}));
    std::atomic<bool> put = false;
    std::jthread third([&] { put = queue.put(3, stop.get_token()); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_FALSE(put);
    EXPECT_EQ(queue.take({}), 1);
    third.join();
    EXPECT_TRUE(put);
}

TEST(BoundedQueue, AStopWakesWhoWaits) {
    BoundedQueue<int> queue(1);
    std::stop_source stop;
    ASSERT_TRUE(queue.put(1, {}));
    std::jthread waiting([&] { EXPECT_FALSE(queue.put(2, stop.get_token())); });
    stop.request_stop();
    waiting.join();
    EXPECT_EQ(queue.take({}), 1);
    EXPECT_FALSE(queue.take(stop.get_token()));
}

}  // namespace
}  // namespace chat::pipeline
