#include "chat/core/error_markdown.h"

#include "chat/core/files.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace chat {
namespace {

// After a change of the catalog: CHAT_UPDATE_GOLDEN=1 build/bin/test_core --gtest_filter=ErrorPage.*
TEST(ErrorPage, IsThatOfTheCatalog) {
    const std::string path = CHAT_SOURCE_DIR "/docs/errors.md";
    const std::string page = errorCatalogMarkdown();
    const char* update = std::getenv("CHAT_UPDATE_GOLDEN");  // NOLINT(concurrency-mt-unsafe)
    if (update != nullptr) {
        ASSERT_TRUE(writeFileAtomically(path, page));
        FAIL() << "docs/errors.md was written anew; run without CHAT_UPDATE_GOLDEN";
    }
    EXPECT_EQ(readFile(path, 1'000'000, ErrorCode::SysUnkGenericError).value_or(""), page);
}

TEST(ErrorPage, SaysOfEveryCodeWhatToDoAndWhatIsDone) {
    const std::string page = errorCatalogMarkdown();
    for (const ErrorInfo& info : catalog()) {
        for (const std::string_view text : {info.wayOut, info.causes[0], info.byItself}) {
            EXPECT_NE(page.find(std::string(text)), std::string::npos) << info.name;
        }
        EXPECT_NE(page.find("### " + std::string(info.name) + "\n"), std::string::npos);
    }
}

}  // namespace
}  // namespace chat
