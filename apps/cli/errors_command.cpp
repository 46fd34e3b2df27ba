#include "chat/analyze/error_sentences.h"
#include "chat/core/error_log.h"
#include "chat/core/error_taxonomy.h"
#include "chat/core/text.h"
#include "chat/core/time_text.h"
#include "chat/store/error_store.h"
#include "chat/store/sqlite_job_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "commands.h"
#include "errors_output.h"
#include "salvage_text.h"
#include "store_option.h"
#include "terminal.h"

namespace chat::cli {

namespace {

struct ErrorsOptions {
    std::string since = "30d";
    std::string store;
    bool log = false;
    bool json = false;
    std::size_t limit = 0;
    std::string code;
};

constexpr const char* kStatuses =
    "Exit statuses: 0 shown, also when there were none; 2 wrong use; 3 the store cannot be read.";

using Shown = void (*)(const ErrorsView&);

struct Errors {
    std::vector<ErrorEvent> events;
    CallCounts calls;
    std::string place;
    std::map<std::string, std::vector<queue::StrategyRecord>> strategies;
};

/// What has helped against each error, and against `code`.
Status readStrategies(const std::filesystem::path& file,
                      std::chrono::system_clock::time_point since,
                      const std::string& code,
                      const Clock& clock,
                      Errors& errors) {
    std::set<std::string> codes{code};
    for (const ErrorEvent& event : errors.events) {
        codes.insert(event.record.code);
    }
    const auto jobs = store::openJobStore(file, clock);
    if (!jobs) {
        return tl::unexpected(jobs.error());
    }
    for (const std::string& one : codes) {
        auto records = (*jobs)->strategyRecords(one, since);
        if (!records) {
            return tl::unexpected(records.error());
        }
        errors.strategies[one] = std::move(*records);
    }
    return {};
}

Result<Errors> fromStore(const std::filesystem::path& file,
                         std::chrono::system_clock::time_point since,
                         const std::string& code,
                         const Clock& clock) {
    Errors errors;
    errors.place = file.string();
    // Looking must not make a store.
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) {
        return errors;
    }
    return makeUsable(file)
        .and_then([&] { return store::ErrorStore::open(file, clock); })
        .and_then([&](const auto& opened) -> Result<Errors> {
            auto events = opened->events(since);
            if (!events) {
                return tl::unexpected(events.error());
            }
            auto calls = opened->calls(since);
            if (!calls) {
                return tl::unexpected(calls.error());
            }
            errors.events = std::move(*events);
            errors.calls = std::move(*calls);
            if (auto read = readStrategies(file, since, code, clock, errors); !read) {
                return tl::unexpected(read.error());
            }
            return std::move(errors);
        });
}

Result<Errors> fromLog(std::chrono::system_clock::time_point since) {
    const ErrorLog log(defaultLogFolder());
    return log.read(since).map([&](std::vector<ErrorRecord> records) {
        Errors errors;
        errors.place = log.file().string();
        errors.events.reserve(records.size());
        for (ErrorRecord& record : records) {
            const bool lost = record.outcome == ErrorOutcome::Failed;
            errors.events.push_back({std::move(record), "", "", {}, lost});
        }
        return errors;
    });
}

/// Reads what is asked for and shows it.
int show(const ErrorsOptions& options, const std::function<void(const ErrorsView&)>& shown) {
    const SystemClock clock;
    const auto now = clock.now();
    const auto since = sinceTime(options.since, now);
    if (!since) {
        printError(
            {ErrorCode::CfgValSetting,
             "--since " + options.since +
                 " is neither a time back from now (90m, 24h, 7d, 2w) nor a day (2026-11-20)",
             ""});
        return kExitWrongUse;
    }
    const auto errors = options.log
                            ? fromLog(*since)
                            : fromStore(storeFileOf(options.store), *since, options.code, clock);
    if (!errors) {
        printError(errors.error());
        return kExitNothingDone;
    }
    const auto analysis = analyze::analyzeErrors(errors->events, errors->calls, *since, now);
    shown({errors->events,
           analysis,
           analyze::momentText(*since),
           errors->place,
           options.limit,
           errors->strategies});
    return kExitDone;
}

/// The code as the catalog writes it. What is not formed like a code is refused.
std::optional<std::string> codeNamed(const std::string& text) {
    std::string code = text;
    std::ranges::transform(code, code.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    const bool formed = moduleTitle(errorModule(code)) != errorModule(code) &&
                        categoryTitle(errorCategory(code)) != errorCategory(code) &&
                        std::ranges::all_of(code, [](char c) {
                            return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
                        });
    return formed ? std::optional(code) : std::nullopt;
}

int explain(const ErrorsOptions& options) {
    const auto code = codeNamed(options.code);
    if (!code) {
        printError({ErrorCode::CfgValSetting,
                    printable(options.code) +
                        " is not the code of an error; codes look like AU_FMT_UNSUPPORTED, and "
                        "docs/errors.md lists them",
                    ""});
        return kExitWrongUse;
    }
    ErrorsOptions named = options;
    named.code = *code;
    return show(named, [&](const ErrorsView& view) {
        options.json ? printErrorExplanationJson(view, *code) : printErrorExplanation(view, *code);
    });
}

}  // namespace

void addErrors(CLI::App& app, Action& action) {
    CLI::App* errors = app.add_subcommand(
        "errors", "What went wrong: list, figures, commonest, over time, explained");
    errors->require_subcommand(1);
    errors->footer(
        "Examples:\n"
        "  chat errors top --since 7d              the ten commonest of a week, with what they "
        "cost\n"
        "  chat errors explain AU_DATA_TRUNCATED   what it means and what to do\n"
        "  chat errors stats                       by part, kind and severity; likely common "
        "causes\n"
        "  chat errors list --log --since 24h      from this machine's log instead of a store\n" +
        std::string(kStatuses));
    auto options = std::make_shared<ErrorsOptions>();

    const auto add = [&](const char* name, const char* what, const char* example) {
        CLI::App* command = errors->add_subcommand(name, what);
        command
            ->add_option("--since",
                         options->since,
                         "From when on: 90m, 24h, 7d, 2w before now, or a day as 2026-11-20")
            ->type_name("TIME")
            ->capture_default_str();
        addStoreOption(*command, options->store);
        command->add_flag(
            "--log",
            options->log,
            "The log of this machine instead of a store: all stores, without names of "
            "calls");
        command->add_flag("--json", options->json, "As JSON");
        command->footer(std::string("Example:\n  ") + example + "\n" + kStatuses);
        return command;
    };
    const auto addShown = [&](const char* name,
                              const char* what,
                              const char* example,
                              std::size_t limit,
                              Shown text,
                              Shown json) {
        CLI::App* command = add(name, what, example);
        auto rows = std::make_shared<std::size_t>(limit);
        if (limit > 0) {
            command->add_option("-n,--limit", *rows, "Rows at most")
                ->check(CLI::Range(1, 1'000'000, "1-1000000"))
                ->type_name("N")
                ->capture_default_str();
        }
        command->final_callback([options, rows, text, json, &action] {
            options->limit = *rows;
            action = [options, text, json] { return show(*options, options->json ? json : text); };
        });
    };
    addShown("list",
             "Each error, the newest last",
             "chat errors list --since 24h --limit 20",
             50,
             printErrorList,
             printErrorListJson);
    addShown("stats",
             "By part, kind and severity; bursts, what comes together, likely common causes",
             "chat errors stats --since 2w",
             0,
             printErrorStats,
             printErrorStatsJson);
    addShown("top",
             "The commonest, with the calls that they cost",
             "chat errors top --since 7d",
             10,
             printErrorTop,
             printErrorTopJson);
    addShown("trend",
             "By day, or by hour for two days and less",
             "chat errors trend --since 24h",
             0,
             printErrorTrend,
             printErrorTrendJson);

    CLI::App* explained = add("explain",
                              "What a code means, what to do, and what happened here",
                              "chat errors explain AU_DATA_TRUNCATED");
    explained->add_option("code", options->code, "Code of an error")->type_name("CODE")->required();
    explained->final_callback(
        [options, &action] { action = [options] { return explain(*options); }; });
}

}  // namespace chat::cli
