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
#include "store_option.h"
#include "terminal.h"

namespace chat::cli {

namespace {

using pipeline::DiscardableCall;
using pipeline::Holder;
using pipeline::KeptWork;
using pipeline::RecoverableCall;
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

std::string counted(std::size_t count, const char* one, const char* many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// "4 min ago"
std::string agoText(const std::optional<queue::Time>& time) {
    if (!time) {
        return "";
    }
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(SystemClock().now() - *time).count();
    return seconds < 120       ? fmt::format("{} s ago", std::max<std::int64_t>(seconds, 0))
           : seconds < 7'200   ? fmt::format("{} min ago", seconds / 60)
           : seconds < 172'800 ? fmt::format("{} h ago", seconds / 3'600)
                               : fmt::format("{} d ago", seconds / 86'400);
}

std::string keptText(const KeptWork& kept) {
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
    if (kept.sound) {
        add("sound");
    }
    if (!kept.words.empty()) {
        add("words (" + kept.words + ")");
    }
    if (kept.windows > 0) {
        add(kept.windowsInAll > 0 ? fmt::format("{} of {} windows", kept.windows, kept.windowsInAll)
                                  : counted(kept.windows, "window", "windows"));
    }
    if (kept.analysis) {
        add("analysis");
    }
    if (!kept.damaged.empty()) {
        add(fmt::format("{} damaged", kept.damaged.size()));
    }
    return text.empty() ? "nothing" : text;
}

Json keptJson(const KeptWork& kept) {
    return {{"sound", kept.sound},
            {"windowsHeard", kept.windows},
            {"windows", kept.windowsInAll},
            {"words", kept.words.empty() ? Json(nullptr) : Json(kept.words)},
            {"analysis", kept.analysis},
            {"bytes", kept.bytes},
            {"seconds", kept.took.count()},
            {"damaged", kept.damaged}};
}

const char* holderName(Holder holder) {
    switch (holder) {
        case Holder::Nobody:
            return "queue";
        case Holder::Dead:
            return "dead run";
        case Holder::AtWork:
            return "at work";
        case Holder::Elsewhere:
            return "elsewhere";
    }
    return "";
}

Json callJson(const RecoverableCall& call) {
    return {{"sid", call.job.call.sid},
            {"path", call.job.path},
            {"batch", call.batch.name},
            {"state", queue::stateName(call.job.state)},
            {"stage", call.stage},
            {"heldBy", holderName(call.holder)},
            {"worker", call.job.worker},
            {"begunAt", timeJson(call.job.startedAt)},
            {"recording", call.recording.empty() ? Json(nullptr) : Json(call.recording)},
            {"kept", keptJson(call.kept)}};
}

void printList(const std::vector<RecoverableCall>& calls) {
    std::size_t sid = 4;
    std::size_t batch = 5;
    std::size_t kept = 4;
    for (const RecoverableCall& call : calls) {
        sid = std::max(sid, columns(printable(call.job.call.sid)));
        batch = std::max(batch, columns(printable(call.batch.name)));
        kept = std::max(kept, columns(keptText(call.kept)));
    }
    const auto width =
        isTerminal(STDOUT_FILENO) ? static_cast<std::size_t>(terminalWidth(STDOUT_FILENO)) : 140;
    const bool wide = width >= 120;
    sid = std::min<std::size_t>(sid, wide ? 34 : 14);
    batch = std::min<std::size_t>(batch, wide ? 24 : 12);
    const auto line = [&](std::string_view first,
                          std::string_view second,
                          std::string_view stage,
                          std::string_view what,
                          std::string_view size,
                          std::string_view begun,
                          std::string_view holder) {
        fmt::print("  {}  {}  {:<11} {}  {:>7}  {:<11} {}\n",
                   padded(first, sid),
                   padded(second, batch),
                   stage,
                   padded(what, kept),
                   size,
                   begun,
                   holder);
    };
    line("call", "batch", "stands in", "kept", "size", "begun", "held by");
    std::size_t dead = 0;
    std::size_t damaged = 0;
    for (const RecoverableCall& call : calls) {
        line(printable(call.job.call.sid),
             printable(call.batch.name),
             call.stage,
             keptText(call.kept),
             sizeText(call.kept.bytes),
             agoText(call.job.startedAt),
             holderName(call.holder));
        dead += call.holder == Holder::Dead ? 1 : 0;
        damaged += call.kept.damaged.empty() ? 0 : 1;
    }
    fmt::print("\n  {} begun and not ended; {} held by a run that is no more.\n",
               counted(calls.size(), "call was", "calls were"),
               dead == 0 ? "none is" : counted(dead, "is", "are"));
    if (damaged > 0) {
        fmt::print("  Of {} a checkpoint is not what was stored: that stage is done anew.\n",
                   counted(damaged, "call", "calls"));
    }
    fmt::print("  chat recover resume --all goes on with them.\n");
}

int listCalls(const CallsOptions& options) {
    const SystemClock clock;
    const auto calls = RecoveryManager(storeFileOf(options.store), clock).list(options.scope);
    if (!calls) {
        return failed(calls.error());
    }
    if (options.json) {
        Json rows = Json::array();
        for (const RecoverableCall& call : *calls) {
            rows.push_back(callJson(call));
        }
        printJson(rows);
    } else if (calls->empty()) {
        fmt::print("  No call was begun and has not ended{}.\n",
                   options.scope.stage.empty() ? "" : " and stands in " + options.scope.stage);
    } else {
        printList(*calls);
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
        const bool plain = !argument.empty() && std::ranges::all_of(argument, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   std::string_view("-_./,:+").find(c) != std::string_view::npos;
        });
        if (plain) {
            text += " " + argument;
            continue;
        }
        text += " '";
        for (const char c : argument) {
            text += c == '\'' ? std::string("'\\''") : std::string(1, c);
        }
        text += "'";
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

void printResumed(const pipeline::ResumeOutcome& outcome) {
    fmt::print(stderr,
               "  The store was read whole and can be used: {} and {} are as they were stored",
               counted(static_cast<std::size_t>(outcome.inspection.results), "stage", "stages"),
               counted(static_cast<std::size_t>(outcome.inspection.windows), "window", "windows"));
    if (!outcome.inspection.wrong.empty()) {
        fmt::print(stderr,
                   ", all but {}, which are done anew",
                   counted(outcome.inspection.wrong.size(), "one", "of them"));
    }
    fmt::print(stderr, ".\n");
    std::size_t given = 0;
    std::size_t refused = 0;
    for (const pipeline::ResumedCall& call : outcome.calls) {
        given += call.givenBack ? 1 : 0;
        if (!call.refused.empty()) {
            ++refused;
            fmt::print(stderr, "  {}: left, {}\n", printable(call.sid), printable(call.refused));
        }
    }
    fmt::print(stderr,
               "  {} taken back from a run that is no more, {} in the queue already, {} left.\n",
               counted(given, "call", "calls"),
               outcome.calls.size() - given - refused,
               refused);
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
        Json calls = Json::array();
        for (const pipeline::ResumedCall& call : outcome->calls) {
            calls.push_back(
                {{"sid", call.sid},
                 {"batch", call.batch},
                 {"givenBack", call.givenBack},
                 {"refused", call.refused.empty() ? Json(nullptr) : Json(call.refused)}});
        }
        Json next = Json::array();
        for (const auto& command : commands) {
            next.push_back(commandText(command));
        }
        printJson({{"verified",
                    {{"stages", outcome->inspection.results},
                     {"windows", outcome->inspection.windows},
                     {"wrong", outcome->inspection.wrong.size()}}},
                   {"calls", std::move(calls)},
                   {"commands", std::move(next)}});
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

void printDiscardable(const std::vector<DiscardableCall>& calls) {
    KeptWork sum;
    std::size_t count = 0;
    for (const DiscardableCall& call : calls) {
        if (!call.refused.empty()) {
            fmt::print("  {}: left, {}\n", printable(call.sid), printable(call.refused));
            continue;
        }
        ++count;
        sum.bytes += call.kept.bytes;
        sum.took += call.kept.took;
        fmt::print("  {}: {}\n", printable(call.sid), keptText(call.kept));
    }
    fmt::print("\n  Of {} this is lost: {}, {:.1f} s of work.\n",
               counted(count, "call", "calls"),
               sizeText(sum.bytes),
               sum.took.count());
}

Json discardJson(const std::vector<DiscardableCall>& calls, int gone) {
    Json all = Json::array();
    for (const DiscardableCall& call : calls) {
        all.push_back({{"sid", call.sid},
                       {"recording", call.recording},
                       {"refused", call.refused.empty() ? Json(nullptr) : Json(call.refused)},
                       {"kept", keptJson(call.kept)}});
    }
    return {{"calls", std::move(all)}, {"discarded", gone}};
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
                   counted(static_cast<std::size_t>(gone), "checkpoint", "checkpoints"));
    }
    return discarded == calls->size() ? kExitDone : kExitSomeFailed;
}

}  // namespace

void addWhyOption(CLI::App& command, std::string& why) {
    command.add_option("--why", why, "The reason, for the audit log")->type_name("TEXT");
}

std::string sizeText(std::uint64_t bytes) {
    return bytes < 1'000'000 ? fmt::format("{:.0f} kB", static_cast<double>(bytes) / 1e3)
                             : fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
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
