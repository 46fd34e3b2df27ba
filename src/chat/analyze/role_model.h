#pragma once

#include "chat/analyze/cue_table.h"
#include "chat/analyze/dialogue.h"
#include "chat/analyze/word_runs.h"

#include <tl/expected.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace chat::analyze {

/// A cue of one turn.
using TakeRoleCue =
    std::function<void(std::size_t party, std::uint64_t hash, std::string_view name)>;

/// Names what a role model weighs in a dialogue of two parties, turn by turn: runs of one to three words ("^" and "$": where a
/// sentence begins and ends; "#": a word with digits), as "W" in any turn, "O" in a party's first turn, "F" in the call's first
/// turn; who begins; how long turns are. `turn` is called before the cues of each turn.
void forEachRoleCue(const Dialogue& dialogue,
                    CueNames names,
                    const std::function<void()>& turn,
                    const TakeRoleCue& take);

/// A logistic regression that tells an agent's words from a customer's: a text file that benchmarks/role_model.py fits to the
/// dialogues in tests/data. Immutable; any thread.
class RoleModel {
  public:
    /// The model that ships with CHAT.
    [[nodiscard]] static const RoleModel& shipped();

    /// Lines "WEIGHT CUE"; the cue "rules" is the weight of the rules' log-odds. The error is a sentence's end.
    [[nodiscard]] static tl::expected<RoleModel, std::string> parse(std::string_view text);

    /// Log-odds that party 0 is the agent, where the rules have `byRules`: the weights of the cues times the difference of the
    /// square roots of how many turns of each party have them.
    [[nodiscard]] double logOdds(const Dialogue& dialogue, double byRules) const;

  private:
    double rules_ = 1;
    CueTable cues_;
    std::vector<double> weights_;  // by cue
};

}  // namespace chat::analyze
