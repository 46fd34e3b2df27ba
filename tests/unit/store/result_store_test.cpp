#include "chat/store/result_store.h"

#include "chat/store/codec.h"

#include <gtest/gtest.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::store {
namespace {

namespace fs = std::filesystem;

const std::string kSha(64, 'a');
const StoredCall kCall{kSha, "/calls/a.wav", "a.wav", {}};

AcousticResult someSound() {
    AcousticResult sound;
    sound.info = {"wav", "gsm", 8000, 2, 13'200, Seconds{2.5}};
    sound.duration = Seconds{2.5};
    sound.activity = {{{{Seconds{0.1}, Seconds{1.3}}},
                       {{{Seconds{1.5}, Seconds{2.25}}, HoldKind::Tone, 0.625}},
                       {0, 255, 7},
                       {1, 2, 240}},
                      {}};
    sound.quality.resize(2);
    sound.quality[0].snrDb = 31.25;
    sound.quality[1].notFiniteSamples = 3;
    sound.peaks = {Seconds{0.01}, {{1, 2, 3}, {0, 0, 255}}};
    sound.warnings = {
        {ErrorCode::AuDataOneSided, "One side is silent.", {Seconds{0}, Seconds{2.5}}, 1}};
    return sound;
}

CallAnalysis someAnalysis() {
    CallAnalysis analysis;
    analysis.parties = {{Role::Agent, 1, 0.9, "thank you for calling", Seconds{1.2}}};
    Silence silence;
    silence.start = Seconds{1.3};
    silence.end = Seconds{2.5};
    silence.kind = SilenceKind::Noise;
    silence.within = SilenceWithin::Edge;
    silence.patterns = {{"post_question", 0.8, "what is your name?", Seconds{0.9}}};
    silence.before = {{0, "what is your name?"}};
    analysis.silences = {silence};
    analysis.holds = {{Seconds{1.5}, Seconds{2.25}, HoldKind::Tone, 0, 0.625}};
    analysis.keywords = {{"oops", Seconds{0.4}, 0, "Oops,"}};
    analysis.metrics.talkOver = Seconds{0.25};
    analysis.metrics.responses = 4;
    return analysis;
}

CallAttributes attributes(std::string sid, std::string agent = {}, std::string phone = {}) {
    CallAttributes result;
    result.sid = std::move(sid);
    result.agent = std::move(agent);
    result.phone = std::move(phone);
    return result;
}

StageKey key(int version = 1, std::string settings = "s") {
    return {kSha, version, "i", std::move(settings)};
}

class ResultStoreTest : public testing::Test {
  protected:
    std::unique_ptr<ResultStore> open() {
        auto store = ResultStore::open(file_, clock_);
        EXPECT_TRUE(store) << store.error().what << store.error().cause;
        return std::move(*store);
    }
    tests::TemporaryFolder folder_;
    fs::path file_ = folder_.path() / "data" / "store.sqlite";
    tests::ManualClock clock_;
};

TEST_F(ResultStoreTest, GivesBackWhatWasPut) {
    auto store = open();
    ASSERT_TRUE(store->noteCall(kCall, 100));
    const Transcript words{
        "base", "en", {{{{"Caf\xC3\xA9,", Seconds{0.1}, Seconds{0.4}, 0.5}}}}, {}};
    ASSERT_TRUE(store->put(key(), someSound(), Seconds{0.5}));
    ASSERT_TRUE(store->put(key(), words, Seconds{0.5}));
    ASSERT_TRUE(store->put(key(), someAnalysis(), Seconds{0.5}));

    store = open();
    EXPECT_EQ(encode(store->acoustic(key()).value().value().result), encode(someSound()));
    EXPECT_EQ(encode(store->transcript(key()).value().value().result), encode(words));
    EXPECT_EQ(encode(store->analysis(key()).value().value().result), encode(someAnalysis()));
    EXPECT_EQ(store->acoustic(key()).value()->result.warnings.at(0).code,
              ErrorCode::AuDataOneSided);
    EXPECT_EQ(store->transcript(key()).value()->took, Seconds{0.5});
    EXPECT_FALSE(store->analysis(key()).value()->result.metrics.talkRatio.has_value());
    EXPECT_EQ(store->analysis(key()).value()->result.metrics.talkOver, Seconds{0.25});
}

TEST_F(ResultStoreTest, KeepsHeardWindowsUntilTheTranscriptIsWhole) {
    const auto words = [](const char* text) {
        return Transcript{"", "en", {{{{text, Seconds{0.1}, Seconds{0.4}, 0.5}}}}, {}};
    };
    const auto count = [&](const StageKey& of) { return open()->windows(of).value().size(); };
    auto store = open();
    ASSERT_TRUE(store->noteCall(kCall, 100));
    ASSERT_TRUE(store->putWindow(key(), {0, 0}, words("one"), Seconds{1}));
    ASSERT_TRUE(store->putWindow(key(), {1, 0}, words("two"), Seconds{2}));
    ASSERT_TRUE(store->putWindow(key(), {1, 0}, words("two"), Seconds{2}));
    ASSERT_TRUE(store->putWindow(key(1, "other"), {0, 0}, words("other"), Seconds{1}));
    const auto heard = open()->windows(key()).value();
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_EQ(encode(heard.at({1, 0}).result), encode(words("two")));
    EXPECT_EQ(heard.at({1, 0}).took, Seconds{2});
    EXPECT_EQ(count(key(1, "other")), 1U);
    EXPECT_EQ(count(key(2)), 0U);
    ASSERT_TRUE(store->put(key(), words("all"), Seconds{3}));
    EXPECT_EQ(count(key()), 0U);
    EXPECT_EQ(count(key(1, "other")), 0U) << "nobody will ask for them";
}

TEST_F(ResultStoreTest, KnowsAResultOnlyUnderItsWholeKey) {
    auto store = open();
    ASSERT_TRUE(store->noteCall(kCall, 100));
    ASSERT_TRUE(store->put(key(), someSound(), Seconds{0.5}));
    EXPECT_TRUE(store->acoustic(key()).value().has_value());
    EXPECT_FALSE(store->acoustic(key(2)).value().has_value());
    EXPECT_FALSE(store->acoustic(key(1, "other")).value().has_value());
    EXPECT_FALSE(store->acoustic({kSha, 1, "other", "s"}).value().has_value());
    EXPECT_FALSE(store->acoustic({std::string(64, 'b'), 1, "i", "s"}).value().has_value());
    EXPECT_FALSE(store->transcript(key()).value().has_value());
}

TEST_F(ResultStoreTest, KeepsWhatIsKnownOfCallsInTheOrderTheyWereSeen) {
    auto store = open();
    const std::string other(64, 'b');
    ASSERT_TRUE(store->noteCall({other, "/calls/b.wav", "b.wav", attributes("CA2")}, 100));
    ASSERT_TRUE(store->noteCall({kSha, "/calls/a.wav", "a.wav", attributes("CA1", "Ann")}, 100));
    ASSERT_TRUE(
        store->noteCall({other, "/calls/b.wav", "b.wav", attributes("CA2", "", "555")}, 100));
    store = open();
    const auto calls = store->calls().value();
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[0].recording, other);
    EXPECT_EQ(calls[0].file, "/calls/b.wav");
    EXPECT_EQ(calls[0].attributes.phone, "555");
    EXPECT_EQ(calls[1].path, "a.wav");
    EXPECT_EQ(calls[1].attributes.sid, "CA1");
    EXPECT_EQ(calls[1].attributes.agent, "Ann");
}

TEST_F(ResultStoreTest, KnowsARecordingOnlyTogetherWithItsCall) {
    auto store = open();
    SQLite::Database(file_.string(), SQLite::OPEN_READWRITE).exec("DROP TABLE calls");
    EXPECT_FALSE(store->noteCall(kCall, 100));
    EXPECT_FALSE(store->put(key(), someSound(), Seconds{0.5}));
}

TEST_F(ResultStoreTest, GivesTheNewestResultOfAVersion) {
    auto store = open();
    ASSERT_TRUE(store->noteCall(kCall, 100));
    EXPECT_FALSE(store->newestAcoustic(kSha, 1).value().has_value());
    ASSERT_TRUE(store->put(key(1, "first"), Transcript{"tiny", "en", {}, {}}, Seconds{1}));
    clock_.advance(std::chrono::seconds(5));
    ASSERT_TRUE(store->put(key(1, "second"), Transcript{"base", "en", {}, {}}, Seconds{1}));
    ASSERT_TRUE(store->put(key(2, "third"), Transcript{"small", "en", {}, {}}, Seconds{1}));
    const auto newest = store->newestTranscript(kSha, 1).value().value();
    EXPECT_EQ(newest.result.model, "base");
    EXPECT_EQ(newest.key.settings, "second");
    EXPECT_EQ(newest.key.input, "i");
    clock_.advance(std::chrono::seconds(5));
    ASSERT_TRUE(store->put(key(1, "first"), Transcript{"tiny", "en", {}, {}}, Seconds{1}));
    EXPECT_EQ(store->newestTranscript(kSha, 1).value()->result.model, "tiny") << "made again";
}

TEST_F(ResultStoreTest, PutsManyAnalysesTogetherOrNone) {
    auto store = open();
    ASSERT_TRUE(store->noteCall(kCall, 100));
    std::vector<Keyed<CallAnalysis>> results{{key(1, "a"), someAnalysis()},
                                             {key(1, "b"), someAnalysis()}};
    ASSERT_TRUE(store->put(results));
    EXPECT_TRUE(store->analysis(key(1, "b")).value().has_value());
    results = {{key(1, "c"), someAnalysis()},
               {{std::string(64, 'f'), 1, "i", "d"}, someAnalysis()}};
    EXPECT_FALSE(store->put(results)) << "the second one's recording is not known";
    EXPECT_FALSE(store->analysis(key(1, "c")).value().has_value());
}

TEST_F(ResultStoreTest, ReplacesAResultWithTheSameKey) {
    auto store = open();
    ASSERT_TRUE(store->noteCall(kCall, 100));
    ASSERT_TRUE(store->noteCall(kCall, 100));
    ASSERT_TRUE(store->put(key(), someSound(), Seconds{0.5}));
    AcousticResult other = someSound();
    other.duplicatedChannels = true;
    ASSERT_TRUE(store->put(key(), other, Seconds{0.5}));
    EXPECT_TRUE(store->acoustic(key()).value()->result.duplicatedChannels);
}

TEST_F(ResultStoreTest, RefusesResultsOfAnUnknownRecording) {
    EXPECT_EQ(open()->put(key(), someSound(), Seconds{0.5}).error().code,
              ErrorCode::DbUnkGenericError);
}

TEST_F(ResultStoreTest, KeepsItsFilesPrivate) {
    auto store = open();
    ASSERT_TRUE(store->noteCall(kCall, 100));
    EXPECT_EQ(fs::status(file_.parent_path()).permissions(), fs::perms::owner_all);
    int files = 0;
    for (const auto& entry : fs::directory_iterator(file_.parent_path())) {
        EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write)
            << entry.path();
        ++files;
    }
    EXPECT_EQ(files, 3) << "the database, its log and its shared memory";
}

TEST_F(ResultStoreTest, AResultOutlivesAKilledProcess) {
    {
        auto store = open();
        ASSERT_TRUE(store->noteCall(kCall, 100));
    }
    const pid_t child = ::fork();
    if (child == 0) {
        auto store = ResultStore::open(file_, clock_);
        if (store && (*store)->put(key(), someSound(), Seconds{0.5})) {
            ::kill(::getpid(), SIGKILL);
        }
        ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_TRUE(open()->acoustic(key()).value().has_value());
}

TEST_F(ResultStoreTest, AnotherProgramThatEndsLeavesTheLogOfThisOne) {
    open().reset();
    std::array<int, 2> go{};
    ASSERT_EQ(::pipe(go.data()), 0);
    const pid_t other = ::fork();
    if (other == 0) {
        char byte = 0;
        const bool told = ::read(go[0], &byte, 1) == 1;
        auto store = ResultStore::open(file_, clock_);
        store->reset();
        ::_exit(told ? 0 : 1);
    }
    // The second connection must not cost the first one its locks.
    auto first = open();
    ASSERT_TRUE(first->noteCall(kCall, 100));
    auto second = open();
    ASSERT_EQ(::write(go[1], "x", 1), 1);
    int status = 0;
    ASSERT_EQ(::waitpid(other, &status, 0), other);
    ASSERT_EQ(status, 0);
    EXPECT_TRUE(fs::exists(file_.string() + "-wal"));
    ::close(go[0]);
    ::close(go[1]);
}

TEST_F(ResultStoreTest, RefusesForeignDamagedAndNewerFiles) {
    const auto notADatabase = folder_.file("text", std::string(5000, 'x'));
    EXPECT_EQ(ResultStore::open(notADatabase, clock_).error().code, ErrorCode::DbDataDamaged);

    const auto foreign = folder_.path() / "foreign";
    SQLite::Database(foreign.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec("CREATE TABLE t (a)");
    EXPECT_EQ(ResultStore::open(foreign, clock_).error().code, ErrorCode::DbDataDamaged);

    open().reset();
    SQLite::Database(file_.string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
    EXPECT_EQ(ResultStore::open(file_, clock_).error().code, ErrorCode::DbFmtTooNew);
    EXPECT_EQ(ResultStore::open("/proc/none/store", clock_).error().code,
              ErrorCode::SysDataPathMissing);
}

TEST_F(ResultStoreTest, NamesAResultThatIsNotWhatWasStored) {
    auto store = open();
    ASSERT_TRUE(store->noteCall(kCall, 100));
    ASSERT_TRUE(store->put(key(), someSound(), Seconds{0.5}));
    SQLite::Database database(file_.string(), SQLite::OPEN_READWRITE);
    const std::string bytes =
        database.execAndGet("SELECT hex(result) FROM stage_results").getString();
    database.exec("UPDATE stage_results SET result = x'ff00'");
    EXPECT_EQ(store->acoustic(key()).error().code, ErrorCode::DbDataCheckpoint);
    // In the form of a result, but of another one.
    database.exec("UPDATE stage_results SET result = x'" + bytes + "', hash = '" +
                  std::string(64, '0') + "'");
    EXPECT_EQ(store->acoustic(key()).error().code, ErrorCode::DbDataCheckpoint);
    ASSERT_TRUE(store->put(key(), someSound(), Seconds{0.5}));
    EXPECT_TRUE(store->acoustic(key()).value().has_value()) << "made anew, it can be used";
}

TEST_F(ResultStoreTest, AWindowThatIsNotWhatWasStoredIsLeftOut) {
    auto store = open();
    ASSERT_TRUE(store->noteCall(kCall, 100));
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(store->putWindow(key(), {0, i}, {"", "en", {{}}, {}}, Seconds{1}));
    }
    SQLite::Database(file_.string(), SQLite::OPEN_READWRITE)
        .exec(
            "UPDATE heard_windows SET seconds = 2, hash = '' WHERE number = 0; "
            "UPDATE heard_windows SET result = zeroblob(4) WHERE number = 1");
    const auto windows = store->windows(key()).value();
    EXPECT_EQ(windows.size(), 2U);
    EXPECT_FALSE(windows.contains({0, 1}));
}

}  // namespace
}  // namespace chat::store
