#include "chat/core/error.h"

#include "chat/core/error_taxonomy.h"

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

TEST(ErrorCatalog, EveryEntrySaysInSentencesWhatCanBeTheMatterAndWhatToDo) {
    for (const ErrorInfo& info : catalog()) {
        EXPECT_FALSE(info.causes[0].empty()) << info.name;
        for (const std::string_view text : {info.meaning, info.wayOut, info.byItself}) {
            ASSERT_FALSE(text.empty()) << info.name;
        }
        for (const Sentences& texts :
             {Sentences{info.meaning, info.wayOut, info.byItself}, info.causes, info.steps}) {
            for (const std::string_view text : texts) {
                EXPECT_TRUE(text.empty() || text.ends_with('.')) << info.name << ": " << text;
            }
        }
    }
}

TEST(ErrorCatalog, EveryModuleHasACodeForWhatHasNoName) {
    for (const std::string module :
         {"API", "DL", "AU", "TR", "AN", "DB", "RP", "GUI", "SYS", "CFG", "Q"}) {
        EXPECT_NE(findError(module + "_UNK_GENERIC_ERROR"), nullptr) << module;
    }
}

TEST(ErrorCatalog, HoldsTheCodesThatPeopleWereTold) {
    for (const std::string_view name : {"API_CONN_TIMEOUT",
                                        "API_DATA_INVALID_RESPONSE",
                                        "DL_CONN_NETWORK_ERROR",
                                        "DL_PERM_ACCESS_DENIED",
                                        "DL_TIME_REQUEST_TIMEOUT",
                                        "TR_FMT_INVALID_AUDIO",
                                        "TR_RES_MEMORY_ERROR",
                                        "DB_CONN_LOCKED",
                                        "SYS_RES_DISK_FULL"}) {
        ASSERT_NE(findError(name), nullptr) << name;
        EXPECT_EQ(findError(name)->name, name);
    }
    EXPECT_EQ(findError("AU_FMT_GONE"), nullptr);
}

TEST(ErrorNames, TellModuleAndCategoryAlsoWhereTheCodeIsUnknown) {
    EXPECT_EQ(errorModule("AU_FMT_UNSUPPORTED"), "AU");
    EXPECT_EQ(errorCategory("AU_FMT_UNSUPPORTED"), "FMT");
    EXPECT_EQ(errorModule("ODD"), "ODD");
    EXPECT_EQ(errorCategory("ODD"), "");
    EXPECT_EQ(errorMeaning("AU_FMT_UNSUPPORTED"), errorInfo(ErrorCode::AuFmtUnsupported).meaning);
    EXPECT_EQ(errorMeaning("AU_RES_GONE"),
              "An error that this version of CHAT does not know, in sound: memory or room that is "
              "used up.");
    for (const ErrorInfo& info : catalog()) {
        EXPECT_NE(moduleTitle(errorModule(info.name)), errorModule(info.name)) << info.name;
        EXPECT_NE(categoryTitle(errorCategory(info.name)), errorCategory(info.name)) << info.name;
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
