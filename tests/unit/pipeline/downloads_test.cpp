#include "chat/pipeline/downloads.h"

#include "chat/store/fetched_recordings.h"
#include "chat/store/sqlite_job_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>

#include "fakes/temporary_folder.h"

namespace chat::pipeline {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using queue::JobState;
using testing::SizeIs;

/// A telephone system that does with each recording what a test says.
class FakeSystem final : public source::CallSource {
  public:
    using Answer = std::function<Status(
        const RecordingPart& from, const TakeBytes& take, const std::stop_token& stop)>;
    struct Plan {
        std::mutex mutex;
        std::map<std::string, Answer> answers;  ///< by SID; others are their SID
        std::vector<std::string> asked;
    };
    explicit FakeSystem(Plan& plan)
        : plan_(plan) {}

    Result<std::vector<source::Named>> chains(const std::stop_token& /*stop*/) override {
        return {};
    }
    Result<std::vector<source::Named>> stores(const std::string& /*chainId*/,
                                              const std::stop_token& /*stop*/) override {
        return {};
    }
    Result<std::vector<source::Named>> agents(const std::string& /*chainId*/,
                                              const std::string& /*storeId*/,
                                              const std::stop_token& /*stop*/) override {
        return {};
    }
    Result<source::CallPage> search(const source::SearchFilter& /*filter*/,
                                    const source::PageRequest& /*page*/,
                                    const std::stop_token& /*stop*/) override {
        return {};
    }
    Result<RecordingPart> readRecording(const std::string& sid,
                                        const RecordingPart& from,
                                        const TakeBytes& take,
                                        const std::stop_token& stop) override {
        Answer answer;
        {
            const std::scoped_lock lock(plan_.mutex);
            plan_.asked.push_back(sid);
            if (const auto planned = plan_.answers.find(sid); planned != plan_.answers.end()) {
                answer = planned->second;
            }
        }
        const RecordingPart whole{0, "", sid.size()};
        const Status taken = answer ? answer(from, take, stop) : take(whole, sid);
        return taken.map([&] { return whole; });
    }

  private:
    Plan& plan_;
};

class DownloadsTest : public testing::Test {
  protected:
    void SetUp() override {
        settings_.storeFile = folder_.path() / "store.sqlite";
        settings_.logFolder = folder_.path() / "log";
        jobs_ = store::openJobStore(settings_.storeFile, clock_).value();
    }

    void enqueue(const std::string& batch, const std::vector<std::string>& sids) {
        queue::Enqueuing what;
        what.batch = batch;
        what.retryBudget = 10;
        what.again = true;
        what.source = queue::KeptSource{"https://telephony.example", "/", "settings"};
        for (const std::string& sid : sids) {
            queue::NewJob& job = what.jobs.emplace_back();
            job.call.sid = sid;
            job.path = sid;
            job.file = store::fetchedFile(settings_.storeFile, what.source->address, sid);
        }
        batches_.push_back(jobs_->enqueue(what).value().batch);
    }

    void answer(const std::string& sid, ErrorCode code) {
        plan_.answers[sid] = [code](
                                 const RecordingPart&, const TakeBytes&, const std::stop_token&) {
            return Status(fail(code, "as planned"));
        };
    }

    void begin() {
        journal_.emplace(JournalSettings{settings_.storeFile, settings_.logFolder, "test"}, clock_);
        downloads_.emplace(
            settings_,
            [this](const queue::KeptSource&) -> Result<std::unique_ptr<source::CallSource>> {
                ++opened_;
                if (notToBeOpened_) {
                    return tl::unexpected(*notToBeOpened_);
                }
                return std::make_unique<FakeSystem>(plan_);
            },
            *journal_,
            clock_,
            stop_.get_token());
        downloads_->setBatches(batches_);
    }

    std::vector<queue::Job> all() {
        return jobs_->list({}, {queue::SortColumn::Added, false}, 100, {}).value().jobs;
    }

    /// Waits until all jobs are as `isSo` says; the jobs then.
    std::vector<queue::Job> when(const std::function<bool(const queue::Job&)>& isSo) {
        std::vector<queue::Job> jobs = all();
        for (int i = 0; i < 2000 && !std::ranges::all_of(jobs, isSo); ++i) {
            std::this_thread::sleep_for(10ms);
            jobs = all();
        }
        EXPECT_TRUE(std::ranges::all_of(jobs, isSo));
        return jobs;
    }
    static bool isThere(const queue::Job& job) {
        return job.state == JobState::Pending && !job.awaits;
    }

    tests::TemporaryFolder folder_;
    SystemClock clock_;
    WorkerSettings settings_;
    std::unique_ptr<queue::JobStore> jobs_;
    std::vector<queue::BatchId> batches_;
    FakeSystem::Plan plan_;
    std::optional<Error> notToBeOpened_;
    std::atomic<int> opened_ = 0;
    std::stop_source stop_;
    std::optional<ErrorJournal> journal_;
    std::optional<Downloads> downloads_;
};

TEST_F(DownloadsTest, BringRecordingsToWhereTheirCallsExpectThem) {
    enqueue("monday", {"one", "two", "three"});
    begin();
    for (const queue::Job& job : when(isThere)) {
        std::ifstream file(job.file);
        EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), job.call.sid);
        EXPECT_EQ(job.bytes, job.call.sid.size());
        EXPECT_EQ(job.attempts, 0);
        EXPECT_EQ(fs::status(job.file).permissions(),
                  fs::perms::owner_read | fs::perms::owner_write);
    }
    downloads_.reset();
    EXPECT_EQ(opened_, 1);
}

TEST_F(DownloadsTest, TellOfWhatHasArrivedAndWhatNeverWill) {
    enqueue("monday", {"one", "none"});
    answer("none", ErrorCode::ApiDataNotFound);
    begin();
    const auto jobs = when([](const queue::Job& job) {
        return job.call.sid == "one" ? isThere(job) : job.state == JobState::Failed;
    });
    EXPECT_EQ(jobs[1].error->code, ErrorCode::ApiDataNotFound);
    EXPECT_EQ(jobs[1].stage, "fetch");
    EXPECT_EQ(jobs[1].attempts, 1);
    std::vector<Downloads::Ended> ended;
    for (int i = 0; i < 2000 && ended.size() < 2; ++i) {
        std::this_thread::sleep_for(1ms);
        std::ranges::move(downloads_->takeEnded(), std::back_inserter(ended));
    }
    ASSERT_THAT(ended, SizeIs(2));
    std::ranges::sort(ended, {}, &Downloads::Ended::job);
    EXPECT_FALSE(ended[0].failed);
    EXPECT_EQ(ended[1].failed->code, ErrorCode::ApiDataNotFound);
}

TEST_F(DownloadsTest, WhatMayPassIsTriedAgainLater) {
    enqueue("monday", {"one"});
    answer("one", ErrorCode::ApiConnTimeout);
    begin();
    const auto jobs = when([](const queue::Job& job) { return job.state == JobState::Waiting; });
    EXPECT_EQ(jobs[0].error->code, ErrorCode::ApiConnTimeout);
    EXPECT_EQ(jobs[0].attempts, 1);
    const auto attempts = jobs_->attempts(jobs[0].id).value();
    ASSERT_THAT(attempts, SizeIs(1));
    EXPECT_EQ(attempts[0].stage, "fetch");
    EXPECT_EQ(jobs_->batches().value()[0].retries, 1);
}

TEST_F(DownloadsTest, ASystemThatIsAwayIsNoFaultOfItsCalls) {
    enqueue("monday", {"one"});
    answer("one", ErrorCode::ApiStateHostPaused);
    begin();
    for (int i = 0; i < 2000 && plan_.asked.empty(); ++i) {
        std::this_thread::sleep_for(1ms);
    }
    const auto jobs = when([](const queue::Job& job) { return job.state == JobState::Pending; });
    EXPECT_EQ(jobs[0].attempts, 0);
    EXPECT_TRUE(jobs[0].awaits);
    EXPECT_EQ(jobs_->batches().value()[0].retries, 0);
}

TEST_F(DownloadsTest, ASystemThatCannotBeAskedFailsItsCallsWithTheReason) {
    enqueue("monday", {"one", "two"});
    notToBeOpened_ = Error{ErrorCode::CfgPermCredential, "no credential", ""};
    begin();
    for (const queue::Job& job :
         when([](const queue::Job& job) { return job.state == JobState::Failed; })) {
        EXPECT_EQ(job.error->code, ErrorCode::CfgPermCredential);
    }
    downloads_.reset();
    EXPECT_EQ(opened_, 1);
}

TEST_F(DownloadsTest, ACallOfTwoBatchesIsFetchedOnce) {
    enqueue("monday", {"one"});
    enqueue("tuesday", {"one"});
    begin();
    const auto jobs = when(isThere);
    EXPECT_EQ(jobs[0].file, jobs[1].file);
    downloads_.reset();
    EXPECT_THAT(plan_.asked, SizeIs(1));
}

TEST_F(DownloadsTest, OnlyBatchesThatAreWorkedOnAreFetchedFor) {
    enqueue("monday", {"one"});
    enqueue("tuesday", {"two"});
    batches_.pop_back();
    begin();
    when([](const queue::Job& job) { return job.call.sid == "two" || isThere(job); });
    downloads_.reset();
    EXPECT_THAT(plan_.asked, testing::ElementsAre("one"));
}

TEST_F(DownloadsTest, WhenStoppedTheirJobsAreBackInTheQueue) {
    enqueue("monday", {"one"});
    plan_.answers["one"] =
        [](const RecordingPart&, const TakeBytes& take, const std::stop_token& stop) -> Status {
        const Status taken = take({0, "\"v1\"", 100}, "half");
        while (!stop.stop_requested()) {
            std::this_thread::sleep_for(1ms);
        }
        return taken ? Status(fail(ErrorCode::SysStateStopped, "stopped")) : taken;
    };
    begin();
    const auto running = when([](const queue::Job& job) { return job.state == JobState::Running; });
    for (int i = 0; i < 2000 && plan_.asked.empty(); ++i) {
        std::this_thread::sleep_for(1ms);
    }
    stop_.request_stop();
    downloads_.reset();
    const auto jobs = all();
    EXPECT_EQ(jobs[0].state, JobState::Pending);
    EXPECT_EQ(jobs[0].attempts, 0);
    EXPECT_TRUE(fs::exists(jobs[0].file.string() + ".part"));
}

}  // namespace
}  // namespace chat::pipeline
