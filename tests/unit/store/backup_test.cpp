#include "chat/store/backup.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filled_store.h"

namespace chat::store {
namespace {

namespace fs = std::filesystem;

class BackupTest : public tests::FilledStoreTest {
  protected:
    Result<BackupOutcome> backUpNow() { return backUp(file_, copy_, clock_); }
    std::size_t callsIn(const fs::path& file) {
        return static_cast<std::size_t>(
            SQLite::Database(file.string()).execAndGet("SELECT count(*) FROM calls").getInt());
    }
    fs::path copy_ = folder_.path() / "backups" / "copy.sqlite";
};

TEST_F(BackupTest, IsOnePrivateFileThatHoldsEverything) {
    fill(0, 50);
    const auto outcome = backUpNow();
    ASSERT_TRUE(outcome) << outcome.error().what << outcome.error().cause;
    EXPECT_TRUE(outcome->whole);
    EXPECT_TRUE(isPrivate(copy_));
    EXPECT_EQ(std::distance(fs::directory_iterator(copy_.parent_path()), {}), 1);
    const auto inspection = inspect(copy_, versions_);
    ASSERT_TRUE(inspection);
    EXPECT_TRUE(inspection->sound());
    EXPECT_EQ(inspection->results, 100);
    EXPECT_EQ(callsIn(copy_), 50U);
}

TEST_F(BackupTest, ASecondOneWritesOnlyWhatChanged) {
    fill(0, 400, 200);
    ASSERT_TRUE(backUpNow());
    const auto same = backUpNow();
    ASSERT_TRUE(same) << same.error().what << same.error().cause;
    EXPECT_FALSE(same->whole);
    EXPECT_LE(same->rowsWritten, 2) << "the note of the first backup";
    EXPECT_LT(same->bytesWritten, 64 * 1024U);

    fill(400, 404, 200);
    const auto more = backUpNow();
    ASSERT_TRUE(more);
    EXPECT_FALSE(more->whole);
    EXPECT_EQ(callsIn(copy_), 404U);
    EXPECT_GT(more->bytes, 2'500'000U);
    EXPECT_LT(more->bytesWritten, more->bytes / 5);
    EXPECT_TRUE(inspect(copy_, versions_)->sound());
}

TEST_F(BackupTest, AChangeOfCaseIsAChange) {
    fill(0, 3);
    ASSERT_TRUE(backUpNow());
    SQLite::Database(file_.string(), SQLite::OPEN_READWRITE)
        .exec("UPDATE jobs SET agent = 'AGENT-0001' WHERE sid = 'CA0001'");
    ASSERT_TRUE(backUpNow());
    EXPECT_NE(contentOf(copy_).find("AGENT-0001"), std::string::npos);
}

TEST_F(BackupTest, ForgetsWhatTheStoreForgot) {
    fill(0, 50);
    ASSERT_TRUE(backUpNow());
    SQLite::Database database(file_.string(), SQLite::OPEN_READWRITE);
    database.exec("PRAGMA foreign_keys = ON");
    database.exec("DELETE FROM recordings WHERE sha256 = '" + sha(7) + "'");
    const auto outcome = backUpNow();
    ASSERT_TRUE(outcome);
    EXPECT_GE(outcome->rowsRemoved, 4) << "the recording, its call and two results";
    EXPECT_EQ(contentOf(copy_).find("word-0007"), std::string::npos);
    EXPECT_NE(contentOf(copy_).find("word-0008"), std::string::npos);
}

TEST_F(BackupTest, IsOfOneMomentWhileAnotherProgramWrites) {
    fill(0, 100);
    const pid_t writer = ::fork();
    if (writer == 0) {
        auto results = open();
        for (int i = 1000; i < 100'000; ++i) {
            if (!results->noteCall({sha(i), "/calls/x.wav", "x.wav", {}}, 1) ||
                !results->put(key(i), AcousticResult{}, Seconds{1})) {
                ::_exit(1);
            }
        }
        ::_exit(0);
    }
    for (int i = 0; i < 5; ++i) {
        const auto outcome = backUpNow();
        ASSERT_TRUE(outcome) << outcome.error().what << outcome.error().cause;
        const auto inspection = inspect(copy_, versions_);
        EXPECT_TRUE(inspection && inspection->sound());
        const SQLite::Database copy(copy_.string());
        EXPECT_LE(SQLite::Statement(copy, "SELECT 1").getColumnCount(), 1);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(writer, &status, WNOHANG), 0) << "it was still writing";
    ::kill(writer, SIGKILL);
    ::waitpid(writer, &status, 0);
    EXPECT_GT(callsIn(copy_), 100U);
}

TEST_F(BackupTest, OverwritesNothingButABackupOfThisStore) {
    fill(0, 3);
    EXPECT_EQ(backUp(file_, file_, clock_).error().code, ErrorCode::DbStateTargetTaken);

    const auto diary = folder_.file("diary", std::string(5000, 'x'));
    EXPECT_EQ(backUp(file_, diary, clock_).error().code, ErrorCode::DbStateTargetTaken);
    EXPECT_EQ(contentOf(diary), std::string(5000, 'x'));

    const fs::path other = folder_.path() / "other.sqlite";
    ASSERT_TRUE(ResultStore::open(other, clock_));
    EXPECT_EQ(backUp(file_, other, clock_).error().code, ErrorCode::DbStateTargetTaken)
        << "a store in use";
    ASSERT_TRUE(backUp(other, copy_, clock_));
    EXPECT_EQ(backUpNow().error().code, ErrorCode::DbStateTargetTaken) << "another store's backup";
    EXPECT_EQ(backUp(folder_.path() / "none", copy_, clock_).error().code,
              ErrorCode::SysDataPathMissing);
}

TEST_F(BackupTest, GoesIntoAFolderUnderTheStoresName) {
    fill(0, 3);
    const auto outcome = backUp(file_, folder_.path(), clock_);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->file, folder_.path() / "store.sqlite");
}

TEST_F(BackupTest, IsRestoredAndThePresentStoreSetAside) {
    fill(0, 10);
    ASSERT_TRUE(backUpNow());
    fill(10, 20);
    const auto outcome = restore(copy_, file_, versions_, clock_);
    ASSERT_TRUE(outcome) << outcome.error().what << outcome.error().cause;
    EXPECT_EQ(callsIn(file_), 10U);
    EXPECT_EQ(callsIn(outcome->aside), 20U);
    EXPECT_TRUE(isPrivate(file_));
    EXPECT_TRUE(isPrivate(outcome->aside));
    EXPECT_TRUE(open()->transcript(key(3)).value().has_value());
}

TEST_F(BackupTest, IsRestoredOverADestroyedStoreAndItsLog) {
    fill(0, 10);
    ASSERT_TRUE(backUpNow());
    std::ofstream(file_, std::ios::binary) << "rubbish";
    std::ofstream(file_.string() + "-wal", std::ios::binary) << "more rubbish";
    const auto outcome = restore(copy_, file_, versions_, clock_);
    ASSERT_TRUE(outcome) << outcome.error().what << outcome.error().cause;
    EXPECT_EQ(callsIn(file_), 10U);
    EXPECT_EQ(contentOf(outcome->aside), "rubbish");
    EXPECT_EQ(contentOf(outcome->aside.string() + "-wal"), "more rubbish");
}

TEST_F(BackupTest, ADamagedOneIsNotRestored) {
    fill(0, 100);
    ASSERT_TRUE(backUpNow());
    std::fstream(copy_, std::ios::in | std::ios::out | std::ios::binary)
        .seekp(static_cast<std::streamoff>(fs::file_size(copy_) / 2 / 4096 * 4096))
        .write(std::string(4096, '\x55').data(), 4096);
    EXPECT_EQ(restore(copy_, file_, versions_, clock_).error().code, ErrorCode::DbDataDamaged);
    EXPECT_EQ(std::distance(fs::directory_iterator(file_.parent_path()), {}), 1)
        << "nothing is left behind";
    EXPECT_EQ(callsIn(file_), 100U);
}

TEST_F(BackupTest, AStoreInUseIsNotReplaced) {
    fill(0, 3);
    ASSERT_TRUE(backUpNow());
    std::array<int, 2> ready{};
    ASSERT_EQ(::pipe(ready.data()), 0);
    const pid_t user = ::fork();
    if (user == 0) {
        auto results = open();
        static_cast<void>(results->calls());
        static_cast<void>(::write(ready[1], "x", 1));
        ::pause();
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    EXPECT_EQ(restore(copy_, file_, versions_, clock_).error().code, ErrorCode::DbConnLocked);
    ::kill(user, SIGKILL);
    ::waitpid(user, nullptr, 0);
}

}  // namespace
}  // namespace chat::store
