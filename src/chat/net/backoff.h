#pragma once

#include <chrono>
#include <stop_token>

namespace chat::net {

/// A random part of a bound that doubles with every attempt (from 0), so that many machines that failed together do not come back
/// together ("full jitter", M. Brooker, AWS Architecture Blog, 2015).
[[nodiscard]] std::chrono::milliseconds fullJitter(int attempt,
                                                   std::chrono::milliseconds first,
                                                   std::chrono::milliseconds longest);

/// Waits that long. False when stopped.
[[nodiscard]] bool waited(std::chrono::milliseconds wait, const std::stop_token& stop);

}  // namespace chat::net
