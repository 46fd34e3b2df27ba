#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chat {

/// What a setting's value is, and how it stands in the file.
enum class ConfigKind : std::uint8_t {
    Whole,     ///< 5
    Number,    ///< 2.5
    Choice,    ///< "copy": one of a few words
    Language,  ///< "en" or "auto"
    Model,     ///< "base", "auto" or a folder
    Zone,      ///< "Europe/Berlin": a time zone
    File,      ///< "/srv/chat/store.sqlite", "~/rules.toml"
};

/// One setting of the configuration file.
struct ConfigKey {
    std::string_view name;  ///< that of the option which it stands for: `--stalled-after`
    ConfigKind kind{};
    std::string_view standard;  ///< what holds where nobody says; empty where that is no value
    std::string_view unset;     ///< what is done then, in words
    std::string_view meaning;   ///< a sentence
    double least = 0;           ///< of numbers
    double most = 0;
    /// Parted by blanks.
    std::string_view choices{};  // NOLINT(readability-redundant-member-init): may be left out
};

/// All settings, in the order in which they are shown.
[[nodiscard]] std::span<const ConfigKey> configKeys();
/// The setting of that name; null when there is none.
[[nodiscard]] const ConfigKey* findConfigKey(std::string_view name);
/// The name of a setting that was probably meant; empty when none is near. Near is an edit distance of at most a third of the name.
[[nodiscard]] std::string_view nearestConfigKey(std::string_view name);

/// The environment variable that sets it: "CHAT_STALLED_AFTER".
[[nodiscard]] std::string configVariable(const ConfigKey& key);
/// What a value must be: "a whole number from 1 to 20".
[[nodiscard]] std::string allowedText(const ConfigKey& key);
/// Whether `text` is a value of this setting. `anywhere`: files may be named by relative paths.
[[nodiscard]] bool isAllowed(const ConfigKey& key, std::string_view text, bool anywhere = false);

/// All settings as the page docs/configuration.md.
[[nodiscard]] std::string configurationMarkdown();

}  // namespace chat
