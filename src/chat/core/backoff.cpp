#include "chat/core/backoff.h"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <mutex>

namespace chat {

using std::chrono::milliseconds;

milliseconds fullJitter(int doublings,
                        milliseconds first,
                        milliseconds longest,
                        std::mt19937_64& random) {
    const double grown = static_cast<double>(first.count()) * std::exp2(doublings);
    const double most = std::min(grown, static_cast<double>(longest.count()));
    return milliseconds{std::llround(std::uniform_real_distribution<>(0, most)(random))};
}

milliseconds fullJitter(int doublings, milliseconds first, milliseconds longest) {
    std::random_device device;
    std::mt19937_64 random(device());
    return fullJitter(doublings, first, longest, random);
}

bool waited(milliseconds wait, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    return !never.wait_for(lock, stop, wait, [&] { return stop.stop_requested(); });
}

}  // namespace chat
