#include "chat/net/backoff.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <random>

namespace chat::net {

std::chrono::milliseconds fullJitter(int attempt,
                                     std::chrono::milliseconds first,
                                     std::chrono::milliseconds longest) {
    constexpr int kMostDoublings = 16;
    const std::chrono::milliseconds bound = std::min<std::chrono::milliseconds>(
        longest, first * (1 << std::min(attempt, kMostDoublings)));
    std::random_device random;
    return std::chrono::milliseconds(
        std::uniform_int_distribution<std::int64_t>(0, bound.count())(random));
}

bool waited(std::chrono::milliseconds wait, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    return !never.wait_for(lock, stop, wait, [&] { return stop.stop_requested(); });
}

}  // namespace chat::net
