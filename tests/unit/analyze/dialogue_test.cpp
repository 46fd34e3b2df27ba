#include "chat/analyze/dialogue.h"

#include <gmock/gmock.h>

#include "spoken.h"

namespace chat::analyze {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::string normalized(std::string_view word) {
    std::string text;
    appendNormalized(word, {"um", "uh"}, text);
    return text;
}

TEST(Normalizing, KeepsWordsAndQuestionMarksOnly) {
    EXPECT_EQ(normalized("Well,"), "well ");
    EXPECT_EQ(normalized("\"number?\""), "number ? ");
    EXPECT_EQ(normalized("what?!"), "what ? ");
    EXPECT_EQ(normalized("good-bye"), "good bye ");
    EXPECT_EQ(normalized("(555)"), "555 ");
    EXPECT_EQ(normalized("--"), "");
    EXPECT_EQ(normalized("..."), "");
    EXPECT_EQ(normalized("?"), "? ");
    EXPECT_EQ(normalized(""), "");
}

TEST(Normalizing, KnowsEveryApostrophe) {
    for (const char* word :
         {"What's", "What\u2019s", "What\u2018s", "What\u02BCs", "'What's'", "what's,"}) {
        EXPECT_EQ(normalized(word), "what's ") << word;
    }
    EXPECT_EQ(normalized("goin'"), "goin ");
    EXPECT_EQ(normalized("'"), "");
}

TEST(Normalizing, KnowsForeignPunctuationAndKeepsForeignLetters) {
    EXPECT_EQ(normalized("\u00BFQu\u00E9?"), "qu\u00E9 ? ");
    EXPECT_EQ(normalized("wait\u2026"), "wait ");
    EXPECT_EQ(normalized("so\u2014yes"), "so yes ");
    EXPECT_EQ(normalized("\u201Chi\u201D"), "hi ");
    EXPECT_EQ(normalized("\u4F60\u597D\uFF1F"), "\u4F60\u597D ? ");
}

TEST(Normalizing, LeavesHesitationsOut) {
    EXPECT_EQ(normalized("Um,"), "");
    EXPECT_EQ(normalized("uh..."), "");
    EXPECT_EQ(normalized("um?"), "");
    EXPECT_EQ(normalized("umbrella"), "umbrella ");
}

TEST(Normalizing, SurvivesCutUtf8) {
    EXPECT_EQ(normalized("\xE2"), "\xE2 ");
    EXPECT_EQ(normalized("\xE2\x80"), "");
    EXPECT_EQ(normalized("a\xC2"), "a\xC2 ");
}

std::vector<std::string> sentencesOf(std::string_view text) {
    std::vector<ChannelTranscript> channels(1);
    say(channels[0], 0, text);
    const Dialogue dialogue(channels, {}, {"um"});
    const Turn& turn = dialogue.turns().at(0);
    std::vector<std::string> sentences;
    for (std::size_t i = 0; i < turn.sentences.size(); ++i) {
        const std::size_t last =
            i + 1 < turn.sentences.size() ? turn.sentences[i + 1] : turn.words.size();
        sentences.emplace_back(Passage{&turn, turn.sentences[i], last}.text());
    }
    return sentences;
}

TEST(Sentences, EndWithAFullStopAQuestionOrAnExclamation) {
    EXPECT_THAT(sentencesOf("Okay. What is it? Great! Yes, sir"),
                ElementsAre("okay", "what is it ?", "great", "yes sir"));
    EXPECT_THAT(sentencesOf("He said \"no.\" Then he left."),
                ElementsAre("he said no", "then he left"));
}

TEST(Sentences, DoNotEndAtAbbreviationsAndTrailingDots) {
    EXPECT_THAT(sentencesOf("Ask Mr. Smith at 8 a.m. tomorrow."),
                ElementsAre("ask mr smith at 8 a m tomorrow"));
    EXPECT_THAT(sentencesOf("It is... um... five."), ElementsAre("it is five"));
}

TEST(Sentences, OfHesitationsAreEmpty) {
    EXPECT_THAT(sentencesOf("Sure. Um. Yes."), ElementsAre("sure", "", "yes"));
}

TEST(Turns, CarryTheirWholeTextWithSentenceEnds) {
    std::vector<ChannelTranscript> channels(1);
    say(channels[0], 0, "Not now. Sure? Um. Okay.");
    const Dialogue dialogue(channels, {}, {"um"});
    ASSERT_THAT(dialogue.turns(), SizeIs(1));
    const Turn& turn = dialogue.turns()[0];
    EXPECT_EQ((Passage{&turn, 0, turn.words.size()}.text()), "not now . sure ? okay");
}

std::vector<std::string> turnsOf(const std::vector<ChannelTranscript>& channels,
                                 const Intervals& silences = {}) {
    const Dialogue dialogue(channels, silences, {});
    std::vector<std::string> turns;
    for (const Turn& turn : dialogue.turns()) {
        turns.push_back(std::to_string(turn.party) + ": " +
                        Passage{&turn, 0, 0}.spoken(0, turn.words.size()));
    }
    return turns;
}

TEST(Turns, EndAtAPauseOfASecond) {
    std::vector<ChannelTranscript> channels(1);
    say(channels[0], 0, "one two");  // to 0.55
    say(channels[0], 1.5, "three");  // 0.95 s later, to 1.75
    say(channels[0], 2.75, "four");  // 1 s later
    EXPECT_THAT(turnsOf(channels), ElementsAre("0: one two three", "0: four"));
}

TEST(Turns, EndWhereTheOtherSpeaksInAPauseButNotWhereBothSpeakAtOnce) {
    std::vector<ChannelTranscript> channels(2);
    say(channels[0], 0, "is it red");  // to 0.85
    say(channels[1], 0.9, "yes");      // to 1.15
    say(channels[0], 1.2, "and the plate please");
    say(channels[1], 1.6, "mhm");  // while the other speaks
    EXPECT_THAT(turnsOf(channels),
                ElementsAre("0: is it red", "1: yes", "0: and the plate please", "1: mhm"));
}

TEST(Turns, AreCutAtSilencesHoweverShortThePauseOfTheWords) {
    std::vector<ChannelTranscript> channels(1);
    say(channels[0], 0, "one two three four");
    EXPECT_THAT(turnsOf(channels, {between(0.56, 0.61)}),
                ElementsAre("0: one two", "0: three four"));
}

TEST(AroundASilence, WordsStandOnTheSideWhereTheyBeginOrEnd) {
    std::vector<ChannelTranscript> channels(1);
    channels[0].words = {{"before", Seconds{4}, Seconds{5.2}, 1},    // runs into the silence
                         {"inside", Seconds{6}, Seconds{6.5}, 1},    // the detector heard no speech
                         {"after", Seconds{8.8}, Seconds{9.4}, 1}};  // begins too early
    const Dialogue dialogue(channels, {between(5, 9)}, {});
    const auto before = contextTurns(dialogue.before(0, Seconds{5}));
    const auto after = contextTurns(dialogue.after(0, Seconds{5}));
    ASSERT_THAT(before, SizeIs(1));
    ASSERT_THAT(after, SizeIs(1));
    EXPECT_EQ(before[0].text, "before");
    EXPECT_EQ(after[0].text, "after");
}

TEST(AroundASilence, ContextIsATimeNotANumberOfTurns) {
    std::vector<ChannelTranscript> channels(2);
    say(channels[0], 0, "a b c d e f g h i j");  // to 2.95
    say(channels[1], 3.5, "yes");                // to 3.75
    say(channels[0], 10, "k l");
    const Dialogue dialogue(channels, {between(4, 10)}, {});
    const auto before = contextTurns(dialogue.before(0, Seconds{2}));
    ASSERT_THAT(before, SizeIs(2));
    EXPECT_EQ(before[0].party, 0);
    EXPECT_EQ(before[0].text, "g h i j");  // "f" ended at 1.75
    EXPECT_EQ(before[1].text, "yes");
    EXPECT_THAT(dialogue.after(0, Seconds{0.1}), SizeIs(1));
    EXPECT_EQ(contextTurns(dialogue.after(0, Seconds{0.1}))[0].text, "k");
}

TEST(AroundASilence, ContextReachesAcrossAnEarlierSilence) {
    std::vector<ChannelTranscript> channels(1);
    say(channels[0], 0, "first");
    say(channels[0], 2, "second");
    const Dialogue dialogue(channels, {between(0.25, 2), between(2.25, 9)}, {});
    const auto before = contextTurns(dialogue.before(1, Seconds{5}));
    ASSERT_THAT(before, SizeIs(1)) << "one party's adjacent turns are joined";
    EXPECT_EQ(before[0].text, "first second");
    EXPECT_EQ(contextTurns(dialogue.before(0, Seconds{5}))[0].text, "first");
    EXPECT_THAT(dialogue.after(1, Seconds{5}), IsEmpty());
}

TEST(AroundASilence, WhoSpeaksLastComesFirst) {
    std::vector<ChannelTranscript> channels(2);
    say(channels[0], 0, "a long turn that ends late");  // to 1.75
    say(channels[1], 0.5, "short");                     // to 0.75
    const Dialogue dialogue(channels, {between(2, 9)}, {});
    const auto passages = dialogue.before(0, Seconds{5});
    ASSERT_THAT(passages, SizeIs(2));
    EXPECT_EQ(passages[0].turn->party, 0);
    EXPECT_EQ(passages[1].turn->party, 1);
}

TEST(Dialogue, WithoutWordsIsEmpty) {
    const Dialogue dialogue({}, {between(0, 5)}, {});
    EXPECT_THAT(dialogue.turns(), IsEmpty());
    EXPECT_THAT(dialogue.before(0, Seconds{5}), IsEmpty());
    EXPECT_THAT(dialogue.after(0, Seconds{5}), IsEmpty());
}

}  // namespace
}  // namespace chat::analyze
