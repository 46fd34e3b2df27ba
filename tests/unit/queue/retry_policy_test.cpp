#include "chat/queue/retry_policy.h"

#include "chat/queue/job.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace chat::queue {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kSeed = 7;
constexpr int kDraws = 20'000;

/// Many waits after that attempt, sorted.
std::vector<milliseconds> waits(ErrorCode code, int attempts, int priority, int maxAttempts) {
    std::mt19937_64 random(kSeed);
    std::vector<milliseconds> drawn;
    drawn.reserve(kDraws);
    for (int i = 0; i < kDraws; ++i) {
        drawn.push_back(retryDelay(code, attempts, priority, random, maxAttempts).value());
    }
    std::ranges::sort(drawn);
    return drawn;
}

TEST(RetryPolicy, WhatTheCatalogCallsRetryableIsTriedAgainAndNothingElse) {
    std::mt19937_64 random(kSeed);
    for (const ErrorInfo& info : catalog()) {
        const bool again = info.retryable && info.code != ErrorCode::SysStateStopped;
        EXPECT_EQ(retryDelay(info.code, 1, kNormal, random).has_value(), again) << info.name;
    }
}

TEST(RetryPolicy, AStoppedJobDoesNotWait) {
    EXPECT_EQ(retryClass(ErrorCode::SysStateStopped), RetryClass::Never);
}

TEST(RetryPolicy, CausesThatAreWaitedForInTheSameWayAreOneClass) {
    for (const ErrorCode full :
         {ErrorCode::SysResDiskFull, ErrorCode::DbResDiskFull, ErrorCode::RpResDiskFull}) {
        EXPECT_EQ(retryClass(full), RetryClass::Disk);
    }
    EXPECT_EQ(retryClass(ErrorCode::SysResMemoryError), RetryClass::Memory);
    EXPECT_EQ(retryClass(ErrorCode::TrResMemoryError), RetryClass::Memory);
    for (const ErrorCode away : {ErrorCode::ApiConnNetworkError,
                                 ErrorCode::ApiStateHostPaused,
                                 ErrorCode::ApiResRateLimited,
                                 ErrorCode::ApiUnkGenericError}) {
        EXPECT_EQ(retryClass(away), RetryClass::Network);
    }
    EXPECT_EQ(retryClass(ErrorCode::ApiConnTimeout), RetryClass::Timeout);
    EXPECT_EQ(retryClass(ErrorCode::ApiPermUnauthorized), RetryClass::Never);
    EXPECT_EQ(retryClass(ErrorCode::DbConnLocked), RetryClass::Locked);
    EXPECT_EQ(retryClass(ErrorCode::AuFmtUnsupported), RetryClass::Never);
}

TEST(RetryPolicy, TheThirdAttemptIsTheLastUnlessToldOtherwise) {
    std::mt19937_64 random(kSeed);
    constexpr ErrorCode kLost = ErrorCode::DlConnNetworkError;
    EXPECT_TRUE(retryDelay(kLost, 1, kNormal, random));
    EXPECT_TRUE(retryDelay(kLost, 2, kNormal, random));
    EXPECT_FALSE(retryDelay(kLost, 3, kNormal, random));
    EXPECT_TRUE(retryDelay(kLost, 3, kNormal, random, 4));
    EXPECT_FALSE(retryDelay(kLost, 1, kNormal, random, 1));
}

TEST(RetryPolicy, BytesThatArriveWrongTwiceAreWrongWhereTheyComeFrom) {
    std::mt19937_64 random(kSeed);
    EXPECT_TRUE(retryDelay(ErrorCode::DlDataSumMismatch, 1, kNormal, random, 10));
    EXPECT_FALSE(retryDelay(ErrorCode::DlDataSumMismatch, 2, kNormal, random, 10));
}

TEST(RetryPolicy, WaitsAreSpreadEvenlyFromNoneToTheLongest) {
    const auto drawn = waits(ErrorCode::DlConnNetworkError, 1, kNormal, kMaxAttempts);
    const auto longest = retryRule(RetryClass::Network).base;
    EXPECT_LE(drawn.back(), longest);
    for (const double share : {0.1, 0.25, 0.5, 0.75, 0.9}) {
        const auto at = drawn.at(static_cast<std::size_t>(share * kDraws));
        EXPECT_NEAR(
            static_cast<double>(at.count()) / static_cast<double>(longest.count()), share, 0.02);
    }
}

TEST(RetryPolicy, EachAttemptMayWaitTwiceAsLongUpToTheCap) {
    const RetryRule& rule = retryRule(RetryClass::Network);
    auto longest = rule.base;
    for (int attempts = 1; attempts < 12; ++attempts) {
        const auto drawn = waits(ErrorCode::DlConnNetworkError, attempts, kNormal, 100);
        EXPECT_LE(drawn.back(), longest);
        EXPECT_GE(drawn.back(), longest * 99 / 100);
        longest = std::min(longest * 2, rule.cap);
    }
    EXPECT_EQ(longest, rule.cap);
}

TEST(RetryPolicy, UrgentJobsComeBackSooner) {
    const auto base = retryRule(RetryClass::Network).base;
    constexpr std::array kShares{0.25, 0.5, 1.0, 2.0, 4.0};
    for (int priority = kCritical; priority <= kLowest; ++priority) {
        const auto drawn = waits(ErrorCode::DlConnNetworkError, 1, priority, kMaxAttempts);
        const double share =
            static_cast<double>(drawn.back().count()) / static_cast<double>(base.count());
        const double expected = kShares.at(static_cast<std::size_t>(priority - kCritical));
        EXPECT_NEAR(share, expected, expected * 0.01);
    }
}

TEST(RetryPolicy, TheSameSeedGivesTheSameWaits) {
    EXPECT_EQ(waits(ErrorCode::DbConnLocked, 1, kNormal, kMaxAttempts),
              waits(ErrorCode::DbConnLocked, 1, kNormal, kMaxAttempts));
}

}  // namespace
}  // namespace chat::queue
