#pragma once

#include "chat/analyze/rule_set.h"
#include "chat/analyze/toml_table.h"

#include <memory>

namespace chat::analyze {

/// Reads a parsed rules file and compiles its expressions, those of a `proven` one, which is known to load, when each is first
/// needed; its examples are not looked at. Throws LoadError.
[[nodiscard]] std::shared_ptr<const RuleSet> loadRules(const toml::table& file,
                                                       bool proven = false);

}  // namespace chat::analyze
