// A call that is to be tried alone has its worker for itself.

#include "chat/pipeline/calls_in_hand.h"

#include "chat/store/sqlite_job_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "fakes/temporary_folder.h"

namespace chat::pipeline {
namespace {

using namespace std::chrono_literals;

class CallsInHandTest : public testing::Test {
  protected:
    void SetUp() override {
        settings_.storeFile = folder_.path() / "store.sqlite";
        settings_.logFolder = folder_.path() / "log";
        settings_.mostMemory = 1;
        jobs_ = store::openJobStore(settings_.storeFile, clock_).value();
        const auto batch = jobs_->createBatch("b", "{}", 10).value();
        plan_.batches[batch];
        std::vector<queue::NewJob> all(3);
        for (int i = 0; i < 3; ++i) {
            all[static_cast<std::size_t>(i)].call.sid = "CA" + std::to_string(i);
        }
        ASSERT_TRUE(jobs_->add(batch, all));
    }

    /// The job runs out of memory and is to be tried alone.
    void failOnce(queue::JobId job) {
        ASSERT_EQ(jobs_->claim({"w", 60s, {}, 1, job}).value().size(), 1U);
        queue::AttemptEnd end;
        end.move = queue::Move::Wait;
        end.notBefore = clock_.now();
        end.error = Error{ErrorCode::TrResMemoryError, "", ""};
        end.strategy = Strategy::RetryAlone;
        ASSERT_TRUE(jobs_->end(job, "w", end).value());
    }

    tests::TemporaryFolder folder_;
    SystemClock clock_;
    WorkerSettings settings_;
    WorkPlan plan_;
    std::unique_ptr<queue::JobStore> jobs_;
};

TEST_F(CallsInHandTest, ACallThatIsTriedAloneWaitsForTheOthersAndTheyForIt) {
    failOnce(2);
    ErrorJournal journal({settings_.storeFile, settings_.logFolder, "", {}}, clock_);
    const std::stop_source stop;
    CallsInHand calls(settings_, plan_, "worker-1-1", journal, clock_, stop.get_token());
    calls.beginLeases();
    CallJob* const first = calls.claim(*jobs_);
    ASSERT_EQ(first->queued.id, 1);
    calls.awaitTurn(*first);
    CallJob* const alone = calls.claim(*jobs_);
    ASSERT_EQ(alone->queued.id, 2);
    EXPECT_EQ(alone->queued.retrial.value().because, "TR_RES_MEMORY_ERROR");
    std::atomic<bool> begun = false;
    std::jthread waiting([&] {
        calls.awaitTurn(*alone);
        begun = true;
    });
    std::this_thread::sleep_for(50ms);
    EXPECT_FALSE(begun) << "another is in hand";
    EXPECT_EQ(calls.claim(*jobs_), nullptr) << "none is begun beside it";
    calls.letGo(*first);
    waiting.join();
    EXPECT_TRUE(begun);
    EXPECT_EQ(calls.claim(*jobs_), nullptr);
    calls.letGo(*alone);
    CallJob* const last = calls.claim(*jobs_);
    ASSERT_NE(last, nullptr);
    EXPECT_EQ(last->queued.id, 3);
    calls.letGo(*last);
    calls.endLeases();
}

TEST_F(CallsInHandTest, TwoThatAreTriedAloneGoOneAfterTheOther) {
    failOnce(1);
    failOnce(2);
    ErrorJournal journal({settings_.storeFile, settings_.logFolder, "", {}}, clock_);
    const std::stop_source stop;
    CallsInHand calls(settings_, plan_, "worker-1-1", journal, clock_, stop.get_token());
    calls.beginLeases();
    std::atomic<int> atOnce = 0;
    std::atomic<int> done = 0;
    const auto work = [&](CallJob* job) {
        calls.awaitTurn(*job);
        EXPECT_EQ(++atOnce, 1);
        std::this_thread::sleep_for(20ms);
        --atOnce;
        ++done;
        calls.letGo(*job);
    };
    CallJob* const one = calls.claim(*jobs_);
    CallJob* const other = calls.claim(*jobs_);
    std::jthread first([&] { work(one); });
    std::jthread second([&] { work(other); });
    first.join();
    second.join();
    EXPECT_EQ(done, 2);
    calls.endLeases();
}

TEST_F(CallsInHandTest, AStopEndsTheWait) {
    failOnce(2);
    ErrorJournal journal({settings_.storeFile, settings_.logFolder, "", {}}, clock_);
    std::stop_source stop;
    CallsInHand calls(settings_, plan_, "worker-1-1", journal, clock_, stop.get_token());
    calls.beginLeases();
    CallJob* const first = calls.claim(*jobs_);
    CallJob* const alone = calls.claim(*jobs_);
    std::jthread waiting([&] { calls.awaitTurn(*alone); });
    stop.request_stop();
    waiting.join();
    calls.letGo(*alone);
    calls.letGo(*first);
    calls.endLeases();
}

}  // namespace
}  // namespace chat::pipeline
