#include "chat/core/configuration.h"
#include "chat/core/files.h"
#include "chat/core/text.h"
#include "chat/store/result_store.h"
#include "chat/transcribe/installed_models.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "commands.h"
#include "json_output.h"
#include "terminal.h"

namespace chat::cli {

namespace {

namespace fs = std::filesystem;

struct ConfigOptions {
    std::string key;
    std::string value;
    std::string file;
    bool json = false;
};

/// What a command does with the file that is in use.
using Command = int (*)(const ConfigFile& inUse, const ConfigOptions& options);

constexpr const char* kStatuses =
    "Exit statuses: 0 done, the file can be used; 2 wrong use; 3 it cannot be used, read or "
    "written.";

int failed(const Error& error) {
    printError(error);
    return error.code == ErrorCode::CfgValSetting ? kExitWrongUse : kExitNothingDone;
}

/// All that is wrong, and whether it was nothing.
bool printProblems(const Configuration& configuration) {
    std::ranges::for_each(configuration.problems, printErrorOnly);
    return configuration.problems.empty();
}

/// What holds where nobody says: a path or a value, or empty.
std::string standardValue(const ConfigKey& key) {
    return key.name == "store"    ? store::defaultStoreFile().string()
           : key.name == "models" ? transcribe::modelsFolder().string()
                                  : std::string(key.standard);
}

std::string sourceText(const ConfigKey& key, const ConfigValue* value) {
    return value == nullptr   ? "default"
           : value->line == 0 ? configVariable(key)
                              : fmt::format("file, line {}", value->line);
}

/// A value of the type that it has.
Json valueJson(const ConfigKey& key, const std::string& text) {
    if (text.empty()) {
        return nullptr;
    }
    return key.kind == ConfigKind::Whole || key.kind == ConfigKind::Number ? Json::parse(text)
                                                                           : Json(text);
}

Json showJson(const ConfigFile& inUse, const Configuration& configuration) {
    Json all = Json::array();
    for (const ConfigKey& key : configKeys()) {
        const ConfigValue* value = configuration.find(key.name);
        const std::string standard = standardValue(key);
        all.push_back(
            {{"name", key.name},
             {"value", valueJson(key, value != nullptr ? value->text : standard)},
             {"from",
              value == nullptr   ? "default"
              : value->line == 0 ? "environment"
                                 : "file"},
             {"line", value == nullptr || value->line == 0 ? Json(nullptr) : Json(value->line)},
             {"default", valueJson(key, standard)},
             {"environment", configVariable(key)},
             {"allowed", allowedText(key)},
             {"meaning", key.meaning}});
    }
    std::error_code error;
    return {{"file", inUse.path.string()},
            {"exists", fs::exists(inUse.path, error)},
            {"settings", std::move(all)}};
}

int show(const ConfigFile& inUse, const ConfigOptions& options) {
    const Configuration configuration = readConfiguration(inUse);
    const int status = printProblems(configuration) ? kExitDone : kExitNothingDone;
    if (options.json) {
        printJson(showJson(inUse, configuration));
        return status;
    }
    const bool color = showsColor(STDOUT_FILENO);
    fmt::print("  {:<15}{:<44}{}\n", "setting", "value", "from");
    for (const ConfigKey& key : configKeys()) {
        const ConfigValue* value = configuration.find(key.name);
        const std::string standard = standardValue(key);
        const std::string text = value != nullptr   ? value->text
                                 : standard.empty() ? "(" + std::string(key.unset) + ")"
                                                    : standard;
        const std::string from = sourceText(key, value);
        // A long path is shown whole: it is what a person looks for.
        fmt::print("{}  {:<15}{}{}{}{}\n",
                   color && value != nullptr ? "\x1B[1m" : "",
                   key.name,
                   printable(text),
                   std::string(columns(text) < 43 ? 44 - columns(text) : 1, ' '),
                   from,
                   color && value != nullptr ? "\x1B[0m" : "");
    }
    std::error_code error;
    fmt::print("\n  The file is {}{}\n",
               printable(inUse.path.string()),
               fs::exists(inUse.path, error) ? "" : "; there is none yet");
    return status;
}

int get(const ConfigFile& inUse, const ConfigOptions& options) {
    const auto key = configKeyNamed(options.key);
    if (!key) {
        return failed(key.error());
    }
    const Configuration configuration = readConfiguration(inUse);
    const ConfigValue* value = configuration.find((*key)->name);
    fmt::print("{}\n", value != nullptr ? value->text : standardValue(**key));
    return printProblems(configuration) ? kExitDone : kExitNothingDone;
}

Status write(const ConfigFile& inUse, const std::string& text) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(inUse.path, error);
    const fs::path file = error ? fs::absolute(inUse.path) : real;
    return makePrivateFolder(file.parent_path()).and_then([&] {
        return writeFileAtomically(file, text);
    });
}

/// The file's text, empty also where it was named and is not there yet.
Result<std::string> presentText(const ConfigFile& inUse) {
    return configurationText({inUse.path, false});
}

int set(const ConfigFile& inUse, const ConfigOptions& options) {
    const auto key = configKeyNamed(options.key);
    if (!key) {
        return failed(key.error());
    }
    std::string value = options.value;
    const bool path = (*key)->kind == ConfigKind::File ||
                      ((*key)->kind == ConfigKind::Model && value.find('/') != std::string::npos);
    if (path && !value.empty() && !value.starts_with("~/")) {
        value = fs::absolute(value).lexically_normal().string();
    }
    const auto done = presentText(inUse)
                          .and_then([&](const std::string& text) {
                              return withSetting(text, inUse.path.string(), **key, value);
                          })
                          .and_then([&](const std::string& text) { return write(inUse, text); });
    if (!done) {
        return failed(done.error());
    }
    fmt::print("{} is {} in {}\n", (*key)->name, printable(value), printable(inUse.path.string()));
    return kExitDone;
}

int validate(const ConfigFile& inUse, const ConfigOptions& options) {
    const ConfigFile file = options.file.empty() ? inUse : ConfigFile{options.file, true};
    // Of a file that is not in use the environment is no part.
    const Configuration configuration = readConfiguration(
        file, options.file.empty() ? environmentOfProcess : [](const char*) -> const char* {
            return nullptr;
        });
    if (!printProblems(configuration)) {
        return kExitNothingDone;
    }
    fmt::print("{} can be used: {} {}\n",
               printable(file.path.string()),
               configuration.values.size(),
               configuration.values.size() == 1 ? "setting" : "settings");
    return kExitDone;
}

int import(const ConfigFile& inUse, const ConfigOptions& options) {
    const auto text = configurationText({options.file, true});
    if (!text) {
        return failed(text.error());
    }
    if (!printProblems(readConfiguration(*text, options.file))) {
        return kExitNothingDone;
    }
    const auto before = presentText(inUse);
    if (!before) {
        return failed(before.error());
    }
    const ConfigFile old{inUse.path.string() + ".old", false};
    if (!before->empty()) {
        if (auto kept = write(old, *before); !kept) {
            return failed(kept.error());
        }
    }
    if (auto written = write(inUse, *text); !written) {
        return failed(written.error());
    }
    fmt::print("{} says what {} says\n", printable(inUse.path.string()), printable(options.file));
    if (!before->empty()) {
        fmt::print("The settings that were there are in {}\n", printable(old.path.string()));
    }
    return kExitDone;
}

int exportTo(const ConfigFile& inUse, const ConfigOptions& options) {
    const Configuration configuration = readConfiguration(inUse);
    if (!printProblems(configuration)) {
        return kExitNothingDone;
    }
    const std::string text = configurationToml(configuration);
    if (options.file.empty()) {
        fmt::print("{}", text);
        return kExitDone;
    }
    if (auto written = writeFileAtomically(options.file, text); !written) {
        return failed(written.error());
    }
    return kExitDone;
}

int path(const ConfigFile& inUse, const ConfigOptions& /*options*/) {
    fmt::print("{}\n", inUse.path.string());
    return kExitDone;
}

}  // namespace

void addConfig(CLI::App& app, const std::string& configuration, Action& action) {
    CLI::App* config =
        app.add_subcommand("config", "Settings that hold for every command: show, change, check");
    config->require_subcommand(1);
    config->footer(
        "An option goes before the environment, that before what a batch was begun with, that "
        "before the file.\n"
        "docs/configuration.md lists all settings.\n"
        "Examples:\n"
        "  chat config show                   what holds, and where it is said\n"
        "  chat config set model small        every command takes it from here on\n"
        "  chat config get stalled-after\n"
        "  chat config validate               what is wrong in the file: line, column, what is "
        "allowed\n"
        "  chat config export settings.toml   for another machine, which says:\n"
        "  chat config import settings.toml\n"
        "  chat --config test.toml run        another file for once\n" +
        std::string(kStatuses));
    auto options = std::make_shared<ConfigOptions>();
    const auto add = [&](const char* name, const char* what, const char* example, Command run) {
        CLI::App* command = config->add_subcommand(name, what);
        command->footer(std::string("Example:\n  ") + example + "\n" + kStatuses);
        command->final_callback([options, &configuration, run, &action] {
            action = [options, &configuration, run] {
                return run(configFile(configuration), *options);
            };
        });
        return command;
    };
    const auto addKey = [&](CLI::App* command) {
        command->add_option("key", options->key, "Name of a setting")->type_name("KEY")->required();
    };
    add("show", "What holds, and where it is said", "chat config show", show)
        ->add_flag("--json", options->json, "As JSON, with what is allowed");
    addKey(add("get", "The value of one setting", "chat config get model", get));
    CLI::App* setCommand =
        add("set", "Change one setting in the file", "chat config set min-silence 2.5", set);
    addKey(setCommand);
    setCommand->add_option("value", options->value, "Its value")->type_name("VALUE")->required();
    add("validate", "Whether a file can be used", "chat config validate settings.toml", validate)
        ->add_option("file", options->file, "TOML file; the one in use when left out")
        ->type_name("FILE");
    add("import",
        "Put a file in the place of the one in use",
        "chat config import settings.toml",
        import)
        ->add_option("file", options->file, "TOML file")
        ->type_name("FILE")
        ->required();
    add("export", "What is set here, as a file", "chat config export settings.toml", exportTo)
        ->add_option("file", options->file, "File to write; the screen when left out")
        ->type_name("FILE");
    add("path", "Where the file is", "chat config path", path);
}

}  // namespace chat::cli
