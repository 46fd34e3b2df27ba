#pragma once

#include "chat/core/error.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>

namespace chat::queue {

/// What a failure has in common with others when it comes to trying again.
enum class RetryClass : std::uint8_t {
    Never,    ///< the same thing would fail in the same way
    Network,  ///< the other side or the way to it: gone for seconds or minutes
    Timeout,  ///< the other side is there but slow: asked too soon, it gets slower
    Damaged,  ///< bytes that arrived wrong: once more shows whether the original is
    Locked,   ///< another process holds what is needed, for moments
    Memory,   ///< there is more when other calls have ended
    Disk,     ///< full until a person makes room
    Unknown,  ///< may pass, nobody knows why
};

/// How a class is tried again.
struct RetryRule {
    RetryClass of;
    std::string_view name;  ///< "network"
    std::chrono::milliseconds
        base;  ///< longest wait after the first attempt, for a job of normal priority
    std::chrono::milliseconds cap;  ///< no wait is longer
    int attempts;                   ///< at most so many in all, even where `maxAttempts` is more
};

constexpr int kMaxAttempts = 3;

/// The class of an error; Never for those that the catalog calls not retryable, and for SYS_STATE_STOPPED: a job that was
/// stopped goes back to the queue at once (Move::Return) and does not wait.
[[nodiscard]] RetryClass retryClass(ErrorCode code);
[[nodiscard]] const RetryRule& retryRule(RetryClass of);
/// No job waits longer for its next attempt.
[[nodiscard]] std::chrono::milliseconds longestRetryDelay();

/// How long a job waits for its next attempt; nothing: it has failed for good. A pure function of what is given.
///
/// `fullJitter` with the rule's base and cap, one doubling less than attempts. More urgent jobs wait less: times
/// 2^(priority - 3) before the cap.
///
/// `attempts`: begun so far, this one included, from 1. `maxAttempts` 1: nothing is tried again.
[[nodiscard]] std::optional<std::chrono::milliseconds> retryDelay(ErrorCode code,
                                                                  int attempts,
                                                                  int priority,
                                                                  std::mt19937_64& random,
                                                                  int maxAttempts = kMaxAttempts);

}  // namespace chat::queue
