#pragma once

#include "chat/analyze/role_model.h"
#include "chat/analyze/rules.h"
#include "chat/core/analysis.h"
#include "chat/core/recording.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace chat::analyze {

/// Which channel of a dual recording carries the agent; left is channel 0.
enum class AgentChannel : std::uint8_t { Auto, Left, Right };

/// Fills role, roleConfidence and roleEvidence of a dual call's parties; one party stays unknown.
///
/// Auto adds up what the words of the whole call say. Each `[[agent]]` clause of the rules has a weight in
/// log-odds; the n-th time that a party says the same words of a clause counts weight / n x mean probability of the
/// words, for that party being the agent, or the customer, as the clause has it. s is what the model makes of the
/// difference between the parties and of all their words, brought nearer to 0 by the weights of what only friends or
/// colleagues say; 1 / (1 + exp(-|s|)) is the confidence, shown as at most 0.99; below
/// kLeastRoleConfidence the roles stay unknown. The evidence is a party's own words that weighed most for
/// the role it got; it may be empty.
///
/// Left and Right decide by themselves (confidence 1). When the words alone would say the opposite with at
/// least kSwappedConfidence, the result is an AN_DATA_CHANNELS_SWAPPED warning.
std::optional<Warning> assignRoles(std::vector<Party>& parties,
                                   AgentChannel channel,
                                   const Dialogue& dialogue,
                                   const Rules& rules,
                                   const RoleModel& model = RoleModel::shipped());

/// What the `[[agent]]` clauses alone say of two parties; benchmarks/role_model.py fits the model to it.
struct RuleOdds {
    double agent = 0;    ///< log-odds that party 0 is the agent
    double neither = 0;  ///< the weights of what only friends or colleagues say
};
[[nodiscard]] RuleOdds ruleOdds(const Dialogue& dialogue, const Rules& rules);

inline constexpr double kLeastRoleConfidence = 0.97;
inline constexpr double kSwappedConfidence = 0.99;

}  // namespace chat::analyze
