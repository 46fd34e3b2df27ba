#pragma once

#include "chat/core/clock.h"
#include "chat/core/configuration.h"
#include "chat/doctor/check.h"

#include <filesystem>
#include <string>
#include <vector>

namespace chat::doctor {

/// What is looked at.
struct CheckupSettings {
    std::filesystem::path store;
    std::filesystem::path models;
    std::filesystem::path telephony;  ///< the telephony file; empty: none is used
    std::filesystem::path configurationFile;
    Configuration configuration;
    std::string version;  ///< of CHAT
};

/// Looks at everything that CHAT needs; changes nothing and makes no file. A store is read once (SQLite's quick_check), models are
/// looked at without summing them up, one decoder is started, the telephone system is asked once. Blocks for about a second with a small
/// store, and up to 20 s longer for a keyring and a telephone system that do not answer.
[[nodiscard]] std::vector<Check> checkUp(const CheckupSettings& settings, const Clock& clock);

/// The worst of all.
[[nodiscard]] Health worst(const std::vector<Check>& checks);

}  // namespace chat::doctor
