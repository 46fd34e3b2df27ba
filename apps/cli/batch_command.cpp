#include "chat/analyze/error_sentences.h"
#include "chat/core/text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "commands.h"
#include "queue_filter.h"
#include "queue_output.h"
#include "store_option.h"
#include "terminal.h"

namespace chat::cli {

namespace {

using queue::JobState;

struct BatchOptions {
    std::string name;
    std::string storeFile;
    bool json = false;
};

constexpr const char* kStatuses =
    "Exit statuses: 0 done; 1 some jobs could not (rerun-failed); 2 wrong use; 3 there is no such "
    "batch.";

std::size_t of(const queue::StateCounts& counts, JobState state) {
    return counts.at(static_cast<std::size_t>(state));
}

/// What became of the calls of a batch: each is in one of these.
struct Account {
    std::size_t analyzed = 0;
    std::size_t failed = 0;
    std::size_t absent = 0;   ///< its recording is not there
    std::size_t skipped = 0;  ///< given up by a person
    std::size_t open = 0;     ///< still to be done
};

/// Jobs that have ended without a result, by why.
using Reasons = std::map<ErrorCode, std::vector<queue::Job>>;

Result<Reasons> reasonsOf(queue::JobStore& jobs, queue::BatchId batch) {
    queue::JobFilter filter;
    filter.batch = batch;
    filter.states = {JobState::Failed};
    return queue::allJobs(jobs, filter).map([](std::vector<queue::Job> failed) {
        Reasons reasons;
        for (queue::Job& job : failed) {
            const ErrorCode code = job.error ? job.error->code : ErrorCode::QUnkGenericError;
            reasons[code].push_back(std::move(job));
        }
        return reasons;
    });
}

Account accountOf(const queue::StateCounts& counts, const Reasons& reasons) {
    Account account;
    account.analyzed = of(counts, JobState::Completed);
    account.skipped = of(counts, JobState::Cancelled);
    account.open = of(counts, JobState::Pending) + of(counts, JobState::Paused) +
                   of(counts, JobState::Running) + of(counts, JobState::Waiting);
    if (const auto absent = reasons.find(ErrorCode::SysDataPathMissing); absent != reasons.end()) {
        account.absent = absent->second.size();
    }
    account.failed = of(counts, JobState::Failed) - account.absent;
    return account;
}

Result<queue::StateCounts> countsOf(queue::JobStore& jobs, queue::BatchId batch) {
    queue::JobFilter filter;
    filter.batch = batch;
    return jobs.counts(filter);
}

/// "24 times real time a worker"; nothing where no call has ended.
std::string rateText(const queue::BatchWork& work) {
    return work.processing.count() > 0
               ? fmt::format("{:.0f} times real time a worker", work.duration / work.processing)
               : "";
}

Json batchJson(const queue::Batch& batch,
               const queue::StateCounts& counts,
               const queue::BatchWork& work) {
    return {{"name", batch.name},
            {"createdAt", timeJson(batch.createdAt)},
            {"finishBy", timeJson(batch.finishBy)},
            {"retries", batch.retries},
            {"retryBudget", batch.retryBudget},
            {"counts", countsJson(counts)},
            {"work",
             {{"calls", work.calls},
              {"recordedSeconds", work.duration.count()},
              {"processingSeconds", work.processing.count()}}}};
}

Result<int> list(queue::JobStore& jobs, bool json) {
    const auto batches = jobs.batches();
    if (!batches) {
        return tl::unexpected(batches.error());
    }
    if (batches->empty() && !json) {
        fmt::print("There is no batch yet. Make one with `chat queue add PATH --batch NAME`.\n");
        return kExitDone;
    }
    Json rows = Json::array();
    const auto width = static_cast<std::size_t>(std::max(80, terminalWidth(STDOUT_FILENO)));
    // Names of batches that CHAT makes have 28 columns.
    const std::size_t most = width < 100 ? 28 : 48;
    std::size_t nameWidth = 5;
    for (const queue::Batch& batch : *batches) {
        nameWidth = std::min(most, std::max(nameWidth, columns(printable(batch.name))));
    }
    constexpr std::size_t kTime = 18;
    if (!json) {
        fmt::print("{}  {}  {}jobs{}\n",
                   showsColor(STDOUT_FILENO) ? "\x1B[1m" : "",
                   padded("batch", nameWidth),
                   padded("made", kTime),
                   showsColor(STDOUT_FILENO) ? "\x1B[0m" : "");
    }
    for (const queue::Batch& batch : *batches) {
        const auto counts = countsOf(jobs, batch.id);
        if (!counts) {
            return tl::unexpected(counts.error());
        }
        const auto work = jobs.work(batch.id);
        if (!work) {
            return tl::unexpected(work.error());
        }
        if (json) {
            rows.push_back(batchJson(batch, *counts, *work));
            continue;
        }
        const std::string rate = rateText(*work);
        fmt::print("  {}  {}{}\n",
                   padded(printable(batch.name), nameWidth),
                   padded(analyze::momentText(batch.createdAt), kTime),
                   fitted(countsText(*counts) + (rate.empty() ? "" : ", " + rate),
                          width - nameWidth - kTime - 4));
    }
    if (json) {
        printJson(rows);
    }
    return kExitDone;
}

void printReasons(const Reasons& reasons) {
    constexpr std::size_t kMostPaths = 10;
    for (const auto& [code, failed] : reasons) {
        const ErrorInfo& info = errorInfo(code);
        fmt::print("\n  {} with {}\n    why: {}\n    do:  {}\n",
                   counted(failed.size(), "call", "calls"),
                   info.name,
                   info.meaning,
                   info.wayOut);
        for (std::size_t i = 0; i < std::min(failed.size(), kMostPaths); ++i) {
            fmt::print("    {:>7}  {}\n", failed[i].id, printable(failed[i].path));
        }
        if (failed.size() > kMostPaths) {
            fmt::print("             and {} more: chat queue list --error {}\n",
                       failed.size() - kMostPaths,
                       info.name);
        }
    }
}

Result<int> show(queue::JobStore& jobs, const std::string& name, bool json) {
    const auto batch = queue::batchNamed(jobs, name);
    if (!batch) {
        return tl::unexpected(batch.error());
    }
    const auto counts = countsOf(jobs, batch->id);
    if (!counts) {
        return tl::unexpected(counts.error());
    }
    const auto reasons = reasonsOf(jobs, batch->id);
    if (!reasons) {
        return tl::unexpected(reasons.error());
    }
    const auto work = jobs.work(batch->id);
    if (!work) {
        return tl::unexpected(work.error());
    }
    const Account account = accountOf(*counts, *reasons);
    if (json) {
        Json all = batchJson(*batch, *counts, *work);
        all["validation"] = {{"complete", account.open == 0},
                             {"analyzed", account.analyzed},
                             {"failed", account.failed},
                             {"absent", account.absent},
                             {"skipped", account.skipped},
                             {"open", account.open}};
        Json failures = Json::array();
        for (const auto& [code, failed] : *reasons) {
            for (const queue::Job& job : failed) {
                failures.push_back({{"id", job.id},
                                    {"sid", job.call.sid},
                                    {"path", job.path},
                                    {"attempts", job.attempts},
                                    {"error", errorJson(job.error)}});
            }
        }
        all["failures"] = std::move(failures);
        printJson(all);
        return kExitDone;
    }
    fmt::print("Batch {}\n", printable(batch->name));
    fmt::print("  {}\n", countsText(*counts));
    if (const std::optional<queue::Time>& finishBy = batch->finishBy) {
        fmt::print("  to be done by {}\n", analyze::momentText(*finishBy));
    }
    if (work->processing.count() > 0) {
        fmt::print(
            "  {} of sound analyzed, {}\n", clockText(work->duration.count()), rateText(*work));
    }
    fmt::print("  {} of {} retries used\n", batch->retries, batch->retryBudget);
    printReasons(*reasons);
    fmt::print("\n  {} analyzed, {} failed, {} absent (no recording), {} skipped (cancelled)\n",
               account.analyzed,
               account.failed,
               account.absent,
               account.skipped);
    if (account.open == 0) {
        fmt::print("  Every call is accounted for.\n");
    } else {
        fmt::print(
            "  {} still to be done: chat run --batch '{}'\n", account.open, printable(batch->name));
    }
    if (account.failed + account.absent > 0) {
        fmt::print("  The failed ones again: chat batch rerun-failed '{}'\n",
                   printable(batch->name));
    }
    return kExitDone;
}

Result<int> rerunFailed(queue::JobStore& jobs, const std::string& name, bool json) {
    const auto batch = queue::batchNamed(jobs, name);
    if (!batch) {
        return tl::unexpected(batch.error());
    }
    queue::JobFilter filter;
    filter.batch = batch->id;
    filter.states = {JobState::Failed};
    const auto outcome = jobs.edit(filter, {queue::Edit::Kind::Retry, queue::kNormal, 0});
    if (!outcome) {
        return tl::unexpected(outcome.error());
    }
    if (json) {
        printJson(answersJson(*outcome));
    } else if (outcome->answers.empty()) {
        fmt::print("Nothing has failed in batch {}.\n", printable(name));
    } else {
        fmt::print("{} will be done again: chat run --batch '{}'\n",
                   counted(outcome->done, "failed call", "failed calls"),
                   printable(name));
    }
    return outcome->done == outcome->answers.size() ? kExitDone : kExitSomeFailed;
}

Result<int> settings(queue::JobStore& jobs, const std::string& name, bool) {
    return queue::batchNamed(jobs, name).map([](const queue::Batch& batch) -> int {
        const Json kept = Json::parse(batch.settings, nullptr, false);
        printJson(kept.is_discarded() ? Json::object() : kept);
        return kExitDone;
    });
}

void addForOne(CLI::App& batchCommand,
               Action& action,
               const std::shared_ptr<BatchOptions>& options,
               const std::string& name,
               const std::string& description,
               const std::string& example,
               Result<int> (*act)(queue::JobStore&, const std::string&, bool)) {
    CLI::App* command = batchCommand.add_subcommand(name, description);
    command->add_option("name", options->name, "Name of the batch")->type_name("NAME")->required();
    addStoreOption(*command, options->storeFile);
    command->add_flag("--json", options->json, "As JSON");
    command->footer("Example:\n  " + example + "\n" + kStatuses);
    command->final_callback([options, act, &action] {
        action = [options, act]() -> int {
            const auto status = openQueue(options->storeFile)
                                    .and_then([&](const std::unique_ptr<queue::JobStore>& jobs) {
                                        return act(*jobs, options->name, options->json);
                                    });
            if (!status) {
                printError(status.error());
            }
            return status.value_or(kExitNothingDone);
        };
    });
}

}  // namespace

void addBatch(CLI::App& app, Action& action) {
    CLI::App* batchCommand =
        app.add_subcommand("batch", "Batches of calls: how they stand, what failed, once more");
    batchCommand->require_subcommand(1);
    batchCommand->footer(
        "Examples:\n"
        "  chat batch list\n"
        "  chat batch show monday             counts, failures with reasons, is every call "
        "accounted "
        "for\n"
        "  chat batch rerun-failed monday && chat run --batch monday\n"
        "  chat batch settings monday         what it was run with, as JSON\n" +
        std::string(kStatuses));
    auto options = std::make_shared<BatchOptions>();
    CLI::App* listCommand = batchCommand->add_subcommand("list", "All batches, the newest first");
    addStoreOption(*listCommand, options->storeFile);
    listCommand->add_flag("--json", options->json, "As JSON");
    listCommand->footer("Example:\n  chat batch list --json | jq -r '.[].name'\n" +
                        std::string(kStatuses));
    listCommand->final_callback([options, &action] {
        action = [options]() -> int {
            const auto status = openQueue(options->storeFile)
                                    .and_then([&](const std::unique_ptr<queue::JobStore>& jobs) {
                                        return list(*jobs, options->json);
                                    });
            if (!status) {
                printError(status.error());
            }
            return status.value_or(kExitNothingDone);
        };
    });
    addForOne(*batchCommand,
              action,
              options,
              "show",
              "How a batch stands, and whether every call is accounted for",
              "chat batch show monday --json | jq .validation",
              show);
    addForOne(*batchCommand,
              action,
              options,
              "rerun-failed",
              "Put the failed calls of a batch back into the queue",
              "chat batch rerun-failed monday && chat run --batch monday",
              rerunFailed);
    addForOne(*batchCommand,
              action,
              options,
              "settings",
              "What a batch is run with, as JSON",
              "chat batch settings monday | jq .model",
              settings);
}

}  // namespace chat::cli
