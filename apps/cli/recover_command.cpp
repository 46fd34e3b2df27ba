#include "chat/analyze/error_sentences.h"
#include "chat/core/text.h"
#include "chat/pipeline/stage_keys.h"
#include "chat/store/audit_log.h"
#include "chat/store/backup.h"
#include "chat/store/salvage.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "commands.h"
#include "json_output.h"
#include "recover_calls.h"
#include "recover_output.h"
#include "salvage_text.h"
#include "store_option.h"
#include "terminal.h"

namespace chat::cli {

namespace {

namespace fs = std::filesystem;

struct RecoverOptions {
    std::string file;
    std::string store;
    std::string call;
    std::string why;
    std::size_t limit = 100;
    bool json = false;

    [[nodiscard]] fs::path storeFile() const { return storeFileOf(store); }
};

constexpr const char* kStatuses =
    "Exit statuses: 0 all well; 1 something is damaged or lost; 2 wrong use; 3 nothing could be "
    "done.";

int failed(const Error& error) {
    printError(error);
    return kExitNothingDone;
}

int backupCommand(const RecoverOptions& options) {
    const SystemClock clock;
    const auto outcome = store::backUp(options.storeFile(), options.file, clock);
    if (!outcome) {
        return failed(outcome.error());
    }
    if (options.json) {
        printJson({{"file", outcome->file.string()},
                   {"whole", outcome->whole},
                   {"bytes", outcome->bytes},
                   {"bytesWritten", outcome->bytesWritten},
                   {"rowsWritten", outcome->rowsWritten},
                   {"rowsRemoved", outcome->rowsRemoved}});
        return kExitDone;
    }
    fmt::print("  {}\n  ", printable(outcome->file.string()));
    if (outcome->whole) {
        fmt::print("{} copied and checked\n", sizeText(outcome->bytes));
    } else if (outcome->rowsWritten + outcome->rowsRemoved == 0) {
        fmt::print("nothing has changed since the last backup; checked\n");
    } else {
        fmt::print(
            "brought up to date and checked: {} rows new or changed, {} removed, {} of {} "
            "written\n",
            outcome->rowsWritten,
            outcome->rowsRemoved,
            sizeText(outcome->bytesWritten),
            sizeText(outcome->bytes));
    }
    return kExitDone;
}

Json inspectionJson(const store::Inspection& inspection) {
    Json tables = Json::array();
    for (const store::TableState& table : inspection.tables) {
        tables.push_back({{"table", table.name},
                          {"rows", table.rows < 0 ? Json(nullptr) : Json(table.rows)},
                          {"problems", table.problems}});
    }
    Json wrong = Json::array();
    for (const store::WrongCheckpoint& one : inspection.wrong) {
        wrong.push_back({{"call", one.call}, {"stage", one.stage}, {"window", one.window}});
    }
    return {{"sound", inspection.sound()},
            {"bytes", inspection.bytes},
            {"tables", std::move(tables)},
            {"problems", inspection.problems},
            {"results", inspection.results},
            {"oldResults", inspection.oldResults},
            {"windows", inspection.windows},
            {"oldWindows", inspection.oldWindows},
            {"wrongCheckpoints", std::move(wrong)}};
}

void printCheckpoints(const store::Inspection& inspection) {
    constexpr std::size_t kMost = 20;
    const auto line = [](const char* what, std::int64_t current, std::int64_t old) {
        fmt::print(
            "  {:<20}{:>9}{}\n",
            what,
            current,
            old > 0 ? fmt::format("  and {} of other versions, which are not used", old) : "");
    };
    fmt::print("\n  Checkpoints, each compared with the hash that was stored with it:\n");
    line("stages", inspection.results, inspection.oldResults);
    line("windows heard", inspection.windows, inspection.oldWindows);
    for (std::size_t i = 0; i < std::min(inspection.wrong.size(), kMost); ++i) {
        const store::WrongCheckpoint& one = inspection.wrong[i];
        fmt::print("      {}: its {} not what was stored\n",
                   printable(one.call),
                   one.window                  ? "words of one window are"
                   : one.stage == "audio"      ? "sound is"
                   : one.stage == "transcribe" ? "words are"
                                               : "analysis is");
    }
    if (inspection.wrong.size() > kMost) {
        fmt::print("      and {} more; --json names all\n", inspection.wrong.size() - kMost);
    }
}

int verifyCommand(const RecoverOptions& options) {
    const fs::path file = options.file.empty() ? options.storeFile() : fs::path(options.file);
    const auto inspection = store::inspect(file, pipeline::stageVersions());
    if (!inspection) {
        return failed(inspection.error());
    }
    const int status = inspection->sound() ? kExitDone : kExitSomeFailed;
    if (options.json) {
        printJson(inspectionJson(*inspection));
        return status;
    }
    fmt::print("  {}, {}\n\n", printable(file.string()), sizeText(inspection->bytes));
    fmt::print("  {:<20}{:>9}  {}\n", "table", "rows", "state");
    for (const store::TableState& table : inspection->tables) {
        fmt::print("  {:<20}{:>9}  {}\n",
                   printable(table.name),
                   table.rows < 0 ? "?" : std::to_string(table.rows),
                   table.problems.empty() ? "sound" : "damaged");
        for (const std::string& problem : table.problems) {
            fmt::print("      {}\n", printable(problem));
        }
    }
    for (const std::string& problem : inspection->problems) {
        fmt::print("  {}\n", printable(problem));
    }
    printCheckpoints(*inspection);
    fmt::print("\n  {}\n",
               inspection->sound() ? "Everything is sound."
               : inspection->usable()
                   ? "The rest is sound. What is wrong is done anew when the call's recording is "
                     "analyzed again, or its batch resumed (chat recover resume)."
                   : "Something is damaged. Save what can be read with `chat recover salvage`, or "
                     "put a backup in its place with `chat recover restore FILE`.");
    return status;
}

int restoreCommand(const RecoverOptions& options) {
    const SystemClock clock;
    const auto outcome = store::restore(
        options.file, options.storeFile(), pipeline::stageVersions(), clock, options.why);
    if (!outcome) {
        return failed(outcome.error());
    }
    if (options.json) {
        printJson(
            {{"store", fs::absolute(options.storeFile()).string()},
             {"aside", outcome->aside.empty() ? Json(nullptr) : Json(outcome->aside.string())},
             {"backup", inspectionJson(outcome->backup)}});
        return kExitDone;
    }
    fmt::print("  {} holds what the backup held: {}, checked\n",
               printable(options.storeFile().string()),
               sizeText(outcome->backup.bytes));
    if (!outcome->aside.empty()) {
        fmt::print("  The store that was there is now {}\n", printable(outcome->aside.string()));
    }
    return kExitDone;
}

int salvageCommand(const RecoverOptions& options) {
    const fs::path file = options.storeFile();
    const auto inspection = store::inspect(file, pipeline::stageVersions());
    if (inspection && inspection->sound()) {
        if (options.json) {
            printJson({{"damaged", nullptr}});
        } else {
            fmt::print("  {} is sound; nothing was done\n", printable(file.string()));
        }
        return kExitDone;
    }
    if (!inspection && inspection.error().code != ErrorCode::DbDataDamaged) {
        return failed(inspection.error());
    }
    const SystemClock clock;
    const auto outcome = store::salvage(file, clock, options.why);
    if (!outcome) {
        return failed(outcome.error());
    }
    if (options.json) {
        printJson(salvageJson(*outcome));
    } else {
        fmt::print("{}", salvageText(*outcome));
    }
    return outcome->lost.empty() && outcome->rowsRefused == 0 ? kExitDone : kExitSomeFailed;
}

int auditCommand(const RecoverOptions& options) {
    const SystemClock clock;
    const auto entries =
        store::auditLog(options.storeFile(),
                        options.call.empty() ? std::nullopt : std::optional(options.call),
                        options.limit,
                        clock);
    if (!entries) {
        return failed(entries.error());
    }
    if (options.json) {
        Json rows = Json::array();
        for (const store::AuditEntry& entry : *entries) {
            rows.push_back({{"time", timeJson(entry.time)},
                            {"who", entry.who},
                            {"action", entry.action},
                            {"call", entry.call.empty() ? Json(nullptr) : Json(entry.call)},
                            {"why", entry.why}});
        }
        printJson(rows);
        return kExitDone;
    }
    if (entries->empty()) {
        fmt::print("Nothing was done to {}.\n",
                   options.call.empty() ? "this store" : "this call in the store");
        return kExitDone;
    }
    for (const store::AuditEntry& entry : *entries) {
        fmt::print("  {}  {}  {}  {}\n",
                   padded(analyze::momentText(entry.time), 18),
                   padded(printable(entry.who), 12),
                   padded(entry.action, 8),
                   printable(entry.call.empty() ? entry.why : entry.call + ": " + entry.why));
    }
    return kExitDone;
}

}  // namespace

void addRecover(CLI::App& app, Action& action) {
    CLI::App* recover = app.add_subcommand(
        "recover", "Go on after a crash; back up, check, restore and salvage the store");
    recover->require_subcommand(1);
    recover->footer(
        "Examples:\n"
        "  chat recover backup /backup/chat       while chat works; the second time only what "
        "changed\n"
        "  chat recover verify                    is the store sound?\n"
        "  chat recover restore /backup/chat/store.sqlite\n"
        "  chat recover list                      calls that a crash has left half done\n"
        "  chat recover resume --all              go on with them\n"
        "  chat recover salvage                   keep what can be read of a damaged store\n"
        "  chat recover audit --limit 20          who resumed, discarded, restored what, and "
        "why\n" +
        std::string(kStatuses));
    auto options = std::make_shared<RecoverOptions>();
    const auto add = [&](const char* name,
                         const char* what,
                         const char* example,
                         int (*command)(const RecoverOptions&)) {
        CLI::App* one = recover->add_subcommand(name, what);
        addStoreOption(*one, options->store);
        one->add_flag("--json", options->json, "As JSON");
        one->footer(std::string("Example:\n  ") + example + "\n" + kStatuses);
        one->final_callback([options, command, &action] {
            action = [options, command] { return command(*options); };
        });
        return one;
    };
    add("backup",
        "Copy the store, or bring an earlier copy up to date",
        "chat recover backup /backup/chat",
        backupCommand)
        ->add_option("file", options->file, "The copy, or a folder for it")
        ->type_name("FILE|DIR")
        ->required();
    const auto addWhy = [&](CLI::App* command) {
        addWhyOption(*command, options->why);
        return command;
    };
    addWhy(add("restore",
               "Put a backup in the store's place; what is there is set aside",
               "chat recover restore /backup/chat/store.sqlite",
               restoreCommand))
        ->add_option("file", options->file, "The backup")
        ->type_name("FILE")
        ->required();
    add("verify",
        "Read everything and say what is wrong",
        "chat recover verify /backup/chat/store.sqlite",
        verifyCommand)
        ->add_option("file", options->file, "A backup; the store when left out")
        ->type_name("FILE");
    addWhy(add("salvage",
               "Make a new store of what can be read in a damaged one",
               "chat recover salvage",
               salvageCommand));
    CLI::App* audit = add("audit",
                          "What was done to the store, by whom and why; the newest first",
                          "chat recover audit --call CA0123",
                          auditCommand);
    audit->add_option("--call", options->call, "Only what befell this call")->type_name("SID");
    addRecoverCalls(*recover, action);
    audit->add_option("--limit", options->limit, "At most so many")
        ->type_name("N")
        ->capture_default_str();
}

}  // namespace chat::cli
