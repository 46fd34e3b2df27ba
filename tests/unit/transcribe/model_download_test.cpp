#include "chat/transcribe/model_download.h"

#include "chat/core/files.h"
#include "chat/core/sha256.h"
#include "chat/transcribe/installed_models.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include "fakes/temporary_folder.h"
#include "fakes/tls_server.h"

namespace chat::transcribe {
namespace {

namespace fs = std::filesystem;

class PullModel : public testing::Test {
  protected:
    PullModel() {
        settings_.server = server_.address();
        settings_.download.access.allowedHosts = {"127.0.0.1"};
        settings_.download.access.allowedAddresses = {"127.0.0.1"};
        settings_.download.access.certificateFile = server_.certificateFile();
        settings_.download.attempts = 1;
        for (std::size_t i = 0; i < kNames.size(); ++i) {
            model_.files[i] = {kNames[i], contents_[i].size(), sums_[i]};
            server_.serve(path(i), contents_[i]);
        }
    }

    [[nodiscard]] std::string path(std::size_t i) const {
        return "/me/mine/resolve/abc/" + std::string(kNames[i]);
    }
    [[nodiscard]] Result<fs::path> pull(const std::stop_token& stop = {}) {
        return pullModel(
            model_,
            models(),
            settings_,
            [&](const PullProgress& progress) { progress_.push_back(progress.doneBytes); },
            stop);
    }
    [[nodiscard]] fs::path models() const { return folder_.path() / "models"; }
    [[nodiscard]] fs::path target() const { return models() / "mine"; }

    static constexpr std::array<std::string_view, 4> kNames{
        "config.json", "tokenizer.json", "vocabulary.txt", "model.bin"};
    std::array<std::string, 4> contents_{
        "{}", std::string(2'000, 't'), std::string(500, 'v'), std::string(400'000, 'm')};
    std::array<std::string, 4> sums_{sha256Hex(contents_[0]),
                                     sha256Hex(contents_[1]),
                                     sha256Hex(contents_[2]),
                                     sha256Hex(contents_[3])};
    ModelInfo model_{"mine", "me/mine", "abc", {}};
    tests::TlsServer server_;
    PullSettings settings_;
    std::vector<std::uint64_t> progress_;

  private:
    tests::TemporaryFolder folder_;
};

TEST_F(PullModel, InstallsAModel) {
    const auto pulled = pull();
    ASSERT_TRUE(pulled) << pulled.error().what;
    EXPECT_EQ(*pulled, target());
    EXPECT_TRUE(verifyModel(model_, target()));
    EXPECT_TRUE(std::is_sorted(progress_.begin(), progress_.end()));
    EXPECT_EQ(progress_.back(), model_.bytes());
    EXPECT_EQ(fs::status(target()).permissions(), fs::perms::owner_all);
    EXPECT_EQ(fs::status(target() / "model.bin").permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(std::distance(fs::directory_iterator(models()), fs::directory_iterator()), 1)
        << "nothing is left beside it";
    EXPECT_EQ(std::distance(fs::directory_iterator(target()), fs::directory_iterator()), 4);
}

TEST_F(PullModel, AsksForNothingThatIsThere) {
    ASSERT_TRUE(pull());
    ASSERT_TRUE(pull());
    EXPECT_EQ(server_.seen().size(), 4U);
}

TEST_F(PullModel, RepairsWhatIsDamaged) {
    ASSERT_TRUE(pull());
    std::ofstream(target() / "tokenizer.json") << "broken";
    ASSERT_TRUE(pull());
    EXPECT_TRUE(verifyModel(model_, target()));
    const auto seen = server_.seen();
    ASSERT_EQ(seen.size(), 5U);
    EXPECT_EQ(seen.back().path, path(1));
}

TEST_F(PullModel, GoesOnWhereItEnded) {
    server_.serveCut(path(3), contents_[3], 100'000);
    EXPECT_EQ(pull().error().code, ErrorCode::DlDataIncomplete);
    EXPECT_FALSE(fs::exists(target())) << "a model is there as a whole or not at all";
    server_.serve(path(3), contents_[3]);
    ASSERT_TRUE(pull());
    const auto seen = server_.seen();
    ASSERT_EQ(seen.size(), 5U) << "the other files are not fetched again";
    EXPECT_THAT(seen.back().range, testing::StartsWith("bytes="));
}

TEST_F(PullModel, LeavesTheOldOneUntilTheNewOneIsRight) {
    ASSERT_TRUE(pull());
    model_.files[3].sha256 = sums_[0];
    server_.serve(path(3), contents_[3]);
    EXPECT_EQ(pull().error().code, ErrorCode::DlDataSumMismatch);
    model_.files[3].sha256 = sums_[3];
    EXPECT_TRUE(verifyModel(model_, target()));
}

TEST_F(PullModel, SaysBeforehandThatThereIsNoRoom) {
    model_.files[3].bytes = std::uint64_t{1} << 60;
    EXPECT_EQ(pull().error().code, ErrorCode::SysResDiskFull);
    EXPECT_TRUE(server_.seen().empty());
}

TEST_F(PullModel, IsDoneByOneProgramAtATime) {
    const fs::path staging = stagingFolder("mine", models());
    ASSERT_TRUE(makePrivateFolder(staging));
    const FileDescriptor other(::open(staging.c_str(), O_RDONLY | O_DIRECTORY));
    ASSERT_EQ(::flock(other.get(), LOCK_EX | LOCK_NB), 0);
    EXPECT_THAT(pull().error().what, testing::HasSubstr("Another program is fetching"));
}

TEST_F(PullModel, CanBeStopped) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(pull(stop.get_token()).error().code, ErrorCode::SysStateStopped);
}

TEST_F(PullModel, SaysThatItCannotWrite) {
    std::ofstream(models().string()) << "a file where the folder should be";
    const auto pulled = pull();
    EXPECT_FALSE(pulled);
    EXPECT_THAT(errorName(pulled.error().code), testing::StartsWith("SYS_"));
}

}  // namespace
}  // namespace chat::transcribe
