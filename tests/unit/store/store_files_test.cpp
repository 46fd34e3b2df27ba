// The store's file as it may be found: of an older version, full, read-only, or held by another program.

#include "chat/store/migrations.h"
#include "chat/store/result_store.h"
#include "chat/store/sqlite_job_store.h"
#include "chat/store/store_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::store {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

class StoreFiles : public testing::Test {
  protected:
    fs::path old() {
        const fs::path file = folder_.path() / "store.sqlite";
        fs::copy_file(fs::path(CHAT_SOURCE_DIR) / "tests/data/store_v2.sqlite", file);
        return file;
    }

    static std::string bytes(const fs::path& file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    static std::vector<std::string> results(const fs::path& file) {
        const SQLite::Database database(file);
        SQLite::Statement query(
            database,
            "SELECT recording, stage, version, input, settings, hex(result), seconds, finished_at "
            "FROM stage_results ORDER BY id");
        std::vector<std::string> rows;
        while (query.executeStep()) {
            std::string& row = rows.emplace_back();
            for (int i = 0; i < query.getColumnCount(); ++i) {
                row += query.getColumn(i).getString() + '|';
            }
        }
        return rows;
    }

    static std::vector<queue::NewJob> jobs(const std::string& name, std::size_t count) {
        std::vector<queue::NewJob> jobs(count);
        for (std::size_t i = 0; i < count; ++i) {
            jobs[i].call.sid = name + std::to_string(i);
        }
        return jobs;
    }

    tests::TemporaryFolder folder_;
    tests::ManualClock clock_;
};

TEST_F(StoreFiles, AnOldStoreIsBroughtUpToDateWithItsResults) {
    const fs::path file = old();
    EXPECT_EQ(SQLite::Database(file).execAndGet("PRAGMA user_version").getInt(), 2);
    const auto before = results(file);
    ASSERT_EQ(before.size(), 3U);
    {
        auto store = ResultStore::open(file, clock_).value();
        const auto calls = store->calls().value();
        ASSERT_EQ(calls.size(), 2U);
        EXPECT_EQ(calls[0].path, "one.wav");
        EXPECT_EQ(calls[0].attributes.sid, "CA1");
        EXPECT_EQ(calls[1].attributes.agent, "Ann");
    }
    // As bytes: what they say is read by the version of a stage's code that wrote them, and by no other.
    EXPECT_EQ(results(file), before);
    auto queue = openJobStore(file, clock_).value();
    const auto batch = queue->createBatch("monday", "{}", 0).value();
    EXPECT_EQ(queue->add(batch, jobs("a", 1)).value().added, 1U);
    EXPECT_EQ(SQLite::Database(file).execAndGet("PRAGMA user_version").getInt(),
              static_cast<int>(migrations().size()));
    EXPECT_EQ(SQLite::Database(file).execAndGet("PRAGMA integrity_check").getString(), "ok");
}

TEST_F(StoreFiles, AStoreOfANewerVersionIsRefusedUntouched) {
    const fs::path file = old();
    SQLite::Database(file, SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
    const std::string before = bytes(file);
    EXPECT_EQ(openJobStore(file, clock_).error().code, ErrorCode::DbFmtTooNew);
    EXPECT_EQ(bytes(file), before);
}

TEST_F(StoreFiles, AReadOnlyStoreIsNamed) {
    const fs::path file = old();
    fs::permissions(folder_.path(), fs::perms::owner_all | fs::perms::others_all);
    fs::permissions(file, fs::perms::owner_read | fs::perms::others_read);
    const pid_t child = ::fork();
    if (child == 0) {
        if (::geteuid() == 0 && ::setuid(65534) != 0) {  // root may write to any file
            ::_exit(2);
        }
        const auto opened = openJobStore(file, clock_);
        ::_exit(!opened && opened.error().code == ErrorCode::DbPermUnwritable ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST_F(StoreFiles, AFullDiskLosesNothingAndIsOverWhenThereIsRoom) {
    const pid_t child = ::fork();
    if (child == 0) {
        const fs::path disk = folder_.path() / "disk";
        fs::create_directory(disk);
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=2m") != 0) {
            ::_exit(77);
        }
        auto queue = openJobStore(disk / "store.sqlite", clock_).value();
        const auto batch = queue->createBatch("monday", "{}", 0).value();
        const bool first = queue->add(batch, jobs("a", 10)).has_value();
        const auto ballast = disk / "ballast";
        std::ofstream(ballast, std::ios::binary) << std::string(1'500'000, 'x');
        const auto refused = queue->add(batch, jobs("b", 5'000));
        const bool named = !refused && refused.error().code == ErrorCode::DbResDiskFull;
        fs::remove(ballast);
        const auto claimed = queue->claim({"w1", seconds(60), {}, 100});
        const bool whole = claimed && claimed->size() == 10;
        const auto again = queue->add(batch, jobs("c", 100));
        ::_exit(first && named && whole && again
                    ? 0
                    : 10 + (first ? 1 : 0) + (named ? 2 : 0) + (whole ? 4 : 0));
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WEXITSTATUS(status) == 77) {
        GTEST_SKIP() << "a disk can be made by root only";
    }
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

/// Ten seconds go by between one look at it and the next.
class HurriedClock final : public Clock {
  public:
    [[nodiscard]] std::chrono::system_clock::time_point now() const override {
        return std::chrono::system_clock::now();
    }
    [[nodiscard]] std::chrono::steady_clock::time_point steadyNow() const override {
        steady_ += seconds(10);
        return steady_;
    }

  private:
    mutable std::chrono::steady_clock::time_point steady_;
};

TEST_F(StoreFiles, ALockHeldForLongerThanTheWaitIsNamed) {
    const fs::path file = folder_.path() / "store.sqlite";
    const HurriedClock hurried;
    auto queue = openJobStore(file, hurried).value();
    SQLite::Database other(file.string(), SQLite::OPEN_READWRITE);
    other.exec("BEGIN IMMEDIATE");
    EXPECT_EQ(queue->createBatch("monday", "{}", 0).error().code, ErrorCode::DbConnLocked);
    EXPECT_TRUE(queue->batches()) << "who only reads does not wait";
    other.exec("ROLLBACK");
    EXPECT_TRUE(queue->createBatch("monday", "{}", 0));
}

TEST_F(StoreFiles, WhatADeadProgramWasFillingGoesWhenNobodyIsAtWork) {
    const fs::path file = old();
    const fs::path half = file.string() + ".part-aB3dE6";
    const fs::path other = file.string() + ".part-of-mine";
    for (const fs::path& made : {half, other}) {
        std::ofstream(made) << "half of it";
    }
    {
        auto store = ResultStore::open(file, clock_).value();
        clearUp(file);
        EXPECT_TRUE(fs::exists(half)) << "another program may be filling it";
    }
    clearUp(file);
    EXPECT_FALSE(fs::exists(half));
    EXPECT_TRUE(fs::exists(other)) << "not one of ours";
}

TEST_F(StoreFiles, AStoreThatWasHalfSetAsideIsTakenBackWithItsLog) {
    const fs::path file = old();
    const std::string before = bytes(file);
    const fs::path aside = nameBeside(file, kBeforeRestore, clock_.now());
    fs::create_hard_link(file, aside);
    std::ofstream(aside.string() + "-wal") << "its log";
    const fs::path whole = nameBeside(file, kDamaged, clock_.now());
    std::ofstream(whole) << "set aside at another time";
    clearUp(file);
    EXPECT_EQ(bytes(file), before);
    EXPECT_EQ(bytes(file.string() + "-wal"), "its log");
    EXPECT_FALSE(fs::exists(aside));
    EXPECT_TRUE(fs::exists(whole));
}

}  // namespace
}  // namespace chat::store
