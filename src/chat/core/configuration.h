#pragma once

#include "chat/core/config_keys.h"
#include "chat/core/error.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace chat {

inline constexpr std::size_t kLongestConfiguration = 1 << 18;  ///< bytes

struct ConfigValue {
    std::string text;        ///< as it would stand behind the option
    std::uint32_t line = 0;  ///< of the file; 0: it is from the environment
};

/// What was said, by the names of the settings, and all that was wrong: CFG_FMT_CONFIGURATION with line and column,
/// CFG_VAL_SETTING of the environment, and errors of reading the file. What is right counts beside what is wrong.
struct Configuration {
    std::map<std::string, ConfigValue, std::less<>> values;
    std::vector<Error> problems;

    [[nodiscard]] const ConfigValue* find(std::string_view key) const;
};

/// How a variable of the environment is asked for; null where it is not set.
using Environment = std::function<const char*(const char*)>;
[[nodiscard]] const char* environmentOfProcess(const char* variable);

/// config.toml in configFolder(), or the one that `given` or $CHAT_CONFIG names.
struct ConfigFile {
    std::filesystem::path path;
    bool named = false;  ///< somebody named it: it must be there
};
[[nodiscard]] ConfigFile configFile(std::string_view given,
                                    const Environment& environment = environmentOfProcess);

/// Of a file's text alone; messages call it `name`.
[[nodiscard]] Configuration readConfiguration(std::string_view toml, std::string_view name);

/// Of a file, which need not be there unless it was named, and of the environment, which goes before it.
[[nodiscard]] Configuration readConfiguration(
    const ConfigFile& file, const Environment& environment = environmentOfProcess);

/// The file's text; empty where there is none and none was named. A link is followed. Errors: those of readFile.
[[nodiscard]] Result<std::string> configurationText(const ConfigFile& file);

/// The text with one setting changed or added and everything else as it was, comments too. Errors: CFG_VAL_SETTING when the
/// value is not allowed; CFG_FMT_CONFIGURATION when the outcome could not be used.
[[nodiscard]] Result<std::string> withSetting(std::string_view toml,
                                              std::string_view name,
                                              const ConfigKey& key,
                                              std::string_view given);

/// A file that says the same, each setting with its meaning.
[[nodiscard]] std::string configurationToml(const Configuration& configuration);

/// The setting of that name. Errors: CFG_VAL_SETTING, with the one that was probably meant.
[[nodiscard]] Result<const ConfigKey*> configKeyNamed(std::string_view name);

/// A path whose ~/ stands for the home folder.
[[nodiscard]] std::filesystem::path withoutTilde(std::string_view path);

}  // namespace chat
