#include "chat/transcribe/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "fakes/temporary_folder.h"

namespace chat::transcribe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A small vocabulary in the layout of Whisper's; "Ġ" is a space, the last three text tokens are the bytes of
/// one character and of a byte that begins another.
constexpr std::string_view kVocabulary =
    "Ġin\n-\nhouse\nĠS\nI\n,\nĠI\n'm\nĠ\"\nHi\n\"\nĠ-\nĠ&\nĠNo\n.\nĠ\næĹ\n¥\næ\n\n"
    "<|endoftext|>\n<|startoftranscript|>\n<|en|>\n<|ja|>\n<|translate|>\n<|transcribe|>\n"
    "<|startoflm|>\n<|startofprev|>\n<|nospeech|>\n<|notimestamps|>\n<|0.00|>\n<|0.02|>\n";

enum Token : int {
    kIn,
    kHyphen,
    kHouse,
    kS,
    kI,
    kComma,
    kSpaceI,
    kM,
    kSpaceQuote,
    kHi,
    kQuote,
    kSpaceHyphen,
    kAnd,
    kNo,
    kStop,
    kSpace,
    kSunStart,
    kSunEnd,
    kHalf,
    kEmpty,
    kEnd,
    kStart,
    kEnglish,
    kJapanese,
};

Tokenizer tokenizer() {
    Result<Tokenizer> result = Tokenizer::fromText(kVocabulary);
    EXPECT_TRUE(result) << result.error().cause;
    return std::move(*result);
}

std::vector<std::string> texts(const std::vector<int>& sequence, std::string_view language = "en") {
    std::vector<std::string> result;
    for (const TokenWord& word : tokenizer().words(sequence, language)) {
        result.push_back(word.text);
    }
    return result;
}

TEST(Tokenizer, FindsTheSpecialTokens) {
    const Tokenizer t = tokenizer();
    EXPECT_EQ(t.size(), 32);
    EXPECT_EQ(t.endOfText(), kEnd);
    EXPECT_TRUE(t.multilingual());
    EXPECT_TRUE(t.knowsLanguage("ja"));
    EXPECT_FALSE(t.knowsLanguage("xx"));
    EXPECT_FALSE(t.knowsLanguage("notimestamps"));
    EXPECT_THAT(t.startSequence("ja"), ElementsAre(kStart, kJapanese, 25));
    EXPECT_EQ(t.noTimestamps(), 29);
    EXPECT_EQ(t.languageOf("<|en|>"), "en");
    EXPECT_EQ(t.languageOf("<|0.02|>"), "");
}

TEST(Tokenizer, AnEnglishOnlyModelStartsWithoutLanguageAndTask) {
    std::string vocabulary(kVocabulary);
    vocabulary.erase(vocabulary.find("\n\n"),
                     1);  // the empty token, which only multilingual ones have
    const Result<Tokenizer> t = Tokenizer::fromText(vocabulary);
    ASSERT_TRUE(t);
    EXPECT_FALSE(t->multilingual());
    EXPECT_TRUE(t->knowsLanguage("en"));
    EXPECT_FALSE(t->knowsLanguage("ja"));
    EXPECT_THAT(t->startSequence("en"), ElementsAre(kStart - 1));
}

TEST(Tokenizer, WhatIsJoinedInTheTextIsOneWord) {
    EXPECT_THAT(texts({kIn, kHyphen, kHouse, kComma, kSpaceI, kM}),
                ElementsAre("in-house,", "I'm"));
    EXPECT_THAT(texts({kS, kHyphen, kI, kHyphen, kI, kStop, kIn}), ElementsAre("S-I-I.", "in"));
}

TEST(Tokenizer, PunctuationThatStandsAloneGoesToItsNeighbour) {
    EXPECT_THAT(texts({kNo, kSpaceQuote, kHi, kStop, kQuote, kIn}),
                ElementsAre("No", "\"Hi.\"", "in"));
    EXPECT_THAT(texts({kNo, kSpaceQuote, kIn}), ElementsAre("No", "\"in"));
    EXPECT_THAT(texts({kNo, kSpaceHyphen, kIn}), ElementsAre("No-", "in"));
    EXPECT_THAT(texts({kSpaceHyphen, kNo}), ElementsAre("-No"));
    EXPECT_THAT(texts({kNo, kSpaceQuote}), ElementsAre("No\""));
    EXPECT_THAT(texts({kSpaceQuote}), IsEmpty());
}

TEST(Tokenizer, SignsThatAreSpokenAreWords) {
    EXPECT_THAT(texts({kNo, kAnd, kIn}), ElementsAre("No", "&", "in"));
}

TEST(Tokenizer, WordsNameTheirTokens) {
    const auto words =
        tokenizer().words(std::vector<int>{kNo, kSpace, kSpaceQuote, kHi, kQuote}, "en");
    ASSERT_EQ(words.size(), 2U);
    EXPECT_EQ(words[1].firstToken, 2U);
    EXPECT_EQ(words[1].tokens, 3U);
}

TEST(Tokenizer, CharactersAreNeverSplit) {
    EXPECT_THAT(texts({kSunStart, kSunEnd, kSunStart, kSunEnd}, "ja"), ElementsAre("日", "日"));
    EXPECT_THAT(texts({kSunStart, kSunEnd, kSunStart, kSunEnd}, "en"), ElementsAre("日日"));
}

TEST(Tokenizer, SpecialUnknownAndBrokenTokensDoNoHarm) {
    EXPECT_THAT(texts({kStart, kNo, 30, kIn, kEnd, 999, -1}), ElementsAre("No", "in"));
    EXPECT_EQ(tokenizer().decode(std::vector<int>{kNo, kHalf, kEnd, -5}), " No\xEF\xBF\xBD");
    EXPECT_THAT(texts({kHalf}), ElementsAre("\xEF\xBF\xBD"));
}

TEST(Tokenizer, ReadsJsonAsWellAsText) {
    const Result<Tokenizer> t = Tokenizer::fromJson(
        R"(["Ġa","<|endoftext|>","<|startoftranscript|>","<|translate|>","<|transcribe|>","<|startofprev|>","<|notimestamps|>"])");
    ASSERT_TRUE(t) << t.error().cause;
    EXPECT_EQ(t->decode(std::vector<int>{0}), " a");
}

TEST(Tokenizer, RefusesWhatIsNoVocabulary) {
    for (const std::string& json : {std::string("{}"),
                                    std::string("[1]"),
                                    std::string("["),
                                    std::string("[]"),
                                    std::string(100'000, '[')}) {
        EXPECT_EQ(Tokenizer::fromJson(json).error().code, ErrorCode::TrFmtModelForeign);
    }
    for (const std::string& text :
         {std::string(),
          std::string("a\nb\n"),
          std::string(2'000, 'x') + "\n" + std::string(kVocabulary),
          "\x01\n" + std::string(kVocabulary),
          std::string(300'000, '\n'),
          std::string(
              "a\n<|notimestamps|>\n<|transcribe|>\n<|endoftext|>\n<|startoftranscript|>\n")}) {
        EXPECT_EQ(Tokenizer::fromText(text).error().code, ErrorCode::TrFmtModelForeign);
    }
}

TEST(Tokenizer, AFolderWithoutVocabularyIsIncomplete) {
    const tests::TemporaryFolder folder;
    EXPECT_EQ(Tokenizer::load(folder.path()).error().code, ErrorCode::TrDataModelIncomplete);
    (void)folder.file("vocabulary.txt", kVocabulary);
    EXPECT_TRUE(Tokenizer::load(folder.path()));
}

TEST(Tokenizer, DamagedVocabulariesAreReadOrRefusedAndNeverCrash) {
    std::mt19937 random(1);
    int usable = 0;
    for (int round = 0; round < 3'000; ++round) {
        std::string text(kVocabulary);
        for (unsigned i = random() % 8; i > 0; --i) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
                case 0:
                    text[at] = static_cast<char>(random());
                    break;
                case 1:
                    text.erase(at, random() % 20);
                    break;
                default:
                    text.insert(at, text.substr(random() % text.size(), random() % 20));
                    break;
            }
        }
        const Result<Tokenizer> t = Tokenizer::fromText(text);
        (void)Tokenizer::fromJson(text);
        if (!t) {
            EXPECT_EQ(t.error().code, ErrorCode::TrFmtModelForeign);
            continue;
        }
        ++usable;
        std::vector<int> sequence;
        for (int i = 0; i < 30; ++i) {
            sequence.push_back(static_cast<int>(random() % 40) - 2);
        }
        for (const char* language : {"en", "ja"}) {
            for (const TokenWord& word : t->words(sequence, language)) {
                EXPECT_FALSE(word.text.empty());
                EXPECT_LE(word.firstToken + word.tokens, sequence.size());
            }
        }
    }
    EXPECT_GT(usable, 100);
}

}  // namespace
}  // namespace chat::transcribe
