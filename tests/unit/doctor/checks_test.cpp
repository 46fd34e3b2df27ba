#include "chat/doctor/checks.h"

#include "chat/doctor/support_bundle.h"
#include "chat/store/result_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include "fakes/manual_clock.h"
#include "fakes/temporary_folder.h"

namespace chat::doctor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Field;
using ::testing::HasSubstr;
using tests::ManualClock;
using tests::TemporaryFolder;

fs::path newStore(const TemporaryFolder& folder) {
    const SystemClock clock;
    const fs::path file = folder.path() / "store.sqlite";
    EXPECT_TRUE(store::ResultStore::open(file, clock));
    return file;
}

TEST(Doctor, AStoreThatIsSoundIsToldFromOneThatIsMissingDamagedOrForeign) {
    const TemporaryFolder folder;
    EXPECT_EQ(checkStore(folder.path() / "none.sqlite").health, Health::Ok);
    EXPECT_FALSE(fs::exists(folder.path() / "none.sqlite"));

    const fs::path file = newStore(folder);
    EXPECT_THAT(checkStore(file),
                AllOf(Field(&Check::health, Health::Ok), Field(&Check::what, HasSubstr("sound"))));

    std::fstream damaged(file, std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp(4096);
    damaged << std::string(std::size_t{16} * 4096, '\x5A');
    damaged.close();
    const Check broken = checkStore(file);
    EXPECT_EQ(broken.health, Health::Fail);
    EXPECT_THAT(broken.wayOut, HasSubstr("chat recover"));

    const Check foreign = checkStore(folder.file("text.sqlite", "not a database"));
    EXPECT_EQ(foreign.health, Health::Fail);
    EXPECT_THAT(foreign.what, HasSubstr("DB_"));
}

TEST(Doctor, ModelsAreMissingIncompleteOrDamaged) {
    const TemporaryFolder folder;
    EXPECT_THAT(checkModels(folder.path(), "small"),
                AllOf(Field(&Check::health, Health::Warn),
                      Field(&Check::wayOut, "chat models pull small")));
    const fs::path part = folder.file("tiny/model.bin", "short");
    EXPECT_THAT(checkModels(folder.path(), "base"),
                AllOf(Field(&Check::health, Health::Warn),
                      Field(&Check::what, HasSubstr("incomplete: tiny"))));
}

TEST(Doctor, TheDetectorTheCodecsAndTheSandboxOfThisBuildWork) {
    for (const Check& check : {checkDetector(), checkCodecs(), checkSandbox()}) {
        EXPECT_EQ(check.health, Health::Ok) << check.name << ": " << check.what;
    }
}

TEST(Doctor, FilesThatOthersCanReadAreNamedWithTheCommandThatShutsThem) {
    const TemporaryFolder folder;
    const fs::path open = folder.file("it's open", "");
    const fs::path shut = folder.file("shut", "");
    fs::permissions(open, fs::perms(0640));
    fs::permissions(shut, fs::perms(0600));
    const Check check = checkPermissions({open, shut, folder.path() / "none"}, {shut});
    EXPECT_EQ(check.health, Health::Warn);
    EXPECT_EQ(check.wayOut, "chmod go-rwx '" + folder.path().string() + "/it'\\''s open'");
    EXPECT_EQ(checkPermissions({shut}, {open}).health, Health::Ok) << "reading is no change";
    fs::permissions(open, fs::perms(0622));
    EXPECT_THAT(checkPermissions({}, {open}).wayOut, HasSubstr("chmod go-w '"));
}

TEST(Doctor, AClockBeforeTheProgramWasMadeIsWrong) {
    using std::chrono::hours;
    const SystemClock clock;
    const auto now = clock.now();
    EXPECT_NE(checkClock(clock, now - hours(24)).health, Health::Fail);
    EXPECT_EQ(checkClock(clock, now + hours(24)).health, Health::Fail);
    EXPECT_EQ(checkClock(clock, now - hours(24 * 366 * 25)).health, Health::Fail);
    const ManualClock still;
    EXPECT_EQ(checkClock(still, still.now()).health, Health::Fail) << "it stands still";
}

TEST(Doctor, RoomIsAskedWhereAFolderWillBe) {
    const TemporaryFolder folder;
    const Check check = checkDisk({{"the store", folder.path() / "not" / "yet"}});
    EXPECT_THAT(check.what, HasSubstr("for the store"));
    EXPECT_THAT(check.what, ::testing::Not(HasSubstr("unknown")));
    EXPECT_EQ(checkDisk({{"nothing", "/proc"}}).health, Health::Fail) << "there is no room at all";
}

TEST(Doctor, ATelephoneSystemThatIsNotSetIsWellAndAWrongFileIsNamedWithItsLine) {
    const TemporaryFolder folder;
    const SystemClock clock;
    EXPECT_EQ(checkTelephony("", clock).health, Health::Ok);
    EXPECT_THAT(checkTelephony(folder.path() / "none.toml", clock).what,
                HasSubstr("SYS_DATA_PATH_MISSING"));
    const Check wrong = checkTelephony(folder.file("t.toml", "adress = 1\n"), clock);
    EXPECT_EQ(wrong.health, Health::Fail);
    EXPECT_THAT(wrong.wayOut, HasSubstr("t.toml, line 1, column 1"));
    EXPECT_THAT(wrong.what, ::testing::Not(HasSubstr("adress"))) << "it goes into bundles";
}

TEST(Doctor, MistakesInTheConfigurationAreCounted) {
    EXPECT_EQ(checkConfiguration(readConfiguration("", "c"), "c").health, Health::Ok);
    const Check check = checkConfiguration(readConfiguration("a = 1\nb = 2\n", "c"), "c");
    EXPECT_EQ(check.health, Health::Fail);
    EXPECT_THAT(check.what, HasSubstr("2 mistakes"));
}

TEST(SupportBundle, TellsCodesAndFiguresAndNothingThatWasGiven) {
    CheckupSettings settings;
    settings.configuration = readConfiguration(
        "beam = 3\nmodel = \"/srv/quackenbush\"\nrules = \"/srv/quackenbush/r.toml\"\n"
        "quackenbush = 1\n",
        "/srv/quackenbush/config.toml");
    settings.version = "1.2.3";
    const std::vector<Check> checks{
        {"store", Health::Warn, "sound", "/srv/quackenbush/s", "chmod quackenbush"}};
    ErrorRecord record;
    record.code = "QUACKENBUSH";
    record.call = "quackenbush";
    record.host = "quackenbush";
    record.cause = "quackenbush";
    ErrorRecord known;
    known.code = "AU_DATA_EMPTY";
    const std::string text = supportBundle(settings, checks, {record, known, known}, SystemClock());
    EXPECT_EQ(text.find("quackenbush"), std::string::npos) << text;
    EXPECT_EQ(text.find("QUACKENBUSH"), std::string::npos) << text;
    const auto bundle = nlohmann::json::parse(text);
    EXPECT_EQ(bundle["settings"]["beam"]["value"], "3");
    EXPECT_EQ(bundle["settings"]["model"]["value"], "a folder");
    EXPECT_EQ(bundle["mistakesInSettings"], 1);
    EXPECT_EQ(bundle["checks"][0]["health"], "warn");
    EXPECT_EQ(bundle["errors"][0]["code"], "AU_DATA_EMPTY");
    EXPECT_EQ(bundle["errors"][0]["failed"], 2);
    EXPECT_EQ(bundle["errors"][1]["code"], "UNKNOWN_TO_THIS_VERSION");
}

}  // namespace
}  // namespace chat::doctor
