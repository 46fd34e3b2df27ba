#pragma once

#include <chrono>
#include <random>
#include <stop_token>

namespace chat {

/// A random part of a bound that doubles with every attempt, so that many that failed together do not come back together:
/// exponential backoff with full jitter (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015). Drawn
/// evenly from [0, min(longest, first * 2^doublings)].
[[nodiscard]] std::chrono::milliseconds fullJitter(int doublings,
                                                   std::chrono::milliseconds first,
                                                   std::chrono::milliseconds longest,
                                                   std::mt19937_64& random);

/// The same with randomness of its own.
[[nodiscard]] std::chrono::milliseconds fullJitter(int doublings,
                                                   std::chrono::milliseconds first,
                                                   std::chrono::milliseconds longest);

/// Waits that long. False when stopped.
[[nodiscard]] bool waited(std::chrono::milliseconds wait, const std::stop_token& stop);

}  // namespace chat
