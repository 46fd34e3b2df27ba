#pragma once

#include "chat/analyze/rules.h"
#include "chat/core/analysis.h"

#include <cstdint>
#include <vector>

namespace chat::analyze {

class Dialogue;

/// Which channel of a dual recording carries the agent; left is channel 0.
enum class AgentChannel : std::uint8_t { Auto, Left, Right };

/// Fills role, roleConfidence and roleEvidence of a dual call's parties; one party stays unknown.
///
/// Left and Right decide by themselves (confidence 1). Auto asks the rules' `[[agent]]` clauses in order:
/// the first one whose words one party says near the start, and the other does not, makes that party
/// the agent and the other the customer. Both at once, or no clause at all: unknown. The confidence
/// is the clause's own times the mean probability of the words.
void assignRoles(std::vector<Party>& parties,
                 AgentChannel channel,
                 const Dialogue& dialogue,
                 const Rules& rules);

}  // namespace chat::analyze
