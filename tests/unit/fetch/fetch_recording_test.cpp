#include "chat/fetch/fetch_recording.h"

#include "chat/core/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "fakes/temporary_folder.h"

namespace chat::fetch {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr std::uint64_t kMegabyte = 1'000'000;

std::string bytesOf(std::size_t count, std::size_t seed = 0) {
    std::string bytes(count, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<char>(i * i / 7 + i + seed);
    }
    return bytes;
}

/// A source that does as it is told, and remembers from where it was asked.
struct Source {
    std::string content = bytesOf(300'000);
    std::string mark = "\"v1\"";
    std::uint64_t most = UINT64_MAX;         ///< bytes of an attempt; then it breaks off
    std::optional<std::uint64_t> announced;  ///< in place of the true length
    ErrorCode breaksWith = ErrorCode::DlDataIncomplete;
    std::function<void()> afterAttempt = [] {};
    std::vector<std::uint64_t> askedFrom{};

    [[nodiscard]] ReadRecording reader() {
        return [this](const std::string& /*sid*/,
                      const RecordingPart& from,
                      const TakeBytes& take,
                      const std::stop_token& stop) { return read(from, take, stop); };
    }

  private:
    Result<RecordingPart> read(const RecordingPart& from,
                               const TakeBytes& take,
                               const std::stop_token& stop) {
        constexpr std::size_t kPiece = 10'000;
        askedFrom.push_back(from.offset);
        RecordingPart part{0, mark, announced.value_or(content.size())};
        if (!mark.empty() && from.versionMark == mark) {
            part.offset = from.offset;
        }
        std::string_view rest = std::string_view(content).substr(part.offset);
        const bool broken = rest.size() > most;
        rest = rest.substr(0, most);
        for (; !rest.empty(); rest.remove_prefix(std::min(kPiece, rest.size()))) {
            if (auto taken = take(part, rest.substr(0, kPiece)); !taken) {
                return tl::unexpected(taken.error());
            }
            if (stop.stop_requested()) {
                return fail(ErrorCode::SysStateStopped, "Stopped");
            }
        }
        afterAttempt();
        return broken ? fail(breaksWith, "It broke off") : Result<RecordingPart>(part);
    }
};

class FetchRecording : public testing::Test {
  protected:
    [[nodiscard]] Status fetch(std::uint64_t maxBytes = kMaxRecordingBytes) {
        return fetchRecording(source_.reader(), "CA0", file_, {}, maxBytes);
    }
    [[nodiscard]] std::string failure(std::uint64_t maxBytes = kMaxRecordingBytes) {
        const auto fetched = fetch(maxBytes);
        EXPECT_FALSE(fs::exists(file_));
        return fetched ? "nothing" : std::string(errorName(fetched.error().code));
    }
    [[nodiscard]] std::string fetched() const {
        return readFile(file_, 100 * kMegabyte, ErrorCode::SysUnkGenericError).value_or("nothing");
    }
    [[nodiscard]] fs::path part() const { return file_.string() + ".part"; }
    [[nodiscard]] fs::path mark() const { return file_.string() + ".part.etag"; }

    tests::TemporaryFolder folder_;
    fs::path file_ = folder_.path() / "recordings" / "ab" / "abcd";
    Source source_;
};

TEST_F(FetchRecording, BringsItForItsOwnerOnly) {
    ASSERT_TRUE(fetch());
    EXPECT_TRUE(fetched() == source_.content);
    EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(fs::status(file_.parent_path().parent_path()).permissions(), fs::perms::owner_all);
    EXPECT_FALSE(fs::exists(part()));
    EXPECT_FALSE(fs::exists(mark()));
}

TEST_F(FetchRecording, AsksForNothingThatIsThere) {
    ASSERT_TRUE(fetch());
    source_.content = "another";
    ASSERT_TRUE(fetch());
    EXPECT_EQ(source_.askedFrom.size(), 1U);
    EXPECT_EQ(fetched().size(), 300'000U);
}

TEST_F(FetchRecording, GoesOnAsLongAsBytesCome) {
    source_.most = 90'000;
    ASSERT_TRUE(fetch());
    EXPECT_TRUE(fetched() == source_.content);
    EXPECT_THAT(source_.askedFrom, ElementsAre(0, 90'000, 180'000, 270'000));
}

TEST_F(FetchRecording, GivesUpWhenNextToNothingComes) {
    source_.most = 20'000;
    EXPECT_EQ(failure(), "DL_DATA_INCOMPLETE");
    EXPECT_EQ(source_.askedFrom.size(), 5U);
    source_.most = 0;
    EXPECT_EQ(failure(), "DL_DATA_INCOMPLETE");
    EXPECT_THAT(source_.askedFrom, testing::SizeIs(6)) << "of nothing once is enough";
    source_.most = UINT64_MAX;
    ASSERT_TRUE(fetch());
    EXPECT_EQ(source_.askedFrom.back(), 100'000U) << "what came was kept";
    EXPECT_TRUE(fetched() == source_.content);
}

TEST_F(FetchRecording, IsPatientWithALongRecording) {
    source_.content = bytesOf(12 * kMegabyte);
    source_.most = kMegabyte;
    ASSERT_TRUE(fetch());
    EXPECT_TRUE(fetched() == source_.content);
    EXPECT_EQ(source_.askedFrom.size(), 12U);
}

TEST_F(FetchRecording, OtherFailuresAreLeftToTheQueueAndLoseNothing) {
    source_.most = 90'000;
    source_.breaksWith = ErrorCode::ApiConnTimeout;
    EXPECT_EQ(failure(), "API_CONN_TIMEOUT");
    EXPECT_EQ(source_.askedFrom.size(), 1U);
    EXPECT_EQ(fs::file_size(part()), 90'000U);
    EXPECT_EQ(fs::status(part()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(fs::status(mark()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    source_.most = UINT64_MAX;
    ASSERT_TRUE(fetch());
    EXPECT_THAT(source_.askedFrom, ElementsAre(0, 90'000));
    EXPECT_TRUE(fetched() == source_.content);
}

TEST_F(FetchRecording, NeverMixesVersions) {
    source_.most = 90'000;
    source_.afterAttempt = [&] {
        source_.mark = "\"v2\"";
        source_.content = bytesOf(80'000, 1);
    };
    ASSERT_TRUE(fetch());
    EXPECT_TRUE(fetched() == bytesOf(80'000, 1));
    EXPECT_THAT(source_.askedFrom, ElementsAre(0, 90'000));
}

TEST_F(FetchRecording, GivesUpOnOneThatIsAnotherEachTime) {
    source_.content = bytesOf(4 * kMegabyte);
    source_.most = 3 * kMegabyte;
    int version = 1;
    source_.afterAttempt = [&] { source_.mark = "\"" + std::to_string(++version) + "\""; };
    EXPECT_EQ(failure(), "DL_DATA_INCOMPLETE");
    EXPECT_EQ(source_.askedFrom.size(), 5U);
}

TEST_F(FetchRecording, WithoutAVersionMarkBeginsAnew) {
    source_.mark = "";
    source_.most = 90'000;
    EXPECT_EQ(failure(), "DL_DATA_INCOMPLETE");
    EXPECT_FALSE(fs::exists(mark()));
    source_.most = UINT64_MAX;
    ASSERT_TRUE(fetch());
    EXPECT_EQ(source_.askedFrom.back(), 0U);
    EXPECT_TRUE(fetched() == source_.content);
}

TEST_F(FetchRecording, WhatWasWholeBeforeTheProgramDiedIsNotFetchedAgain) {
    fs::create_directories(file_.parent_path());
    std::ofstream(part()) << source_.content;
    std::ofstream(mark()) << source_.mark;
    ASSERT_TRUE(fetch());
    EXPECT_THAT(source_.askedFrom, ElementsAre(300'000));
    EXPECT_TRUE(fetched() == source_.content);
}

TEST_F(FetchRecording, HoldsItToTheLengthThatWasSaid) {
    source_.announced = 299'999;
    EXPECT_EQ(failure(), "DL_DATA_INCOMPLETE");
    EXPECT_EQ(fs::file_size(part()), 0U) << "nobody knows which bytes are too many";
    source_.announced = 300'001;
    EXPECT_EQ(failure(), "DL_DATA_INCOMPLETE");
    source_.announced.reset();
    ASSERT_TRUE(fetch());
    EXPECT_TRUE(fetched() == source_.content);
}

TEST_F(FetchRecording, TwoLengthsOfOneVersionAreOneTooMany) {
    source_.most = 90'000;
    source_.announced = 300'500;
    source_.afterAttempt = [&] { source_.announced = 300'000; };
    EXPECT_EQ(failure(), "DL_DATA_INCOMPLETE");
    EXPECT_EQ(source_.askedFrom.size(), 2U);
    EXPECT_EQ(fs::file_size(part()), 0U);
}

TEST_F(FetchRecording, OneWithoutBytesIsAnError) {
    source_.content.clear();
    EXPECT_EQ(failure(), "AU_DATA_EMPTY");
}

TEST_F(FetchRecording, OneThatIsTooLongIsRefused) {
    EXPECT_EQ(failure(299'999), "DL_RES_TOO_LARGE") << "announced";
    EXPECT_EQ(fs::file_size(part()), 0U);
    source_.announced = 10;
    EXPECT_EQ(failure(299'999), "DL_RES_TOO_LARGE") << "not announced";
    EXPECT_EQ(fs::file_size(part()), 0U);
    source_.announced.reset();
    EXPECT_TRUE(fetch(300'000));
}

TEST_F(FetchRecording, APlaceThatCannotBeWrittenIsNamed) {
    static_cast<void>(folder_.file("recordings/ab", "a file where a folder should be"));
    const auto fetched = fetch();
    ASSERT_FALSE(fetched);
    EXPECT_TRUE(source_.askedFrom.empty());
}

TEST_F(FetchRecording, ALinkInItsPlaceIsNotFollowed) {
    fs::create_directories(file_.parent_path());
    const auto target = folder_.file("somebody's", "bytes");
    fs::create_symlink(target, part());
    EXPECT_EQ(failure(), "SYS_PERM_UNWRITABLE");
    EXPECT_EQ(readFile(target, 100, ErrorCode::SysUnkGenericError), "bytes");
}

TEST_F(FetchRecording, OfManyAtOnceOneBringsIt) {
    std::atomic<int> asked{0};
    const ReadRecording slow = [&](const std::string& sid,
                                   const RecordingPart& from,
                                   const TakeBytes& take,
                                   const std::stop_token& stop) {
        ++asked;
        std::this_thread::sleep_for(100ms);
        Source own;
        return own.reader()(sid, from, take, stop);
    };
    std::atomic<int> good{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 6; ++i) {
            threads.emplace_back(
                [&] { good += fetchRecording(slow, "CA0", file_, {}).has_value() ? 1 : 0; });
        }
    }
    EXPECT_EQ(good, 6);
    EXPECT_EQ(asked, 1);
    EXPECT_TRUE(fetched() == source_.content);
    EXPECT_FALSE(fs::exists(part()));
}

TEST_F(FetchRecording, AnotherTakesOverFromOneThatFailed) {
    source_.breaksWith = ErrorCode::ApiConnTimeout;
    source_.most = 90'000;
    Source second;
    std::jthread other;
    source_.afterAttempt = [&] {
        other =
            std::jthread([&] { EXPECT_TRUE(fetchRecording(second.reader(), "CA0", file_, {})); });
        std::this_thread::sleep_for(100ms);
        EXPECT_TRUE(second.askedFrom.empty()) << "it waits";
    };
    EXPECT_FALSE(fetch());
    other.join();
    EXPECT_THAT(second.askedFrom, ElementsAre(90'000));
    EXPECT_TRUE(fetched() == source_.content);
}

TEST_F(FetchRecording, IsStoppedWhileItWaitsAndWhileItReads) {
    std::stop_source stop;
    source_.afterAttempt = [&] {
        std::jthread stopper([&] {
            std::this_thread::sleep_for(100ms);
            stop.request_stop();
        });
        const auto start = std::chrono::steady_clock::now();
        const auto waited = fetchRecording(source_.reader(), "CA0", file_, stop.get_token());
        ASSERT_FALSE(waited);
        EXPECT_EQ(waited.error().code, ErrorCode::SysStateStopped);
        EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
    };
    ASSERT_TRUE(fetch());
    fs::remove(file_);
    source_.afterAttempt = [] {};
    const auto reading = fetchRecording(source_.reader(), "CA0", file_, stop.get_token());
    ASSERT_FALSE(reading);
    EXPECT_EQ(reading.error().code, ErrorCode::SysStateStopped);
    EXPECT_EQ(fs::file_size(part()), 10'000U) << "what came is kept";
}

TEST_F(FetchRecording, AFullDiskIsSaidAndLosesNothing) {
    const pid_t child = ::fork();
    if (child == 0) {
        const fs::path disk = folder_.path() / "disk";
        fs::create_directory(disk);
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=200k") != 0) {
            ::_exit(77);
        }
        const auto full = fetchRecording(source_.reader(), "CA0", disk / "abcd", {});
        const bool named = !full && full.error().code == ErrorCode::SysResDiskFull;
        const bool roomier = ::mount("", disk.c_str(), "tmpfs", MS_REMOUNT, "size=800k") == 0;
        const auto again = fetchRecording(source_.reader(), "CA0", disk / "abcd", {});
        const bool wentOn = source_.askedFrom.size() == 2 && source_.askedFrom.back() > 100'000;
        const bool right =
            readFile(disk / "abcd", kMegabyte, ErrorCode::SysUnkGenericError) == source_.content;
        ::_exit(named && roomier && again && wentOn && right ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    if (WEXITSTATUS(status) == 77) {
        GTEST_SKIP() << "no file system of one's own can be mounted here";
    }
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace chat::fetch
