#include "chat/pipeline/batch_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "commands.h"
#include "open_batches.h"
#include "queue_filter.h"
#include "run_options.h"
#include "stop_signal.h"
#include "summary_table.h"
#include "terminal.h"
#include "work_options.h"

namespace chat::cli {

namespace {

struct QueueRunOptions {
    std::string batch;
    WorkOptions work;
    RunOptions run;
};

/// The recordings that are still to be worked on: what tells whether a deadline can be met.
Result<std::vector<std::filesystem::path>> openFiles(queue::JobStore& jobs,
                                                     const queue::Batch& batch) {
    return queue::allJobs(jobs, openJobsOf(batch)).map([](std::vector<queue::Job> open) {
        std::vector<std::filesystem::path> files;
        files.reserve(open.size());
        for (queue::Job& job : open) {
            files.push_back(std::move(job.file));
        }
        return files;
    });
}

Result<pipeline::BatchToRun> batchToRun(const CLI::App& command,
                                        QueueRunOptions options,
                                        queue::JobStore& jobs,
                                        const queue::Batch& batch,
                                        const std::stop_token& stop) {
    pipeline::BatchToRun one{batch.name, {}};
    pipeline::RunSettings& settings = one.settings;
    readRunOptions(options.run, settings);
    settings.finishBy = batch.finishBy;
    if (batch.finishBy || !options.work.finishBy.empty()) {
        auto files = openFiles(jobs, batch);
        if (!files) {
            return tl::unexpected(files.error());
        }
        settings.paths = std::move(*files);
    }
    return takeSettings(command, batch.settings, options.work)
        .and_then([&] { return readWorkOptions(options.work, settings, stop); })
        .map([&] { return std::move(one); });
}

int run(const CLI::App& command, QueueRunOptions options) {
    StopSignal signal;
    const auto jobs = openQueue(options.run.store);
    const auto batches = jobs.and_then([&](const std::unique_ptr<queue::JobStore>& opened) {
        return chosenBatches(*opened, options.batch);
    });
    if (!batches) {
        printError(batches.error());
        return kExitNothingDone;
    }
    if (batches->empty()) {
        fmt::print(stderr, "Nothing waits in the queue. Add calls with `chat queue add PATH`.\n");
        if (options.run.json) {
            printJson(outcomesJson({}));
        }
        return kExitDone;
    }
    int status = kExitDone;
    const auto prepared = [&](const queue::Batch& batch) -> std::optional<pipeline::BatchToRun> {
        auto one = batchToRun(command, options, **jobs, batch, signal.token());
        if (!one) {
            printError(one.error());
            status = std::max(status, exitStatus(one.error()));
            return std::nullopt;
        }
        // The time in its name is that of the run.
        options.work.out = one->settings.reportFolder.string();
        return std::move(*one);
    };
    // Names of batches are people's; names of folders are ours.
    const auto folderOf = [](const queue::Batch& batch) {
        return fmt::format("batch-{}", batch.id);
    };
    std::vector<pipeline::BatchToRun> ready;
    for (const queue::Batch& batch : *batches) {
        if (auto one = prepared(batch)) {
            if (batches->size() > 1) {
                one->settings.reportFolder /= folderOf(batch);
            }
            ready.push_back(std::move(*one));
        }
    }
    if (signal.token().stop_requested()) {
        return kExitInterrupted;
    }
    if (ready.empty()) {
        return status;
    }
    BatchesToCome toCome(**jobs, *batches);
    const auto next = [&]() -> std::optional<pipeline::BatchToRun> {
        const std::optional<queue::Batch> batch =
            options.batch.empty() ? toCome.next() : std::nullopt;
        if (!batch) {
            return std::nullopt;
        }
        auto one = prepared(*batch);
        if (one && batches->size() > 1) {
            one->settings.reportFolder /= folderOf(*batch);
        } else if (one) {
            // The folder is the report of the batch that was alone.
            one->settings.reportFolder += "-" + folderOf(*batch);
        }
        return one;
    };
    const int ran = runAndShow(options.run, std::move(ready), next, signal);
    return std::max(status, ran);
}

}  // namespace

void addRun(CLI::App& app, Action& action) {
    auto options = std::make_shared<QueueRunOptions>();
    CLI::App* command =
        app.add_subcommand("run", "Work off what waits in the queue, and report it");
    command
        ->add_option("--batch",
                     options->batch,
                     "Only this batch; its report is written even when nothing is open")
        ->type_name("NAME");
    command->add_flag(
        "--live",
        options->run.live,
        "Bars for the calls in work, also where stderr is no terminal; on one the keys "
        "+ and - change the number of workers");
    addWorkOptions(*command, options->work);
    addRunOptions(*command, options->run);
    addProgressOption(*command, options->run);
    addTraceOption(*command, options->run);
    command->footer(
        "Calls are taken in the order of the queue, whatever their batch: one that becomes urgent "
        "is the next to\n"
        "start, also when its batch is made while others are worked on. What is not said here is "
        "as it was kept\n"
        "with the batch (`chat batch settings NAME`). Each batch has a report of its own, with "
        "several in folders\n"
        "below DIR (one that came while a single batch was worked on: beside DIR); it is written "
        "when the last call\n"
        "of the batch has ended, and once more when calls are added to it after that. With --json "
        "there is one\n"
        "document: .batches has each batch, and .validation what became of all calls.\n"
        "Several of these may run at once, also on one batch: each call is worked on once.\n"
        "Examples:\n"
        "  chat queue add recordings/ --batch monday && chat run --batch monday --out report\n"
        "  chat run                                      every batch that has calls waiting\n"
        "  chat run --json -q | jq '.batches[].report'   where their reports are\n"
        "  chat run --batch monday --model small         the rest of it with another model\n"
        "  chat run --batch monday --model auto --finish-by 17:30\n"
        "  chat run --progress json 2> expected.jsonl    when it will have ended, a line a second\n"
        "  chat run --trace run.json                     what each thread did when\n" +
        std::string(kRunStatuses));
    command->final_callback([options, command, &action] {
        action = [options, command] { return run(*command, *options); };
    });
}

}  // namespace chat::cli
