#include "chat/queue/retry_policy.h"

#include "chat/core/backoff.h"
#include "chat/queue/job.h"

#include <algorithm>
#include <array>
#include <limits>

namespace chat::queue {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kAnyNumber = std::numeric_limits<int>::max();

constexpr std::array kRules{
    RetryRule{RetryClass::Never, "never", milliseconds{0}, milliseconds{0}, 1},
    RetryRule{RetryClass::Network, "network", seconds{4}, minutes{5}, kAnyNumber},
    RetryRule{RetryClass::Timeout, "timeout", seconds{15}, minutes{10}, kAnyNumber},
    RetryRule{RetryClass::Damaged, "damaged", seconds{2}, minutes{1}, 2},
    RetryRule{RetryClass::Locked, "locked", milliseconds{500}, seconds{30}, kAnyNumber},
    RetryRule{RetryClass::Memory, "memory", seconds{30}, minutes{5}, 2},
    RetryRule{RetryClass::Disk, "disk full", minutes{2}, minutes{15}, kAnyNumber},
    RetryRule{RetryClass::Unknown, "unknown", seconds{10}, minutes{5}, 2},
};

constexpr bool inOrder() {
    for (std::size_t i = 0; i < kRules.size(); ++i) {
        if (static_cast<std::size_t>(kRules[i].of) != i) {
            return false;
        }
    }
    return kRules.size() == static_cast<std::size_t>(RetryClass::Unknown) + 1;
}
static_assert(inOrder(), "the rules must list every class once, in the order of the enumeration");

}  // namespace

RetryClass retryClass(ErrorCode code) {
    switch (code) {
        case ErrorCode::SysStateStopped:
            return RetryClass::Never;
        case ErrorCode::DlConnNetworkError:
        case ErrorCode::ApiConnNetworkError:
        case ErrorCode::ApiResRateLimited:
        case ErrorCode::ApiStateHostPaused:
        case ErrorCode::ApiUnkGenericError:
            return RetryClass::Network;
        case ErrorCode::DlTimeRequestTimeout:
        case ErrorCode::ApiConnTimeout:
            return RetryClass::Timeout;
        case ErrorCode::DlDataSumMismatch:
        case ErrorCode::DlDataIncomplete:
        case ErrorCode::ApiDataIncomplete:
            return RetryClass::Damaged;
        case ErrorCode::DbConnLocked:
            return RetryClass::Locked;
        case ErrorCode::SysResMemoryError:
        case ErrorCode::TrResMemoryError:
            return RetryClass::Memory;
        case ErrorCode::SysResDiskFull:
        case ErrorCode::DbResDiskFull:
        case ErrorCode::RpResDiskFull:
            return RetryClass::Disk;
        default:
            return errorInfo(code).retryable ? RetryClass::Unknown : RetryClass::Never;
    }
}

const RetryRule& retryRule(RetryClass of) {
    return kRules.at(static_cast<std::size_t>(of));
}

milliseconds longestRetryDelay() {
    return std::ranges::max(kRules, {}, &RetryRule::cap).cap;
}

std::optional<milliseconds> retryDelay(
    ErrorCode code, int attempts, int priority, std::mt19937_64& random, int maxAttempts) {
    const RetryRule& rule = retryRule(retryClass(code));
    if (attempts >= std::min(rule.attempts, maxAttempts)) {
        return std::nullopt;
    }
    return fullJitter(attempts - 1 + priority - kNormal, rule.base, rule.cap, random);
}

}  // namespace chat::queue
