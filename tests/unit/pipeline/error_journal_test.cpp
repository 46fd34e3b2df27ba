#include "chat/pipeline/error_journal.h"

#include <gtest/gtest.h>

#include <thread>

#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::pipeline {
namespace {

const Error kError{
    ErrorCode::AuFmtUnsupported, "jane_5551234567.wav is none", "Invalid data found"};

class ErrorJournalTest : public testing::Test {
  protected:
    std::vector<ErrorEvent> stored() {
        return store::ErrorStore::open(settings.storeFile, clock).value()->events({}).value();
    }

    tests::TemporaryFolder folder;
    tests::ManualClock clock;
    JournalSettings settings{folder.path() / "store.sqlite", folder.path() / "log", "0.1.0"};
};

TEST_F(ErrorJournalTest, KeepsAnErrorInTheLogAndInTheStoreWithoutNames) {
    ErrorJournal journal(settings, clock);
    EXPECT_FALSE(std::filesystem::exists(settings.storeFile));
    ErrorContext context;
    context.stage = "audio";
    context.operation = "open";
    context.file = "jane_5551234567.wav";
    context.attempt = 2;
    journal.note(kError, context);
    EXPECT_EQ(journal.trouble(), std::nullopt);
    const auto logged = ErrorLog(settings.logFolder).read({}).value();
    ASSERT_EQ(logged.size(), 1U);
    EXPECT_EQ(logged[0].code, "AU_FMT_UNSUPPORTED");
    EXPECT_EQ(logged[0].version, "0.1.0");
    EXPECT_EQ(logged[0].time, clock.now());
    EXPECT_GT(logged[0].system.freeDiskBytes, 0U);
    EXPECT_EQ(errorRecordJson(logged[0]).find("jane"), std::string::npos);
    ASSERT_EQ(stored().size(), 1U);
    EXPECT_EQ(stored()[0].record, logged[0]);
}

TEST_F(ErrorJournalTest, WhereTheStoreFailsTheLogStillKeepsIt) {
    settings.storeFile = folder.file(
        "no_store", "a text of another program, longer than a header of SQLite is: 100 bytes");
    ErrorJournal journal(settings, clock);
    journal.note(kError, {});
    journal.note(kError, {});
    EXPECT_EQ(ErrorLog(settings.logFolder).read({}).value().size(), 2U);
    ASSERT_TRUE(journal.trouble());
    EXPECT_EQ(journal.trouble()->code, ErrorCode::DbDataDamaged);
}

TEST_F(ErrorJournalTest, WhereTheLogFailsTheStoreStillKeepsIt) {
    settings.logFolder = folder.file("no_folder", "");
    ErrorJournal journal(settings, clock);
    journal.note(kError, {});
    EXPECT_EQ(stored().size(), 1U);
    EXPECT_TRUE(journal.trouble());
}

TEST_F(ErrorJournalTest, RemovesOldErrorsOfTheStore) {
    ErrorJournal(settings, clock).note(kError, {});
    clock.advance(std::chrono::hours(24 * 91));
    ErrorJournal(settings, clock).note(kError, {});
    EXPECT_EQ(stored().size(), 1U);
}

TEST_F(ErrorJournalTest, TakesErrorsFromSeveralThreads) {
    ErrorJournal journal(settings, clock);
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 10; ++i) {
                    journal.note(kError, {});
                }
            });
        }
    }
    EXPECT_EQ(journal.trouble(), std::nullopt);
    EXPECT_EQ(stored().size(), 40U);
    EXPECT_EQ(ErrorLog(settings.logFolder).read({}).value().size(), 40U);
}

}  // namespace
}  // namespace chat::pipeline
