#include "chat/analyze/pattern_matcher.h"

#include "chat/analyze/examples.h"
#include "chat/analyze/rules.h"
#include "chat/core/intervals.h"

#include <gmock/gmock.h>

#include "spoken.h"

namespace chat::analyze {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// Rules with one pattern "p" whose clause is `when`.
Rules rulesOf(std::string_view when, std::string_view head = "") {
    const std::string text =
        "format = 1\n" + std::string(head) +
        "\n[[pattern]]\nid = \"p\"\nname = \"n\"\ndescription = \"d\"\n[[pattern.when]]\n" +
        std::string(when);
    auto rules = parseRules(text, "test.toml");
    EXPECT_TRUE(rules) << rules.error().what;
    return *rules;
}

Silence labelled(std::string_view example, const Rules& rules) {
    const auto parsed = parseExample(example);
    EXPECT_TRUE(parsed) << parsed.error();
    return labelExample(*parsed, rules.set());
}

bool matches(std::string_view example, const Rules& rules) {
    return !labelled(example, rules).patterns.empty();
}

TEST(Labels, CarryTheWordsAsTranscribedAndTheirTime) {
    const Silence silence =
        labelled("... agent: Well, one -- um -- MOMENT, please. (4 s) ...",
                 rulesOf("phrases = [\"one moment please\"]", "ignore = [\"um\"]"));
    ASSERT_THAT(silence.patterns, SizeIs(1));
    EXPECT_EQ(silence.patterns[0].evidence, "one -- um -- MOMENT, please.");
    EXPECT_DOUBLE_EQ(silence.patterns[0].at.count(), 0.3);
}

TEST(Labels, OfLongMatchesShowTheWordsNearestToTheSilence) {
    const Silence silence =
        labelled("... agent: a b c d e f g h i j k l m n o p q r s t? (4 s) ...",
                 rulesOf("regexes = ['.*\\?']"));
    ASSERT_THAT(silence.patterns, SizeIs(1));
    EXPECT_EQ(silence.patterns[0].evidence, "f g h i j k l m n o p q r s t?");
    EXPECT_NEAR(silence.patterns[0].at.count(), 1.5, 1e-9);
}

/// One word "wait" of the given probability that ends `distance` before a silence.
double confidenceOf(const Rules& rules, double distance, double probability, Role role) {
    std::vector<ChannelTranscript> channels(1);
    channels[0].words.push_back({"wait", Seconds{9}, Seconds{10}, probability});
    std::vector<Silence> silences(1);
    silences[0].start = Seconds{10 + distance};
    silences[0].end = Seconds{20};
    std::vector<Party> parties(1);
    parties[0].role = role;
    const Dialogue dialogue(channels, {{silences[0].start, silences[0].end}}, {});
    labelSilences(silences, dialogue, parties, rules.set());
    return silences[0].patterns.empty() ? 0 : silences[0].patterns[0].confidence;
}

TEST(Confidence, IsTheProductThatTheHeaderStates) {
    const Rules any = rulesOf("phrases = [\"wait\"]\nwithin_seconds = 4.0");
    EXPECT_DOUBLE_EQ(confidenceOf(any, 0, 1, Role::Unknown), 1);
    EXPECT_DOUBLE_EQ(confidenceOf(any, 2, 1, Role::Unknown), 0.75);
    EXPECT_DOUBLE_EQ(confidenceOf(any, 4, 1, Role::Unknown), 0.5);
    EXPECT_DOUBLE_EQ(confidenceOf(any, 4.01, 1, Role::Unknown), 0);
    EXPECT_DOUBLE_EQ(confidenceOf(any, 0, 0.6, Role::Unknown), 0.6);

    const Rules agent = rulesOf("phrases = [\"wait\"]\nrole = \"agent\"\nconfidence = 0.8");
    EXPECT_DOUBLE_EQ(confidenceOf(agent, 0, 1, Role::Agent), 0.8);
    EXPECT_DOUBLE_EQ(confidenceOf(agent, 0, 0.5, Role::Unknown), 0.8 * 0.5 * 0.7);
    EXPECT_DOUBLE_EQ(confidenceOf(agent, 0, 1, Role::Customer), 0);
}

TEST(Clauses, OfTheSentenceReadOnlyTheLastOneBefore) {
    const Rules rules = rulesOf("phrases = [\"red\"]");
    EXPECT_TRUE(matches("... agent: Good. It is red. (2 s) ...", rules));
    EXPECT_FALSE(matches("... agent: It is red. Good. (2 s) ...", rules));
    EXPECT_FALSE(matches("... agent: It is red. customer: Good. (2 s) ...", rules));
    EXPECT_FALSE(matches("... agent: Good. (2 s) agent: It is red. ...", rules));
}

TEST(Clauses, OfTheTurnReadWhatItsSpeakerSaid) {
    const Rules rules = rulesOf("phrases = [\"red\"]\nscope = \"turn\"");
    EXPECT_TRUE(matches("... agent: It is red. Good. (2 s) ...", rules));
    EXPECT_FALSE(matches("... agent: It is red. customer: Good. (2 s) ...", rules));
    EXPECT_FALSE(matches(
        "... agent: It is red. Or so we have been told by the people there. (2 s) ...", rules))
        << "farther away than within_seconds";
}

TEST(Clauses, OfTheWindowReadEverybody) {
    const Rules rules = rulesOf("phrases = [\"red\"]\nscope = \"window\"");
    EXPECT_TRUE(matches("... agent: It is red. customer: Good. (2 s) ...", rules));
}

TEST(Clauses, OfTheWindowDoNotReachAcrossAnotherSilence) {
    const Rules rules = rulesOf("phrases = [\"red\"]\nscope = \"window\"\nwithin_seconds = 10",
                                "ignore = [\"um\"]");
    const auto matchAfter = [&](std::string_view between) {
        std::vector<ChannelTranscript> channels(1);
        say(channels[0], 0, "red");
        say(channels[0], 2, between);
        std::vector<Silence> silences(2);
        silences[0].start = Seconds{0.25};
        silences[0].end = Seconds{2};
        silences[1].start = Seconds{saidBy(2, between)};
        silences[1].end = Seconds{9};
        const Dialogue dialogue(
            channels,
            {{silences[0].start, silences[0].end}, {silences[1].start, silences[1].end}},
            {"um"});
        labelSilences(silences, dialogue, std::vector<Party>(1), rules.set());
        EXPECT_THAT(silences[0].patterns, SizeIs(1));
        return !silences[1].patterns.empty();
    };
    EXPECT_FALSE(matchAfter("it costs five"));
    EXPECT_TRUE(matchAfter("um")) << "a hesitation says nothing new";
}

TEST(Clauses, AfterTheSilenceReadTheFirstSentence) {
    const Rules rules = rulesOf("phrases = [\"red\"]\nwhere = \"after\"\nwithin_seconds = 1.0");
    EXPECT_TRUE(matches("... agent: Good. (2 s) customer: It is red. Good. ...", rules));
    EXPECT_FALSE(matches("... agent: Good. (2 s) customer: Good. It is red. ...", rules));
    EXPECT_FALSE(matches("... agent: It is red. (2 s) customer: Good. ...", rules));
}

TEST(Clauses, PassOverHesitationsAlwaysAndAcknowledgementsOnRequest) {
    const std::string head = "ignore = [\"um\"]\nacknowledgements = [\"okay\", \"thank you\"]";
    const Rules strict = rulesOf("phrases = [\"red\"]", head);
    EXPECT_TRUE(matches("... agent: It is red. customer: Um... (2 s) ...", strict));
    EXPECT_FALSE(matches("... agent: It is red. customer: Okay. (2 s) ...", strict));
    const Rules lenient = rulesOf("phrases = [\"red\"]\nskip_acknowledgements = true", head);
    EXPECT_TRUE(
        matches("... agent: It is red. customer: Okay, thank you. Okay. (2 s) ...", lenient));
    EXPECT_FALSE(matches("... agent: It is red. customer: Okay, blue. (2 s) ...", lenient));
}

TEST(Clauses, AreKeptToRoles) {
    const Rules rules = rulesOf("phrases = [\"red\"]\nrole = \"customer\"");
    EXPECT_TRUE(matches("... customer: It is red. (2 s) ...", rules));
    EXPECT_TRUE(matches("... someone: It is red. (2 s) ...", rules));
    EXPECT_FALSE(matches("... agent: It is red. (2 s) ...", rules));
}

TEST(Clauses, AreKeptToPositionsAndLengths) {
    const Rules rules = rulesOf(
        "phrases = [\"red\"]\nposition = [\"start\", \"end\"]\nmin_silence = 2.0\nmax_silence = "
        "5.0");
    EXPECT_TRUE(matches("agent: red (2 s) ...", rules));
    EXPECT_TRUE(matches("... agent: red (5 s)", rules));
    EXPECT_FALSE(matches("... agent: red (3 s) ...", rules)) << "in the middle";
    EXPECT_FALSE(matches("agent: red (1.9 s) ...", rules));
    EXPECT_FALSE(matches("agent: red (5.1 s) ...", rules));
}

TEST(Clauses, AreNegatedByWordsInWhatTheyRead) {
    const Rules rules =
        rulesOf("phrases = [\"red\"]\nnot_phrases = [\"not\"]\nnot_regexes = ['.* or .*']");
    EXPECT_TRUE(matches("... agent: It is red. (2 s) ...", rules));
    EXPECT_FALSE(matches("... agent: It is not red. (2 s) ...", rules));
    EXPECT_FALSE(matches("... agent: Is it red or green? (2 s) ...", rules));
    EXPECT_TRUE(matches("... agent: Not now. It is red. (2 s) ...", rules)) << "another sentence";
}

TEST(Clauses, OfTheOpeningReadAllThatWasSaidSoFar) {
    const Rules rules = rulesOf("regexes = ['^red [.] good [.] fine$']\nscope = \"opening\"");
    EXPECT_TRUE(matches("agent: Red. Good. customer: Fine. (2 s) ...", rules));
    EXPECT_TRUE(matches("agent: Red customer: good agent: fine (2 s) ...", rules))
        << "another party begins a sentence";
    EXPECT_FALSE(matches("... agent: Red. Good. customer: Fine. (2 s) ...", rules))
        << "the call was under way";
    EXPECT_FALSE(matches("(2 s) agent: Red. Good. customer: Fine.", rules)) << "said after it";
}

TEST(Clauses, AreKeptToWhoSpeaksNext) {
    const Rules same = rulesOf("phrases = [\"red\"]\nnext_speaker = \"same\"");
    const Rules other = rulesOf("phrases = [\"red\"]\nnext_speaker = \"other\"");
    EXPECT_TRUE(matches("... agent: It is red. (2 s) agent: Good ...", same));
    EXPECT_FALSE(matches("... agent: It is red. (2 s) agent: Good ...", other));
    EXPECT_TRUE(matches("... agent: It is red. (2 s) customer: Good ...", other));
    EXPECT_FALSE(matches("... agent: It is red. (2 s) customer: Good ...", same));
    EXPECT_FALSE(matches("... agent: It is red. (2 s)", same)) << "nobody";
    EXPECT_FALSE(matches("... someone: It is red. (2 s) someone: Good ...", same)) << "not known";
    EXPECT_FALSE(matches("... someone: It is red. (2 s) someone: Good ...", other)) << "not known";
}

TEST(Clauses, MayAskForKnownRoles) {
    const Rules rules = rulesOf("phrases = [\"red\"]\nrole = \"agent\"\nrole_known = true");
    EXPECT_TRUE(matches("... agent: It is red. (2 s) ...", rules));
    EXPECT_FALSE(matches("... someone: It is red. (2 s) ...", rules));
}

TEST(Clauses, MayAskForWhatFollows) {
    const Rules rules =
        rulesOf("phrases = [\"red\"]\nthen_regexes = ['^good.*']", "ignore = [\"um\"]");
    EXPECT_TRUE(matches("... agent: It is red. (2 s) customer: Um... good. Fine. ...", rules));
    EXPECT_FALSE(matches("... agent: It is red. (2 s) customer: Fine. Good. ...", rules));
    EXPECT_FALSE(matches("... agent: It is red. (2 s)", rules));
}

TEST(Clauses, MayAskForWordsThatSomebodyElseSaidBefore) {
    const Rules rules =
        rulesOf("regexes = ['.+']\nrole = \"agent\"\nrepeats = 2", "common = [\"the\"]");
    EXPECT_TRUE(matches("... customer: The red car. agent: Red, the car. (2 s) ...", rules));
    EXPECT_FALSE(matches("... customer: The red car. agent: The red one. (2 s) ...", rules));
    EXPECT_FALSE(matches("... agent: Red car. Red car. (2 s) ...", rules)) << "one's own words";
    EXPECT_TRUE(matches("... someone: Red car. Red car. (2 s) ...", rules)) << "who, is not known";
}

TEST(Labels, OfLittleConfidenceAnnounceNothing) {
    for (const char* confidence : {"0.5", "0.6"}) {
        const auto rules = parseRules(
            "format = 1\n[[pattern]]\nid = \"p\"\nname = \"n\"\ndescription = \"d\"\nannounces = "
            "true\n"
            "[[pattern.when]]\nphrases = [\"red\"]\nconfidence = " +
                std::string(confidence),
            "test.toml");
        ASSERT_TRUE(rules) << rules.error().what;
        const Silence silence = labelled("... agent: It is red. (2 s) ...", *rules);
        EXPECT_EQ(silence.announced, confidence == std::string_view("0.6"));
        EXPECT_THAT(silence.patterns, SizeIs(1));
    }
}

TEST(Clauses, NameLists) {
    const Rules rules = rulesOf("regexes = ['is {color}{1}']",
                                "[lists]\ncolor = [\"{warm}\", \"blue\"]\nwarm = [\"red\"]");
    EXPECT_TRUE(matches("... agent: It is red. (2 s) ...", rules));
    EXPECT_TRUE(matches("... agent: It is blue. (2 s) ...", rules));
    EXPECT_FALSE(matches("... agent: It is green. (2 s) ...", rules));
}

TEST(Labels, OfAPatternThatAnnouncesMakeTheSilenceAnnounced) {
    for (const bool announces : {true, false}) {
        const auto rules = parseRules(
            "format = 1\n[[pattern]]\nid = \"p\"\nname = \"n\"\ndescription = \"d\"\nannounces = " +
                std::string(announces ? "true" : "false") +
                "\n[[pattern.when]]\nphrases = [\"red\"]\n",
            "test.toml");
        ASSERT_TRUE(rules) << rules.error().what;
        EXPECT_EQ(labelled("... agent: It is red. (2 s) ...", *rules).announced, announces);
        EXPECT_FALSE(labelled("... agent: It is blue. (2 s) ...", *rules).announced);
    }
}

TEST(Labels, TellWhoWasToSpeakNextWhereTheirPatternSaysSo) {
    const auto expected = [](const std::string& expects, std::string_view example) {
        const auto rules = parseRules(
            "format = 1\n[[pattern]]\nid = \"p\"\nname = \"n\"\ndescription = \"d\"\n" + expects +
                "\n[[pattern.when]]\nphrases = [\"red\"]\n[[pattern.when]]\nwhere = \"after\"\n"
                "phrases = [\"green\"]\n",
            "test.toml");
        return labelled(example, rules.value()).partyExpected;
    };
    constexpr int kAgent = 0;
    constexpr int kCustomer = 1;
    constexpr std::string_view kAgentSaysIt = "... customer: Oh. agent: It is red. (2 s) ...";
    constexpr std::string_view kCustomerSaysIt = "... agent: Oh. customer: It is red. (2 s) ...";
    EXPECT_EQ(expected("expects = \"same\"", kAgentSaysIt), kAgent);
    EXPECT_EQ(expected("expects = \"same\"", kCustomerSaysIt), kCustomer);
    EXPECT_EQ(expected("expects = \"other\"", kAgentSaysIt), kCustomer);
    EXPECT_EQ(expected("expects = \"other\"", kCustomerSaysIt), kAgent);
    EXPECT_EQ(expected("", kAgentSaysIt), -1) << "its words do not tell";
    EXPECT_EQ(expected("expects = \"other\"", "... agent: Oh. (2 s) customer: It is green. ..."),
              -1)
        << "words after a silence tell who spoke, not who was to";
    EXPECT_EQ(expected("expects = \"other\"", "... someone: It is red. (2 s) ..."), -1)
        << "one channel";
}

TEST(Labels, StandBestFirstThenInTheOrderOfTheFile) {
    const auto rules = parseRules(R"(format = 1
[[pattern]]
id = "weak"
name = "n"
description = "d"
[[pattern.when]]
phrases = ["red"]
confidence = 0.4
[[pattern]]
id = "second"
name = "n"
description = "d"
[[pattern.when]]
phrases = ["red"]
confidence = 0.3
[[pattern.when]]
phrases = ["is red"]
confidence = 0.9
[[pattern]]
id = "third"
name = "n"
description = "d"
[[pattern.when]]
phrases = ["it is red"]
confidence = 0.9
)",
                                  "test.toml");
    ASSERT_TRUE(rules) << rules.error().what;
    const Silence silence = labelled("... agent: It is red. (2 s) ...", *rules);
    ASSERT_THAT(silence.patterns, SizeIs(3));
    EXPECT_EQ(silence.patterns[0].id, "second");
    EXPECT_EQ(silence.patterns[0].evidence, "is red.") << "the better clause of a pattern counts";
    EXPECT_EQ(silence.patterns[1].id, "third");
    EXPECT_EQ(silence.patterns[2].id, "weak");
}

struct AnnouncedCase {
    std::string_view example;
    bool announced;
};

class Announcements : public testing::TestWithParam<AnnouncedCase> {};

TEST_P(Announcements, AreHeardInTheShippedRules) {
    EXPECT_EQ(labelled(GetParam().example, defaultRules()).announced, GetParam().announced);
}

INSTANTIATE_TEST_SUITE_P(
    Shipped,
    Announcements,
    testing::Values(
        AnnouncedCase{"... agent: One moment, please. (9 s) agent: Thanks ...", true},
        AnnouncedCase{"... agent: Please hold. (30 s) agent: Thanks for holding ...", true},
        AnnouncedCase{"... agent: Bear with me. customer: Sure, thank you. (9 s) agent: So ...",
                      true},
        AnnouncedCase{"... customer: Hold on, let me get my card. (9 s) customer: Here ...", true},
        AnnouncedCase{"... agent: I'll put you on hold. (60 s) agent: Hi ...", true},
        AnnouncedCase{"... agent: It's still loading, sorry. (5 s) agent: Okay ...", true},
        AnnouncedCase{"... someone: Give me a sec. (3 s) someone: Okay ...", true},
        AnnouncedCase{"... agent: What's your number? (5 s) customer: It's 555 ...", false},
        AnnouncedCase{"... agent: Thanks for holding. (3 s) agent: So ...", false},
        AnnouncedCase{"... agent: Let me check. Okay, it's ready. (3 s) customer: Great ...",
                      false},
        AnnouncedCase{"... agent: Hold on to your receipt. (3 s) customer: Okay ...", false},
        AnnouncedCase{"... agent: So. (5 s) agent: One moment please ...", false}));

std::vector<std::string> keywordsIn(const std::vector<ChannelTranscript>& channels,
                                    std::string_view fields) {
    const auto rules =
        parseRules("format = 1\n[[keyword]]\nid = \"k\"\nname = \"n\"\ndescription = \"d\"\n" +
                       std::string(fields),
                   "test.toml");
    EXPECT_TRUE(rules) << rules.error().what;
    std::vector<Party> parties(channels.size());
    if (parties.size() == 2) {
        parties[0].role = Role::Agent;
        parties[1].role = Role::Customer;
    }
    std::vector<std::string> hits;
    for (const KeywordHit& hit : findKeywords(Dialogue(channels, {}, {}), parties, rules->set())) {
        EXPECT_EQ(hit.rule, "k");
        hits.push_back(std::to_string(hit.party) + " " +
                       std::to_string(static_cast<int>(hit.time.count())) + " " + hit.text);
    }
    return hits;
}

TEST(Keywords, AreFoundInOrderOfTimeWithPartyAndWords) {
    std::vector<ChannelTranscript> channels(2);
    say(channels[0], 10, "Oops, I mean, oops!");
    say(channels[1], 5, "Oops -- sorry. The loops.");
    EXPECT_THAT(keywordsIn(channels, "phrases = [\"oops\", \"oops sorry\"]"),
                ElementsAre("1 5 Oops -- sorry.", "0 10 Oops,", "0 10 oops!"));
}

TEST(Keywords, AreKeptToRolesAndNegatedWithinTheirSentence) {
    std::vector<ChannelTranscript> channels(2);
    say(channels[0], 0, "Refund. No refund today.");
    say(channels[1], 20, "A refund?");
    EXPECT_THAT(keywordsIn(channels, "phrases = [\"refund\"]\nnot_phrases = [\"no refund\"]"),
                ElementsAre("0 0 Refund.", "1 20 refund?"));
    EXPECT_THAT(keywordsIn(channels, "phrases = [\"refund\"]\nrole = \"customer\""),
                ElementsAre("1 20 refund?"));
}

TEST(Keywords, OfACallWithoutWordsAreNone) {
    EXPECT_THAT(keywordsIn(std::vector<ChannelTranscript>(1), "phrases = [\"a\"]"), IsEmpty());
}

}  // namespace
}  // namespace chat::analyze
