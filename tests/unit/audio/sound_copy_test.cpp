#include "chat/audio/sound_copy.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <csignal>

#include "sound_helpers.h"

namespace chat::audio {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): helpers of this folder's tests

Status copyOf(const std::filesystem::path& from, const std::filesystem::path& to) {
    auto source = openRecording(from);
    return source ? encodeOpus(**source, to) : tl::unexpected<Error>(source.error());
}

TEST(SoundCopy, HoldsBothChannelsInTheirPlaceAtALowRate) {
    const TemporaryFolder folder;
    const auto copy = folder.path() / "copy.webm";
    ASSERT_TRUE(copyOf(recording("auto_repairs_1.flac"), copy));
    auto before = openRecording(recording("auto_repairs_1.flac"));
    auto after = openRecording(copy);
    ASSERT_TRUE(before && after);
    EXPECT_EQ((*after)->info().codec, "opus");
    const auto original = readAll(**before);
    const auto copied = readAll(**after);
    ASSERT_EQ(copied.size(), 2U);
    EXPECT_NEAR(
        static_cast<double>(copied[0].size()), static_cast<double>(original[0].size()), 320);
    const double seconds = static_cast<double>(original[0].size()) / kAnalysisRateHz;
    EXPECT_LE(static_cast<double>(std::filesystem::file_size(copy)) * 8 / seconds, 32'000);
    // The envelope of each channel is where it was: that is what is listened for.
    for (std::size_t c = 0; c < 2; ++c) {
        double product = 0;
        double squaresBefore = 0;
        double squaresAfter = 0;
        for (std::size_t i = 0; i + 800 <= copied[c].size() && i + 800 <= original[c].size();
             i += 800) {
            double x = 0;
            double y = 0;
            for (std::size_t j = i; j < i + 800; ++j) {
                x += std::abs(original[c][j]);
                y += std::abs(copied[c][j]);
            }
            product += x * y;
            squaresBefore += x * x;
            squaresAfter += y * y;
        }
        EXPECT_GT(product / std::sqrt(squaresBefore * squaresAfter), 0.98) << c;
    }
}

TEST(SoundCopy, IsTheSameToTheByteAndPrivate) {
    const TemporaryFolder folder;
    const auto first = folder.path() / "first.webm";
    const auto second = folder.path() / "second.webm";
    ASSERT_TRUE(copyOf(recording("auto_loan_mono.flac"), first));
    ASSERT_TRUE(copyOf(recording("auto_loan_mono.flac"), second));
    EXPECT_EQ(fileContent(first), fileContent(second));
    struct stat status{};
    ASSERT_EQ(::stat(first.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(SoundCopy, LeavesNothingBehindWhenItFails) {
    const TemporaryFolder folder;
    const auto missing =
        copyOf(recording("auto_loan_mono.flac"), folder.path() / "missing" / "copy.webm");
    ASSERT_FALSE(missing);
    EXPECT_EQ(errorName(missing.error().code), "SYS_DATA_PATH_MISSING");
    auto source = openRecording(recording("auto_loan_mono.flac"));
    ASSERT_TRUE(source);
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = encodeOpus(**source, folder.path() / "copy.webm", stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(errorName(stopped.error().code), "SYS_STATE_STOPPED");
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(SoundCopy, IsMadeOfWhatPassesAndKeepsNothingFromPassing) {
    const TemporaryFolder folder;
    const auto alone = folder.path() / "alone.webm";
    ASSERT_TRUE(copyOf(recording("auto_loan_mono.flac"), alone));
    const auto plain = openRecording(recording("auto_loan_mono.flac"));
    const auto copied = openRecording(recording("auto_loan_mono.flac"), {777});
    const auto hindered = openRecording(recording("auto_loan_mono.flac"));
    ASSERT_TRUE(plain && copied && hindered);
    SoundCopier copier(**copied, folder.path() / "passed.webm");
    SoundCopier nowhere(**hindered, folder.path() / "missing" / "copy.webm");
    const auto sound = readAll(**plain);
    EXPECT_EQ(readAll(copier), sound);
    EXPECT_EQ(readAll(nowhere), sound);
    EXPECT_TRUE(copier.copied());
    EXPECT_FALSE(nowhere.copied());
    EXPECT_GT(copier.spent().count(), 0);
    EXPECT_EQ(fileContent(folder.path() / "passed.webm"), fileContent(alone))
        << "blocks of an odd length";
}

// A full disk needs a file system of its own and root; a limit on the size of files fails the same write.
TEST(SoundCopy, FailsCleanlyWhenTheFileCannotGrow) {
    const TemporaryFolder folder;
    auto source = openRecording(recording("auto_repairs_1.flac"));
    ASSERT_TRUE(source);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{64 * 1024, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto copied = encodeOpus(**source, folder.path() / "copy.webm");
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, handler);
    ASSERT_FALSE(copied);
    EXPECT_FALSE(copied.error().cause.empty());
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace chat::audio
