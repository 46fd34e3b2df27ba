#pragma once

#include "chat/core/recovery_strategy.h"
#include "chat/queue/retry_policy.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace chat::queue {

/// What a strategy has come to against one error.
struct StrategyRecord {
    Strategy strategy = Strategy::Retry;
    std::size_t tried = 0;
    std::size_t helped = 0;  ///< the call was completed
};

/// For how long it counts what a strategy has come to: what was wrong then may have been mended.
inline constexpr std::chrono::days kRecordsCount{30};
/// So many vain tries in a row of a strategy other than a plain retry, and it is not tried any more.
inline constexpr std::size_t kVainTries = 20;

/// An attempt that failed.
struct Failure {
    ErrorCode code = ErrorCode::SysUnkGenericError;
    int attempts = 1;  ///< begun so far, this one included
    int priority = 3;
    std::vector<Strategy> tried;  ///< against this error, at this call
    int maxAttempts = kMaxAttempts;
};

/// How a failed call is tried again.
struct NextTry {
    Strategy strategy = Strategy::Retry;
    std::chrono::milliseconds delay{};
};

/// How a failed call is tried again; nothing: it has failed for good. A pure function of what is given.
///
/// The candidates are the catalog's (`strategiesOf`), without what a person has to do, what is not `possible` here, what was tried
/// against this error at this call already, and what helped none of `kVainTries` calls. A plain Retry is a candidate as long
/// as the retry policy allows it. Of the candidates the first of the catalog, unless what is known of a later one is
/// better beyond chance: its 95 % interval for the share of calls that it helped (Wilson, JASA 22, 1927) lies above the first
/// one's whole interval.
[[nodiscard]] std::optional<NextTry> nextTry(const Failure& failure,
                                             std::span<const StrategyRecord> records,
                                             const std::function<bool(Strategy)>& possible,
                                             std::mt19937_64& random);

}  // namespace chat::queue
