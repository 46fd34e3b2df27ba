#pragma once

#include "chat/core/error.h"

#include <filesystem>
#include <string>

namespace chat::source {

/// What a telephony file says, to be kept where others go on from it: without remarks, since a secret may stand in one.
struct KeptSettings {
    std::string address;           ///< with the account: what tells one system from another
    std::filesystem::path folder;  ///< what its paths are relative to; absolute
    std::string text;              ///< TOML
};

/// Errors: those of `readTelephonySettings`.
[[nodiscard]] Result<KeptSettings> keptSettings(const std::filesystem::path& telephonyFile);

}  // namespace chat::source
