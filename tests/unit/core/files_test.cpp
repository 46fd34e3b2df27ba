#include "chat/core/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "fakes/temporary_folder.h"

namespace chat {
namespace {

namespace fs = std::filesystem;

fs::perms permissions(const fs::path& path) {
    return fs::status(path).permissions();
}

TEST(OpenRegularFile, OpensWhatIsAFileAndNothingElse) {
    const tests::TemporaryFolder folder;
    const auto file = folder.file("call.wav", "x");
    fs::create_symlink(file, folder.path() / "link");
    fs::create_symlink("loop", folder.path() / "loop");
    ASSERT_EQ(::mkfifo((folder.path() / "fifo").c_str(), 0600), 0);

    EXPECT_TRUE(openRegularFile(file));
    EXPECT_EQ(openRegularFile(folder.path() / "link").error().code, ErrorCode::SysPermLinkRefused);
    EXPECT_EQ(openRegularFile(folder.path() / "loop").error().code, ErrorCode::SysPermLinkRefused);
    EXPECT_EQ(openRegularFile(folder.path() / "fifo").error().code, ErrorCode::SysFmtNotAFile);
    EXPECT_EQ(openRegularFile(folder.path()).error().code, ErrorCode::SysFmtNotAFile);
    EXPECT_EQ(openRegularFile("/dev/null").error().code, ErrorCode::SysFmtNotAFile);
    EXPECT_EQ(openRegularFile(folder.path() / "none").error().code, ErrorCode::SysDataPathMissing);
}

TEST(WriteFileAtomically, LeavesAPrivateFileAndNoTemporary) {
    const tests::TemporaryFolder folder;
    const auto path = folder.path() / "report.json";
    ASSERT_TRUE(writeFileAtomically(path, "old"));
    ASSERT_TRUE(writeFileAtomically(path, "new"));
    EXPECT_EQ(readFile(path, 100, ErrorCode::SysUnkGenericError).value(), "new");
    EXPECT_EQ(permissions(path), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(WriteFileAtomically, SaysWhyItCouldNot) {
    const tests::TemporaryFolder folder;
    EXPECT_EQ(writeFileAtomically(folder.path() / "no" / "x", "").error().code,
              ErrorCode::SysDataPathMissing);
    EXPECT_EQ(writeFileAtomically("/proc/chat", "").error().code, ErrorCode::SysDataPathMissing);
}

TEST(MakePrivateFolder, MakesParentsForTheOwnerAlone) {
    const tests::TemporaryFolder folder;
    const auto deep = folder.path() / "a" / "b";
    ASSERT_TRUE(makePrivateFolder(deep));
    ASSERT_TRUE(makePrivateFolder(deep));
    EXPECT_EQ(permissions(folder.path() / "a"), fs::perms::owner_all);
    EXPECT_EQ(permissions(deep), fs::perms::owner_all);
}

TEST(FileBytes, IsNothingWhereItCannotBeTold) {
    const tests::TemporaryFolder folder;
    fs::create_symlink(folder.file("x", "12345"), folder.path() / "link");
    EXPECT_EQ(fileBytes(folder.path() / "x"), 5);
    EXPECT_EQ(fileBytes(folder.path() / "link"), 5);
    EXPECT_EQ(fileBytes(folder.path() / "none"), 0);
    EXPECT_EQ(fileBytes(folder.path()), 0);
}

TEST(ReadFile, RefusesWhatIsTooLong) {
    const tests::TemporaryFolder folder;
    const auto path = folder.file("x", "12345");
    EXPECT_EQ(readFile(path, 5, ErrorCode::CfgFmtManifest).value(), "12345");
    EXPECT_EQ(readFile(path, 4, ErrorCode::CfgFmtManifest).error().code, ErrorCode::CfgFmtManifest);
}

}  // namespace
}  // namespace chat
