#include "chat/analyze/roles.h"

#include "chat/analyze/rule_set.h"

#include <algorithm>
#include <optional>

namespace chat::analyze {

namespace {

struct Opening {
    std::string words;
    double probability = 0;
};

/// What `party` says of a clause's words near the start, or nothing.
std::optional<Opening> openingOf(int party, const AgentClause& clause, const Dialogue& dialogue) {
    const Seconds until = dialogue.turns().front().start() + clause.within;
    for (const Turn& turn : dialogue.turns()) {
        if (turn.start() > until) {
            return std::nullopt;
        }
        if (turn.party != party) {
            continue;
        }
        const Passage whole{&turn, 0, turn.words.size()};
        const auto found = clause.wanted.find(whole.text());
        if (!found) {
            continue;
        }
        const Passage said = whole.wordsAt(found->begin, found->end);
        if (turn.words[said.first]->start <= until) {
            return Opening{said.spoken(said.first, said.last), said.probability()};
        }
    }
    return std::nullopt;
}

void decide(std::vector<Party>& parties,
            std::size_t agent,
            double confidence,
            const std::string& evidence) {
    for (std::size_t i = 0; i < parties.size(); ++i) {
        parties[i].role = i == agent ? Role::Agent : Role::Customer;
        parties[i].roleConfidence = confidence;
        parties[i].roleEvidence = evidence;
    }
}

}  // namespace

void assignRoles(std::vector<Party>& parties,
                 AgentChannel channel,
                 const Dialogue& dialogue,
                 const Rules& rules) {
    if (parties.size() != 2) {
        return;
    }
    if (channel != AgentChannel::Auto) {
        const bool left = channel == AgentChannel::Left;
        decide(parties, left ? 0 : 1, 1.0, left ? "--agent-channel left" : "--agent-channel right");
        return;
    }
    if (dialogue.turns().empty()) {
        return;
    }
    for (const AgentClause& clause : rules.set().agents) {
        const auto first = openingOf(0, clause, dialogue);
        const auto second = openingOf(1, clause, dialogue);
        if (first && second) {
            return;
        }
        if (first || second) {
            const Opening& opening = first ? *first : *second;
            decide(parties, first ? 0 : 1, clause.confidence * opening.probability, opening.words);
            return;
        }
    }
}

}  // namespace chat::analyze
