#include "chat/transcribe/vocabulary.h"

#include "chat/transcribe/installed_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chat::transcribe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Vocabulary, HoldsTheNamesOfItsLinesOnceEach) {
    const auto names = parseVocabulary(
        "\xEF\xBB\xBF# our stores\n\n  Hi-Way Motors \r\nZoë's\nHi-Way Motors\n#x\nElm St",
        "names.txt");
    ASSERT_TRUE(names) << names.error().what;
    EXPECT_THAT(*names, ElementsAre("Hi-Way Motors", "Zoë's", "Elm St"));
}

TEST(Vocabulary, SaysWhichLineCannotBeUsed) {
    const auto refused = [](const std::string& text) {
        const auto names = parseVocabulary(text, "names.txt");
        EXPECT_FALSE(names);
        EXPECT_EQ(names.error().code, ErrorCode::CfgFmtVocabulary);
        return names.error().what;
    };
    EXPECT_THAT(refused("a\n\xFFz\n"), HasSubstr("names.txt, line 2: the name is not UTF-8"));
    EXPECT_THAT(refused("a\tb"), HasSubstr("line 1: the name holds a control character"));
    EXPECT_THAT(refused("a\n\n" + std::string(81, 'b')), HasSubstr("line 3"));
    EXPECT_THAT(refused("# nothing\n"), HasSubstr("no name"));
    std::string many;
    for (int i = 0; i <= 1000; ++i) {
        many += std::to_string(i) + "\n";
    }
    EXPECT_THAT(refused(many), HasSubstr("line 1001: more than 1000 names"));
}

TEST(Vocabulary, PromptIsNoLongerThanTheModelCanUse) {
    const auto tokenizer = Tokenizer::load(modelsFolder() / "tiny.en");
    ASSERT_TRUE(tokenizer) << tokenizer.error().what;
    const std::vector<std::string> two{"Hi-Way Motors", "Elm Street"};
    const VocabularyPrompt prompt = vocabularyPrompt(*tokenizer, two);
    EXPECT_EQ(prompt.names, 2U);
    EXPECT_EQ(tokenizer->decode(prompt.tokens), " Hi-Way Motors, Elm Street");

    const std::vector<std::string> many(300, "Elm Street");
    const VocabularyPrompt full = vocabularyPrompt(*tokenizer, many);
    EXPECT_LE(full.tokens.size(), 100U);
    EXPECT_GT(full.tokens.size(), 90U);
    EXPECT_EQ(full.tokens.size(), full.names * 3 - 1) << "a comma, Elm, Street";
    EXPECT_TRUE(vocabularyPrompt(*tokenizer, {}).tokens.empty());
}

// The numbers are those of the tokenizer.json that comes with the model, by Hugging Face's tokenizers.
TEST(Vocabulary, TextIsEncodedAsTheModelWasTrained) {
    const auto tokenizer = Tokenizer::load(modelsFolder() / "tiny.en");
    ASSERT_TRUE(tokenizer) << tokenizer.error().what;
    const std::vector<std::string> texts{"Hello world",
                                         " Hi-Way Motors, O'Reilly, Köln-Straße 12b",
                                         "Mike's  2022 café, 日本",
                                         "\xFF",
                                         ""};
    const auto tokens = tokenizer->encode(texts);
    ASSERT_EQ(tokens.size(), texts.size());
    EXPECT_THAT(tokens[0], ElementsAre(15496, 995));
    EXPECT_THAT(tokens[1],
                ElementsAre(15902,
                            12,
                            25309,
                            19292,
                            11,
                            440,
                            6,
                            25819,
                            11,
                            509,
                            9101,
                            18755,
                            12,
                            41347,
                            39683,
                            68,
                            1105,
                            65));
    EXPECT_THAT(tokens[2], ElementsAre(16073, 338, 33160, 40304, 11, 10545, 245, 98, 17312, 105));
    EXPECT_TRUE(tokens[4].empty());
}

}  // namespace
}  // namespace chat::transcribe
