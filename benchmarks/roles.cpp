// How often the channel of the agent is found: assignRoles over tests/data/roles.jsonl, each line as a dual call.
// Usage: bench_roles FILE PART [--misses|--cues]. --cues is what role_model.py fits the model to: a line of id, the rules'
// log-odds, and each cue with the turns of either party that have it. The misses of held parts are never printed.

#include "chat/analyze/roles.h"

#include "chat/analyze/dialogue.h"
#include "chat/analyze/role_model.h"
#include "chat/analyze/rule_set.h"
#include "chat/core/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace chat;

constexpr double kWordSeconds = 1 / 2.7;
constexpr double kTurnGap = 0.3;

struct Count {
    int right = 0;
    int wrong = 0;  // a role where the truth is unknown is wrong too
    int unknown = 0;
};

std::vector<ChannelTranscript> spoken(const nlohmann::json& turns) {
    std::vector<ChannelTranscript> channels(2);
    double now = 0.5;
    for (const auto& turn : turns) {
        const auto text = turn.at(1).get<std::string>();
        for (const std::string_view word : split(text, ' ')) {
            channels.at(turn.at(0).get<std::size_t>())
                .words.push_back(
                    {std::string(word), Seconds{now}, Seconds{now + kWordSeconds * 0.9}, 1});
            now += kWordSeconds;
        }
        now += kTurnGap;
    }
    return channels;
}

std::vector<Party> rolesOf(const std::vector<ChannelTranscript>& channels) {
    const analyze::Rules& rules = analyze::defaultRules();
    const analyze::Dialogue dialogue(channels, {}, rules.set().ignored);
    std::vector<Party> parties(2);
    analyze::assignRoles(parties, analyze::AgentChannel::Auto, dialogue, rules);
    return parties;
}

void printCues(const std::string& id, const std::vector<ChannelTranscript>& channels) {
    const analyze::Rules& rules = analyze::defaultRules();
    const analyze::Dialogue dialogue(channels, {}, rules.set().ignored);
    std::map<std::string, std::array<int, 2>, std::less<>> counts;
    std::set<std::string, std::less<>> ofTurn;
    analyze::forEachRoleCue(
        dialogue,
        analyze::CueNames::Spelled,
        [&] { ofTurn.clear(); },
        [&](std::size_t party, std::uint64_t, std::string_view name) {
            if (ofTurn.emplace(name).second) {
                ++counts.try_emplace(std::string(name)).first->second.at(party);
            }
        });
    const analyze::RuleOdds odds = analyze::ruleOdds(dialogue, rules);
    std::printf("%s\t%.3f\t%.3f", id.c_str(), odds.agent, odds.neither);
    for (const auto& [name, turns] : counts) {
        std::printf("\t%s\t%d\t%d", name.c_str(), turns[0], turns[1]);
    }
    std::printf("\n");
}

/// Puts `call` behind what `whole` has up to `seconds`; returns its new end.
double append(const std::vector<ChannelTranscript>& call,
              double seconds,
              std::vector<ChannelTranscript>& whole) {
    double end = seconds;
    for (std::size_t channel = 0; channel < whole.size(); ++channel) {
        for (Word word : call[channel].words) {
            word.start += Seconds{seconds};
            word.end += Seconds{seconds};
            end = std::max(end, word.end.count());
            whole[channel].words.push_back(std::move(word));
        }
    }
    return end;
}

void print(const std::string& name, const Count& count) {
    const int given = count.right + count.wrong;
    const int all = given + count.unknown;
    std::printf(
        "%-12s %5d %6d %6d %8d", name.c_str(), all, count.right, count.wrong, count.unknown);
    if (given > 0) {
        // Wilson's interval at 95 %.
        const double z = 1.959964;
        const double n = given;
        const double p = count.right / n;
        const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
        const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
        std::printf("   %.3f (%.3f-%.3f)", p, middle - half, middle + half);
    } else {
        std::printf("       - %13s", "");
    }
    std::printf("   %5.1f %%\n", all > 0 ? 100.0 * count.unknown / all : 0);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string part = argc > 2 ? argv[2] : "";
    const std::string option = argc > 3 ? argv[3] : "";
    const bool misses = option == "--misses";
    const bool cues = option == "--cues";
    if (part.empty() || argc > 4 || (argc == 4 && !misses && !cues)) {
        std::fprintf(stderr, "usage: bench_roles FILE PART [--misses|--cues]\n");
        return 2;
    }
    if (part.starts_with("held") && argc == 4) {
        std::fprintf(stderr, "bench_roles: held parts are not looked at\n");
        return 2;
    }
    std::ifstream file(argv[1]);
    std::map<std::string, Count> counts;
    double seconds = 0;
    std::vector<ChannelTranscript> fiveMinutes(2);
    for (std::string line; std::getline(file, line);) {
        const auto call = nlohmann::json::parse(line);
        if (call.at("part") != part) {
            continue;
        }
        const auto channels = spoken(call.at("turns"));
        if (cues) {
            printCues(call.at("id").get<std::string>(), channels);
            continue;
        }
        const auto parties = rolesOf(channels);
        if (seconds < 300) {
            seconds = append(channels, seconds, fiveMinutes);
        }
        const bool unknown = parties[0].role == Role::Unknown;
        const std::string found = unknown ? "unknown" : parties[0].role == Role::Agent ? "0" : "1";
        const auto truth = call.at("truth").get<std::string>();
        for (const std::string& name : {call.at("kind").get<std::string>(), std::string("all")}) {
            Count& count = counts[name];
            ++(unknown ? count.unknown : found == truth ? count.right : count.wrong);
        }
        if (misses && found != truth) {
            std::printf("%s %s: %s, not %s (%.3f; \"%s\" / \"%s\")\n",
                        call.at("id").get<std::string>().c_str(),
                        call.at("kind").get<std::string>().c_str(),
                        found.c_str(),
                        truth.c_str(),
                        parties[0].roleConfidence,
                        parties[0].roleEvidence.c_str(),
                        parties[1].roleEvidence.c_str());
        }
    }
    if (cues) {
        return 0;
    }
    if (counts.empty()) {
        std::fprintf(stderr, "bench_roles: no lines of part %s in %s\n", part.c_str(), argv[1]);
        return 3;
    }
    std::printf("%-12s %5s %6s %6s %8s   %-21s   %s\n",
                part.c_str(),
                "calls",
                "right",
                "wrong",
                "unknown",
                "right of those given",
                "unknown");
    for (const auto& [name, count] : counts) {
        print(name, count);
    }
    constexpr int kRounds = 100;
    const std::clock_t begun = std::clock();
    for (int i = 0; i < kRounds; ++i) {
        (void)rolesOf(fiveMinutes);
    }
    std::printf("%.0f s of talk: %.2f ms of processor time\n",
                seconds,
                1e3 * static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC / kRounds);
    return 0;
}
