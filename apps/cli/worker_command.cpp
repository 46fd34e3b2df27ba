#include "chat/core/backoff.h"
#include "chat/pipeline/batch_run.h"
#include "chat/pipeline/worker_seat.h"

#include <unistd.h>

#include <chrono>
#include <deque>
#include <optional>

#include "commands.h"
#include "open_batches.h"
#include "progress.h"
#include "queue_filter.h"
#include "run_options.h"
#include "stop_signal.h"
#include "store_option.h"
#include "terminal.h"
#include "work_options.h"

namespace chat::cli {

namespace {

struct WorkerOptions {
    bool supervised = false;
    std::string batch;
    bool stay = false;
    WorkOptions work;
    RunOptions run;
};

/// How long a worker that stays waits before it looks for work again.
constexpr std::chrono::seconds kLook{5};

int serve() {
    const SystemClock clock;
    return pipeline::serveAsWorker(
        STDIN_FILENO, {loadSpeechModel, smallerSpeechModel, nullptr}, clock);
}

Result<pipeline::BatchToRun> batchToWorkOff(const WorkerOptions& options,
                                            const queue::Batch& batch,
                                            const std::stop_token& stop) {
    pipeline::BatchToRun one{batch.name, {}};
    readRunOptions(options.run, one.settings);
    WorkOptions work = options.work;
    return takeSettings(batch.settings, work)
        .and_then([&] { return readWorkOptions(work, one.settings, stop); })
        .map([&] { return std::move(one); });
}

/// Everything that is open now. An error of one batch is said, and the others go on.
Result<int> workOnce(const WorkerOptions& options, StopSignal& signal) {
    auto jobs = openQueue(options.run.store);
    if (!jobs) {
        return tl::unexpected(jobs.error());
    }
    const auto batches = chosenBatches(**jobs, options.batch);
    if (!batches) {
        return tl::unexpected(batches.error());
    }
    int status = kExitDone;
    const auto prepared = [&](const queue::Batch& batch) -> std::optional<pipeline::BatchToRun> {
        auto one = batchToWorkOff(options, batch, signal.token());
        if (!one) {
            printError(one.error());
            status = exitStatus(one.error());
            return std::nullopt;
        }
        return std::move(*one);
    };
    std::vector<pipeline::BatchToRun> ready;
    for (const queue::Batch& batch : *batches) {
        if (auto one = prepared(batch)) {
            ready.push_back(std::move(*one));
        }
    }
    if (ready.empty() || signal.token().stop_requested()) {
        return status;
    }
    BatchesToCome toCome(**jobs, *batches);
    std::deque<pipeline::BatchToRun> came;
    const auto next = [&]() -> const pipeline::BatchToRun* {
        const auto batch = options.batch.empty() ? toCome.next() : std::nullopt;
        auto one = batch ? prepared(*batch) : std::nullopt;
        return one ? &came.emplace_back(std::move(*one)) : nullptr;
    };
    Progress progress(Progress::Style::Plain, signal);
    return pipeline::workOff(ready, next, progress, SystemClock(), signal.token()).map([&] {
        return status;
    });
}

int work(const WorkerOptions& options) {
    StopSignal signal;
    for (;;) {
        const auto status = workOnce(options, signal);
        if (!status) {
            printError(status.error());
            return exitStatus(status.error());
        }
        if (signal.token().stop_requested()) {
            return kExitInterrupted;
        }
        if (!options.stay) {
            return *status;
        }
        static_cast<void>(waited(kLook, signal.token()));
    }
}

}  // namespace

void addWorker(CLI::App& app, Action& action) {
    auto options = std::make_shared<WorkerOptions>();
    CLI::App* command =
        app.add_subcommand("worker", "Work on the calls of a queue that others report");
    command->add_flag(kSupervised, options->supervised)->group("");
    command->add_option("--batch", options->batch, "Only this batch")->type_name("NAME");
    command->add_flag("--stay", options->stay, "Wait for more when nothing is left to do");
    addWorkersOption(*command, options->run);
    addStoreOption(*command, options->run.store);
    // Not for a person to say: what a batch has not kept is as the configuration has it.
    addWorkOptions(*command->add_subcommand("configured")->group("")->disabled(), options->work);
    command->footer(
        "For an administrator who wants more hands at a queue: on another machine that sees the "
        "same store\n"
        "and the recordings under the same paths, or as a service. Whoever wants results needs no "
        "worker:\n"
        "`chat run` and `chat analyze` start one themselves, watch it, and write the report.\n"
        "Calls are taken in the order of the queue, whatever their batch, each with the settings "
        "kept with its batch\n"
        "(`chat batch settings NAME`); its "
        "model must\n"
        "be installed here. Several of these may run at once, also beside `chat run`: each call is "
        "worked on\n"
        "once. One is enough for a machine: -j says how many calls or windows of speech it has in "
        "hand.\n"
        "The calls are worked on by a process below this one. If that dies, the calls it had in "
        "hand are\n"
        "tried again one at a time, and the one with which it dies again fails "
        "(SYS_STATE_WORKER_DIED).\n"
        "Ctrl-C or SIGTERM ends after the windows in hand, and the calls go back to the queue; "
        "twice ends at\n"
        "once, and they go back within a minute.\n"
        "Examples:\n"
        "  chat worker --store /srv/calls/store.sqlite         until nothing waits any more\n"
        "  chat worker --store /srv/calls/store.sqlite --stay  as a service\n"
        "Exit statuses: 0 nothing is left to do; 2 wrong use; 3 nothing could be done; 130 "
        "stopped.");
    command->final_callback([options, &action] {
        action = [options] { return options->supervised ? serve() : work(*options); };
    });
}

}  // namespace chat::cli
