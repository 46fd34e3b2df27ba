#pragma once

#include "chat/queue/job_store.h"
#include "chat/store/inspection.h"
#include "chat/store/result_store.h"
#include "chat/store/sqlite_job_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::tests {

/// A store with calls that are all different: call 7 has the SID "CA0007", the agent "agent-0007" and the word
/// "word-0007" in its transcript.
class FilledStoreTest : public testing::Test {
  protected:
    static std::string sha(int i) { return fmt::format("{:064x}", i + 0xabcdef); }
    static std::string sid(int i) { return fmt::format("CA{:04}", i); }
    static store::StageKey key(int i) { return {sha(i), 1, "i", "s"}; }

    std::unique_ptr<store::ResultStore> open() {
        auto opened = store::ResultStore::open(file_, clock_);
        EXPECT_TRUE(opened) << opened.error().what << opened.error().cause;
        return std::move(*opened);
    }

    /// Calls `first` to `last` - 1, each with sound and words; `words` says how many words a transcript has.
    void fill(int first, int last, int words = 40) {
        auto results = open();
        auto jobs = store::openJobStore(file_, clock_);
        ASSERT_TRUE(jobs);
        auto batch = (*jobs)->createBatch(fmt::format("from-{}", first), "{}", 10);
        ASSERT_TRUE(batch);
        std::vector<queue::NewJob> all;
        for (int i = first; i < last; ++i) {
            store::StoredCall call{sha(i), fmt::format("/calls/{}.wav", i), "", {}};
            call.path = fmt::format("{}.wav", i);
            call.attributes.sid = sid(i);
            call.attributes.agent = fmt::format("agent-{:04}", i);
            ASSERT_TRUE(results->noteCall(call, 100));
            Transcript transcript{"base", "en", {{}}, {}};
            for (int n = 0; n < words; ++n) {
                transcript.channels[0].words.push_back(
                    {fmt::format("word-{:04}", i), Seconds{1.0 * n}, Seconds{n + 0.5}, 0.5});
            }
            AcousticResult sound;
            sound.duration = Seconds{60};
            ASSERT_TRUE(results->put(key(i), sound, Seconds{1}));
            ASSERT_TRUE(results->put(key(i), transcript, Seconds{1}));
            queue::NewJob& job = all.emplace_back();
            job.call = call.attributes;
            job.file = call.file;
            job.path = call.path;
        }
        ASSERT_TRUE((*jobs)->add(*batch, all));
    }

    [[nodiscard]] std::string contentOf(const std::filesystem::path& file) const {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    static bool isPrivate(const std::filesystem::path& file) {
        using std::filesystem::perms;
        return std::filesystem::status(file).permissions() ==
               (perms::owner_read | perms::owner_write);
    }

    TemporaryFolder folder_;
    std::filesystem::path file_ = folder_.path() / "data" / "store.sqlite";
    ManualClock clock_;
    store::StageVersions versions_{1, 1, 1};
};

}  // namespace chat::tests
