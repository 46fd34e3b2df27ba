#include "chat/store/fetched_recordings.h"

#include "chat/store/forget.h"
#include "chat/store/sqlite_job_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::store {
namespace {

namespace fs = std::filesystem;

class FetchedRecordings : public testing::Test {
  protected:
    void SetUp() override {
        auto opened = openJobStore(file_, clock_);
        ASSERT_TRUE(opened);
        jobs_ = std::move(*opened);
    }

    /// A call of the batch, its recording and what has arrived of another version of it.
    fs::path fetched(const std::string& batch, const std::string& sid) {
        queue::Enqueuing what;
        what.batch = batch;
        queue::NewJob job;
        job.call.sid = sid;
        job.file = fetchedFile(file_, kAddress, sid);
        what.jobs.push_back(job);
        what.source = queue::KeptSource{kAddress, "/", ""};
        what.again = true;
        EXPECT_TRUE(jobs_->enqueue(what));
        fs::create_directories(fetchedFolder(file_));
        for (const char* ending : {"", ".part", ".part.etag"}) {
            std::ofstream(job.file.string() + ending) << "sound";
        }
        return job.file;
    }
    [[nodiscard]] static bool isThere(const fs::path& file) {
        const bool whole = fs::exists(file);
        EXPECT_EQ(fs::exists(file.string() + ".part"), whole);
        EXPECT_EQ(fs::exists(file.string() + ".part.etag"), whole);
        return whole;
    }

    static constexpr const char* kAddress = "https://telephony.example";
    tests::TemporaryFolder folder_;
    tests::ManualClock clock_;
    fs::path file_ = folder_.path() / "store.sqlite";
    std::unique_ptr<queue::JobStore> jobs_;
};

TEST_F(FetchedRecordings, AreNamedByNothingThatCanBeReadFromTheirName) {
    const fs::path file = fetchedFile(file_, kAddress, "CA0815");
    EXPECT_EQ(file.parent_path(), file_.string() + ".recordings");
    EXPECT_EQ(file.filename().string().size(), 64U);
    EXPECT_NE(file, fetchedFile(file_, "https://other.example", "CA0815"));
    EXPECT_NE(file, fetchedFile(file_, kAddress, "CA0816"));
}

TEST_F(FetchedRecordings, GoWhenNoneOfTheirJobsWantsThem) {
    const fs::path wanted = fetched("monday", "a");
    const fs::path unwanted = fetched("monday", "b");
    fetched("tuesday", "b");
    const fs::path nobodys = fetchedFolder(file_) / std::string(64, '7');
    std::ofstream(nobodys) << "left behind";
    const fs::path foreign = fetchedFolder(file_) / "notes.txt";
    std::ofstream(foreign) << "a person's";
    std::size_t asked = 0;
    ASSERT_TRUE(removeUnwanted(
        file_,
        [&](const std::vector<queue::Job>& jobs) {
            asked = std::max(asked, jobs.size());
            return std::ranges::any_of(jobs,
                                       [](const queue::Job& job) { return job.call.sid == "a"; });
        },
        clock_));
    EXPECT_EQ(asked, 2U) << "both batches' jobs of one recording";
    EXPECT_TRUE(isThere(wanted));
    EXPECT_FALSE(isThere(unwanted));
    EXPECT_FALSE(fs::exists(nobodys));
    EXPECT_TRUE(fs::exists(foreign));
}

TEST_F(FetchedRecordings, GoWithACallThatIsForgotten) {
    const fs::path kept = fetched("monday", "a");
    const fs::path forgotten = fetched("monday", "b");
    jobs_.reset();
    ForgetRequest request;
    request.sids = {"b"};
    request.dryRun = true;
    ASSERT_EQ(forget(file_, request, clock_).value().forgotten, 1U);
    EXPECT_TRUE(isThere(forgotten));
    request.dryRun = false;
    ASSERT_EQ(forget(file_, request, clock_).value().forgotten, 1U);
    EXPECT_TRUE(isThere(kept));
    EXPECT_FALSE(isThere(forgotten));
}

}  // namespace
}  // namespace chat::store
