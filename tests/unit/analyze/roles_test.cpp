#include "chat/analyze/roles.h"

#include "chat/analyze/dialogue.h"
#include "chat/analyze/rule_set.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <string>

#include "spoken.h"

namespace chat::analyze {
namespace {

struct Heard {
    std::vector<Party> parties;
    std::optional<Warning> warning;
};

Heard hear(const std::vector<ChannelTranscript>& channels,
           AgentChannel channel = AgentChannel::Auto,
           const Rules& rules = defaultRules(),
           const RoleModel& model = RoleModel::shipped()) {
    Heard heard{std::vector<Party>(channels.size()), {}};
    const Dialogue dialogue(channels, {}, rules.set().ignored);
    heard.warning = assignRoles(heard.parties, channel, dialogue, rules, model);
    return heard;
}

void expectUnknown(const Heard& heard) {
    EXPECT_FALSE(heard.warning);
    for (const Party& party : heard.parties) {
        EXPECT_EQ(party.role, Role::Unknown);
        EXPECT_DOUBLE_EQ(party.roleConfidence, 0);
        EXPECT_EQ(party.roleEvidence, "");
    }
}

/// Nothing but these agent clauses counts, so that weights are known.
Heard hearBy(const std::string& clauses, const std::vector<ChannelTranscript>& channels) {
    return hear(channels,
                AgentChannel::Auto,
                parseRules("format = 1\n" + clauses, "test").value(),
                RoleModel::parse("1 rules").value());
}

double logistic(double score) {
    return 1 / (1 + std::exp(-score));
}

std::vector<ChannelTranscript> shopCall() {
    std::vector<ChannelTranscript> channels(2);
    say(channels[1], 1, "Good morning! Thank you for calling Acme, this is Amy.");
    say(channels[0], 6, "Hi, I'd like to cancel my order. You guys never called me.");
    say(channels[1], 12, "Let me check. What's your account number?");
    return channels;
}

TEST(Roles, AreGivenByTheSetting) {
    const auto left = hear(std::vector<ChannelTranscript>(2), AgentChannel::Left);
    EXPECT_FALSE(left.warning);
    EXPECT_EQ(left.parties[0].role, Role::Agent);
    EXPECT_EQ(left.parties[1].role, Role::Customer);
    EXPECT_DOUBLE_EQ(left.parties[0].roleConfidence, 1);
    EXPECT_EQ(left.parties[0].roleEvidence, "--agent-channel left");
    const auto right = hear(std::vector<ChannelTranscript>(2), AgentChannel::Right);
    EXPECT_EQ(right.parties[0].role, Role::Customer);
    EXPECT_EQ(right.parties[1].role, Role::Agent);
}

TEST(Roles, ComeFromTheWordsOfBothParties) {
    const auto heard = hear(shopCall());
    EXPECT_FALSE(heard.warning);
    EXPECT_EQ(heard.parties[1].role, Role::Agent);
    EXPECT_EQ(heard.parties[0].role, Role::Customer);
    EXPECT_THAT(heard.parties[1].roleEvidence, testing::StartsWith("Thank you for calling"));
    EXPECT_THAT(heard.parties[0].roleEvidence, testing::HasSubstr("I'd like"));
    EXPECT_DOUBLE_EQ(heard.parties[0].roleConfidence, 0.99);
}

TEST(Roles, ContradictASettingOnlyWithWordsThatAreClear) {
    const auto swapped = hear(shopCall(), AgentChannel::Left);
    EXPECT_EQ(swapped.parties[0].role, Role::Agent);
    ASSERT_TRUE(swapped.warning);
    EXPECT_EQ(swapped.warning->code, ErrorCode::AnDataChannelsSwapped);
    EXPECT_EQ(swapped.warning->channel, 0);
    EXPECT_FALSE(hear(shopCall(), AgentChannel::Right).warning);

    std::vector<ChannelTranscript> unsure(2);
    say(unsure[0], 1, "Hello?");
    say(unsure[1], 3, "Sorry about that.");
    EXPECT_FALSE(hear(unsure, AgentChannel::Left).warning);
    EXPECT_FALSE(hear(unsure, AgentChannel::Right).warning);
}

TEST(Roles, AddUpWeightsThatFallWhenTheSameWordsAreSaidAgain) {
    const std::string rules =
        "[[agent]]\nweight = 2.5\nphrases = [\"let me check\"]\n"
        "[[agent]]\nsays = \"customer\"\nweight = 1.0\nphrases = [\"my order\"]\nnot_phrases = "
        "[\"my order "
        "form\"]\n";
    std::vector<ChannelTranscript> channels(2);
    say(channels[0], 1, "Let me check. Let me check my order form.", 0.8);
    say(channels[1], 9, "It is my order.");
    const auto heard = hearBy(rules, channels);
    EXPECT_EQ(heard.parties[0].role, Role::Agent);
    EXPECT_NEAR(heard.parties[0].roleConfidence, logistic(2.5 * 0.8 + 1.25 * 0.8 + 1), 1e-9);
    EXPECT_EQ(heard.parties[0].roleEvidence, "Let me check. … Let me check");
    EXPECT_EQ(heard.parties[1].roleEvidence, "my order.");
}

TEST(Roles, LookAtTheTurnsThatAClauseNames) {
    std::vector<ChannelTranscript> channels(2);
    say(channels[0], 1, "Parts.");
    say(channels[1], 3, "Parts.");
    say(channels[1], 9, "Desk.");
    const std::string clause = "[[agent]]\nweight = 3.5\n";
    const auto with = [&](const std::string& rest) {
        return hearBy(clause + rest, channels).parties[0].role;
    };
    EXPECT_EQ(with("phrases = [\"parts\"]\n"), Role::Unknown);
    EXPECT_EQ(with("where = \"opening\"\nphrases = [\"parts\"]\n"), Role::Unknown);
    EXPECT_EQ(with("where = \"first\"\nphrases = [\"parts\"]\n"), Role::Agent);
    EXPECT_EQ(with("where = \"reply\"\nphrases = [\"parts\"]\n"), Role::Customer);
    EXPECT_EQ(with("phrases = [\"desk\"]\n"), Role::Customer);
    EXPECT_EQ(with("where = \"opening\"\nphrases = [\"desk\"]\n"), Role::Unknown);
}

TEST(Roles, StayUnknownWhenFriendsOrColleaguesTalk) {
    const std::string agent = "[[agent]]\nweight = 4.0\nphrases = [\"support\"]\n";
    const std::string neither =
        "[[agent]]\nsays = \"neither\"\nweight = 1.5\nphrases = [\"in billing\"]\n";
    std::vector<ChannelTranscript> channels(2);
    say(channels[0], 1, "Support.");
    say(channels[1], 3, "It's Ellie in billing.");
    EXPECT_EQ(hearBy(agent, channels).parties[0].role, Role::Agent);
    expectUnknown(hearBy(agent + neither, channels));
    // What speaks against roles turns none around.
    expectUnknown(hearBy(agent + neither + neither + neither, channels));
}

TEST(Roles, StayUnknownWhenBothOrNobodyTells) {
    std::vector<ChannelTranscript> both(2);
    say(both[0], 1, "Thank you for calling.");
    say(both[1], 4, "How may I help you?");
    expectUnknown(hear(both));

    std::vector<ChannelTranscript> nobody(2);
    say(nobody[0], 1, "Hello?");
    say(nobody[1], 4, "Yes, my name is Bob.");
    expectUnknown(hear(nobody));

    expectUnknown(hear(std::vector<ChannelTranscript>(2)));
}

TEST(Roles, OfOnePartyStayUnknownWhateverTheSetting) {
    std::vector<ChannelTranscript> mono(1);
    say(mono[0], 1, "Thank you for calling.");
    expectUnknown(hear(mono));
    expectUnknown(hear(mono, AgentChannel::Left));
}

TEST(Roles, AreRightInTheDialoguesForDevelopment) {
    std::ifstream file(CHAT_SOURCE_DIR "/tests/data/roles.jsonl");
    int right = 0;
    int wrong = 0;
    int greetings = 0;
    int unknownGreetings = 0;
    for (std::string line; std::getline(file, line);) {
        const auto call = nlohmann::json::parse(line);
        if (call.at("part") != "dev") {
            continue;
        }
        std::vector<ChannelTranscript> channels(2);
        double now = 0;
        for (const auto& turn : call.at("turns")) {
            const auto text = turn.at(1).get<std::string>();
            say(channels.at(turn.at(0).get<std::size_t>()), now, text);
            now = saidBy(now, text) + 0.2;
        }
        const Role left = hear(channels).parties[0].role;
        const std::string found = left == Role::Agent      ? "0"
                                  : left == Role::Customer ? "1"
                                                           : "unknown";
        const bool greeting = call.at("kind") == "greeting";
        greetings += greeting ? 1 : 0;
        unknownGreetings += greeting && left == Role::Unknown ? 1 : 0;
        right += found == call.at("truth") ? 1 : 0;
        wrong += found != call.at("truth") && left != Role::Unknown ? 1 : 0;
    }
    EXPECT_GE(greetings, 280);
    EXPECT_LE(wrong, 4);
    EXPECT_GE(right, 415);
    EXPECT_LE(unknownGreetings * 3, greetings);
}

}  // namespace
}  // namespace chat::analyze
