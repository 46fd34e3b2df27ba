#include "chat/core/configuration.h"

#include "chat/core/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include "fakes/temporary_folder.h"

namespace chat {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::TemporaryFolder;

Environment environmentOf(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
}

std::string onlyProblem(std::string_view toml) {
    const Configuration read = readConfiguration(toml, "config.toml");
    return read.problems.size() == 1 ? read.problems[0].what : "not one problem";
}

std::string textOf(const Configuration& configuration, std::string_view key) {
    const ConfigValue* value = configuration.find(key);
    return value == nullptr ? "" : value->text;
}

std::string anyAllowed(const ConfigKey& key) {
    switch (key.kind) {
        case ConfigKind::Whole:
        case ConfigKind::Number:
            return std::to_string(static_cast<int>(key.most));
        case ConfigKind::Choice:
            return std::string(key.choices.substr(0, key.choices.find(' ')));
        case ConfigKind::Language:
            return "de";
        case ConfigKind::Zone:
            return "UTC";
        case ConfigKind::Model:
        case ConfigKind::File:
            return "/srv/\"chat\"/back\\slash \xC3\xA4";
    }
    return {};
}

TEST(Configuration, AFileSaysWhatItSays) {
    const Configuration read = readConfiguration(
        "# mine\nbeam = 3\nlanguage = \"de\"\n\nmin-silence = 2.5\nrules = '~/r.toml'\n", "c.toml");
    EXPECT_THAT(read.problems, IsEmpty());
    EXPECT_EQ(textOf(read, "beam"), "3");
    EXPECT_EQ(textOf(read, "language"), "de");
    EXPECT_EQ(textOf(read, "min-silence"), "2.5");
    EXPECT_EQ(textOf(read, "rules"), "~/r.toml");
    EXPECT_EQ(read.find("min-silence")->line, 5U);
    EXPECT_EQ(read.find("audio"), nullptr);
}

TEST(Configuration, WhatIsWrongIsSaidWithItsPlaceWhatIsAllowedAndTheNearestSetting) {
    EXPECT_EQ(onlyProblem("beam = 21\n"),
              "config.toml, line 1, column 8: \"beam\" must be a whole number from 1 to 20");
    EXPECT_EQ(onlyProblem("\nbeam = 2.5\n"),
              "config.toml, line 2, column 8: \"beam\" must be a whole number from 1 to 20");
    EXPECT_EQ(onlyProblem("beem = 2\n"),
              "config.toml, line 1, column 1: \"beem\" is not a setting; did you mean \"beam\"?");
    EXPECT_THAT(onlyProblem("min_silence = 2\n"), HasSubstr("did you mean \"min-silence\"?"));
    EXPECT_THAT(onlyProblem("zzzzzz = 2\n"), HasSubstr("`chat config show` lists them"));
    EXPECT_THAT(onlyProblem("audio = \"mp3\"\n"),
                HasSubstr("must be one of \"copy\", \"link\", \"none\""));
    EXPECT_THAT(onlyProblem("audio = 1\n"), HasSubstr("must be one of"));
    EXPECT_THAT(onlyProblem("store = \"here.sqlite\"\n"), HasSubstr("begins with / or ~/"));
    EXPECT_THAT(onlyProblem("min-silence = nan\n"), HasSubstr("a number from 0.1 to 86400"));
    EXPECT_THAT(onlyProblem("time-zone = \"Europe/Atlantis\"\n"), HasSubstr("Europe/Berlin"));
    EXPECT_THAT(onlyProblem("language = \"Deutsch\"\n"), HasSubstr("two or three small letters"));
    EXPECT_THAT(onlyProblem("[beam]\nx = 1\n"), HasSubstr("line 1"));
    EXPECT_THAT(onlyProblem("beam 3\n"), HasSubstr("config.toml, line 1, column 6: "));
    EXPECT_THAT(onlyProblem("beam = 1\nbeam = 2\n"), HasSubstr("line 2"));
}

TEST(Configuration, EverythingThatIsWrongIsSaidInTheFilesOrderAndTheRestCounts) {
    const Configuration read =
        readConfiguration("workers = 99\nbeam = 3\naudio = 1\n\n\n\n\n\n\nbeep = 4\n", "c.toml");
    ASSERT_THAT(read.problems, SizeIs(3));
    EXPECT_THAT(read.problems[0].what, HasSubstr("line 1,"));
    EXPECT_THAT(read.problems[1].what, HasSubstr("line 3,"));
    EXPECT_THAT(read.problems[2].what, HasSubstr("line 10,"));
    EXPECT_EQ(textOf(read, "beam"), "3");
}

TEST(Configuration, TheEnvironmentGoesBeforeTheFile) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "config.toml";
    ASSERT_TRUE(writeFileAtomically(path, "beam = 3\nlanguage = \"de\"\n"));
    const Configuration read = readConfiguration(
        {path, true},
        environmentOf({{"CHAT_BEAM", "7"}, {"CHAT_RULES", "here.toml"}, {"CHAT_AUDIO", ""}}));
    EXPECT_THAT(read.problems, IsEmpty());
    EXPECT_EQ(textOf(read, "beam"), "7");
    EXPECT_EQ(read.find("beam")->line, 0U);
    EXPECT_EQ(textOf(read, "language"), "de");
    EXPECT_EQ(textOf(read, "rules"), "here.toml") << "relative to where the program was started";
    const Configuration wrong =
        readConfiguration({path, true}, environmentOf({{"CHAT_STALLED_AFTER", "soon"}}));
    ASSERT_THAT(wrong.problems, SizeIs(1));
    EXPECT_EQ(wrong.problems[0].what,
              "The environment's CHAT_STALLED_AFTER must be a number from 0.01 to 1440");
}

TEST(Configuration, AFileThatSomebodyNamesMustBeThere) {
    const TemporaryFolder folder;
    const auto none = folder.path() / "none.toml";
    EXPECT_THAT(readConfiguration({none, false}, environmentOf({})).problems, IsEmpty());
    const Configuration read = readConfiguration({none, true}, environmentOf({}));
    ASSERT_THAT(read.problems, SizeIs(1));
    EXPECT_EQ(read.problems[0].code, ErrorCode::SysDataPathMissing);
    EXPECT_EQ(configFile("a.toml", environmentOf({{"CHAT_CONFIG", "b.toml"}})).path, "a.toml");
    EXPECT_EQ(configFile("", environmentOf({{"CHAT_CONFIG", "b.toml"}})).path, "b.toml");
    EXPECT_FALSE(configFile("", environmentOf({})).named);
}

TEST(Configuration, ALinkIsFollowed) {
    const TemporaryFolder folder;
    ASSERT_TRUE(writeFileAtomically(folder.path() / "real.toml", "beam = 3\n"));
    std::filesystem::create_symlink("real.toml", folder.path() / "link.toml");
    const Configuration read =
        readConfiguration({folder.path() / "link.toml", true}, environmentOf({}));
    EXPECT_EQ(textOf(read, "beam"), "3");
}

TEST(Configuration, SettingOneKeepsTheRestAndTheComments) {
    const std::string before =
        "# \xC3\xA4ltere Zeile\nbeam = 3 # narrow\nrules = \"/\xC3\xA4\" # \xC3\xB6\naudio = "
        "'none'";
    const auto changed = withSetting(before, "c.toml", *findConfigKey("beam"), "12");
    ASSERT_TRUE(changed);
    EXPECT_EQ(*changed,
              "# \xC3\xA4ltere Zeile\nbeam = 12 # narrow\nrules = \"/\xC3\xA4\" # \xC3\xB6\naudio "
              "= 'none'");
    const auto file = withSetting(before, "c.toml", *findConfigKey("rules"), "/a\"b");
    ASSERT_TRUE(file);
    EXPECT_THAT(*file, HasSubstr("\nrules = \"/a\\\"b\" # \xC3\xB6\n"));
    const auto added = withSetting(before, "c.toml", *findConfigKey("min-silence"), "2.50");
    ASSERT_TRUE(added);
    EXPECT_EQ(*added, before + "\nmin-silence = 2.5\n");
}

TEST(Configuration, SettingOneMustLeaveAFileThatCanBeUsed) {
    const auto beam = [](std::string_view toml, std::string_view value) {
        return withSetting(toml, "c.toml", *findConfigKey("beam"), value);
    };
    EXPECT_EQ(beam("", "21").error().code, ErrorCode::CfgValSetting);
    EXPECT_EQ(beam("", "two").error().code, ErrorCode::CfgValSetting);
    EXPECT_EQ(beam("audio = 3\n", "2").error().code, ErrorCode::CfgFmtConfiguration);
    EXPECT_EQ(beam("[table]\n", "2").error().code, ErrorCode::CfgFmtConfiguration);
    EXPECT_EQ(beam("beam = \n", "2").error().code, ErrorCode::CfgFmtConfiguration);
    EXPECT_EQ(beam("beam = 99\n", "2").value_or(""), "beam = 2\n") << "it may repair one";
}

TEST(Configuration, EverySettingCanBeSetAndExportedAndReadAgain) {
    std::string text;
    for (const ConfigKey& key : configKeys()) {
        EXPECT_TRUE(key.standard.empty() || isAllowed(key, key.standard)) << key.name;
        EXPECT_NE(key.standard.empty(), key.unset.empty()) << key.name;
        EXPECT_EQ(key.meaning.back(), '.') << key.name;
        auto with = withSetting(text, "c.toml", key, anyAllowed(key));
        ASSERT_TRUE(with) << key.name << ": " << with.error().what;
        text = std::move(*with);
    }
    const Configuration read = readConfiguration(text, "c.toml");
    const Configuration again = readConfiguration(configurationToml(read), "export.toml");
    EXPECT_THAT(again.problems, IsEmpty());
    ASSERT_EQ(again.values.size(), configKeys().size());
    for (const ConfigKey& key : configKeys()) {
        EXPECT_EQ(textOf(again, key.name), anyAllowed(key));
    }
}

TEST(Configuration, AnyTextIsEitherReadOrRefusedWithItsPlace) {
    std::minstd_rand random(7);
    const auto pick = [&](std::size_t count) { return random() % count; };
    const std::vector<std::string> pieces{"beam",
                                          "beem",
                                          "store",
                                          "min-silence",
                                          "audio",
                                          "=",
                                          "==",
                                          " ",
                                          "\n",
                                          "\r\n",
                                          "\t",
                                          "#",
                                          "\"",
                                          "'",
                                          "\"\"\"",
                                          "'''",
                                          "[",
                                          "]",
                                          "[[",
                                          "]]",
                                          "{",
                                          "}",
                                          ",",
                                          ".",
                                          "1",
                                          "-1",
                                          "1e999",
                                          "0x7f",
                                          "nan",
                                          "-inf",
                                          "true",
                                          "1979-05-27",
                                          "07:32",
                                          "\\u",
                                          "\\U0010FFFF",
                                          "\xC3\xA4",
                                          "\xFF",
                                          "\xE2\x80\xA8",
                                          "\x00",
                                          "\x1B",
                                          "/",
                                          "~/",
                                          "\"copy\"",
                                          "'/a'",
                                          "= 3\n",
                                          "beam = 3\n",
                                          "a.b.c",
                                          "\xEF\xBB\xBF",
                                          "99999999999999999999"};
    const testing::Matcher<std::string> hasPlace =
        testing::MatchesRegex("c\\.toml, line [0-9]+, column [0-9]+: [^\n]+");
    int refused = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        for (std::size_t i = pick(12); i > 0; --i) {
            text += pieces[pick(pieces.size())];
        }
        if (pick(4) == 0 && !text.empty()) {
            text[pick(text.size())] = static_cast<char>(pick(256));
        }
        const Configuration read = readConfiguration(text, "c.toml");
        for (const Error& problem : read.problems) {
            ++refused;
            ASSERT_THAT(problem.what, hasPlace);
        }
        for (const auto& [name, value] : read.values) {
            ASSERT_TRUE(isAllowed(*findConfigKey(name), value.text)) << text;
        }
        const auto changed = withSetting(text, "c.toml", *findConfigKey("audio"), "link");
        if (changed) {
            ASSERT_EQ(textOf(readConfiguration(*changed, "c.toml"), "audio"), "link") << text;
        }
    }
    EXPECT_GT(refused, 1000);
}

TEST(Configuration, DeepAndLongFilesAreRefused) {
    EXPECT_THAT(onlyProblem("beam = " + std::string(100'000, '[')), HasSubstr("line 1"));
    EXPECT_THAT(onlyProblem(std::string(kLongestConfiguration + 1, '#')), HasSubstr("larger than"));
    EXPECT_THAT(onlyProblem(std::string(100'000, 'a') + " = 1"), HasSubstr("is not a setting"));
}

// After a change of the table: CHAT_UPDATE_GOLDEN=1 build/bin/test_core --gtest_filter=ConfigurationPage.*
TEST(ConfigurationPage, IsThatOfTheTable) {
    const std::string path = CHAT_SOURCE_DIR "/docs/configuration.md";
    const std::string page = configurationMarkdown();
    const char* update = std::getenv("CHAT_UPDATE_GOLDEN");  // NOLINT(concurrency-mt-unsafe)
    if (update != nullptr) {
        ASSERT_TRUE(writeFileAtomically(path, page));
        FAIL() << "docs/configuration.md was written anew; run without CHAT_UPDATE_GOLDEN";
    }
    EXPECT_EQ(readFile(path, 1'000'000, ErrorCode::SysUnkGenericError).value_or(""), page);
}

}  // namespace
}  // namespace chat
