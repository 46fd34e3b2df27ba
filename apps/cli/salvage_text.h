#pragma once

#include "chat/store/salvage.h"

#include <filesystem>
#include <string>

#include "json_output.h"

namespace chat::cli {

/// What was saved and what was lost, for people and for programs.
[[nodiscard]] std::string salvageText(const store::SalvageOutcome& outcome);
[[nodiscard]] Json salvageJson(const store::SalvageOutcome& outcome);

/// For commands that are about to open a store, before anything else does: salvages a damaged one and says on stderr what
/// became of it. Errors: those of store::salvageIfDamaged.
[[nodiscard]] Status makeUsable(const std::filesystem::path& store);

}  // namespace chat::cli
