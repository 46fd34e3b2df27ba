#include "chat/analyze/roles.h"

#include "chat/analyze/dialogue.h"

#include <gmock/gmock.h>

#include "spoken.h"

namespace chat::analyze {
namespace {

std::vector<Party> partiesOf(const std::vector<ChannelTranscript>& channels,
                             AgentChannel channel = AgentChannel::Auto) {
    std::vector<Party> parties(channels.size());
    assignRoles(parties, channel, Dialogue(channels, {}, {}), defaultRules());
    return parties;
}

void expectUnknown(const std::vector<Party>& parties) {
    for (const Party& party : parties) {
        EXPECT_EQ(party.role, Role::Unknown);
        EXPECT_DOUBLE_EQ(party.roleConfidence, 0);
        EXPECT_EQ(party.roleEvidence, "");
    }
}

TEST(Roles, AreGivenByTheSetting) {
    const auto left = partiesOf(std::vector<ChannelTranscript>(2), AgentChannel::Left);
    EXPECT_EQ(left[0].role, Role::Agent);
    EXPECT_EQ(left[1].role, Role::Customer);
    EXPECT_DOUBLE_EQ(left[0].roleConfidence, 1);
    EXPECT_EQ(left[0].roleEvidence, "--agent-channel left");
    const auto right = partiesOf(std::vector<ChannelTranscript>(2), AgentChannel::Right);
    EXPECT_EQ(right[0].role, Role::Customer);
    EXPECT_EQ(right[1].role, Role::Agent);
}

TEST(Roles, AgentIsWhoOpensLikeACallCenter) {
    std::vector<ChannelTranscript> channels(2);
    say(channels[1], 1, "Good morning! Thank you for calling Acme, this is Amy.", 0.9);
    say(channels[0], 5, "Hi, my name is Bob.");
    const auto parties = partiesOf(channels);
    EXPECT_EQ(parties[1].role, Role::Agent);
    EXPECT_EQ(parties[0].role, Role::Customer);
    EXPECT_EQ(parties[1].roleEvidence, "Thank you for calling");
    EXPECT_NEAR(parties[1].roleConfidence, 0.95 * 0.9, 1e-9);
    EXPECT_NEAR(parties[0].roleConfidence, 0.95 * 0.9, 1e-9);
}

TEST(Roles, StrongWordsDecideBeforeWeakOnes) {
    std::vector<ChannelTranscript> channels(2);
    say(channels[0], 1, "Hi, this is Bob from Acme.");
    say(channels[1], 4, "How can I help you, Bob?");
    EXPECT_EQ(partiesOf(channels)[1].role, Role::Agent);
}

TEST(Roles, WeakWordsDecideWhenNobodySaysStrongOnes) {
    std::vector<ChannelTranscript> channels(2);
    say(channels[0], 1, "Acme parts, this is Amy speaking.");
    say(channels[1], 4, "Hello there.");
    const auto parties = partiesOf(channels);
    EXPECT_EQ(parties[0].role, Role::Agent);
    EXPECT_NEAR(parties[0].roleConfidence, 0.7, 1e-9);
}

TEST(Roles, StayUnknownWhenBothOrNobodyOrOnlyLateWordsTell) {
    std::vector<ChannelTranscript> both(2);
    say(both[0], 1, "Thank you for calling.");
    say(both[1], 4, "How may I help you?");
    expectUnknown(partiesOf(both));

    std::vector<ChannelTranscript> nobody(2);
    say(nobody[0], 1, "Hello?");
    say(nobody[1], 4, "Yes, my name is Bob.");
    expectUnknown(partiesOf(nobody));

    std::vector<ChannelTranscript> late(2);
    say(late[0], 1, "Hello?");
    say(late[1], 40, "Thank you for calling, bye.");
    expectUnknown(partiesOf(late));

    expectUnknown(partiesOf(std::vector<ChannelTranscript>(2)));
}

TEST(Roles, OfOnePartyStayUnknownWhateverTheSetting) {
    std::vector<ChannelTranscript> mono(1);
    say(mono[0], 1, "Thank you for calling.");
    expectUnknown(partiesOf(mono));
    expectUnknown(partiesOf(mono, AgentChannel::Left));
}

}  // namespace
}  // namespace chat::analyze
