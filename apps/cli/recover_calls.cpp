#include "recover_calls.h"

#include "chat/core/text.h"
#include "chat/core/time_text.h"
#include "chat/pipeline/recovery_manager.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>

#include "json_output.h"
#include "recover_output.h"
#include "store_option.h"
#include "terminal.h"

namespace chat::cli {

namespace {

using pipeline::DiscardableCall;
using pipeline::RecoveryManager;

constexpr const char* kStatuses =
    "Exit statuses: 0 done, also when there was nothing to do; 1 something could not be; 2 wrong "
    "use; 3 nothing could be done.";

struct CallsOptions {
    pipeline::RecoveryScope scope;
    std::string store;
    std::string why;
    std::string out;
    bool all = false;
    bool yes = false;
    bool noRun = false;
    bool quiet = false;
    bool json = false;
};

int failed(const Error& error) {
    printError(error);
    return kExitNothingDone;
}

int listCalls(const CallsOptions& options) {
    const SystemClock clock;
    const auto calls = RecoveryManager(storeFileOf(options.store), clock).list(options.scope);
    if (!calls) {
        return failed(calls.error());
    }
    if (options.json) {
        printJson(recoverableJson(*calls));
    } else if (calls->empty()) {
        fmt::print("  No call was begun and has not ended{}.\n",
                   options.scope.stage.empty() ? "" : " and stands in " + options.scope.stage);
    } else {
        printRecoverable(*calls);
    }
    return kExitDone;
}

/// `chat run` of one batch, as it would be typed.
std::vector<std::string> runArguments(const CallsOptions& options,
                                      const queue::Batch& batch,
                                      bool several) {
    std::vector<std::string> arguments{"run", "--batch", batch.name};
    if (!options.store.empty()) {
        arguments.insert(arguments.end(), {"--store", options.store});
    }
    if (several) {
        // Names of batches are people's; names of folders are ours.
        const std::string name = fmt::format("batch-{}", batch.id);
        arguments.insert(
            arguments.end(),
            {"--out", options.out.empty() ? "call_analysis_" + name : options.out + "/" + name});
    } else if (!options.out.empty()) {
        arguments.insert(arguments.end(), {"--out", options.out});
    }
    if (options.quiet) {
        arguments.emplace_back("--quiet");
    }
    return arguments;
}

/// For a shell.
std::string commandText(const std::vector<std::string>& arguments) {
    std::string text = "chat";
    for (const std::string& argument : arguments) {
        text += " " + shellWord(argument);
    }
    return text;
}

int goOn(std::vector<std::string> arguments) {
    CLI::App app;
    Action action;
    addRun(app, action);
    std::ranges::reverse(arguments);  // as CLI11 takes them
    app.parse(std::move(arguments));
    return action();
}

int resumeCalls(const CallsOptions& options) {
    if ((options.scope.call.empty() ? 0 : 1) + (options.scope.batch.empty() ? 0 : 1) +
            (options.all ? 1 : 0) !=
        1) {
        fmt::print(stderr, "chat: name one of --call SID, --batch NAME and --all\n");
        return kExitWrongUse;
    }
    const SystemClock clock;
    const auto outcome =
        RecoveryManager(storeFileOf(options.store), clock).resume(options.scope, options.why);
    if (!outcome) {
        return failed(outcome.error());
    }
    std::vector<std::vector<std::string>> commands;
    for (const queue::Batch& batch : outcome->batches) {
        commands.push_back(runArguments(options, batch, outcome->batches.size() > 1));
    }
    int status =
        std::ranges::any_of(outcome->calls,
                            [](const pipeline::ResumedCall& call) { return !call.refused.empty(); })
            ? kExitSomeFailed
            : kExitDone;
    if (options.json) {
        std::vector<std::string> texts;
        std::ranges::transform(commands, std::back_inserter(texts), commandText);
        printJson(resumedJson(*outcome, texts));
        return status;
    }
    if (outcome->calls.empty()) {
        fmt::print("  No call was begun and has not ended; nothing was done.\n");
        return kExitDone;
    }
    printResumed(*outcome);
    for (const auto& command : commands) {
        fmt::print(stderr,
                   "  {}{}\n",
                   options.noRun ? "Goes on with: " : "",
                   printable(commandText(command)));
        if (!options.noRun) {
            status = std::max(status, goOn(command));
        }
    }
    return commands.empty() ? kExitNothingDone : status;
}

bool confirmed(const CallsOptions& options) {
    if (options.yes) {
        return true;
    }
    if (!isTerminal(STDIN_FILENO)) {
        fmt::print("  Nothing was done. Say --yes to throw this away.\n");
        return false;
    }
    fmt::print("  Throw this away? [y/N] ");
    std::fflush(stdout);
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "yes";
}

int discardKept(const CallsOptions& options) {
    if (options.scope.call.empty() && options.scope.stage.empty()) {
        fmt::print(stderr, "chat: name --call SID, --stage STAGE or both\n");
        return kExitWrongUse;
    }
    const SystemClock clock;
    const RecoveryManager manager(storeFileOf(options.store), clock);
    const auto calls = manager.discardable(options.scope.call, options.scope.stage);
    if (!calls) {
        return failed(calls.error());
    }
    if (!options.json && calls->empty()) {
        fmt::print("  Nothing is kept; nothing was done.\n");
        return kExitDone;
    }
    if (!options.json) {
        printDiscardable(*calls);
    }
    if (std::ranges::none_of(*calls,
                             [](const DiscardableCall& call) { return call.refused.empty(); })) {
        if (options.json) {
            printJson(discardJson(*calls, 0));
        }
        return calls->empty() ? kExitDone : kExitNothingDone;
    }
    if (options.json && !options.yes) {
        printJson(discardJson(*calls, 0));
        return kExitWrongUse;
    }
    if (!confirmed(options)) {
        return isTerminal(STDIN_FILENO) ? kExitDone : kExitWrongUse;
    }
    int gone = 0;
    std::size_t discarded = 0;
    for (const DiscardableCall& call : *calls) {
        if (!call.refused.empty()) {
            continue;
        }
        const auto went = manager.discard(call, options.scope.stage, options.why);
        if (!went) {
            return failed(went.error());
        }
        gone += *went;
        ++discarded;
    }
    if (options.json) {
        printJson(discardJson(*calls, gone));
    } else {
        fmt::print("  {} thrown away.\n",
                   counted(static_cast<std::uint64_t>(gone), "checkpoint", "checkpoints"));
    }
    return discarded == calls->size() ? kExitDone : kExitSomeFailed;
}

}  // namespace

void addWhyOption(CLI::App& command, std::string& why) {
    command.add_option("--why", why, "The reason, for the audit log")->type_name("TEXT");
}

void addRecoverCalls(CLI::App& recover, Action& action) {
    auto options = std::make_shared<CallsOptions>();
    const auto add = [&](const char* name,
                         const char* what,
                         const std::string& example,
                         int (*command)(const CallsOptions&)) {
        CLI::App* one = recover.add_subcommand(name, what);
        addStoreOption(*one, options->store);
        one->footer("Example:\n  " + example + "\n" + kStatuses);
        one->final_callback([options, command, &action] {
            action = [options, command] { return command(*options); };
        });
        return one;
    };
    const auto addCall = [&](CLI::App* command, const char* what) {
        command->add_option("--call", options->scope.call, what)->type_name("SID");
    };
    const auto addStage = [&](CLI::App* command, const char* what) {
        command->add_option("--stage", options->scope.stage, what)
            ->check(CLI::IsMember({"audio", "transcribe", "analyze"}));
    };

    CLI::App* list = add("list",
                         "Calls that were begun and have not ended, and what is kept of them",
                         "chat recover list --stage transcribe",
                         listCalls);
    addStage(list, "Only those that stand in this stage");
    list->add_option("--batch", options->scope.batch, "Only of this batch")->type_name("NAME");
    list->add_flag("--json", options->json, "As JSON");

    CLI::App* resume =
        add("resume",
            "Read the store whole, take calls back from runs that are no more, and go on",
            "chat recover resume --all --why 'power cut on Monday'\n"
            "  chat recover resume --batch monday --no-run    only take back; say the command\n"
            "Goes on as `chat run --batch NAME` does, batch after batch, each with what was kept "
            "with it.\nWhat a process is at work on is left to it.",
            resumeCalls);
    addCall(resume, "This call, and with it what is open of its batch");
    resume->add_option("--batch", options->scope.batch, "The calls of this batch")
        ->type_name("NAME");
    resume->add_flag("--all", options->all, "All");
    resume
        ->add_option(
            "-o,--out", options->out, "Report folder; of several batches a folder in it for each")
        ->type_name("DIR");
    resume->add_flag("--no-run", options->noRun, "Do not go on, only say with which command");
    resume->add_flag("-q,--quiet", options->quiet, "No progress");
    resume->add_flag("--json", options->json, "What was taken back as JSON, without going on");
    addWhyOption(*resume, options->why);

    CLI::App* discard =
        add("discard",
            "Throw kept checkpoints away, so that the call starts from zero or from a stage",
            "chat recover discard --call CA0123 --stage transcribe\n"
            "Says beforehand what is lost, and asks. Later stages go with the one that is named.",
            discardKept);
    addCall(discard, "Of this call; without it of all that `chat recover list` shows");
    addStage(discard, "From this stage on; without it everything");
    discard->add_flag("-y,--yes", options->yes, "Do not ask");
    discard->add_flag("--json", options->json, "As JSON; without --yes nothing is done");
    addWhyOption(*discard, options->why);
}

}  // namespace chat::cli
