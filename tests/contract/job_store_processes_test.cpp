// Several processes at one queue, and what is left of one that was killed.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "contract/job_stores.h"
#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::queue {
namespace {

using std::chrono::seconds;

class JobStoreProcesses : public testing::TestWithParam<tests::JobStoreKind> {
  protected:
    static constexpr int kProcesses = 4;

    /// Runs `work(number)` in a process of its own for each number; true when all of them said so.
    template <typename Work>
    static bool inProcesses(const Work& work) {
        std::vector<pid_t> children;
        for (int i = 0; i < kProcesses; ++i) {
            children.push_back(::fork());
            if (children.back() == 0) {
                ::_exit(work(i) ? 0 : 1);
            }
        }
        bool well = true;
        for (const pid_t child : children) {
            int status = 0;
            ::waitpid(child, &status, 0);
            well = well && status == 0;
        }
        return well;
    }

    std::unique_ptr<JobStore> open() { return GetParam().open(folder_.path(), clock_).value(); }

    void add(int count) {
        const auto store = open();
        std::vector<NewJob> jobs(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            jobs[i].call.sid = "s" + std::to_string(i);
        }
        const BatchId batch = store->createBatch("monday", "{}", 0).value();
        ASSERT_EQ(store->add(batch, jobs).value().added, jobs.size());
    }

    tests::TemporaryFolder folder_;
    tests::ManualClock clock_;
};

TEST_P(JobStoreProcesses, OpenANewStoreAtOnce) {
    for (int round = 0; round < 12; ++round) {
        const auto folder = folder_.path() / std::to_string(round);
        EXPECT_TRUE(inProcesses([&](int number) {
            const auto store = GetParam().open(folder, clock_);
            return store && (*store)->createBatch(std::to_string(number), "{}", 0).has_value();
        }));
        EXPECT_EQ(GetParam().open(folder, clock_).value()->batches().value().size(), kProcesses);
    }
}

TEST_P(JobStoreProcesses, ClaimEachJobOnceAndNeverMeetALock) {
    constexpr int kJobs = 1000;
    add(kJobs);
    EXPECT_TRUE(inProcesses([&](int number) {
        const auto store = GetParam().open(folder_.path(), clock_);
        std::ofstream out(folder_.path() / std::to_string(number));
        for (;;) {
            const auto jobs = (*store)->claim({"w" + std::to_string(number), seconds(60), {}, 1});
            if (!jobs || jobs->empty()) {
                return jobs.has_value() && out.good();
            }
            out << jobs->front().id << std::endl;
        }
    }));
    std::vector<JobId> claimed;
    for (int i = 0; i < kProcesses; ++i) {
        std::ifstream in(folder_.path() / std::to_string(i));
        for (JobId id = 0; in >> id;) {
            claimed.push_back(id);
        }
    }
    std::ranges::sort(claimed);
    EXPECT_EQ(claimed.size(), kJobs);
    EXPECT_EQ(std::ranges::adjacent_find(claimed), claimed.end());
}

TEST_P(JobStoreProcesses, JobsOfAKilledOneReturnOnceAfterItsLease) {
    add(5);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto store = GetParam().open(folder_.path(), clock_);
        const auto jobs = (*store)->claim({"killed", seconds(60), {}, 3});
        if (jobs && jobs->size() == 3 &&
            (*store)->heartbeat(jobs->front().id, "killed", seconds(60), "audio", 0.5)) {
            ::kill(::getpid(), SIGKILL);
        }
        ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));

    const auto store = open();
    EXPECT_EQ(store->claim({"other", seconds(600), {}, 10}).value().size(), 2U)
        << "the lease has not run out";
    clock_.advance(seconds(61));
    const auto returned = store->claim({"other", seconds(600), {}, 10}).value();
    ASSERT_EQ(returned.size(), 3U);
    EXPECT_TRUE(store->claim({"third", seconds(600), {}, 10}).value().empty());
    for (const Job& job : returned) {
        EXPECT_EQ(job.attempts, 2);
        const auto attempts = store->attempts(job.id).value();
        ASSERT_EQ(attempts.size(), 1U);
        EXPECT_EQ(attempts.front().end, Move::Return);
        EXPECT_EQ(attempts.front().worker, "killed");
    }
}

INSTANTIATE_TEST_SUITE_P(Stores,
                         JobStoreProcesses,
                         testing::ValuesIn(tests::jobStores()),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace chat::queue
