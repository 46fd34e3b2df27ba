#include "chat/analyze/rules.h"

#include <gmock/gmock.h>

#include <random>
#include <string>

namespace chat::analyze {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> idsOf(const std::vector<RuleInfo>& infos) {
    std::vector<std::string> ids;
    for (const RuleInfo& info : infos) {
        EXPECT_FALSE(info.name.empty());
        EXPECT_FALSE(info.description.empty());
        ids.push_back(info.id);
    }
    return ids;
}

/// A file with one pattern; `extra` stands in its [[pattern.when]].
std::string fileWith(std::string_view extra, std::string_view examples = "") {
    return "format = 1\n[[pattern]]\nid = \"p\"\nname = \"a pattern\"\ndescription = "
           "\"One.\"\n[[pattern.when]]\n" +
           std::string(extra) + "\n[pattern.examples]\n" + std::string(examples) + "\n";
}

std::string errorOf(std::string_view text) {
    const auto rules = parseRules(text, "my.toml");
    if (rules) {
        return "none";
    }
    EXPECT_EQ(rules.error().code, ErrorCode::CfgFmtRules);
    return rules.error().what;
}

TEST(ShippedRules, AreProvenByTheirExamples) {
    const auto rules = parseRules(defaultRulesText(), "rules.toml");
    ASSERT_TRUE(rules) << rules.error().what;
    EXPECT_THAT(idsOf(rules->patterns()),
                ElementsAre("post_greeting",
                            "closing",
                            "hold_announced",
                            "system_delay",
                            "payment",
                            "customer_confusion",
                            "checking_information",
                            "order_readback",
                            "post_question"));
    EXPECT_THAT(idsOf(rules->keywords()), ElementsAre("oops"));
    EXPECT_EQ(rules->patterns()[8].name, "after a question");
}

TEST(ShippedRules, HoldExamplesAndCounterexamplesOfEachPattern) {
    std::string_view text = defaultRulesText();
    const auto count = [](std::string_view block) {
        std::size_t lines = 0;
        for (auto at = block.find("\n        \""); at != std::string_view::npos;
             at = block.find("\n        \"", at + 1)) {
            ++lines;
        }
        return lines;
    };
    int patterns = 0;
    for (auto at = text.find("[pattern.examples]\n    match"); at != std::string_view::npos;
         at = text.find("[pattern.examples]\n    match", at + 1)) {
        const auto counter = text.find("no_match", at);
        EXPECT_GE(count(text.substr(at, counter - at)), 6U);
        EXPECT_GE(count(text.substr(counter, text.find("\n    ]", counter) - counter)), 6U);
        ++patterns;
    }
    EXPECT_EQ(patterns, 9);
}

TEST(Rules, MayBeEmpty) {
    const auto rules = parseRules("format = 1\n", "my.toml");
    ASSERT_TRUE(rules);
    EXPECT_TRUE(rules->patterns().empty());
    EXPECT_TRUE(rules->keywords().empty());
}

struct BadFile {
    std::string text;
    std::string error;  ///< what the message holds
};

class BadRules : public testing::TestWithParam<BadFile> {};

TEST_P(BadRules, AreRefusedWithTheirPlace) {
    EXPECT_THAT(errorOf(GetParam().text), HasSubstr(GetParam().error));
}

const std::string kGood = "phrases = [\"hello\"]";

INSTANTIATE_TEST_SUITE_P(
    Files,
    BadRules,
    testing::Values(
        BadFile{"format = 1\npattern = [[[\n", "my.toml, line 2, column 15: "},
        BadFile{"format = 1\nid = \xFF\n", "my.toml, line 2, column 5: "},
        BadFile{"", "must begin with format = 1"},
        BadFile{"format = 2\n", "must begin with format = 1"},
        BadFile{"format = \"1\"\n", "must begin with format = 1"},
        BadFile{"format = 1\npatern = []\n",
                "my.toml, line 2, column 1: \"patern\" is not a field here"},
        BadFile{"format = 1\npattern = 3\n", "\"pattern\" must be a list"},
        BadFile{"format = 1\npattern = [3]\n", "must be written as [[pattern]]"},
        BadFile{"format = 1\n[[pattern]]\nid = \"p\"\n", "the field \"name\" is missing"},
        BadFile{"format = 1\n[[pattern]]\nid = \"p\"\nname = \"n\"\ndescription = \"d\"\n",
                "at least one [[pattern.when]]"},
        BadFile{"format = 1\n[[pattern]]\nid = \"P 1\"\nname = \"n\"\ndescription = \"d\"\n",
                "line 3, column 6: an id holds at most 60 of a-z, 0-9 and _"},
        BadFile{
            "format = 1\n[[pattern]]\nid = \"unexplained\"\nname = \"n\"\ndescription = \"d\"\n",
            "stands for silences without"},
        BadFile{"format = 1\n[[pattern]]\nid = \"p\"\nname = \"n\"\ndescription = \"d\"\nmodel = "
                "\"mood\"\n",
                "line 6, column 9: \"model\" must be one of \"checking_information\""},
        BadFile{"format = 1\n[[pattern]]\nid = 7\nname = \"n\"\ndescription = \"d\"\n",
                "\"id\" must hold text"},
        BadFile{"format = 1\n[[keyword]]\nid = \"k\"\nname = \"n\"\ndescription = \"d\"\nphrases = "
                "[\"a\"]\n"
                "[[keyword]]\nid = \"k\"\nname = \"n\"\ndescription = \"d\"\nphrases = [\"a\"]\n",
                "line 8, column 6: the id \"k\" is used twice"},
        BadFile{fileWith("regexes = ['a {b}']"), "line 7, column 12: there is no list \"b\""},
        BadFile{"format = 1\n[lists]\na = [\"{b}\"]\nb = [\"{a}\"]\n", "holds itself"},
        BadFile{"format = 1\n[lists]\na = [\"(\"]\n", "line 3, column 6: the expression is not"},
        BadFile{"format = 1\n[lists]\na = []\n", "the list \"a\" is empty"},
        BadFile{"format = 1\nlists = 3\n", "written as [lists]"},
        BadFile{fileWith(kGood + "\nscope = \"opening\"\nwhere = \"after\""),
                "what was said \"before\""},
        BadFile{fileWith(""), "there must be \"phrases\" or \"regexes\""},
        BadFile{fileWith("phrases = []"), "there must be \"phrases\" or \"regexes\""},
        BadFile{fileWith("phrases = [\"a\", \"...\"]"),
                "line 7, column 17: this phrase holds no word"},
        BadFile{fileWith("phrases = [\" \"]"), "\"phrases\" must hold text"},
        BadFile{fileWith("phrases = [1]"), "\"phrases\" must hold text"},
        BadFile{fileWith("phrases = \"hello\""), "\"phrases\" must be a list of at most 200"},
        BadFile{fileWith("phrases = [\"" + std::string(1001, 'a') + "\"]"), "at most 1000 bytes"},
        BadFile{"ignore = [\"um\"]\n" + fileWith("phrases = [\"um well\"]"),
                "a word that \"ignore\" leaves out"},
        BadFile{"ignore = [\"um well\"]\n" + fileWith(kGood), "\"ignore\" must hold single words"},
        BadFile{fileWith("regexes = ['(']"), "line 7, column 12: the expression is not valid"},
        BadFile{fileWith("regexes = ['a*']"), "matches without any word"},
        BadFile{fileWith("regexes = ['((a{100}){100}){100}']"), "the expression is not valid"},
        BadFile{fileWith(kGood + "\nwhere = \"under\""),
                "\"where\" must be one of \"before\", \"after\""},
        BadFile{fileWith(kGood + "\nscope = 3"), "\"scope\" must be one of"},
        BadFile{fileWith(kGood + "\nrole = \"boss\""),
                "\"role\" must be one of \"any\", \"agent\", \"customer\""},
        BadFile{fileWith(kGood + "\nwithin_seconds = 0"),
                "\"within_seconds\" must be a number from 0.1 to 60"},
        BadFile{fileWith(kGood + "\nwithin_seconds = nan"), "\"within_seconds\" must be a number"},
        BadFile{fileWith(kGood + "\nconfidence = 1.5"),
                "\"confidence\" must be a number from 0.01 to 1"},
        BadFile{fileWith(kGood + "\nconfidence = true"), "\"confidence\" must be a number"},
        BadFile{fileWith(kGood + "\nposition = [\"begin\"]"),
                "\"position\" must be one of \"start\", \"middle\", \"end\""},
        BadFile{fileWith(kGood + "\nskip_acknowledgements = 1"), "must be true or false"},
        BadFile{fileWith(kGood, "match = [\"agent: bye (2 s)\"]"),
                "this example does not get \"p\""},
        BadFile{fileWith(kGood, "no_match = [\"agent: hello (2 s)\"]"), "this example gets \"p\""},
        BadFile{fileWith(kGood, "match = [\"agent: hello\"]"),
                "line 9, column 10: this example holds no silence"},
        BadFile{fileWith(kGood, "match = [\"agent: hello (2 s) (3 s)\"]"), "more than one silence"},
        BadFile{fileWith(kGood, "match = [\"hello (2 s)\"]"), "must begin a turn"},
        BadFile{fileWith(kGood, "match = [\"agent: a (2 s) someone: b\"]"), "beside \"agent:\""},
        BadFile{fileWith(kGood, "also = []"), "\"also\" is not a field here"}));

TEST(Rules, NameTheirFileOnlyOnce) {
    EXPECT_THAT(errorOf("["), StartsWith("my.toml, line 1, column "));
}

TEST(Rules, AreLimitedInSize) {
    EXPECT_THAT(errorOf("#" + std::string(256 * 1024, 'x')), HasSubstr("larger than 262144 bytes"));
    std::string many = "format = 1\n";
    for (int i = 0; i < 101; ++i) {
        many += "[[keyword]]\nid = \"k" + std::to_string(i) +
                "\"\nname = \"n\"\ndescription = \"d\"\nphrases = [\"a\"]\n";
    }
    EXPECT_THAT(errorOf(many), HasSubstr("\"keyword\" must be a list of at most 100"));
    std::string phrases = "phrases = [";
    for (int i = 0; i < 201; ++i) {
        phrases += "\"word\",";
    }
    EXPECT_THAT(errorOf(fileWith(phrases + "]")), HasSubstr("at most 200"));
}

TEST(Rules, ReadDamagedFilesWithoutHarm) {
    const std::string_view shipped = defaultRulesText();
    const std::string good(shipped.substr(shipped.find("format = 1")));
    constexpr std::string_view kSpice = "[]{}\"'\\=#.,\n \t0123456789abc()|*+?$^\x80\xFF";
    std::mt19937 random(20);
    const auto below = [&](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    int refused = 0;
    for (int round = 0; round < 400; ++round) {
        // A piece of the shipped file, so that a round takes a millisecond, with a few bytes changed.
        const std::size_t length = 200 + below(3000);
        std::string text = "format = 1\n" + good.substr(below(good.size() - length), length);
        for (std::size_t i = 0, changes = below(6); i < changes; ++i) {
            const std::size_t at = below(text.size());
            switch (below(3)) {
                case 0:
                    text[at] = kSpice[below(kSpice.size())];
                    break;
                case 1:
                    text.erase(at, 1 + below(20));
                    break;
                default:
                    text.insert(at, 1, kSpice[below(kSpice.size())]);
                    break;
            }
        }
        const auto rules = parseRules(text, "damaged.toml");
        if (!rules) {
            ++refused;
            EXPECT_EQ(rules.error().code, ErrorCode::CfgFmtRules);
            EXPECT_THAT(rules.error().what, StartsWith("damaged.toml"));
            EXPECT_EQ(rules.error().what.find('\n'), std::string::npos) << "one line";
        }
    }
    EXPECT_GT(refused, 200);
}

}  // namespace
}  // namespace chat::analyze
