#include "chat/analyze/label_model.h"

#include "chat/analyze/examples.h"
#include "chat/analyze/rule_set.h"
#include "chat/analyze/rules.h"

#include <gmock/gmock.h>

#include <cmath>
#include <set>

namespace chat::analyze {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

/// An example with all that a model is asked with; the rules find nothing.
struct Asked {
    explicit Asked(std::string_view text)
        : example(parseExample(text).value())
        , dialogue(example.channels, example.silences, {"um"}) {
        rules.common = {"the", "it", "is"};
    }

    [[nodiscard]] Surroundings around() const {
        return {dialogue, example.silences.size() - 1, example.silence, example.parties, rules, {}};
    }

    RuleSet rules;
    Example example;
    Dialogue dialogue;
};

std::set<std::string> cuesOf(std::string_view text) {
    const Asked asked(text);
    std::set<std::string> cues;
    forEachCue(asked.around(), CueNames::Spelled, [&](const Cue& cue) {
        EXPECT_EQ(cue.hash, cueHash(cue.name)) << cue.name;
        cues.emplace(cue.name);
    });
    return cues;
}

TEST(Cues, AreRunsOfWordsWithPlaceAndRole) {
    EXPECT_THAT(cuesOf("... agent: Right. Um, what size? (4 s) customer: The 12 inch one ..."),
                IsSupersetOf({"L* ^ what",
                              "La what size ?",
                              "La ? $",
                              "T* right",
                              "Qa size ?",
                              "A* the # inch",
                              "Ac one",
                              "Kc inch one $",
                              "Ka right"}));
}

TEST(Cues, AreTheForm) {
    EXPECT_THAT(cuesOf("... agent: What size? (4 s) customer: Twelve ..."),
                IsSupersetOf({"next other ?", "roles ac", "position middle", "several channels"}));
    EXPECT_THAT(cuesOf("someone: Hello. (4 s) someone: Hi ..."),
                IsSupersetOf({"next unknown .", "roles ss", "position start", "one channel"}));
}

TEST(Cues, AreWordsThatTheOtherOneSaysAgain) {
    EXPECT_THAT(cuesOf("... agent: It is the deductible. (4 s) customer: The deductible? ..."),
                Contains("echo after ac?"));
    EXPECT_THAT(cuesOf("... agent: It is the deductible. (4 s) customer: Is it the one? ..."),
                Not(Contains(HasSubstr("echo"))));
}

TEST(Cues, LookPastAcknowledgements) {
    Asked asked("... agent: I look. customer: Okay. (4 s) agent: So ...");
    asked.rules.acknowledgements =
        WordPattern::compile(std::vector<std::string>{"okay"}, {}).value();
    std::set<std::string> cues;
    forEachCue(asked.around(), CueNames::Spelled, [&](const Cue& cue) { cues.emplace(cue.name); });
    EXPECT_THAT(cues, IsSupersetOf({"Lc okay", "Ma i look"}));
}

TEST(Cues, LeaveOutWhatComesLate) {
    const auto cues = cuesOf(
        "... agent: I look. (4 s) customer: One two three four five six seven eight nine ten "
        "eleven "
        "twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen. Late ...");
    EXPECT_THAT(cues, Contains("A* nineteen $"));
    EXPECT_THAT(cues, Not(Contains("B* late")));
}

TEST(LabelModels, AddTheWeightOfEachCueOnce) {
    const auto models = LabelModels::parse(
        "# made by hand\nmodel a -1 0.5\n2 L* red\n-0.5 next other\nmodel b 0 0.9\n1 L* red\n");
    ASSERT_TRUE(models) << models.error();
    EXPECT_THAT(models->names(), testing::ElementsAre("a", "b"));
    const Asked asked("... agent: Red or red. (4 s) customer: Red ...");
    const auto verdicts = models->judge(asked.around());
    EXPECT_NEAR(verdicts[0].probability, 1 / (1 + std::exp(-0.5)), 1e-6);
    EXPECT_TRUE(verdicts[0].given);
    EXPECT_NEAR(verdicts[1].probability, 1 / (1 + std::exp(-1.0)), 1e-6);
    EXPECT_FALSE(verdicts[1].given) << "less than its least probability";
}

TEST(LabelModels, ShowTheSentenceThatSpeaksMostForTheLabel) {
    const auto models = LabelModels::parse("model a 0 0.1\n1 T* red\n0.5 L* blue\n-9 A* green\n");
    ASSERT_TRUE(models) << models.error();
    const Asked asked("... agent: It is red. It is blue. (4 s) customer: Green ...");
    const auto verdict = models->judge(asked.around()).front();
    ASSERT_TRUE(verdict.evidence);
    EXPECT_EQ(verdict.evidence->text(), "it is red");
}

TEST(LabelModels, GiveNothingWhereNobodySpoke) {
    const auto models = LabelModels::parse("model a 9 0.1\n");
    ASSERT_TRUE(models) << models.error();
    EXPECT_FALSE(models->judge(Asked("(4 s) agent: ...").around()).front().given);
}

TEST(LabelModels, RefuseDamagedFiles) {
    EXPECT_FALSE(LabelModels::parse("1 L* red\n")) << "a weight of no model";
    EXPECT_FALSE(LabelModels::parse("model a 0\n"));
    EXPECT_FALSE(LabelModels::parse("model a 0 0.5\nmuch L* red\n"));
    EXPECT_FALSE(LabelModels::parse("model a 0 0.5\n1\n"));
    EXPECT_THAT(LabelModels::parse("model a 0 0.5\nx\n").error(), HasSubstr("line 2"));
}

/// Rules with one pattern that has the shipped model for open questions.
std::vector<PatternMatch> withModel(std::string_view example, std::string_view when) {
    const auto rules = parseRules(
        "format = 1\n[[pattern]]\nid = \"p\"\nname = \"n\"\ndescription = \"d\"\nmodel = "
        "\"post_question\"\n"
        "[[pattern.when]]\n" +
            std::string(when),
        "test.toml");
    EXPECT_TRUE(rules) << rules.error().what;
    return labelExample(parseExample(example).value(), rules->set()).patterns;
}

constexpr std::string_view kStatement =
    "... customer: It is a red car, a small one. (4 s) agent: Thank you ...";

TEST(PatternsWithAModel, GetTheLabelWhereNoRuleApplies) {
    const auto labels =
        withModel("... agent: Okay. And what's your phone number? (4 s) customer: It's 555 ...",
                  "phrases = [\"never said\"]");
    ASSERT_EQ(labels.size(), 1U);
    EXPECT_GT(labels[0].confidence, 0.5);
    EXPECT_EQ(labels[0].evidence, "And what's your phone number?");
}

TEST(PatternsWithAModel, LoseTheLabelOfAWeakRule) {
    EXPECT_TRUE(withModel(kStatement, "phrases = [\"red\"]\nconfidence = 0.5").empty());
}

TEST(PatternsWithAModel, KeepTheLabelOfARuleThatIsSure) {
    const auto labels = withModel(kStatement, "phrases = [\"red\"]");
    ASSERT_EQ(labels.size(), 1U);
    EXPECT_EQ(labels[0].evidence, "red");
}

}  // namespace
}  // namespace chat::analyze
