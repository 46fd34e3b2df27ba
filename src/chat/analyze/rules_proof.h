#pragma once

#include "chat/analyze/rule_set.h"
#include "chat/analyze/toml_table.h"

#include <vector>

namespace chat::analyze {

struct RulesProof {
    int examples = 0;  ///< that were run
    std::vector<FailedExample> failed;
};

/// Runs all examples of a rules file that was compiled to `rules`. Throws LoadError where they are not
/// written as examples are.
[[nodiscard]] RulesProof proveRules(const toml::table& file, const RuleSet& rules);

}  // namespace chat::analyze
