#pragma once

#include "chat/analyze/rule_set.h"
#include "chat/analyze/toml_table.h"

#include <memory>

namespace chat::analyze {

/// Compiles a parsed rules file; its examples are not looked at. Throws LoadError.
[[nodiscard]] std::shared_ptr<const RuleSet> loadRules(const toml::table& file);

}  // namespace chat::analyze
