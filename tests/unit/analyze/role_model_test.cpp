#include "chat/analyze/role_model.h"

#include <gmock/gmock.h>

#include <cmath>
#include <set>

#include "spoken.h"

namespace chat::analyze {
namespace {

std::vector<ChannelTranscript> call() {
    std::vector<ChannelTranscript> channels(2);
    say(channels[0], 1, "Parts desk.");
    say(channels[1], 3, "Hi, my order. My order!");
    say(channels[0], 7, "Which order?");
    say(channels[1], 10, "My order of 12 discs.");
    return channels;
}

double logOdds(const std::string& model,
               const std::vector<ChannelTranscript>& channels,
               double byRules = 0) {
    return RoleModel::parse(model).value().logOdds(Dialogue(channels, {}, {}), byRules);
}

TEST(RoleCues, AreRunsOfWordsWithTheTurnTheyStandIn) {
    std::array<std::set<std::string>, 2> cues;
    const auto channels = call();
    forEachRoleCue(
        Dialogue(channels, {}, {}),
        CueNames::Spelled,
        [] {},
        [&](std::size_t party, std::uint64_t hash, std::string_view name) {
            EXPECT_EQ(hash, cueHash(name)) << name;
            cues.at(party).emplace(name);
        });
    EXPECT_THAT(cues[0],
                testing::IsSupersetOf({"F ^ parts desk", "O desk $", "W desk", "W which order ?"}));
    EXPECT_THAT(cues[1], testing::IsSupersetOf({"O ^ hi my", "W of # discs"}));
    EXPECT_FALSE(cues[1].contains("F hi"));
    EXPECT_FALSE(cues[0].contains("O which"));
}

TEST(RoleModel, WeighsTurnsOfOnePartyAgainstThoseOfTheOther) {
    EXPECT_DOUBLE_EQ(logOdds("2 F parts\n", call()), 2);
    EXPECT_DOUBLE_EQ(logOdds("2 W parts\n-1.5 W hi\n", call()), 3.5);
    EXPECT_NEAR(logOdds("-1 W my order\n", call()), std::sqrt(2), 1e-12)
        << "two turns, not three times";
    EXPECT_NEAR(logOdds("1 W order\n", call()), 1 - std::sqrt(2), 1e-12);
    EXPECT_DOUBLE_EQ(logOdds("# nothing\n0.5 rules\n1 W desk\n", call(), -4), -1);
}

TEST(RoleModel, SaysTheOppositeOfSwappedChannels) {
    auto swapped = call();
    std::swap(swapped[0], swapped[1]);
    const auto channels = call();
    const RoleModel& model = RoleModel::shipped();
    const double odds = model.logOdds(Dialogue(channels, {}, {}), 1);
    EXPECT_NE(odds, 0);
    EXPECT_NEAR(model.logOdds(Dialogue(swapped, {}, {}), -1), -odds, 1e-9);
}

TEST(RoleModel, RefusesWhatIsNoModel) {
    for (const char* text : {"1 W a\nW b", "1", "1 ", "much W a"}) {
        const auto model = RoleModel::parse(text);
        ASSERT_FALSE(model) << text;
        EXPECT_THAT(model.error(), testing::HasSubstr("is no weight and a cue"));
    }
}

}  // namespace
}  // namespace chat::analyze
