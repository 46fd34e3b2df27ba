#include "chat/core/error_log.h"

#include "chat/core/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <map>
#include <thread>

#include "fakes/temporary_folder.h"

namespace chat {
namespace {

namespace fs = std::filesystem;

const std::chrono::system_clock::time_point kBegin{std::chrono::seconds(1'794'000'000)};

ErrorRecord numbered(int number) {
    ErrorRecord record;
    record.time = kBegin + std::chrono::seconds(number);
    record.code = "AU_FMT_UNSUPPORTED";
    record.job = number;
    return record;
}

std::vector<std::int64_t> jobs(const std::vector<ErrorRecord>& records) {
    std::vector<std::int64_t> numbers;
    for (const ErrorRecord& record : records) {
        numbers.push_back(record.job);
    }
    return numbers;
}

mode_t modeOf(const fs::path& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777;
}

std::string wholeFile(const fs::path& path) {
    return readFile(path, 100'000'000, ErrorCode::SysUnkGenericError).value_or("");
}

class ErrorLogTest : public testing::Test {
  protected:
    tests::TemporaryFolder folder;
    fs::path place = folder.path() / "state" / "log";
};

TEST_F(ErrorLogTest, KeepsOneRecordALineForTheOwnerAlone) {
    const ErrorLog log(place);
    ASSERT_TRUE(log.append(numbered(1)));
    ASSERT_TRUE(log.append(numbered(2)));
    EXPECT_EQ(wholeFile(log.file()),
              errorRecordJson(numbered(1)) + "\n" + errorRecordJson(numbered(2)) + "\n");
    EXPECT_EQ(modeOf(place), 0700U);
    for (const auto& entry : fs::directory_iterator(place)) {
        EXPECT_EQ(modeOf(entry.path()), 0600U) << entry.path();
    }
    EXPECT_EQ(log.read({}).value(), (std::vector{numbered(1), numbered(2)}));
    EXPECT_EQ(jobs(log.read(numbered(2).time).value()), std::vector<std::int64_t>{2});
}

TEST_F(ErrorLogTest, AFolderWithoutALogHasNoRecords) {
    EXPECT_TRUE(ErrorLog(place).read({}).value().empty());
}

TEST_F(ErrorLogTest, FullFilesBecomePackedArchivesOfWhichTheOldestGoes) {
    const std::uint64_t line = errorRecordJson(numbered(10)).size() + 1;
    const ErrorLog log(place, 3 * line, 2);
    for (int i = 10; i < 22; ++i) {
        ASSERT_TRUE(log.append(numbered(i)));
        EXPECT_LE(fs::file_size(log.file()), 3 * line);
    }
    EXPECT_EQ(jobs(log.read({}).value()),
              (std::vector<std::int64_t>{13, 14, 15, 16, 17, 18, 19, 20, 21}));
    EXPECT_EQ(wholeFile(place / "chat.log.1.gz").substr(0, 2), "\x1f\x8b");
    EXPECT_EQ(modeOf(place / "chat.log.2.gz"), 0600U);
    EXPECT_FALSE(fs::exists(place / "chat.log.3.gz"));
    EXPECT_FALSE(fs::exists(place / "chat.log.part"));
}

TEST_F(ErrorLogTest, ThreadsAndProcessesWriteEachRecordOnceAndWhole) {
    constexpr int kProcesses = 3;
    constexpr int kThreads = 3;
    constexpr int kRecords = 60;
    const ErrorLog log(place, 20'000, 100);
    for (int p = 0; p < kProcesses; ++p) {
        if (::fork() == 0) {
            std::atomic<bool> well = true;
            {
                std::vector<std::jthread> threads;
                for (int t = 0; t < kThreads; ++t) {
                    threads.emplace_back([&, t] {
                        for (int i = 0; i < kRecords; ++i) {
                            if (!log.append(numbered((p * kThreads + t) * kRecords + i))) {
                                well = false;
                            }
                        }
                    });
                }
            }
            ::_exit(well ? 0 : 1);
        }
    }
    for (int p = 0; p < kProcesses; ++p) {
        int status = 0;
        ::wait(&status);
        EXPECT_EQ(status, 0);
    }
    std::map<std::int64_t, int> seen;
    for (const std::int64_t job : jobs(log.read({}).value())) {
        ++seen[job];
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(kProcesses * kThreads * kRecords));
    for (const auto& [job, times] : seen) {
        EXPECT_EQ(times, 1) << job;
    }
    EXPECT_TRUE(fs::exists(place / "chat.log.1.gz"));
}

TEST_F(ErrorLogTest, ALineThatDoesNotFitOnTheDiskLeavesNothingBehind) {
    const ErrorLog log(place);
    ASSERT_TRUE(log.append(numbered(1)));
    if (::fork() == 0) {
        // A limit on the length of files stands in for a disk that is full in the middle of a line.
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{errorRecordJson(numbered(1)).size() + 100, RLIM_INFINITY};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto written = log.append(numbered(2));
        ::_exit(!written && written.error().code == ErrorCode::SysResDiskFull ? 0 : 1);
    }
    int status = 0;
    ::wait(&status);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(wholeFile(log.file()), errorRecordJson(numbered(1)) + "\n");
    ASSERT_TRUE(log.append(numbered(3)));
    EXPECT_EQ(jobs(log.read({}).value()), (std::vector<std::int64_t>{1, 3}));
}

TEST_F(ErrorLogTest, AHalfLineOfAPowerCutSpoilsNoOther) {
    const ErrorLog log(place);
    fs::create_directories(place);
    (void)folder.file("state/log/chat.log", errorRecordJson(numbered(1)) + "\n{\"time\":\"2026-");
    ASSERT_TRUE(log.append(numbered(2)));
    EXPECT_EQ(jobs(log.read({}).value()), (std::vector<std::int64_t>{1, 2}));
}

TEST_F(ErrorLogTest, LinksAreNotFollowed) {
    const fs::path other = folder.file("other", "");
    fs::create_directories(place);
    fs::create_symlink(other, place / "chat.log");
    const auto written = ErrorLog(place).append(numbered(1));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::SysPermLinkRefused);
    EXPECT_EQ(fs::file_size(other), 0U);
}

}  // namespace
}  // namespace chat
