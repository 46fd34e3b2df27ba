#include "chat/core/sha256.h"

#include <gtest/gtest.h>

#include "fakes/temporary_folder.h"

namespace chat {
namespace {

// Vectors of FIPS 180-4's example document.
TEST(Sha256, GivesTheStandardsExamples) {
    EXPECT_EQ(sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PiecesGiveTheSumOfTheWhole) {
    Sha256 sum;
    sum.add("a");
    sum.add("");
    sum.add("bc");
    EXPECT_EQ(sum.hex(), sha256Hex("abc"));
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
    const tests::TemporaryFolder folder;
    const std::string content(3'000'000, 'x');
    const auto path = folder.file("x", content);
    EXPECT_EQ(sha256OfFile(path).value(), sha256Hex(content));
    EXPECT_EQ(sha256OfFile(folder.path() / "missing").error().code, ErrorCode::SysDataPathMissing);
}

TEST(Sha256, StopsWhenAsked) {
    const tests::TemporaryFolder folder;
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(sha256OfFile(folder.file("x", "abc"), stop.get_token()).error().code,
              ErrorCode::SysStateStopped);
}

}  // namespace
}  // namespace chat
