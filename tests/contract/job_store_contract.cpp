// What every JobStore keeps, whatever is behind it.

#include "chat/queue/retry_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "contract/job_stores.h"
#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::queue {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class JobStoreContract : public testing::TestWithParam<tests::JobStoreKind> {
  protected:
    void SetUp() override {
        auto opened = open();
        ASSERT_TRUE(opened) << opened.error().what << ": " << opened.error().cause;
        store_ = std::move(*opened);
        batch_ = store_->createBatch("monday", "{}", 10).value();
    }

    [[nodiscard]] Result<std::unique_ptr<JobStore>> open() {
        return GetParam().open(folder_.path(), clock_);
    }

    static NewJob call(const std::string& sid, int priority = kNormal) {
        NewJob job;
        job.call.sid = sid;
        job.file = "/calls/" + sid + ".wav";
        job.path = sid + ".wav";
        job.priority = priority;
        return job;
    }

    void add(const std::vector<std::string>& sids, int priority = kNormal) {
        std::vector<NewJob> jobs;
        jobs.reserve(sids.size());
        for (const std::string& sid : sids) {
            jobs.push_back(call(sid, priority));
        }
        ASSERT_EQ(store_->add(batch_, jobs).value().added, sids.size());
    }

    std::vector<Job> all(const JobFilter& filter = {}, const JobSort& sort = {}) {
        return store_->list(filter, sort, 1000, {}).value().jobs;
    }

    Job job(const std::string& sid) {
        JobFilter filter;
        filter.sid = sid;
        const auto found = all(filter);
        EXPECT_THAT(found, SizeIs(1)) << sid;
        return found.empty() ? Job{} : found.front();
    }

    static std::vector<std::string> sids(const std::vector<Job>& jobs) {
        std::vector<std::string> names;
        names.reserve(jobs.size());
        for (const Job& job : jobs) {
            names.push_back(job.call.sid);
        }
        return names;
    }

    std::vector<std::string> claim(std::size_t count = 1, const std::string& worker = "w1") {
        return sids(store_->claim({worker, seconds(60), {}, count}).value());
    }

    EditOutcome edit(Edit::Kind kind, const JobFilter& filter = {}) {
        Edit change;
        change.kind = kind;
        return store_->edit(filter, change).value();
    }

    tests::TemporaryFolder folder_;
    tests::ManualClock clock_;
    std::unique_ptr<JobStore> store_;
    BatchId batch_ = 0;
};

TEST_P(JobStoreContract, ACallIsInABatchOnceByItsSid) {
    const std::vector<NewJob> jobs{call("a"), call("b"), call("a")};
    const AddOutcome first = store_->add(batch_, jobs).value();
    EXPECT_EQ(first.added, 2U);
    EXPECT_EQ(first.duplicates, 1U);
    EXPECT_EQ(first.total, 3U);
    EXPECT_EQ(store_->add(batch_, jobs).value().added, 0U);
    const BatchId other = store_->createBatch("tuesday", "{}", 10).value();
    EXPECT_EQ(store_->add(other, jobs).value().added, 2U);
}

TEST_P(JobStoreContract, ABatchNameStandsOnce) {
    EXPECT_EQ(store_->createBatch("monday", "{}", 1).error().code, ErrorCode::QValBatchExists);
}

TEST_P(JobStoreContract, ClaimsGoByPriorityThenByTheOrderOfAdding) {
    add({"a", "b"});
    add({"urgent"}, kCritical);
    add({"late"}, kLowest);
    EXPECT_THAT(claim(2), ElementsAre("urgent", "a"));
    EXPECT_THAT(claim(5), ElementsAre("b", "late"));
    EXPECT_THAT(claim(), IsEmpty());
    EXPECT_EQ(job("a").state, JobState::Running);
    EXPECT_EQ(job("a").attempts, 1);
}

TEST_P(JobStoreContract, OneJobCanBeClaimedBeforeAllOthers) {
    add({"a", "b"});
    queue::ClaimRequest request;
    request.worker = "w1";
    request.batches = {batch_};
    request.job = job("b").id;
    EXPECT_THAT(sids(store_->claim(request).value()), ElementsAre("b"));
    EXPECT_THAT(store_->claim(request).value(), IsEmpty()) << "it is taken, and nothing else is";
    EXPECT_EQ(job("a").state, JobState::Pending);
    request.job = job("a").id;
    request.batches = {store_->createBatch("other", "{}", 1).value()};
    EXPECT_THAT(store_->claim(request).value(), IsEmpty()) << "it is of another batch";
}

TEST_P(JobStoreContract, ClaimsOfSeveralBatchesGoInTheOrderOfTheQueueWhateverTheBatch) {
    const BatchId second = store_->createBatch("second", "{}", 10).value();
    const BatchId others = store_->createBatch("of others", "{}", 10).value();
    add({"a"});
    ASSERT_TRUE(store_->add(second, std::vector{call("b"), call("urgent", kCritical)}));
    ASSERT_TRUE(store_->add(others, std::vector{call("not ours", kCritical)}));
    add({"c"});
    const auto next = [&](std::size_t count) {
        return sids(store_->claim({"w1", seconds(60), {second, batch_}, count}).value());
    };
    EXPECT_THAT(next(2), ElementsAre("urgent", "a"));
    ASSERT_TRUE(store_->add(second, std::vector{call("later, but urgent", kCritical)}));
    EXPECT_THAT(next(1), ElementsAre("later, but urgent"));
    EXPECT_THAT(next(5), ElementsAre("b", "c"));
    EXPECT_THAT(next(5), IsEmpty());
    EXPECT_EQ(job("not ours").state, JobState::Pending);
    EXPECT_EQ(store_->nextDue({others}).value(), std::nullopt);
    EXPECT_EQ(store_->nextDue({others, second}).value(), clock_.now() + seconds(60));
}

TEST_P(JobStoreContract, AReturnKeepsWhyInTheHistoryOnly) {
    add({"a"});
    claim();
    AttemptEnd end;
    end.move = Move::Return;
    end.error = Error{ErrorCode::SysStateStopped, "The worker was stopped", ""};
    EXPECT_TRUE(store_->end(job("a").id, "w1", end).value());
    EXPECT_EQ(job("a").error, std::nullopt);
    EXPECT_EQ(job("a").attempts, 0);
    const auto attempts = store_->attempts(job("a").id).value();
    ASSERT_EQ(attempts.size(), 1U);
    EXPECT_EQ(attempts[0].error.value().code, ErrorCode::SysStateStopped);
}

TEST_P(JobStoreContract, KeepsHowAnAttemptIsMadeAndWhatCameOfIt) {
    add({"a", "b"});
    const auto wait = [&](const char* sid, std::optional<Strategy> strategy) {
        AttemptEnd end;
        end.move = Move::Wait;
        end.error = Error{ErrorCode::TrResMemoryError, "", ""};
        end.notBefore = clock_.now();
        end.strategy = strategy;
        return store_->end(job(sid).id, "w1", end).value();
    };
    claim(2);
    EXPECT_FALSE(job("a").retrial);
    ASSERT_TRUE(wait("a", Strategy::RetryAlone));
    ASSERT_TRUE(wait("b", std::nullopt));
    EXPECT_EQ(job("a").retrial.value().strategy, Strategy::RetryAlone);
    EXPECT_EQ(job("a").retrial.value().because, "TR_RES_MEMORY_ERROR");
    EXPECT_EQ(job("b").retrial.value().strategy, Strategy::Retry);
    EXPECT_THAT(store_->strategyRecords("TR_RES_MEMORY_ERROR", {}).value(), IsEmpty());
    claim(2);
    ASSERT_TRUE(wait("a", Strategy::SmallerModel));
    ASSERT_TRUE(store_->end(job("b").id, "w1", {}).value());
    claim();
    clock_.advance(seconds(10));
    ASSERT_TRUE(store_->end(job("a").id, "w1", {}).value());
    const auto attempts = store_->attempts(job("a").id).value();
    ASSERT_EQ(attempts.size(), 3U);
    EXPECT_FALSE(attempts[0].retrial);
    EXPECT_EQ(attempts[1].retrial.value().strategy, Strategy::RetryAlone);
    EXPECT_EQ(attempts[2].retrial.value().strategy, Strategy::SmallerModel);
    std::map<Strategy, std::pair<std::size_t, std::size_t>> records;
    const auto known = store_->strategyRecords("TR_RES_MEMORY_ERROR", {}).value();
    for (const StrategyRecord& record : known) {
        records[record.strategy] = {record.tried, record.helped};
    }
    EXPECT_EQ((records[Strategy::RetryAlone]), (std::pair<std::size_t, std::size_t>(1, 0)));
    EXPECT_EQ((records[Strategy::Retry]), (std::pair<std::size_t, std::size_t>(1, 1)));
    EXPECT_EQ((records[Strategy::SmallerModel]), (std::pair<std::size_t, std::size_t>(1, 1)));
    EXPECT_EQ(store_->strategyRecords("TR_RES_MEMORY_ERROR", clock_.now()).value().size(), 1U);
    EXPECT_THAT(store_->strategyRecords("", {}).value(), IsEmpty());
}

TEST_P(JobStoreContract, ARetryByHandIsMadeTheUsualWay) {
    add({"a"});
    claim();
    AttemptEnd end;
    end.move = Move::Return;
    end.error = Error{ErrorCode::SysStateWorkerDied, "", ""};
    end.strategy = Strategy::RetryAlone;
    ASSERT_TRUE(store_->end(job("a").id, "w1", end).value());
    EXPECT_EQ(job("a").retrial.value().strategy, Strategy::RetryAlone);
    claim();
    end.move = Move::Fail;
    ASSERT_TRUE(store_->end(job("a").id, "w1", end).value());
    ASSERT_TRUE(store_->edit({}, {queue::Edit::Kind::Retry, queue::kNormal, 0}));
    EXPECT_FALSE(job("a").retrial);
}

TEST_P(JobStoreContract, JobsThatAreAddedTogetherAreRankedByTheirPlaces) {
    add({"before"});
    std::vector<NewJob> jobs{call("a"), call("b"), call("c")};
    jobs[0].place = 2;
    jobs[1].place = 0;
    jobs[2].place = 1;
    ASSERT_TRUE(store_->add(batch_, jobs));
    add({"after"});
    EXPECT_THAT(claim(5), ElementsAre("before", "b", "c", "a", "after"));
}

TEST_P(JobStoreContract, ALeaseThatRanOutReturnsOnce) {
    add({"a"});
    EXPECT_THAT(claim(), ElementsAre("a"));
    clock_.advance(seconds(61));
    EXPECT_THAT(claim(1, "w2"), ElementsAre("a"));
    EXPECT_THAT(claim(1, "w3"), IsEmpty());
    const Job again = job("a");
    EXPECT_EQ(again.attempts, 2);
    EXPECT_FALSE(store_->heartbeat(again.id, "w1", seconds(60), "audio", 0.5).value());
    EXPECT_FALSE(store_->end(again.id, "w1", {}).value());
    EXPECT_EQ(job("a").worker, "w2");
}

TEST_P(JobStoreContract, WhoClaimsKeepsWhatItHasInHand) {
    add({"a", "b"});
    EXPECT_THAT(claim(), ElementsAre("a"));
    clock_.advance(std::chrono::hours(1));  // the machine slept
    EXPECT_THAT(claim(), ElementsAre("b"));
    EXPECT_THAT(claim(), IsEmpty());
    EXPECT_TRUE(store_->heartbeat(job("a").id, "w1", seconds(60), "audio", 0.5).value());
    EXPECT_THAT(claim(1, "w2"), IsEmpty());
}

TEST_P(JobStoreContract, AClockThatIsSetBackHoldsNoJobBack) {
    add({"dead", "alive", "late"});
    EXPECT_THAT(claim(3), ElementsAre("dead", "alive", "late"));
    AttemptEnd wait;
    wait.move = Move::Wait;
    wait.notBefore = clock_.now() + longestRetryDelay();
    EXPECT_TRUE(store_->end(job("late").id, "w1", wait).value());

    clock_.advance(-std::chrono::hours(1));
    EXPECT_THAT(claim(3, "w2"), ElementsAre("late")) << "no lease has ended yet";
    EXPECT_TRUE(store_->end(job("late").id, "w2", {}).value());
    clock_.advance(seconds(50));
    EXPECT_TRUE(store_->heartbeat(job("alive").id, "w1", seconds(60), "audio", 0.5).value());
    clock_.advance(seconds(9));
    EXPECT_THAT(claim(3, "w2"), IsEmpty());
    clock_.advance(seconds(2));
    EXPECT_THAT(claim(3, "w2"), ElementsAre("dead"));
}

TEST_P(JobStoreContract, AHeartbeatKeepsTheJob) {
    add({"a"});
    claim();
    clock_.advance(seconds(50));
    EXPECT_TRUE(store_->heartbeat(job("a").id, "w1", seconds(60), "transcribe", 0.4).value());
    clock_.advance(seconds(50));
    EXPECT_THAT(claim(1, "w2"), IsEmpty());
    EXPECT_EQ(job("a").stage, "transcribe");
    EXPECT_DOUBLE_EQ(job("a").progress, 0.4);
}

TEST_P(JobStoreContract, AJobThatWaitsIsTriedAgainAtItsTime) {
    add({"a"});
    claim();
    AttemptEnd end;
    end.move = Move::Wait;
    end.stage = "fetch";
    end.error = Error{ErrorCode::DlConnNetworkError, "The connection broke off", "reset by peer"};
    end.notBefore = clock_.now() + seconds(30);
    EXPECT_TRUE(store_->end(job("a").id, "w1", end).value());
    EXPECT_EQ(job("a").state, JobState::Waiting);
    EXPECT_THAT(claim(), IsEmpty());
    EXPECT_EQ(store_->nextDue({batch_}).value(), end.notBefore);
    clock_.advance(seconds(30));
    EXPECT_THAT(claim(), ElementsAre("a"));
    const auto attempts = store_->attempts(job("a").id).value();
    ASSERT_THAT(attempts, SizeIs(1));
    EXPECT_EQ(attempts[0].end, Move::Wait);
    EXPECT_EQ(attempts[0].error->code, ErrorCode::DlConnNetworkError);
    EXPECT_EQ(attempts[0].error->cause, "reset by peer");
}

TEST_P(JobStoreContract, TheWorkOfABatchIsThatOfItsCompletedCalls) {
    add({"a", "b", "c"});
    const auto end = [&](const std::string& sid, Move move) {
        claim();
        AttemptEnd ended;
        ended.move = move;
        ended.duration = Seconds(100);
        ended.processing = Seconds(4);
        EXPECT_TRUE(store_->end(job(sid).id, "w1", ended).value());
    };
    EXPECT_EQ(store_->work(batch_).value().calls, 0U);
    end("a", Move::Complete);
    end("b", Move::Fail);
    end("c", Move::Complete);
    const BatchWork work = store_->work(batch_).value();
    EXPECT_EQ(work.calls, 2U);
    EXPECT_EQ(work.duration, Seconds(200));
    EXPECT_EQ(work.processing, Seconds(8));
    EXPECT_EQ(store_->work(batch_ + 1).value().calls, 0U);
}

TEST_P(JobStoreContract, ABatchWithoutRetriesLeftFailsItsJobs) {
    const BatchId poor = store_->createBatch("poor", "{}", 1).value();
    ASSERT_TRUE(store_->add(poor, std::vector{call("a"), call("b")}));
    AttemptEnd wait;
    wait.move = Move::Wait;
    wait.notBefore = clock_.now() + seconds(1);
    const auto claimed = store_->claim({"w1", seconds(60), {poor}, 2}).value();
    for (const Job& job : claimed) {
        EXPECT_TRUE(store_->end(job.id, "w1", wait).value());
    }
    EXPECT_EQ(job("a").state, JobState::Waiting);
    EXPECT_EQ(job("b").state, JobState::Failed);
}

TEST_P(JobStoreContract, PagesHoldEveryJobOnceInEveryOrder) {
    std::vector<std::string> names;
    for (int i = 0; i < 25; ++i) {
        names.push_back("sid" + std::to_string((i * 7) % 25));
    }
    add(names);
    claim(9);
    for (int column = 0; column <= static_cast<int>(SortColumn::EndedAt); ++column) {
        for (const bool descending : {false, true}) {
            const JobSort sort{static_cast<SortColumn>(column), descending};
            const auto whole = sids(all({}, sort));
            std::vector<std::string> paged;
            std::optional<PageMark> after;
            do {
                const JobPage page = store_->list({}, sort, 4, after).value();
                for (const Job& job : page.jobs) {
                    paged.push_back(job.call.sid);
                }
                after = page.next;
            } while (after);
            EXPECT_THAT(whole, SizeIs(25));
            EXPECT_EQ(paged, whole) << column << descending;
        }
    }
    const auto mark = store_->list({}, {}, 4, {}).value().next;
    EXPECT_EQ(store_->list({}, {SortColumn::Sid, false}, 4, mark).error().code,
              ErrorCode::QValPageMark);
    EXPECT_EQ(store_->list({}, {}, 4, "6e6f").error().code, ErrorCode::QValPageMark);
}

TEST_P(JobStoreContract, AnEditDoesWhatItCanAndSaysOfTheOthersWhyNot) {
    add({"a", "b", "c"});
    claim();
    const EditOutcome outcome = edit(Edit::Kind::Pause);
    EXPECT_EQ(outcome.done, 2U);
    ASSERT_THAT(outcome.answers, SizeIs(3));
    EXPECT_EQ(outcome.answers[0].sid, "a");
    EXPECT_EQ(outcome.answers[0].refused, refusal(Move::Pause, JobState::Running));
    EXPECT_EQ(job("b").state, JobState::Paused);
    EXPECT_THAT(claim(), IsEmpty());
}

TEST_P(JobStoreContract, TopAndBottomKeepTheOrderOfThoseMoved) {
    add({"a", "b", "c", "d"});
    JobFilter last;
    last.ids = {job("d").id, job("c").id};
    edit(Edit::Kind::Top, last);
    EXPECT_THAT(sids(all()), ElementsAre("c", "d", "a", "b"));
    JobFilter first;
    first.ids = {job("c").id};
    edit(Edit::Kind::Bottom, first);
    EXPECT_THAT(sids(all()), ElementsAre("d", "a", "b", "c"));
}

TEST_P(JobStoreContract, ACancelledJobIsTakenFromItsWorker) {
    add({"a"});
    claim();
    EXPECT_EQ(edit(Edit::Kind::Cancel).done, 1U);
    EXPECT_FALSE(store_->heartbeat(job("a").id, "w1", seconds(60), "audio", 0.5).value());
    EXPECT_EQ(store_->attempts(job("a").id).value().front().end, Move::Cancel);
}

TEST_P(JobStoreContract, RemovedJobsAreGoneUntilTheEditIsTakenBack) {
    add({"a", "b"});
    EXPECT_EQ(edit(Edit::Kind::Remove).done, 2U);
    EXPECT_THAT(all(), IsEmpty());
    EXPECT_THAT(claim(), IsEmpty());
    EXPECT_EQ(store_->undo().value().done, 2U);
    EXPECT_THAT(sids(all()), ElementsAre("a", "b"));
    EXPECT_EQ(store_->undo().error().code, ErrorCode::QStateNothingToUndo);
}

TEST_P(JobStoreContract, ARemovedCallThatWasAddedAgainStaysOnce) {
    add({"a"});
    edit(Edit::Kind::Remove);
    add({"a"});
    const EditOutcome undone = store_->undo().value();
    EXPECT_EQ(undone.done, 0U);
    ASSERT_THAT(undone.answers, SizeIs(1));
    EXPECT_EQ(undone.answers[0].refused, "the batch holds this call already");
    EXPECT_THAT(all(), SizeIs(1));
}

TEST_P(JobStoreContract, ACallIsNotMovedIntoABatchThatHoldsIt) {
    const BatchId other = store_->createBatch("other", "{}", 1).value();
    ASSERT_TRUE(store_->add(other, std::vector{call("a")}));
    add({"a", "b"});
    JobFilter mine;
    mine.batch = batch_;
    Edit move;
    move.kind = Edit::Kind::Batch;
    move.batch = other;
    const EditOutcome outcome = store_->edit(mine, move).value();
    EXPECT_EQ(outcome.done, 1U);
    EXPECT_EQ(outcome.answers[0].refused, "the batch holds this call already");
    EXPECT_EQ(job("b").batch, other);
    EXPECT_EQ(store_->undo().value().done, 1U);
    EXPECT_EQ(job("b").batch, batch_);
}

TEST_P(JobStoreContract, AnEditThatDoesNothingLeavesTheOneBeforeToBeTakenBack) {
    const BatchId other = store_->createBatch("other", "{}", 1).value();
    ASSERT_TRUE(store_->add(other, std::vector{call("a")}));
    add({"a", "b"});
    JobFilter removed;
    removed.sid = "b";
    EXPECT_EQ(edit(Edit::Kind::Remove, removed).done, 1U);
    JobFilter mine;
    mine.batch = batch_;
    Edit move;
    move.kind = Edit::Kind::Batch;
    move.batch = other;
    EXPECT_EQ(store_->edit(mine, move).value().done, 0U);
    EXPECT_EQ(store_->undo().value().done, 1U);
    EXPECT_EQ(job("b").state, JobState::Pending);
}

TEST_P(JobStoreContract, ABatchThatIsNotThereIsNamed) {
    const BatchId missing = batch_ + 7;
    EXPECT_EQ(store_->add(missing, std::vector{call("a")}).error().code,
              ErrorCode::QDataBatchMissing);
    EXPECT_EQ(store_->setFinishBy(missing, {}).error().code, ErrorCode::QDataBatchMissing);
    add({"a"});
    Edit move;
    move.kind = Edit::Kind::Batch;
    move.batch = missing;
    EXPECT_EQ(store_->edit({}, move).error().code, ErrorCode::QDataBatchMissing);
}

TEST_P(JobStoreContract, APriorityOutsideOfTheFiveChangesNothing) {
    add({"a"});
    Edit change;
    change.kind = Edit::Kind::Priority;
    change.priority = kLowest + 1;
    EXPECT_FALSE(store_->edit({}, change));
    EXPECT_EQ(job("a").priority, kNormal);
    EXPECT_FALSE(store_->add(batch_, std::vector{call("b"), call("c", 0)}));
    EXPECT_THAT(all(), SizeIs(1));
}

TEST_P(JobStoreContract, UndoLeavesAloneAJobThatWasClaimedAndGivenBack) {
    add({"a"});
    Edit urgent;
    urgent.kind = Edit::Kind::Priority;
    urgent.priority = kCritical;
    ASSERT_TRUE(store_->edit({}, urgent));
    claim();
    AttemptEnd stopped;
    stopped.move = Move::Return;
    ASSERT_TRUE(store_->end(job("a").id, "w1", stopped).value());
    EXPECT_EQ(store_->undo().value().answers[0].refused,
              "it has moved on since: it is pending now");
    EXPECT_EQ(job("a").priority, kCritical);
}

TEST_P(JobStoreContract, UndoLeavesAloneWhatHasMovedOn) {
    add({"a", "b"});
    edit(Edit::Kind::Pause);
    JobFilter one;
    one.sid = "a";
    Edit urgent;
    urgent.kind = Edit::Kind::Resume;
    ASSERT_TRUE(store_->edit(one, urgent));
    claim();
    const EditOutcome undone = store_->undo().value();
    EXPECT_EQ(undone.done, 0U);
    EXPECT_EQ(undone.answers[0].refused, "it has moved on since: it is running now");
}

TEST_P(JobStoreContract, WhatWasDoneIsThereAfterOpeningAgain) {
    add({"a"});
    claim();
    AttemptEnd end;
    end.stage = "analyze";
    end.processing = Seconds{2.5};
    end.duration = Seconds{60};
    ASSERT_TRUE(store_->end(job("a").id, "w1", end).value());
    store_.reset();
    store_ = open().value();
    EXPECT_EQ(job("a").state, JobState::Completed);
    EXPECT_DOUBLE_EQ(job("a").processing.count(), 2.5);
    EXPECT_DOUBLE_EQ(job("a").progress, 1);
    EXPECT_TRUE(job("a").endedAt);
}

INSTANTIATE_TEST_SUITE_P(Stores,
                         JobStoreContract,
                         testing::ValuesIn(tests::jobStores()),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace chat::queue
