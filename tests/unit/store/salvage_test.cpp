#include "chat/store/salvage.h"

#include "chat/store/audit_log.h"
#include "chat/store/error_store.h"
#include "chat/store/eta_store.h"
#include "chat/store/forget.h"
#include "chat/store/sqlite_connection.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "filled_store.h"

namespace chat::store {
namespace {

namespace fs = std::filesystem;

constexpr int kCalls = 300;
constexpr std::size_t kPage = 4096;

class SalvageTest : public tests::FilledStoreTest {
  protected:
    /// The same store for each test; it is filled once.
    void SetUp() override {
        static const std::string kFilled = [this] {
            fill(0, kCalls);
            return contentOf(file_);
        }();
        fs::create_directories(file_.parent_path());
        std::ofstream(file_, std::ios::binary) << kFilled;
        fs::permissions(file_, fs::perms::owner_read | fs::perms::owner_write);
    }

    void overwrite(std::size_t at, const std::string& bytes) {
        std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(at));
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    /// A leaf page of results or calls in the middle of the file.
    std::size_t middleLeaf() {
        const std::string all = contentOf(file_);
        for (std::size_t at = all.size() / 2 / kPage * kPage; at < all.size(); at += kPage) {
            if (all[at] == '\x0d' && all.substr(at, kPage).find("word-") != std::string::npos) {
                return at;
            }
        }
        ADD_FAILURE() << "no page of results";
        return 0;
    }
    SalvageOutcome salvaged() {
        const std::string before = contentOf(file_);
        auto outcome = salvage(file_, clock_);
        EXPECT_TRUE(outcome) << outcome.error().what << outcome.error().cause;
        EXPECT_EQ(contentOf(outcome->damaged), before) << "kept as it was found";
        EXPECT_TRUE(isPrivate(file_));
        const auto inspection = inspect(file_, versions_);
        EXPECT_TRUE(inspection && inspection->sound());
        return std::move(*outcome);
    }
    static std::int64_t rows(const SalvageOutcome& outcome, const std::string& table) {
        return std::ranges::find(outcome.tables, table, &SalvagedTable::name)->rows;
    }
    /// SIDs of calls whose words or sound are not in the store any more.
    std::set<std::string> withoutResults() {
        auto store = open();
        std::set<std::string> missing;
        for (int i = 0; i < kCalls; ++i) {
            if (!store->acoustic(key(i)).value() || !store->transcript(key(i)).value()) {
                missing.insert(sid(i));
            }
        }
        return missing;
    }
    static std::set<std::string> lostSids(const SalvageOutcome& outcome) {
        std::set<std::string> sids;
        for (const LostCall& call : outcome.lost) {
            sids.insert(call.sid);
        }
        return sids;
    }
};

TEST_F(SalvageTest, ADestroyedHeaderCostsNothing) {
    overwrite(0, std::string(100, '\xff'));
    ASSERT_EQ(ResultStore::open(file_, clock_).error().code, ErrorCode::DbDataDamaged);
    const auto outcome = salvaged();
    EXPECT_EQ(rows(outcome, "calls"), kCalls);
    EXPECT_EQ(rows(outcome, "stage_results"), 2 * kCalls);
    EXPECT_EQ(rows(outcome, "jobs"), kCalls);
    EXPECT_EQ(rows(outcome, "recordings"), kCalls);
    EXPECT_EQ(rows(outcome, "batches"), 1);
    EXPECT_TRUE(outcome.lost.empty());
    EXPECT_EQ(outcome.rowsRefused, 0);
    EXPECT_TRUE(withoutResults().empty());
}

TEST_F(SalvageTest, EveryTableComesBack) {
    auto jobs = openJobStore(file_, clock_);
    ASSERT_TRUE(jobs);
    queue::ClaimRequest request;
    request.worker = "w";
    const auto claimed = (*jobs)->claim(request);
    ASSERT_TRUE(claimed && claimed->size() == 1);
    queue::AttemptEnd end;
    end.stage = "audio";
    ASSERT_TRUE((*jobs)->end(claimed->at(0).id, "w", end).value());
    ASSERT_TRUE((*jobs)->edit({}, queue::Edit{}));
    queue::Enqueuing found;
    found.batch = "from-0";
    found.jobs.emplace_back().call.sid = "found";
    found.source = queue::KeptSource{"https://telephony.example", "/", "settings"};
    ASSERT_EQ((*jobs)->enqueue(found).value().added, 1U);
    jobs->reset();
    auto errors = ErrorStore::open(file_, clock_);
    ASSERT_TRUE(errors);
    ErrorRecord record;
    record.code = "AU_DATA_EMPTY";
    record.time = clock_.now();
    ASSERT_TRUE((*errors)->add(record));
    errors->reset();
    ASSERT_TRUE(noteReport(file_, folder_.path() / "report", std::vector{sha(0), sha(1)}, clock_));
    ASSERT_TRUE(ResultStore::open(file_, clock_)
                    .value()
                    ->putWindow(key(0), {0, 0}, Transcript{"", "en", {{}}, {}}, Seconds{1}));
    noteAction(*SqliteConnection::open(file_, clock_).value(), "restore", "", "a test");
    KeptPrediction prediction;
    prediction.percent = 50;
    ASSERT_TRUE(EtaStore::open(file_, clock_).value()->keep({"host", "base", 1}, {&prediction, 1}));

    std::map<std::string, std::int64_t> before;
    {
        const SQLite::Database database(file_.string());
        SQLite::Statement names(database, "SELECT name FROM sqlite_master WHERE type = 'table'");
        while (names.executeStep()) {
            const std::string name = names.getColumn(0).getString();
            SQLite::Statement count(database, "SELECT count(*) FROM " + name);
            ASSERT_TRUE(count.executeStep());
            before[name] = count.getColumn(0).getInt64();
            EXPECT_GT(before[name], 0) << "fill " << name << " in this test";
        }
    }
    overwrite(0, std::string(kPage, '\0'));
    for (const SalvagedTable& table : salvaged().tables) {
        EXPECT_EQ(table.rows, before[table.name]) << table.name;
    }
}

TEST_F(SalvageTest, AFirstPageOfZeroesCostsNothing) {
    overwrite(0, std::string(kPage, '\0'));
    const auto outcome = salvaged();
    EXPECT_EQ(rows(outcome, "calls"), kCalls);
    EXPECT_EQ(rows(outcome, "stage_results"), 2 * kCalls);
}

TEST_F(SalvageTest, APageInTheMiddleCostsItsRowsAndTheyAreNamed) {
    for (const char filling : {'\0', '\xff', '\x0d'}) {
        overwrite(middleLeaf(), std::string(kPage, filling));
        const auto outcome = salvaged();
        const auto missing = withoutResults();
        EXPECT_FALSE(missing.empty());
        EXPECT_LT(missing.size(), 20U);
        EXPECT_EQ(lostSids(outcome), missing);
        EXPECT_EQ(rows(outcome, "calls"), kCalls);
        fs::remove(outcome.damaged);
        fs::remove(file_);
        SetUp();
    }
}

TEST_F(SalvageTest, ACutFileKeepsWhatIsLeft) {
    fs::resize_file(file_, fs::file_size(file_) * 6 / 10 + 100);
    ASSERT_FALSE(ResultStore::open(file_, clock_));
    const auto outcome = salvaged();
    EXPECT_GT(outcome.pagesMissing, 10U);
    EXPECT_GT(rows(outcome, "stage_results"), kCalls / 2);
    EXPECT_GT(withoutResults().size(), 20U);
}

TEST_F(SalvageTest, ATailOfZeroesCostsItsRows) {
    const std::size_t size = fs::file_size(file_);
    overwrite(size * 8 / 10 / kPage * kPage,
              std::string(size - size * 8 / 10 / kPage * kPage, '\0'));
    const auto outcome = salvaged();
    EXPECT_GT(rows(outcome, "stage_results"), kCalls);
    EXPECT_GT(rows(outcome, "recordings"), kCalls / 2);
}

TEST_F(SalvageTest, RowsOfTheLogAreKept) {
    std::array<int, 2> ready{};
    ASSERT_EQ(::pipe(ready.data()), 0);
    const pid_t writer = ::fork();
    if (writer == 0) {
        fill(kCalls, kCalls + 5);
        auto results = open();  // keeps the log from being taken in
        static_cast<void>(results->calls());
        auto more = open();
        static_cast<void>(more->noteCall({sha(9000), "/calls/late.wav", "late.wav", {}}, 1));
        static_cast<void>(::write(ready[1], "x", 1));
        ::pause();
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ::kill(writer, SIGKILL);
    ::waitpid(writer, nullptr, 0);
    ASSERT_GT(fs::file_size(file_.string() + "-wal"), 0U);
    overwrite(0, std::string(100, '\0'));
    const auto outcome = salvaged();
    EXPECT_EQ(rows(outcome, "calls"), kCalls + 6);
    EXPECT_TRUE(fs::exists(outcome.damaged.string() + "-wal"));
}

TEST_F(SalvageTest, LongRowsComeBackWhole) {
    fill(kCalls, kCalls + 3, 5000);  // each over many pages
    overwrite(0, std::string(100, '\0'));
    const auto outcome = salvaged();
    EXPECT_TRUE(outcome.lost.empty());
    const auto words = open()->transcript(key(kCalls + 1)).value();
    ASSERT_TRUE(words);
    EXPECT_EQ(words->result.channels[0].words.size(), 5000U);
    EXPECT_EQ(words->result.channels[0].words.back().text, fmt::format("word-{:04}", kCalls + 1));
}

TEST_F(SalvageTest, AFileWithoutARowOfChatsIsLeftAlone) {
    const auto diary = folder_.file("diary", std::string(50'000, 'x'));
    EXPECT_EQ(salvage(diary, clock_).error().code, ErrorCode::DbDataUnsalvageable);
    EXPECT_EQ(contentOf(diary), std::string(50'000, 'x'));
    EXPECT_FALSE(salvageIfDamaged(diary, clock_).value().has_value());
    const auto foreign = folder_.path() / "foreign";
    {
        SQLite::Database database(foreign.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        database.exec(
            "PRAGMA application_id = 77; CREATE TABLE calls (a); INSERT INTO calls VALUES (1)");
    }
    EXPECT_EQ(salvage(foreign, clock_).error().code, ErrorCode::DbDataUnsalvageable);
}

TEST_F(SalvageTest, AtStartASoundStoreIsLeftAlone) {
    EXPECT_FALSE(salvageIfDamaged(folder_.path() / "none", clock_).value().has_value());
    EXPECT_FALSE(salvageIfDamaged(file_, clock_).value().has_value());
    EXPECT_EQ(std::distance(fs::directory_iterator(file_.parent_path()), {}), 1);
}

TEST_F(SalvageTest, AtStartDamageIsFoundByTheHeaderTheSizeAndAfterAnUncleanEnd) {
    const std::string sound = contentOf(file_);
    overwrite(20, std::string(80, '\xff'));
    EXPECT_TRUE(salvageIfDamaged(file_, clock_).value().has_value());

    std::ofstream(file_, std::ios::binary) << sound.substr(0, sound.size() / 2);
    EXPECT_TRUE(salvageIfDamaged(file_, clock_).value().has_value());

    std::ofstream(file_, std::ios::binary) << sound;
    overwrite(middleLeaf(), std::string(kPage, '\0'));
    EXPECT_FALSE(salvageIfDamaged(file_, clock_).value().has_value())
        << "closed well: not read whole";
    std::ofstream(file_.string() + "-wal", std::ios::binary) << "left behind";
    EXPECT_TRUE(salvageIfDamaged(file_, clock_).value().has_value());
}

TEST_F(SalvageTest, VerifyNamesTheDamagedTable) {
    overwrite(middleLeaf(), std::string(kPage, '\0'));
    const auto inspection = inspect(file_, versions_);
    ASSERT_TRUE(inspection);
    EXPECT_FALSE(inspection->sound());
    for (const TableState& table : inspection->tables) {
        EXPECT_EQ(table.problems.empty(), table.name != "stage_results") << table.name;
    }
}

TEST_F(SalvageTest, VerifyComparesEachCheckpointWithItsHash) {
    ASSERT_TRUE(open()->putWindow(key(3), {0, 0}, {"", "en", {{}}, {}}, Seconds{1}));
    ASSERT_TRUE(open()->putWindow({sha(3), 7, "i", "s"}, {0, 0}, {"", "en", {{}}, {}}, Seconds{1}));
    EXPECT_TRUE(inspect(file_, versions_)->sound());
    EXPECT_EQ(inspect(file_, versions_)->windows, 1);
    EXPECT_EQ(inspect(file_, versions_)->oldWindows, 1);
    SQLite::Database(file_.string(), SQLite::OPEN_READWRITE)
        .exec("UPDATE heard_windows SET hash = 'x' WHERE version = 1");
    const auto inspection = inspect(file_, versions_);
    ASSERT_EQ(inspection->wrong.size(), 1U);
    EXPECT_EQ(inspection->wrong[0].call, sid(3));
    EXPECT_TRUE(inspection->wrong[0].window);
}

TEST_F(SalvageTest, VerifyReadsEachResult) {
    SQLite::Database(file_.string(), SQLite::OPEN_READWRITE)
        .exec("UPDATE stage_results SET result = x'ff00' WHERE recording = '" + sha(5) + "'");
    const auto inspection = inspect(file_, versions_);
    ASSERT_TRUE(inspection);
    EXPECT_FALSE(inspection->sound());
    EXPECT_TRUE(inspection->usable());
    ASSERT_EQ(inspection->wrong.size(), 2U);
    EXPECT_EQ(inspection->wrong[1].call, sid(5));
    EXPECT_EQ(inspection->wrong[1].stage, "transcribe");
    const auto outcome = salvaged();
    ASSERT_EQ(outcome.lost.size(), 1U);
    EXPECT_EQ(outcome.lost[0].sid, sid(5));
    EXPECT_EQ(outcome.lost[0].what, (std::vector<std::string>{"audio", "transcribe"}));
}

}  // namespace
}  // namespace chat::store
