#include "chat/core/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace chat {
namespace {

TEST(ErrorCatalog, NamesFollowTheTaxonomyAndAreUnique) {
    const auto shape = testing::MatchesRegex(
        "(API|DL|AU|TR|AN|DB|RP|GUI|SYS|CFG|Q)_(CONN|PERM|DATA|FMT|TIME|RES|VAL|STATE|UNK)_[A-Z0-9_"
        "]+");
    std::set<std::string_view> seen;
    for (const ErrorInfo& info : catalog()) {
        EXPECT_THAT(std::string(info.name), shape);
        EXPECT_TRUE(seen.insert(info.name).second) << info.name << " stands twice";
        EXPECT_EQ(&errorInfo(info.code), &info);
    }
}

TEST(ErrorCatalog, EveryEntryIsASentenceWithAWayOut) {
    for (const ErrorInfo& info : catalog()) {
        for (const std::string_view text : {info.meaning, info.wayOut}) {
            ASSERT_FALSE(text.empty()) << info.name;
            EXPECT_EQ(text.back(), '.') << info.name;
        }
    }
}

TEST(SystemError, NamesTheCauseThatAPersonCanActOn) {
    EXPECT_EQ(systemError(ENOENT, "open", "a", ErrorCode::SysUnkGenericError).code,
              ErrorCode::SysDataPathMissing);
    EXPECT_EQ(systemError(ENOSPC, "write", "a", ErrorCode::SysPermUnwritable).code,
              ErrorCode::SysResDiskFull);
    EXPECT_EQ(systemError(EACCES, "open", "a", ErrorCode::SysUnkGenericError).code,
              ErrorCode::SysPermPathUnreadable);
    EXPECT_EQ(systemError(EACCES, "write", "a", ErrorCode::SysPermUnwritable).code,
              ErrorCode::SysPermUnwritable);
    EXPECT_EQ(systemError(EIO, "read", "a", ErrorCode::AuUnkGenericError).code,
              ErrorCode::AuUnkGenericError);
}

}  // namespace
}  // namespace chat
