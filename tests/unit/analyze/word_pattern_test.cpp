#include "chat/analyze/word_pattern.h"

#include <gmock/gmock.h>

namespace chat::analyze {
namespace {

WordPattern patternOf(const std::vector<std::string>& phrases,
                      const std::vector<std::string>& regexes = {}) {
    auto pattern = WordPattern::compile(phrases, regexes);
    EXPECT_TRUE(pattern) << pattern.error();
    return std::move(*pattern);
}

std::string foundIn(const WordPattern& pattern, std::string_view text, std::size_t from = 0) {
    const auto found = pattern.find(text, from);
    return found ? std::string(text.substr(found->begin, found->end - found->begin)) : "nothing";
}

TEST(WordPatterns, FindWordsAsWords) {
    const WordPattern hi = patternOf({"hi"});
    EXPECT_EQ(foundIn(hi, "this is his"), "nothing");
    EXPECT_EQ(foundIn(hi, "hi"), "hi");
    EXPECT_EQ(foundIn(hi, "oh hi there"), "hi");
    EXPECT_EQ(foundIn(hi, "hi ?"), "hi");
    EXPECT_EQ(foundIn(patternOf({"oops"}), "whoops"), "nothing");
    EXPECT_EQ(foundIn(patternOf({"what"}), "what's that"), "nothing");
}

TEST(WordPatterns, NormalizePhrases) {
    const WordPattern pattern = patternOf({"One moment, PLEASE", "What\u2019s up?"});
    EXPECT_EQ(foundIn(pattern, "okay one moment please thanks"), "one moment please");
    EXPECT_EQ(foundIn(pattern, "so what's up ?"), "what's up ?");
    EXPECT_EQ(foundIn(pattern, "one moment . please"), "nothing")
        << "a phrase stays in its sentence";
}

TEST(WordPatterns, TreatPhrasesAsTextNotAsExpressions) {
    EXPECT_EQ(foundIn(patternOf({"c++ (new)"}), "the c new one"), "c new");
}

TEST(WordPatterns, TakeTheLongestOfThoseThatBeginTogether) {
    EXPECT_EQ(
        foundIn(patternOf({"good", "good morning", "good morning sir"}), "good morning sir ok"),
        "good morning sir");
}

TEST(WordPatterns, FindNeighboursOneAfterTheOther) {
    const WordPattern pattern = patternOf({"ok"});
    const std::string_view text = "ok ok no ok";
    EXPECT_EQ(pattern.find(text)->begin, 0U);
    EXPECT_EQ(pattern.find(text, 2)->begin, 3U);
    EXPECT_EQ(pattern.find(text, 5)->begin, 9U);
    EXPECT_FALSE(pattern.find(text, 11));
    EXPECT_EQ(pattern.findLast(text)->begin, 9U);
}

TEST(WordPatterns, KeepRegularExpressionsToWholeWordsAndApart) {
    const WordPattern pattern = patternOf({}, {"check.*", "a|b", "^so$"});
    EXPECT_EQ(foundIn(pattern, "recheck it"), "nothing");
    EXPECT_EQ(foundIn(pattern, "we check it now"), "check it now");
    EXPECT_EQ(foundIn(pattern, "ab"), "nothing");
    EXPECT_EQ(foundIn(pattern, "x b"), "b");
    EXPECT_EQ(foundIn(pattern, "so so"), "nothing");
    EXPECT_EQ(foundIn(pattern, "so"), "so");
}

TEST(WordPatterns, KnowForeignCapitals) {
    EXPECT_EQ(foundIn(patternOf({"\u00C9T\u00C9"}), "cet \u00E9t\u00E9"), "\u00E9t\u00E9");
}

TEST(WordPatterns, TakeCapitalsOfAnExpressionForSmallLetters) {
    EXPECT_EQ(foundIn(patternOf({}, {"Press \\S+"}), "please press nine"), "press nine");
    EXPECT_EQ(foundIn(patternOf({}, {"\\Qone\\E"}), "one"), "one");
    EXPECT_EQ(foundIn(patternOf({"okay"}, {"\\S+ ONE"}), "this one"), "this one");
}

TEST(WordPatterns, FillATextThatHoldsNothingElse) {
    const WordPattern pattern = patternOf({"okay", "thank you"});
    EXPECT_TRUE(pattern.fills("okay"));
    EXPECT_TRUE(pattern.fills("okay thank you okay"));
    EXPECT_FALSE(pattern.fills("okay then"));
    EXPECT_FALSE(pattern.fills("well okay"));
    EXPECT_FALSE(pattern.fills("okay ?"));
    EXPECT_FALSE(pattern.fills(""));
}

TEST(WordPatterns, WithoutWordsFindNothing) {
    const WordPattern pattern;
    EXPECT_TRUE(pattern.empty());
    EXPECT_FALSE(pattern.find("anything"));
    EXPECT_FALSE(pattern.fills("anything"));
}

TEST(WordPatterns, RefuseExpressionsThatCannotBeUsed) {
    EXPECT_FALSE(WordPattern::whyInvalid("let me (check|see)"));
    EXPECT_TRUE(WordPattern::whyInvalid("("));
    EXPECT_TRUE(WordPattern::whyInvalid("a)|(b"));
    EXPECT_TRUE(WordPattern::whyInvalid("(?=ahead)")) << "RE2 has no look-ahead";
    EXPECT_TRUE(WordPattern::whyInvalid(".*")) << "would match anywhere";
    EXPECT_TRUE(WordPattern::whyInvalid("((a{100}){100}){100}"));
}

TEST(WordPatterns, RefuseWhatTakesTooMuchMemory) {
    std::vector<std::string> regexes;
    for (int i = 0; i < 2500; ++i) {
        regexes.push_back(std::to_string(i) + "(a{900})(b{900})");
        EXPECT_FALSE(WordPattern::whyInvalid(regexes.back()));
    }
    EXPECT_FALSE(WordPattern::compile({}, regexes));
}

}  // namespace
}  // namespace chat::analyze
