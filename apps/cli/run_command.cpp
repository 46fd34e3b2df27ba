#include "chat/core/text.h"
#include "chat/pipeline/batch_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "commands.h"
#include "open_batches.h"
#include "queue_filter.h"
#include "run_options.h"
#include "stop_signal.h"
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

int runOne(const CLI::App& command,
           QueueRunOptions options,
           queue::JobStore& jobs,
           const queue::Batch& batch,
           bool several,
           StopSignal& signal) {
    pipeline::RunSettings settings;
    readRunOptions(options.run, settings);
    settings.finishBy = batch.finishBy;
    if (batch.finishBy || !options.work.finishBy.empty()) {
        auto files = openFiles(jobs, batch);
        if (!files) {
            printError(files.error());
            return exitStatus(files.error());
        }
        settings.paths = std::move(*files);
    }
    if (auto read = takeSettings(command, batch.settings, options.work).and_then([&] {
            return readWorkOptions(options.work, settings, signal.token());
        });
        !read) {
        printError(read.error());
        return exitStatus(read.error());
    }
    if (several) {
        // Names of batches are people's; names of folders are ours.
        settings.reportFolder /= fmt::format("batch-{}", batch.id);
    }
    return runAndShow(
        options.run,
        settings,
        signal,
        [&](const auto& all, auto& observer, const Clock& clock, const std::stop_token& stop) {
            return pipeline::runBatch(all, batch.name, observer, clock, stop);
        });
}

int run(const CLI::App& command, const QueueRunOptions& options) {
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
        return kExitDone;
    }
    int status = kExitDone;
    for (const queue::Batch& batch : *batches) {
        if (signal.token().stop_requested()) {
            return kExitInterrupted;
        }
        if (batches->size() > 1) {
            fmt::print(stderr, "Batch {}\n", printable(batch.name));
        }
        status =
            std::max(status, runOne(command, options, **jobs, batch, batches->size() > 1, signal));
    }
    return status;
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
    command->footer(
        "What is not said here is as it was kept with the batch (`chat batch settings NAME`).\n"
        "Several of these may run at once, also on one batch: each call is worked on once.\n"
        "Examples:\n"
        "  chat queue add recordings/ --batch monday && chat run --batch monday --out report\n"
        "  chat run                                      every batch that has calls waiting\n"
        "  chat run --batch monday --model small         the rest of it with another model\n"
        "  chat run --batch monday --model auto --finish-by 17:30\n" +
        std::string(kRunStatuses));
    command->final_callback([options, command, &action] {
        action = [options, command] { return run(*command, *options); };
    });
}

}  // namespace chat::cli
