#include "chat/pipeline/batch_jobs.h"

#include "chat/store/sqlite_job_store.h"

#include <gtest/gtest.h>

#include <vector>

#include "fakes/temporary_folder.h"

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
    planPlaces(jobs, ProcessingTime(0.1), 1);
    EXPECT_EQ(jobs[0].place, 1);
    EXPECT_EQ(jobs[1].place, 0);
}

TEST(PlanPlaces, ACallIsNotLongBecauseItsFormatIsLarge) {
    std::vector<queue::NewJob> jobs{job("/c/minute.WAV", 960'000),
                                    job("/c/ten_minutes.mp3", 900'000)};
    EXPECT_LT(guessedLength(jobs[0].file, jobs[0].bytes),
              guessedLength(jobs[1].file, jobs[1].bytes));
    planPlaces(jobs, ProcessingTime(0.1), 1);
    EXPECT_EQ(jobs[0].place, 0);
}

TEST(PlanPlaces, SayWhenTheLastCallEnds) {
    ProcessingTime time(0.1);
    for (int i = 0; i < 100; ++i) {
        time.learn({Seconds(60 + i % 2 * 60), std::nullopt}, {{}, Seconds(6 + i % 2 * 6), {}});
    }
    std::vector<queue::NewJob> jobs(10, job("/c/minute.wav", 960'000));
    EXPECT_NEAR(planPlaces(jobs, time, 1).count(), 60, 1.5);
    EXPECT_NEAR(planPlaces(jobs, time, 5).count(), 12, 0.3);
    jobs.clear();
    EXPECT_EQ(planPlaces(jobs, time, 1), Seconds(0));
}

TEST(LearntTime, IsThatOfTheCallsThatEndedWell) {
    const tests::TemporaryFolder folder;
    const SystemClock clock;
    const auto store = store::openJobStore(folder.path() / "store.sqlite", clock);
    ASSERT_TRUE(store);
    EXPECT_EQ(learntTime(**store).value().error().calls, 0U);
    const auto batch = (*store)->createBatch("monday", "{}", 1).value();
    std::vector<queue::NewJob> jobs;
    for (int i = 1; i <= 40; ++i) {
        jobs.push_back(job("/c/call.wav", 160'000 * static_cast<std::uint64_t>(i)));  // 10 s each
        jobs.back().call.sid = std::to_string(i);
    }
    ASSERT_TRUE((*store)->add(batch, jobs));
    const auto claimed = (*store)->claim({"w", std::chrono::seconds(60), {batch}, 40}).value();
    for (const queue::Job& one : claimed) {
        queue::AttemptEnd end;
        const double length = static_cast<double>(one.bytes) / 16'000;
        end.processing = Seconds(1 + length / 20);
        // A call that failed at once would make all look short.
        if (one.id % 4 == 0) {
            end.move = queue::Move::Fail;
            end.processing = {};
        }
        ASSERT_TRUE((*store)->end(one.id, "w", end).value());
    }
    const ProcessingTime time = learntTime(**store).value();
    EXPECT_EQ(time.error().calls, 30U);
    EXPECT_NEAR(time.predict({Seconds(200), std::nullopt}).total().count(), 11, 1);
    EXPECT_LT(time.error().meanShare, 0.2);
    EXPECT_NEAR(time.predict({Seconds(4000), std::nullopt}).total().count(), 201, 20)
        << "longer than any that was seen";
}

TEST(RetryBudget, GrowsWithTheBatch) {
    EXPECT_GT(retryBudget(1), 0);
    EXPECT_GT(retryBudget(10'000), retryBudget(100));
}

}  // namespace
}  // namespace chat::pipeline
