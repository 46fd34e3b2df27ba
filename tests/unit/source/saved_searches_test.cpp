#include "chat/source/saved_searches.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <random>

#include "fakes/temporary_folder.h"

namespace chat::source {
namespace {

class SavedSearchesTest : public testing::Test {
  protected:
    [[nodiscard]] SavedSearches searches() const { return SavedSearches(file_); }
    [[nodiscard]] static SavedSearch search(const std::string& chain) {
        SavedSearch search;
        search.filter.chainId = chain;
        search.filter.custId = "+49 30 1";
        search.anyDay = true;
        return search;
    }

    tests::TemporaryFolder folder_;
    std::filesystem::path file_ = folder_.path() / "data" / "searches.json";
};

TEST_F(SavedSearchesTest, AreRecalledAsTheyWereSaved) {
    EXPECT_TRUE(searches().all().value().empty());
    ASSERT_TRUE(searches().save("late calls", search("Pizza & Söhne")));
    ASSERT_TRUE(searches().save("late calls", search("Auto Parts")));
    ASSERT_TRUE(searches().save("=cmd", {}));
    EXPECT_EQ(searches().all().value().size(), 2U);
    EXPECT_EQ(searches().find("late calls").value(), search("Auto Parts"));
    EXPECT_EQ(searches().find("=cmd").value(), SavedSearch{});
    ASSERT_TRUE(searches().forget("late calls"));
    EXPECT_EQ(searches().find("late calls").error().code, ErrorCode::CfgValSetting);
    EXPECT_FALSE(searches().forget("late calls"));
}

TEST_F(SavedSearchesTest, AreNobodyElses) {
    ASSERT_TRUE(searches().save("a", {}));
    struct stat status{};
    ASSERT_EQ(::stat(file_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    ASSERT_EQ(::stat(file_.parent_path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700U);
}

TEST_F(SavedSearchesTest, HaveNamesThatCanBeShown) {
    for (const std::string& name :
         {std::string(), std::string("a\x1B[31m"), std::string(101, 'a')}) {
        EXPECT_FALSE(searches().save(name, {})) << name;
    }
}

TEST_F(SavedSearchesTest, AreNotWrittenOverWhenTheyCannotBeRead) {
    ASSERT_TRUE(searches().save("a", search("x")));
    std::ofstream(file_) << "{\"a\": [";
    EXPECT_EQ(searches().save("b", {}).error().code, ErrorCode::CfgValSetting);
    std::string left;
    std::getline(std::ifstream(file_), left);
    EXPECT_EQ(left, "{\"a\": [");
}

TEST(SavedSearchesFile, IsReadOrRefused) {
    const std::string good =
        R"({"a": {"chainId": "x", "anyDay": true}, "b": {"custId": "+49", "other": 1}})";
    ASSERT_EQ(parseSavedSearches(good).value().size(), 2U);
    std::mt19937 random{4711};  // NOLINT(cert-msc51-cpp): fixed on purpose
    constexpr std::string_view kBytes = "\",[]{}:\\u01-+ae\x7f\n";
    int refused = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string other = good;
        for (std::size_t n = 1 + random() % 3; n > 0; --n) {
            other[random() % other.size()] = kBytes[random() % kBytes.size()];
        }
        refused += parseSavedSearches(other) ? 0 : 1;
    }
    EXPECT_GT(refused, 5'000);
}

}  // namespace
}  // namespace chat::source
