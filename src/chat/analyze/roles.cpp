#include "chat/analyze/roles.h"

#include "chat/analyze/role_model.h"
#include "chat/analyze/rule_set.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace chat::analyze {

namespace {

constexpr double kMostConfidence = 0.99;  // no written dialogue proves more
constexpr std::size_t kMaxQuotes = 3;

struct Quote {
    double weight;
    Passage words;
};

/// What one party says that only an agent, or only a customer, would.
struct Wording {
    double agent = 0;  ///< log-odds
    double customer = 0;
    double neither = 0;
    std::vector<Quote> agentQuotes;
    std::vector<Quote> customerQuotes;
    std::vector<Quote> neitherQuotes;
};

/// Adds the matches of one clause in one party's words.
class Scale {
  public:
    Scale(const AgentClause& clause, Wording& wording)
        : clause_(clause)
        , total_(clause.says == Role::Agent      ? wording.agent
                 : clause.says == Role::Customer ? wording.customer
                                                 : wording.neither)
        , quotes_(clause.says == Role::Agent      ? wording.agentQuotes
                  : clause.says == Role::Customer ? wording.customerQuotes
                                                  : wording.neitherQuotes) {}

    void weigh(const Turn& turn) {
        const Passage whole{&turn, 0, turn.words.size()};
        const std::string_view text = whole.text();
        auto found = clause_.wanted.find(text);
        auto against = found ? clause_.unwanted.find(text) : std::nullopt;
        for (; found; found = clause_.wanted.find(text, found->end)) {
            while (against && against->end <= found->begin) {
                against = clause_.unwanted.find(text, against->end);
            }
            if (against && against->begin < found->end) {
                continue;
            }
            const Passage said = whole.wordsAt(found->begin, found->end);
            const double weight = clause_.weight * said.probability() /
                                  ++matches_[text.substr(found->begin, found->end - found->begin)];
            total_ += weight;
            quotes_.push_back({weight, said});
        }
    }

  private:
    const AgentClause& clause_;
    double& total_;
    std::vector<Quote>& quotes_;
    std::map<std::string_view, int> matches_;  // of the same words
};

bool counts(AgentClause::Where where, bool opens, bool first) {
    switch (where) {
        case AgentClause::Where::Anywhere:
            return true;
        case AgentClause::Where::Opening:
            return opens;
        case AgentClause::Where::First:
            return first;
        case AgentClause::Where::Reply:
            return opens && !first;
    }
    return false;
}

std::array<Wording, 2> wordings(const Dialogue& dialogue, const RuleSet& rules) {
    std::array<Wording, 2> result;
    for (const AgentClause& clause : rules.agents) {
        std::array<Scale, 2> scales{Scale(clause, result[0]), Scale(clause, result[1])};
        std::array<bool, 2> spoken{};
        for (const Turn& turn : dialogue.turns()) {
            const auto party = static_cast<std::size_t>(turn.party);
            const bool opens = !spoken[party];
            const bool first = opens && !spoken[1 - party];
            spoken[party] = true;
            if (counts(clause.where, opens, first)) {
                scales[party].weigh(turn);
            }
        }
    }
    return result;
}

double byRules(const std::array<Wording, 2>& said) {
    return said[0].agent - said[0].customer - said[1].agent + said[1].customer;
}

/// Log-odds that party 0 is the agent; nearer to none by what speaks against roles.
double scoreOf(const std::array<Wording, 2>& said,
               const Dialogue& dialogue,
               const RoleModel& model) {
    const double score = model.logOdds(dialogue, byRules(said));
    const double rest = std::abs(score) - said[0].neither - said[1].neither;
    return std::copysign(std::max(rest, 0.0), score);
}

double confidenceOf(double score) {
    return 1 / (1 + std::exp(-std::abs(score)));
}

std::string evidenceOf(std::vector<Quote> quotes) {
    std::ranges::stable_sort(quotes, std::ranges::greater(), &Quote::weight);
    std::string evidence;
    for (std::size_t i = 0; i < std::min(quotes.size(), kMaxQuotes); ++i) {
        const Passage& words = quotes[i].words;
        evidence.append(evidence.empty() ? "" : " … ")
            .append(words.spoken(words.first, words.last));
    }
    return evidence;
}

void decide(std::vector<Party>& parties, std::size_t agent, double confidence) {
    for (std::size_t i = 0; i < parties.size(); ++i) {
        parties[i].role = i == agent ? Role::Agent : Role::Customer;
        parties[i].roleConfidence = confidence;
    }
}

}  // namespace

RuleOdds ruleOdds(const Dialogue& dialogue, const Rules& rules) {
    const std::array<Wording, 2> said = wordings(dialogue, rules.set());
    return {byRules(said), said[0].neither + said[1].neither};
}

std::optional<Warning> assignRoles(std::vector<Party>& parties,
                                   AgentChannel channel,
                                   const Dialogue& dialogue,
                                   const Rules& rules,
                                   const RoleModel& model) {
    if (parties.size() != 2) {
        return std::nullopt;
    }
    std::array<Wording, 2> said = wordings(dialogue, rules.set());
    const double score = scoreOf(said, dialogue, model);
    const double confidence = confidenceOf(score);
    const std::size_t heard = score > 0 ? 0 : 1;
    if (channel == AgentChannel::Auto) {
        if (confidence >= kLeastRoleConfidence) {
            decide(parties, heard, std::min(confidence, kMostConfidence));
            parties[heard].roleEvidence = evidenceOf(std::move(said[heard].agentQuotes));
            parties[1 - heard].roleEvidence = evidenceOf(std::move(said[1 - heard].customerQuotes));
        }
        return std::nullopt;
    }
    const bool left = channel == AgentChannel::Left;
    const std::size_t agent = left ? 0 : 1;
    decide(parties, agent, 1.0);
    for (Party& party : parties) {
        party.roleEvidence = left ? "--agent-channel left" : "--agent-channel right";
    }
    if (heard == agent || confidence < kSwappedConfidence) {
        return std::nullopt;
    }
    return Warning{
        ErrorCode::AnDataChannelsSwapped,
        left
            ? "The agent is said to be on the left channel, but the words there are a customer's."
            : "The agent is said to be on the right channel, but the words there are a customer's.",
        {},
        static_cast<int>(agent)};
}

}  // namespace chat::analyze
