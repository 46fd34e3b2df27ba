#include "config_use.h"

#include <cstdlib>

namespace chat::cli {

namespace {

std::string optionText(const ConfigKey& key, const ConfigValue& value) {
    const bool path = key.kind == ConfigKind::File || key.kind == ConfigKind::Model;
    return path ? withoutTilde(value.text).string() : value.text;
}

/// `chat search --store` is a shop, not the store's file.
bool isMeant(const CLI::Option& option, const ConfigKey& key) {
    return key.kind != ConfigKind::File || option.get_type_name() == "FILE";
}

void give(CLI::Option& option, const std::string& text, bool said) {
    try {
        if (said) {
            option.add_result(text);
            option.run_callback();
        } else {
            option.default_val(text);
        }
    } catch (const CLI::Error&) {
        option.clear();
    }
}

}  // namespace

void useConfiguration(CLI::App& app, const Configuration& configuration) {
    for (const ConfigKey& key : configKeys()) {
        const ConfigValue* value = configuration.find(key.name);
        if (value == nullptr) {
            continue;
        }
        const std::string text = optionText(key, *value);
        if (CLI::Option* option = app.get_option_no_throw("--" + std::string(key.name));
            option != nullptr && option->count() == 0 && isMeant(*option, key)) {
            give(*option, text, value->line == 0);
        }
        if (key.name == "models" || key.name == "store") {
            const std::string variable = configVariable(key);
            ::setenv(variable.c_str(), text.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
        }
    }
    for (CLI::App* command : app.get_subcommands({})) {
        useConfiguration(*command, configuration);
    }
}

}  // namespace chat::cli
