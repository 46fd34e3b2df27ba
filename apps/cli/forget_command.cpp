#include "chat/core/text.h"
#include "chat/store/forget.h"

#include <fmt/format.h>

#include "commands.h"
#include "json_output.h"
#include "store_option.h"
#include "terminal.h"

namespace chat::cli {

namespace {

/// More calls than this are counted only; --json names all.
constexpr std::size_t kMostCalls = 40;

struct ForgetOptions {
    std::vector<std::string> sids;
    int days = -1;
    bool dryRun = false;
    bool json = false;
    std::string store;
};

void printHolders(const char* kind, const std::vector<store::Holder>& holders) {
    for (const store::Holder& holder : holders) {
        fmt::print("  {} {}: {}\n",
                   kind,
                   printable(holder.path.string()),
                   holder.readable ? fmt::format("{} of these calls", holder.calls)
                                   : "cannot be looked into; it may hold them");
    }
}

void printText(const store::ForgetOutcome& outcome, bool dryRun) {
    std::size_t shown = 0;
    for (const store::ForgottenCall& call : outcome.calls) {
        if (!call.refused.empty()) {
            fmt::print("  {}: left, {}\n", printable(call.sid), call.refused);
        } else if (!call.keptRecording.empty()) {
            fmt::print("  {}: its results stay, they are those of {} too (the same recording)\n",
                       printable(call.sid),
                       printable(call.keptRecording));
        } else if (shown++ < kMostCalls) {
            fmt::print(
                "  {}: {}\n", printable(call.sid), dryRun ? "would be forgotten" : "forgotten");
        }
    }
    for (const std::string& sid : outcome.unknown) {
        fmt::print("  {}: the store does not hold it\n", printable(sid));
    }
    fmt::print("\n  {} {}{}\n",
               counted(outcome.forgotten, "call", "calls"),
               dryRun ? "would be forgotten" : "forgotten",
               dryRun ? "" : fmt::format(", {} rows removed", outcome.rows));
    if (!outcome.reports.empty() || !outcome.copies.empty()) {
        fmt::print("\n  Still held, to be deleted or made anew by hand:\n");
        printHolders("report", outcome.reports);
        printHolders("copy", outcome.copies);
    }
    if (!outcome.traceless) {
        fmt::print(
            "\n  Another program reads the store, so traces are left in its file. Run the same "
            "command again when it has ended.\n");
    }
}

Json holdersJson(const std::vector<store::Holder>& holders) {
    Json all = Json::array();
    for (const store::Holder& holder : holders) {
        all.push_back({{"path", holder.path.string()},
                       {"calls", holder.readable ? Json(holder.calls) : Json(nullptr)}});
    }
    return all;
}

Json outcomeJson(const store::ForgetOutcome& outcome) {
    Json calls = Json::array();
    for (const store::ForgottenCall& call : outcome.calls) {
        calls.push_back({{"sid", call.sid},
                         {"refused", call.refused.empty() ? Json(nullptr) : Json(call.refused)},
                         {"resultsKeptFor",
                          call.keptRecording.empty() ? Json(nullptr) : Json(call.keptRecording)}});
    }
    return {{"forgotten", outcome.forgotten},
            {"rows", outcome.rows},
            {"calls", std::move(calls)},
            {"unknown", outcome.unknown},
            {"reports", holdersJson(outcome.reports)},
            {"copies", holdersJson(outcome.copies)},
            {"traceless", outcome.traceless}};
}

int forgetCalls(const ForgetOptions& options) {
    if (options.sids.empty() == (options.days < 0)) {
        fmt::print(stderr, "chat: name calls by their SIDs, or give --older-than, not both\n");
        return kExitWrongUse;
    }
    store::ForgetRequest request;
    request.sids = options.sids;
    request.dryRun = options.dryRun;
    if (options.days >= 0) {
        request.olderThan = std::chrono::days(options.days);
    }
    const SystemClock clock;
    const auto outcome = store::forget(storeFileOf(options.store), request, clock);
    if (!outcome) {
        printError(outcome.error());
        return kExitNothingDone;
    }
    if (options.json) {
        printJson(outcomeJson(*outcome));
    } else {
        printText(*outcome, options.dryRun);
    }
    const bool allDone = outcome->unknown.empty() && outcome->traceless &&
                         outcome->forgotten == outcome->calls.size();
    return allDone ? kExitDone : outcome->forgotten > 0 ? kExitSomeFailed : kExitNothingDone;
}

}  // namespace

void addForget(CLI::App& app, Action& action) {
    auto options = std::make_shared<ForgetOptions>();
    CLI::App* command = app.add_subcommand(
        "forget", "Remove calls from the store without a trace, and name who still holds them");
    command
        ->add_option("sids", options->sids, "SIDs; of a call without one, the recording's SHA-256")
        ->type_name("SID");
    command
        ->add_option("--older-than",
                     options->days,
                     "Calls that are older, by their own time, else by when they were first seen")
        ->type_name("DAYS")
        ->check(CLI::Range(0, 36'500, "0-36500"));
    command->add_flag("--dry-run", options->dryRun, "Only say what would be done");
    addStoreOption(*command, options->store);
    command->add_flag("--json", options->json, "As JSON");
    command->footer(
        "Removed: what is known of the calls, sound, words, analyses, jobs, attempts, errors.\n"
        "Recordings, reports and backups are not touched; those that hold a call are named once.\n"
        "A backup forgets at its next `chat recover backup`.\n"
        "Examples:\n"
        "  chat forget CA0123 CA0124           two calls\n"
        "  chat forget --older-than 90 --dry-run\n"
        "Exit statuses: 0 all done; 1 some could not be; 2 wrong use; 3 none.");
    command->final_callback(
        [options, &action] { action = [options] { return forgetCalls(*options); }; });
}

}  // namespace chat::cli
