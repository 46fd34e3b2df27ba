#include "chat/store/error_store.h"

#include "chat/store/sqlite_job_store.h"

#include <gtest/gtest.h>

#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::store {
namespace {

using namespace std::chrono_literals;

class ErrorStoreTest : public testing::Test {
  protected:
    ErrorRecord at(std::chrono::minutes after, const std::string& code = "AU_FMT_UNSUPPORTED") {
        ErrorRecord record;
        record.time = clock.now() + after;
        record.code = code;
        return record;
    }

    /// A call that a worker took and that failed.
    queue::JobId failedJob(const std::string& sid, const std::string& path) {
        auto jobs = openJobStore(file, clock).value();
        const auto known = jobs->batch("one").value();
        const queue::BatchId batch = known ? known->id : jobs->createBatch("one", "{}", 10).value();
        queue::NewJob job;
        job.call.sid = sid;
        job.call.store = "12";
        job.path = path;
        EXPECT_EQ(jobs->add(batch, std::vector{job}).value().added, 1U);
        const queue::Job claimed = jobs->claim({"host-1-1", 60s, {batch}, 1}).value().front();
        queue::AttemptEnd end;
        end.move = queue::Move::Fail;
        end.error = Error{ErrorCode::AuFmtUnsupported, path + " is none", ""};
        end.duration = Seconds{90};
        EXPECT_TRUE(jobs->end(claimed.id, "host-1-1", end).value());
        return claimed.id;
    }

    tests::TemporaryFolder folder;
    std::filesystem::path file = folder.path() / "store.sqlite";
    tests::ManualClock clock;
    std::unique_ptr<ErrorStore> errors = ErrorStore::open(file, clock).value();
};

TEST_F(ErrorStoreTest, GivesBackWhatWasAdded) {
    ErrorRecord record = at(1min);
    record.severity = Severity::High;
    record.outcome = ErrorOutcome::Retried;
    record.call = "CA1";
    record.fileType = "wav";
    record.stage = "audio";
    record.operation = "decode";
    record.host = "host";
    record.worker = "host-1-1";
    record.attempt = 2;
    record.cause = "No space left on device";
    record.system = {1, 2, 0.5};
    record.version = "0.1.0";
    ASSERT_TRUE(errors->add(record));
    ASSERT_TRUE(errors->add(at(0min, "AU_RES_GONE")));
    const auto events = errors->events({}).value();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].record.code, "AU_RES_GONE");
    EXPECT_EQ(events[1].record, record);
    EXPECT_FALSE(events[1].lost) << "it was to be tried again";
    EXPECT_EQ(errors->events(clock.now() + 1min).value().size(), 1U);
}

TEST_F(ErrorStoreTest, KnowsTheCallOfAnErrorFromTheQueueForAsLongAsItIsThere) {
    const queue::JobId job = failedJob("CA1", "jane.wav");
    ErrorRecord record = at(0min);
    record.job = job;
    record.batch = 1;
    ASSERT_TRUE(errors->add(record));
    ErrorEvent event = errors->events({}).value().front();
    EXPECT_EQ(event.record.job, job);
    EXPECT_EQ(event.record.batch, 1);
    EXPECT_EQ(event.path, "jane.wav");
    EXPECT_EQ(event.store, "12");
    EXPECT_EQ(event.duration, Seconds{90});
    EXPECT_TRUE(event.lost);

    auto jobs = openJobStore(file, clock).value();
    queue::JobFilter all;
    ASSERT_EQ(jobs->edit(all, {queue::Edit::Kind::Retry, 0, 0}).value().done, 1U);
    EXPECT_FALSE(errors->events({}).value().front().lost) << "the call is on its way again";
    ASSERT_EQ(jobs->edit(all, {queue::Edit::Kind::Remove, 0, 0}).value().done, 1U);
    event = errors->events({}).value().front();
    EXPECT_EQ(event.path, "");
    EXPECT_TRUE(event.lost);
}

TEST_F(ErrorStoreTest, AnErrorOfAJobThatIsGoneIsKept) {
    ErrorRecord record = at(0min);
    record.job = 4711;
    record.batch = 4711;
    ASSERT_TRUE(errors->add(record));
    EXPECT_EQ(errors->events({}).value().front().record.job, 0);
}

TEST_F(ErrorStoreTest, CountsTheCallsThatWereWorkedOn) {
    failedJob("CA1", "a.wav");
    clock.advance(2h);
    failedJob("CA2", "b.MP3");
    const CallCounts counts = errors->calls({}).value();
    EXPECT_EQ(counts.calls, 2U);
    EXPECT_EQ(counts.of.at(Trait::Store).at("12"), 2U);
    EXPECT_EQ(counts.of.at(Trait::FileType).at("mp3"), 1U);
    EXPECT_EQ(counts.of.at(Trait::Host).at("host"), 2U);
    EXPECT_EQ(counts.of.at(Trait::Hour).size(), 2U);
    EXPECT_EQ(errors->calls(clock.now() - 1h).value().calls, 1U);
}

TEST_F(ErrorStoreTest, RemovesWhatIsOld) {
    ASSERT_TRUE(errors->add(at(0min)));
    ASSERT_TRUE(errors->add(at(30min)));
    clock.advance(90 * 24h + 10min);
    EXPECT_EQ(errors->removeOld(kErrorsKept).value(), 1);
    EXPECT_EQ(errors->events({}).value().size(), 1U);
}

}  // namespace
}  // namespace chat::store
