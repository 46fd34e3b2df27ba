// Lists that are kept, with chat-demo-server behind them and without it.

#include "chat/source/rest/catalog_cache.h"

#include "chat/core/sha256.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>

#include "call_sources.h"
#include "fakes/manual_clock.h"

namespace chat::source {
namespace {

using namespace std::chrono_literals;

std::string namesOf(const Result<std::vector<Named>>& all) {
    if (!all) {
        return std::string(errorName(all.error().code));
    }
    std::string names;
    for (const Named& one : *all) {
        names += (names.empty() ? "" : ",") + one.name;
    }
    return names;
}

class CatalogCacheTest : public testing::Test {
  protected:
    void SetUp() override {
        server_ = std::make_unique<tests::DemoServer>(folder_.path() / "server",
                                                      folder_.serverArguments());
        settings_ = settingsFor(*server_);
    }
    /// A new program with the same folder of lists.
    void begin(std::chrono::minutes life = 15min) {
        source_.reset();
        cache_ = std::make_unique<CatalogCache>(lists_, life, clock_);
        source_ = openRestSource(settings_, clock_, cache_.get()).value();
    }
    [[nodiscard]] std::string chains() const { return namesOf(source_->chains({})); }
    [[nodiscard]] std::size_t asked() const { return server_->seen().size(); }
    [[nodiscard]] std::filesystem::path onlyFile() const {
        return std::filesystem::directory_iterator(lists_)->path();
    }

    static constexpr const char* kChains = "Auto Parts,Pizza & Söhne";
    CallFolder folder_;
    std::filesystem::path lists_ = folder_.path() / "cache" / "lists";
    tests::ManualClock clock_;
    std::unique_ptr<tests::DemoServer> server_;
    RestSettings settings_;
    std::unique_ptr<CatalogCache> cache_;
    std::unique_ptr<CallSource> source_;
};

TEST_F(CatalogCacheTest, AsksOnceForEachList) {
    begin();
    EXPECT_EQ(chains(), kChains);
    EXPECT_FALSE(cache_->asOf()) << "it is of now";
    const std::string pizza = source_->chains({}).value().at(1).id;
    const std::string parts = source_->chains({}).value().at(0).id;
    for (int round = 0; round < 3; ++round) {
        begin();
        EXPECT_EQ(namesOf(source_->stores(pizza, {})), "Harbor,North");
        EXPECT_EQ(namesOf(source_->stores(parts, {})), "East,Harbor");
        EXPECT_EQ(namesOf(source_->agents(pizza, "", {})), "Ada,Bob");
    }
    EXPECT_EQ(asked(), 4U) << "chains, two lists of stores, agents; nothing of it twice";
}

TEST_F(CatalogCacheTest, AsksWhetherAnOldListHasChanged) {
    begin();
    EXPECT_EQ(chains(), kChains);
    clock_.advance(14min);
    EXPECT_EQ(chains(), kChains);
    EXPECT_EQ(cache_->asOf(), clock_.now() - 14min);
    EXPECT_EQ(asked(), 1U);
    clock_.advance(1min);
    EXPECT_EQ(chains(), kChains);
    EXPECT_FALSE(cache_->asOf());
    ASSERT_EQ(asked(), 2U);
    EXPECT_NE(server_->seen().at(1).at("ifNoneMatch"), "");
    clock_.advance(14min);
    EXPECT_EQ(chains(), kChains);
    EXPECT_EQ(asked(), 2U) << "it has not, and so it is fresh again";
}

TEST_F(CatalogCacheTest, GivesWhatIsKeptWhenTheServerIsNotThere) {
    begin();
    EXPECT_EQ(chains(), kChains);
    const auto then = clock_.now();
    server_.reset();
    clock_.advance(24h);
    begin();
    EXPECT_EQ(chains(), kChains);
    EXPECT_EQ(cache_->asOf(), then);
    EXPECT_EQ(namesOf(source_->agents("", "", {})), "API_CONN_NETWORK_ERROR")
        << "was never asked for";
}

TEST_F(CatalogCacheTest, GivesNothingThatTheServerRefuses) {
    begin();
    EXPECT_EQ(chains(), kChains);
    server_.reset();
    auto arguments = folder_.serverArguments();
    arguments.insert(arguments.end(), {"--fault", "chains:status=403"});
    server_ = std::make_unique<tests::DemoServer>(folder_.path() / "server", arguments);
    const std::string address = settings_.address;
    settings_ = settingsFor(*server_);
    cache_ = std::make_unique<CatalogCache>(lists_, 0min, clock_);
    const auto refused = cache_->list(address + "\n\n\n/chains\n\n/chainId\n/name",
                                      [](const std::string*) -> Result<std::optional<KeptList>> {
                                          return fail(ErrorCode::ApiPermUnauthorized, "No");
                                      });
    EXPECT_EQ(namesOf(refused), "API_PERM_UNAUTHORIZED");
}

TEST_F(CatalogCacheTest, ReplacesWhatIsDamaged) {
    begin();
    EXPECT_EQ(chains(), kChains);
    const std::filesystem::path file = onlyFile();
    std::ofstream(file, std::ios::app) << " ";
    EXPECT_EQ(chains(), kChains);
    EXPECT_EQ(asked(), 2U);
    EXPECT_EQ(chains(), kChains);
    EXPECT_EQ(asked(), 2U) << "it is whole again";
}

TEST_F(CatalogCacheTest, IsNobodyElsesAndNamesNothing) {
    begin();
    EXPECT_EQ(chains(), kChains);
    const auto modeOf = [](const std::filesystem::path& path) {
        struct stat status{};
        EXPECT_EQ(::stat(path.c_str(), &status), 0);
        return status.st_mode & 07777U;
    };
    EXPECT_EQ(modeOf(lists_), 0700U);
    EXPECT_EQ(modeOf(onlyFile()), 0600U);
    EXPECT_THAT(onlyFile().filename().string(), testing::MatchesRegex("[0-9a-f]{64}"));
}

TEST_F(CatalogCacheTest, AFolderThatCannotBeWrittenIsNoError) {
    lists_ = folder_.path() / "call0.wav" / "lists";
    begin();
    EXPECT_EQ(chains(), kChains);
    EXPECT_EQ(chains(), kChains);
    EXPECT_EQ(asked(), 2U);
}

TEST(KeptList, IsReadAsItWasWritten) {
    const KeptList list{{{"a", "Söhne \"x\"\n"}, {"b", ""}},
                        "W/\"1\"",
                        std::chrono::system_clock::time_point(1'794'000'000'123ms)};
    EXPECT_EQ(parseKeptList(keptListText(list)), list);
    EXPECT_EQ(parseKeptList(keptListText({{}, "", list.askedAt})).value_or(list).entries.size(),
              0U);
}

TEST(KeptList, IsNothingWithAnyByteOfItChanged) {
    const std::string text = keptListText(
        {{{"a", "Ada"}}, "\"1\"", std::chrono::system_clock::time_point(1'794'000'000s)});
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string other = text;
        other[i] = static_cast<char>(other[i] ^ 1);
        EXPECT_FALSE(parseKeptList(other)) << i;
        EXPECT_FALSE(parseKeptList(text.substr(0, i))) << i;
    }
}

/// A text with the sum that it would have been written with: the sum stands in for nobody who wants to do harm.
std::string summed(const std::string& content) {
    return "chat-list 1 " + sha256Hex(content) + "\n" + content;
}

TEST(KeptList, IsNothingWhereTheContentIsNotAList) {
    const std::string good =
        R"({"askedAt":"2026-11-23T09:41:00.000Z","entries":[["a","Ada"]],"versionMark":"v"})";
    ASSERT_TRUE(parseKeptList(summed(good)));
    std::mt19937 random{4711};  // NOLINT(cert-msc51-cpp): fixed on purpose
    constexpr std::string_view kBytes = "\",[]{}:\\u01-TZ.ae\x7f\n";
    int refused = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string other = good;
        for (std::size_t n = 1 + random() % 4; n > 0; --n) {
            const std::size_t at = random() % other.size();
            if (random() % 3 == 0) {
                other.erase(at, 1 + random() % 5);
            } else {
                other[at] = kBytes[random() % kBytes.size()];
            }
            other += other.empty() ? "{" : "";
        }
        const auto list = parseKeptList(summed(other));
        refused += list ? 0 : 1;
        for (const Named& one : list.value_or(KeptList{}).entries) {
            ASSERT_FALSE(one.id.empty()) << other;
        }
    }
    EXPECT_GT(refused, 10'000);
}

}  // namespace
}  // namespace chat::source
