#include "chat/queue/recovery_strategy.h"

#include <gtest/gtest.h>

#include <set>

namespace chat::queue {
namespace {

using std::chrono::milliseconds;

std::optional<Strategy> chosen(const Failure& failure,
                               const std::vector<StrategyRecord>& records = {},
                               const std::set<Strategy>& impossible = {}) {
    std::mt19937_64 random(7);
    const auto next = nextTry(
        failure,
        records,
        [&](Strategy strategy) { return !impossible.contains(strategy); },
        random);
    return next ? std::optional(next->strategy) : std::nullopt;
}

TEST(RecoveryStrategy, EachErrorHasOneAndOnlyRetryableOnesAreRetriedPlainly) {
    for (const ErrorInfo& info : catalog()) {
        const auto strategies = strategiesOf(info.code);
        ASSERT_FALSE(strategies.empty()) << info.name;
        for (const Strategy strategy : strategies) {
            EXPECT_EQ(strategyNamed(strategyName(strategy)), strategy);
            EXPECT_TRUE(strategy != Strategy::Retry || info.retryable) << info.name;
        }
    }
    EXPECT_FALSE(strategyNamed("pray"));
}

TEST(RecoveryStrategy, WhereMemoryRanOutTheCallIsTriedAloneThenWithLess) {
    Failure failure;
    failure.code = ErrorCode::TrResMemoryError;
    EXPECT_EQ(chosen(failure), Strategy::RetryAlone);
    failure.attempts = 2;
    failure.tried = {Strategy::RetryAlone};
    EXPECT_EQ(chosen(failure), Strategy::SmallerModel);
    EXPECT_EQ(chosen(failure, {}, {Strategy::SmallerModel}), std::nullopt) << "none is installed";
    failure.tried.push_back(Strategy::SmallerModel);
    EXPECT_EQ(chosen(failure), std::nullopt);
}

TEST(RecoveryStrategy, TheNumberOfAttemptsIsKept) {
    Failure failure;
    failure.code = ErrorCode::TrResMemoryError;
    failure.maxAttempts = 1;
    EXPECT_EQ(chosen(failure), std::nullopt);
    failure.maxAttempts = 3;
    failure.attempts = 3;
    EXPECT_EQ(chosen(failure), std::nullopt);
}

TEST(RecoveryStrategy, APlainRetryFollowsTheRetryPolicy) {
    Failure failure;
    failure.code = ErrorCode::DlConnNetworkError;
    EXPECT_EQ(chosen(failure), Strategy::Retry);
    failure.attempts = 2;
    failure.tried = {Strategy::Retry};
    EXPECT_EQ(chosen(failure), Strategy::Retry) << "again, with a longer pause";
    failure.code = ErrorCode::AuStateDecoderDied;
    EXPECT_EQ(chosen(failure), Strategy::OtherDecoding) << "its class is tried twice";
    EXPECT_EQ(chosen(failure, {}, {Strategy::OtherDecoding}), std::nullopt);
}

TEST(RecoveryStrategy, WhatOnlyAPersonCanMendIsGivenUp) {
    for (const ErrorCode code : {ErrorCode::TrDataModelSumMismatch,
                                 ErrorCode::AuPermDecoderBreach,
                                 ErrorCode::SysStateStopped}) {
        Failure failure;
        failure.code = code;
        EXPECT_EQ(chosen(failure), std::nullopt) << errorName(code);
    }
}

TEST(RecoveryStrategy, WhatHasHelpedBeforeGoesFirstWhenThatIsNoChance) {
    Failure failure;
    failure.code = ErrorCode::TrResMemoryError;
    EXPECT_EQ(chosen(failure, {{Strategy::RetryAlone, 2, 0}, {Strategy::SmallerModel, 2, 2}}),
              Strategy::RetryAlone)
        << "two of two may be chance";
    EXPECT_EQ(chosen(failure, {{Strategy::RetryAlone, 12, 1}, {Strategy::SmallerModel, 10, 9}}),
              Strategy::SmallerModel);
    EXPECT_EQ(chosen(failure, {{Strategy::RetryAlone, 12, 12}, {Strategy::SmallerModel, 10, 9}}),
              Strategy::RetryAlone);
}

TEST(RecoveryStrategy, WhatNeverHelpedIsNotTriedAnyMoreButForAPlainRetry) {
    Failure failure;
    failure.code = ErrorCode::AuFmtUnsupported;
    EXPECT_EQ(chosen(failure, {{Strategy::OtherDecoding, kVainTries - 1, 0}}),
              Strategy::OtherDecoding);
    EXPECT_EQ(chosen(failure, {{Strategy::OtherDecoding, kVainTries, 0}}), std::nullopt);
    EXPECT_EQ(chosen(failure, {{Strategy::OtherDecoding, 1000, 1}}), Strategy::OtherDecoding);
    failure.code = ErrorCode::DlConnNetworkError;
    EXPECT_EQ(chosen(failure, {{Strategy::Retry, 1000, 0}}), Strategy::Retry)
        << "a network comes back";
}

TEST(RecoveryStrategy, OnlyWhatOthersMayHoldIsWaitedFor) {
    std::mt19937_64 random(7);
    const auto always = [](Strategy) { return true; };
    Failure failure;
    failure.code = ErrorCode::AuFmtUnsupported;
    EXPECT_EQ(nextTry(failure, {}, always, random)->delay, milliseconds{0});
    failure.code = ErrorCode::TrResMemoryError;
    EXPECT_GT(nextTry(failure, {}, always, random)->delay, milliseconds{0});
}

}  // namespace
}  // namespace chat::queue
