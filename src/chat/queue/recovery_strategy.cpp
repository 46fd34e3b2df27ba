#include "chat/queue/recovery_strategy.h"

#include "chat/core/wilson.h"

#include <algorithm>

namespace chat::queue {

namespace {

ShareInterval helpedShare(const StrategyRecord& record) {
    return wilsonInterval(record.helped, record.tried);
}

StrategyRecord recordOf(Strategy strategy, std::span<const StrategyRecord> records) {
    const auto* const end = records.data() + records.size();
    const auto* found = std::find_if(records.data(), end, [&](const StrategyRecord& record) {
        return record.strategy == strategy;
    });
    return found == end ? StrategyRecord{strategy, 0, 0} : *found;
}

}  // namespace

std::optional<NextTry> nextTry(const Failure& failure,
                               std::span<const StrategyRecord> records,
                               const std::function<bool(Strategy)>& possible,
                               std::mt19937_64& random) {
    if (failure.attempts >= failure.maxAttempts) {
        return std::nullopt;
    }
    const auto again =
        retryDelay(failure.code, failure.attempts, failure.priority, random, failure.maxAttempts);
    const auto isCandidate = [&](Strategy strategy) {
        if (strategy == Strategy::GiveUp || strategy == Strategy::RenewModel) {
            return false;
        }
        if (strategy == Strategy::Retry) {
            return again.has_value();
        }
        const StrategyRecord record = recordOf(strategy, records);
        return possible(strategy) &&
               std::ranges::find(failure.tried, strategy) == failure.tried.end() &&
               (record.helped > 0 || record.tried < kVainTries);
    };
    std::optional<Strategy> best;
    for (const Strategy strategy : strategiesOf(failure.code)) {
        if (isCandidate(strategy) && (!best || helpedShare(recordOf(strategy, records)).low >
                                                   helpedShare(recordOf(*best, records)).high)) {
            best = strategy;
        }
    }
    if (!best) {
        return std::nullopt;
    }
    // The pause is for what others hold meanwhile; another way of working needs none.
    const bool waits = *best == Strategy::Retry || *best == Strategy::RetryAlone;
    return NextTry{
        *best, waits ? again.value_or(std::chrono::milliseconds{0}) : std::chrono::milliseconds{0}};
}

}  // namespace chat::queue
