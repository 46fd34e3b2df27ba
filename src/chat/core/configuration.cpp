#include "chat/core/configuration.h"

#include "chat/core/files.h"
#include "chat/core/text.h"
#include "chat/core/toml_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

namespace chat {

namespace fs = std::filesystem;

namespace {

std::string unknownText(std::string_view name) {
    const std::string_view near = nearestConfigKey(name);
    return fmt::format(
        "\"{}\" is not a setting; {}",
        printable(name.substr(0, 80)),
        near.empty() ? "`chat config show` lists them" : fmt::format("did you mean \"{}\"?", near));
}

bool isText(ConfigKind kind) {
    return kind != ConfigKind::Whole && kind != ConfigKind::Number;
}

/// The text that a node of the file stands for; nothing where it is of another type.
std::optional<std::string> textOf(const ConfigKey& key, const toml::node& node) {
    if (isText(key.kind)) {
        return node.is_string() ? node.value<std::string>() : std::nullopt;
    }
    if (const auto whole = node.value<std::int64_t>(); node.is_integer() && whole) {
        return fmt::format("{}", *whole);
    }
    if (const auto number = node.value<double>(); node.is_floating_point() && number) {
        return fmt::format("{}", *number);
    }
    return std::nullopt;
}

/// A value that is allowed, as it is read again from a file: 2.50 is 2.5.
std::string canonical(const ConfigKey& key, std::string_view text) {
    return isText(key.kind) ? std::string(text)
                            : fmt::format("{}", std::strtod(std::string(text).c_str(), nullptr));
}

std::string asToml(const ConfigKey& key, std::string_view text) {
    if (!isText(key.kind)) {
        return std::string(text);
    }
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
        }
        quoted += c;
    }
    return quoted + '"';
}

Configuration readTable(const toml::table& table, std::string_view name) {
    Configuration read;
    std::vector<TomlError> wrong;
    for (const auto& [found, node] : table) {
        const ConfigKey* key = findConfigKey(found.str());
        if (key == nullptr) {
            wrong.emplace_back(found.source(), unknownText(found.str()));
            continue;
        }
        const std::optional<std::string> text = textOf(*key, node);
        if (!text || !isAllowed(*key, *text)) {
            wrong.emplace_back(node.source(),
                               fmt::format("\"{}\" must be {}", key->name, allowedText(*key)));
            continue;
        }
        read.values[std::string(key->name)] = {*text, node.source().begin.line};
    }
    // As a person goes through the file; the table is sorted by name.
    std::ranges::sort(
        wrong, {}, [](const TomlError& error) { return std::pair(error.line, error.column); });
    read.problems.reserve(wrong.size());
    for (const TomlError& error : wrong) {
        read.problems.push_back(tomlError(
            ErrorCode::CfgFmtConfiguration, name, error.line, error.column, error.what()));
    }
    return read;
}

/// Where a position of the file is in its text. toml++ counts code points.
std::size_t offsetOf(std::string_view text, const toml::source_position& position) {
    std::size_t at = 0;
    for (toml::source_index line = 1; line < position.line; ++line) {
        const auto end = text.find('\n', at);
        at = end == std::string_view::npos ? text.size() : end + 1;
    }
    for (toml::source_index column = 1; column < position.column && at < text.size(); ++column) {
        do {
            ++at;
        } while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
    }
    return at;
}

/// The text with the value of `key` replaced by `value`, or added.
std::string edited(std::string_view text,
                   const toml::table& table,
                   const ConfigKey& key,
                   const std::string& value) {
    if (const toml::node* node = table.get(key.name); node != nullptr) {
        const std::size_t begin = offsetOf(text, node->source().begin);
        const std::size_t end = offsetOf(text, node->source().end);
        return fmt::format("{}{}{}", text.substr(0, begin), value, text.substr(end));
    }
    const bool open = !text.empty() && !text.ends_with('\n');
    return fmt::format("{}{}{} = {}\n", text, open ? "\n" : "", key.name, value);
}

void readEnvironment(const Environment& environment, Configuration& into) {
    for (const ConfigKey& key : configKeys()) {
        const std::string variable = configVariable(key);
        const char* value = environment(variable.c_str());
        if (value == nullptr || *value == '\0') {
            continue;
        }
        if (isAllowed(key, value, true)) {
            into.values[std::string(key.name)] = {value, 0};
        } else {
            into.problems.push_back(
                {ErrorCode::CfgValSetting,
                 fmt::format("The environment's {} must be {}", variable, allowedText(key)),
                 {}});
        }
    }
}

}  // namespace

const ConfigValue* Configuration::find(std::string_view key) const {
    const auto found = values.find(key);
    return found == values.end() ? nullptr : &found->second;
}

const char* environmentOfProcess(const char* variable) {
    // Asked before there is a second thread.
    return std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
}

ConfigFile configFile(std::string_view given, const Environment& environment) {
    if (!given.empty()) {
        return {fs::path(given), true};
    }
    const char* named = environment("CHAT_CONFIG");
    return named != nullptr && *named != '\0' ? ConfigFile{fs::path(named), true}
                                              : ConfigFile{configFolder() / "config.toml", false};
}

Result<std::string> configurationText(const ConfigFile& file) {
    std::error_code error;
    if (!file.named && !fs::exists(file.path, error)) {
        return std::string();
    }
    const fs::path real = fs::weakly_canonical(file.path, error);
    return readFile(
        error ? file.path : real, kLongestConfiguration, ErrorCode::CfgFmtConfiguration);
}

Configuration readConfiguration(std::string_view toml, std::string_view name) {
    auto read = loadToml(toml,
                         name,
                         kLongestConfiguration,
                         ErrorCode::CfgFmtConfiguration,
                         [&](const toml::table& table) { return readTable(table, name); });
    if (!read) {
        return {{}, {std::move(read.error())}};
    }
    return std::move(*read);
}

Configuration readConfiguration(const ConfigFile& file, const Environment& environment) {
    const auto text = configurationText(file);
    Configuration read =
        text ? readConfiguration(*text, file.path.string()) : Configuration{{}, {text.error()}};
    readEnvironment(environment, read);
    return read;
}

Result<std::string> withSetting(std::string_view toml,
                                std::string_view name,
                                const ConfigKey& key,
                                std::string_view given) {
    if (!isAllowed(key, given)) {
        return fail(ErrorCode::CfgValSetting,
                    fmt::format("\"{}\" must be {}", key.name, allowedText(key)));
    }
    const std::string value = canonical(key, given);
    auto text = loadToml(
        toml,
        name,
        kLongestConfiguration,
        ErrorCode::CfgFmtConfiguration,
        [&](const toml::table& table) { return edited(toml, table, key, asToml(key, value)); });
    if (!text) {
        return text;
    }
    const Configuration outcome = readConfiguration(*text, name);
    if (!outcome.problems.empty()) {
        return tl::unexpected(outcome.problems.front());
    }
    if (const ConfigValue* set = outcome.find(key.name); set == nullptr || set->text != value) {
        return fail(ErrorCode::CfgFmtConfiguration,
                    fmt::format("{} is written in a way that cannot be changed from here", name));
    }
    return text;
}

std::string configurationToml(const Configuration& configuration) {
    std::string text = "# Settings of CHAT; docs/configuration.md explains each.\n";
    for (const ConfigKey& key : configKeys()) {
        if (const ConfigValue* value = configuration.find(key.name); value != nullptr) {
            text +=
                fmt::format("\n# {}\n{} = {}\n", key.meaning, key.name, asToml(key, value->text));
        }
    }
    return text;
}

Result<const ConfigKey*> configKeyNamed(std::string_view name) {
    if (const ConfigKey* key = findConfigKey(name); key != nullptr) {
        return key;
    }
    return fail(ErrorCode::CfgValSetting, unknownText(name));
}

fs::path withoutTilde(std::string_view path) {
    const char* home = environmentOfProcess("HOME");
    return path.starts_with("~/") && home != nullptr ? fs::path(home) / path.substr(2)
                                                     : fs::path(path);
}

}  // namespace chat
