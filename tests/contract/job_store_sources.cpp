// What every JobStore keeps of calls whose recordings a telephone system has, whatever is behind it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/job_stores.h"
#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::queue {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr FetchBounds kAhead{100, 1'000'000};

class JobStoreSources : public testing::TestWithParam<tests::JobStoreKind> {
  protected:
    void SetUp() override {
        auto opened = GetParam().open(folder_.path(), clock_);
        ASSERT_TRUE(opened) << opened.error().what << ": " << opened.error().cause;
        store_ = std::move(*opened);
    }

    static NewJob call(const std::string& sid, int priority = kNormal) {
        NewJob job;
        job.call.sid = sid;
        job.file = "/recordings/" + sid;
        job.path = sid;
        job.priority = priority;
        return job;
    }

    Enqueued enqueue(const std::string& batch,
                     const std::vector<std::string>& sids,
                     int priority = kNormal,
                     bool again = false) {
        Enqueuing what;
        what.batch = batch;
        what.retryBudget = 10;
        for (const std::string& sid : sids) {
            what.jobs.push_back(call(sid, priority));
        }
        what.source = system_;
        what.again = again;
        const auto enqueued = store_->enqueue(what);
        EXPECT_TRUE(enqueued) << enqueued.error().what << enqueued.error().cause;
        return enqueued.value_or(Enqueued{});
    }

    [[nodiscard]] std::vector<BatchId> batches() const {
        std::vector<BatchId> ids;
        const std::vector<Batch> all = store_->batches().value();
        for (const Batch& batch : all) {
            ids.push_back(batch.id);
        }
        return ids;
    }

    /// The SID of the next call to fetch; empty: none.
    std::string toFetch(FetchBounds ahead = kAhead) {
        const auto claimed =
            store_->claim({"fetcher", seconds(60), batches(), 1, {}, ahead}).value();
        return claimed.empty() ? "" : claimed.front().call.sid;
    }
    std::string toWorkOn() {
        const auto claimed = store_->claim({"w1", seconds(60), batches(), 1}).value();
        return claimed.empty() ? "" : claimed.front().call.sid;
    }
    void arrived(const std::string& sid, std::uint64_t bytes = 1000) {
        EXPECT_TRUE(store_->fetched(job(sid).id, "fetcher", bytes).value()) << sid;
    }

    Job job(const std::string& sid) {
        JobFilter filter;
        filter.sid = sid;
        const auto found = store_->list(filter, {}, 10, {}).value().jobs;
        EXPECT_THAT(found, SizeIs(1)) << sid;
        return found.empty() ? Job{} : found.front();
    }

    EditOutcome edit(Edit::Kind kind) {
        Edit change;
        change.kind = kind;
        return store_->edit({}, change).value();
    }

    tests::TemporaryFolder folder_;
    tests::ManualClock clock_;
    std::unique_ptr<JobStore> store_;
    KeptSource system_{"https://telephony.example/api", "/settings", "address = \"...\"\n"};
};

TEST_P(JobStoreSources, ACallIsNotWorkedOnBeforeItsRecordingHasArrived) {
    enqueue("monday", {"a", "b"});
    EXPECT_EQ(toWorkOn(), "");
    EXPECT_EQ(toFetch(), "a");
    EXPECT_EQ(toWorkOn(), "");
    EXPECT_EQ(job("a").state, JobState::Running);
    arrived("a", 4321);
    EXPECT_EQ(job("a").bytes, 4321U);
    EXPECT_FALSE(job("a").awaits);
    EXPECT_EQ(job("a").attempts, 0) << "fetching is no attempt of its own";
    EXPECT_EQ(toWorkOn(), "a");
    EXPECT_EQ(job("a").attempts, 1);
    EXPECT_EQ(toWorkOn(), "");
    EXPECT_EQ(toFetch(), "b");
    EXPECT_EQ(toFetch(), "");
}

TEST_P(JobStoreSources, WhoeverClaimsOfAnyBatchOrOneAloneDoesNotGetItEither) {
    const BatchId batch = enqueue("monday", {"a"}).batch;
    enqueue("tuesday", {"b"});
    EXPECT_THAT(store_->claim({"w1", seconds(60), {}, 5}).value(), IsEmpty());
    EXPECT_THAT(store_->claim({"w1", seconds(60), {batch}, 5}).value(), IsEmpty());
    EXPECT_THAT(store_->claim({"w1", seconds(60), {}, 1, job("a").id}).value(), IsEmpty());
}

TEST_P(JobStoreSources, RecordingsOnDiskAreNotFetched) {
    const BatchId batch = store_->createBatch("monday", "{}", 10).value();
    ASSERT_EQ(store_->add(batch, std::vector{call("a")}).value().added, 1U);
    EXPECT_EQ(toFetch(), "");
    EXPECT_EQ(toWorkOn(), "a");
}

TEST_P(JobStoreSources, FetchingGoesInTheOrderOfTheQueueWhateverTheBatch) {
    enqueue("monday", {"a", "b"});
    enqueue("tuesday", {"urgent"}, kCritical);
    EXPECT_EQ(toFetch(), "urgent");
    EXPECT_EQ(toFetch(), "a");
    EXPECT_EQ(toFetch(), "b");
}

TEST_P(JobStoreSources, FetchingKeepsToItsBoundsButForMoreUrgentCalls) {
    enqueue("monday", {"a", "b", "c"});
    for (const char* sid : {"a", "b"}) {
        ASSERT_EQ(toFetch(), sid);
        arrived(sid, 600);
    }
    EXPECT_EQ(toFetch({2, 1'000'000}), "") << "two files are ahead";
    EXPECT_EQ(toFetch({3, 1'000}), "") << "1,200 bytes are ahead";
    enqueue("tuesday", {"urgent"}, kCritical);
    EXPECT_EQ(toFetch({2, 1'000}), "urgent");
    ASSERT_EQ(toWorkOn(), "a");
    EXPECT_EQ(toFetch({2, 1'000}), "c") << "one is worked on";
}

TEST_P(JobStoreSources, AFailedDownloadIsAFailedAttempt) {
    enqueue("monday", {"a"});
    ASSERT_EQ(toFetch(), "a");
    AttemptEnd end;
    end.move = Move::Wait;
    end.stage = "fetch";
    end.error = Error{ErrorCode::ApiConnNetworkError, "no connection", ""};
    end.notBefore = clock_.now() + seconds(5);
    ASSERT_TRUE(store_->end(job("a").id, "fetcher", end).value());
    EXPECT_EQ(toFetch(), "");
    clock_.advance(seconds(6));
    EXPECT_EQ(toWorkOn(), "") << "it is due, and still not there";
    ASSERT_EQ(toFetch(), "a");
    end.move = Move::Fail;
    ASSERT_TRUE(store_->end(job("a").id, "fetcher", end).value());
    EXPECT_EQ(job("a").state, JobState::Failed);
    EXPECT_EQ(job("a").stage, "fetch");
    const auto attempts = store_->attempts(job("a").id).value();
    ASSERT_THAT(attempts, SizeIs(2));
    EXPECT_EQ(attempts[1].stage, "fetch");
}

TEST_P(JobStoreSources, AFetcherThatDiedIsFollowedByAnother) {
    enqueue("monday", {"a"});
    ASSERT_EQ(toFetch(), "a");
    clock_.advance(seconds(61));
    const auto claimed = store_->claim({"other", seconds(60), batches(), 1, {}, kAhead}).value();
    ASSERT_THAT(claimed, SizeIs(1));
    EXPECT_FALSE(store_->fetched(claimed.front().id, "fetcher", 1).value()) << "it is not its own";
    EXPECT_TRUE(store_->fetched(claimed.front().id, "other", 1).value());
}

TEST_P(JobStoreSources, WhoeverTakesUpAnEndedCallLooksForItsRecordingFirst) {
    enqueue("monday", {"a"});
    ASSERT_EQ(toFetch(), "a");
    arrived("a");
    ASSERT_EQ(toWorkOn(), "a");
    ASSERT_TRUE(
        store_->end(job("a").id, "w1", {Move::Fail, "sound", Error{}, {}, "", {}, {}, {}}).value());
    edit(Edit::Kind::Retry);
    EXPECT_EQ(toWorkOn(), "");
    ASSERT_EQ(toFetch(), "a");
    arrived("a");
    edit(Edit::Kind::Cancel);
    ASSERT_EQ(store_->undo().value().done, 1U);
    EXPECT_EQ(toWorkOn(), "");
    EXPECT_EQ(toFetch(), "a");
}

TEST_P(JobStoreSources, ARecordingThatIsGoneIsFetchedAgain) {
    enqueue("monday", {"a"});
    ASSERT_EQ(toFetch(), "a");
    arrived("a");
    ASSERT_EQ(toWorkOn(), "a");
    AttemptEnd end;
    end.move = Move::Wait;
    end.error = Error{ErrorCode::SysDataPathMissing, "gone", ""};
    ASSERT_TRUE(store_->end(job("a").id, "w1", end).value());
    EXPECT_EQ(toWorkOn(), "");
    EXPECT_EQ(toFetch(), "a");
}

TEST_P(JobStoreSources, ACallThatTheQueueHasIsNotAddedAgain) {
    EXPECT_EQ(enqueue("monday", {"a", "b"}).added, 2U);
    const Enqueued second = enqueue("tuesday", {"a", "c"});
    EXPECT_EQ(second.added, 1U);
    ASSERT_THAT(second.known, SizeIs(1));
    EXPECT_EQ(second.known[0].sid, "a");
    EXPECT_EQ(second.known[0].batch, "monday");
    EXPECT_EQ(second.known[0].state, JobState::Pending);
    const Enqueued third = enqueue("tuesday", {"a", "c"}, kNormal, true);
    EXPECT_EQ(third.added, 1U) << "a, which its batch does not have";
    ASSERT_THAT(third.known, SizeIs(1));
    EXPECT_EQ(third.known[0].sid, "c");
}

TEST_P(JobStoreSources, NothingIsLeftOfAnEnqueuingThatAddedNothing) {
    enqueue("monday", {"a"});
    EXPECT_EQ(enqueue("tuesday", {"a"}).added, 0U);
    EXPECT_FALSE(store_->batch("tuesday").value().has_value());
}

TEST_P(JobStoreSources, TheSameSidOfAnotherSourceIsAnotherCall) {
    enqueue("monday", {"a"});
    system_.address = "https://other.example";
    EXPECT_EQ(enqueue("tuesday", {"a"}).added, 1U);
    EXPECT_THAT(store_->known("https://other.example", std::vector<std::string>{"a", "b"}).value(),
                SizeIs(1));
    EXPECT_THAT(store_->known("https://third.example", std::vector<std::string>{"a"}).value(),
                IsEmpty());
    EXPECT_THAT(store_->known("", std::vector<std::string>{"a"}).value(), IsEmpty());
    const BatchId onDisk = store_->createBatch("files", "{}", 10).value();
    ASSERT_EQ(store_->add(onDisk, std::vector{call("a")}).value().added, 1U);
    EXPECT_THAT(store_->known("", std::vector<std::string>{"a", "A"}).value(), SizeIs(1));
}

TEST_P(JobStoreSources, ACompletedCallIsKnownAsSuch) {
    enqueue("monday", {"a"});
    ASSERT_EQ(toFetch(), "a");
    arrived("a");
    ASSERT_EQ(toWorkOn(), "a");
    ASSERT_TRUE(store_->end(job("a").id, "w1", {}).value());
    enqueue("tuesday", {"a"}, kNormal, true);
    const auto known = store_->known(system_.address, std::vector<std::string>{"a"}).value();
    ASSERT_THAT(known, SizeIs(1));
    EXPECT_EQ(known[0].state, JobState::Completed);
    EXPECT_EQ(known[0].batch, "monday");
}

TEST_P(JobStoreSources, ASourceIsKeptAsItWasGivenLast) {
    enqueue("monday", {"a"});
    system_.folder = "/elsewhere";
    system_.settings = "other";
    enqueue("monday", {"b"});
    ASSERT_EQ(job("a").source, job("b").source);
    const KeptSource kept = store_->source(job("a").source.value_or(0)).value();
    EXPECT_EQ(kept.address, system_.address);
    EXPECT_EQ(kept.folder, "/elsewhere");
    EXPECT_EQ(kept.settings, "other");
    EXPECT_FALSE(store_->source(4711));
}

INSTANTIATE_TEST_SUITE_P(All,
                         JobStoreSources,
                         testing::ValuesIn(tests::jobStores()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace chat::queue
