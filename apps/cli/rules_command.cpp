#include "chat/analyze/rules.h"
#include "chat/core/files.h"
#include "chat/core/text.h"

#include <fmt/format.h>

#include "commands.h"
#include "json_output.h"
#include "terminal.h"

namespace chat::cli {

namespace {

constexpr const char* kStatuses =
    "Exit statuses: 0 the file is good; 1 some examples fail (test); 2 wrong use; 3 it cannot be "
    "used.";

Result<std::string> rulesText(const std::string& file) {
    return readFile(file, analyze::kLongestRulesFile, ErrorCode::CfgFmtRules);
}

/// Whether the file can be used: what `chat analyze --rules` asks for, examples included.
int check(const std::string& file) {
    const auto rules = rulesText(file).and_then(
        [&](const std::string& text) { return analyze::parseRules(text, file); });
    if (!rules) {
        printError(rules.error());
        return kExitNothingDone;
    }
    fmt::print("{} can be used: {} patterns, {} keyword rules\n",
               printable(file),
               rules->patterns().size(),
               rules->keywords().size());
    return kExitDone;
}

std::string listed(const std::vector<std::string>& ids) {
    return ids.empty() ? "no label" : fmt::format("{}", fmt::join(ids, ", "));
}

int test(const std::string& file, bool json) {
    const auto result = rulesText(file).and_then(
        [&](const std::string& text) { return analyze::testRules(text, file); });
    if (!result) {
        printError(result.error());
        return kExitNothingDone;
    }
    const auto& failed = result->failed;
    if (json) {
        Json all = Json::array();
        for (const analyze::FailedExample& example : failed) {
            all.push_back({{"rule", example.rule},
                           {"expected", example.expected},
                           {"found", example.found},
                           {"line", example.line},
                           {"column", example.column},
                           {"example", example.text}});
        }
        printJson({{"file", file}, {"examples", result->examples}, {"failed", std::move(all)}});
    } else {
        for (const analyze::FailedExample& example : failed) {
            fmt::print("{}, line {}, column {}: {} {}; got {}\n    {}\n",
                       printable(file),
                       example.line,
                       example.column,
                       example.expected ? "must get" : "must not get",
                       example.rule,
                       listed(example.found),
                       printable(example.text));
        }
        fmt::print("{} of {} examples do what is written\n",
                   static_cast<std::size_t>(result->examples) - failed.size(),
                   result->examples);
    }
    return failed.empty() ? kExitDone : kExitSomeFailed;
}

}  // namespace

void addRules(CLI::App& app, Action& action) {
    CLI::App* rules = app.add_subcommand("rules", "Patterns and keyword rules: print, check, test");
    rules->require_subcommand(1);
    rules->footer(
        "Examples:\n"
        "  chat rules show > my.toml               a copy of what ships, to edit; its head "
        "explains it\n"
        "  chat rules check my.toml                can it be used? errors with line and column\n"
        "  chat rules test my.toml                 each example that does not do what is written\n"
        "  chat analyze recordings/ --rules my.toml\n" +
        std::string(kStatuses));

    struct Options {
        std::string file;
        bool json = false;
    };
    auto options = std::make_shared<Options>();

    CLI::App* show = rules->add_subcommand("show", "Print the rules that ship with CHAT");
    show->footer("Example:\n  chat rules show > my.toml\n" + std::string(kStatuses));
    show->final_callback([&action] {
        action = [] {
            fmt::print("{}", analyze::defaultRulesText());
            return static_cast<int>(kExitDone);
        };
    });

    CLI::App* checkCommand = rules->add_subcommand(
        "check", "Whether a rules file can be used, its examples included; else where it is wrong");
    checkCommand->add_option("file", options->file, "TOML file")->type_name("FILE")->required();
    checkCommand->footer(
        "Example:\n  chat rules check my.toml && chat analyze calls/ --rules my.toml\n" +
        std::string(kStatuses));
    checkCommand->final_callback(
        [options, &action] { action = [options] { return check(options->file); }; });

    CLI::App* testCommand =
        rules->add_subcommand("test", "Run all examples of a rules file; print those that fail");
    testCommand->add_option("file", options->file, "TOML file")->type_name("FILE")->required();
    testCommand->add_flag("--json", options->json, "As JSON");
    testCommand->footer("Example:\n  chat rules test my.toml --json | jq '.failed[].example'\n" +
                        std::string(kStatuses));
    testCommand->final_callback(
        [options, &action] { action = [options] { return test(options->file, options->json); }; });
}

}  // namespace chat::cli
