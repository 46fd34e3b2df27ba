#include "chat/pipeline/batch_jobs.h"

#include <gtest/gtest.h>

#include <vector>

namespace chat::pipeline {
namespace {

queue::NewJob job(const char* file, std::uint64_t bytes) {
    queue::NewJob one;
    one.file = file;
    one.bytes = bytes;
    return one;
}

TEST(PlanPlaces, ShortCallsAreBegunFirst) {
    std::vector<queue::NewJob> jobs{job("/c/long.wav", 3'000'000), job("/c/short.wav", 50'000)};
    planPlaces(jobs, 1);
    EXPECT_EQ(jobs[0].place, 1);
    EXPECT_EQ(jobs[1].place, 0);
}

TEST(PlanPlaces, ACallIsNotLongBecauseItsFormatIsLarge) {
    std::vector<queue::NewJob> jobs{job("/c/minute.WAV", 960'000),
                                    job("/c/ten_minutes.mp3", 900'000)};
    EXPECT_LT(guessedLength(jobs[0].file, jobs[0].bytes),
              guessedLength(jobs[1].file, jobs[1].bytes));
    planPlaces(jobs, 1);
    EXPECT_EQ(jobs[0].place, 0);
}

TEST(RetryBudget, GrowsWithTheBatch) {
    EXPECT_GT(retryBudget(1), 0);
    EXPECT_GT(retryBudget(10'000), retryBudget(100));
}

}  // namespace
}  // namespace chat::pipeline
