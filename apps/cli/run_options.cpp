#include "run_options.h"

#include "chat/core/text.h"
#include "chat/pipeline/auto_model.h"
#include "chat/pipeline/trace_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <optional>
#include <thread>

#include "progress.h"
#include "store_option.h"
#include "summary_table.h"
#include "terminal.h"
#include "worker_keys.h"

namespace chat::cli {

namespace {

Progress::Style progressStyle(const RunOptions& options) {
    if (options.progress == "json") {
        return Progress::Style::Json;
    }
    if (options.live) {
        return Progress::Style::Live;
    }
    if (options.quiet) {
        return Progress::Style::Quiet;
    }
    return isTerminal(STDERR_FILENO) ? Progress::Style::Live : Progress::Style::Plain;
}

/// Keeps what the run took with its model, for `--model auto`.
void learnFrom(const pipeline::RunOutcome& outcome, const pipeline::RunSettings& settings) {
    if (!settings.model) {
        return;
    }
    if (const auto took = pipeline::measurementOf(outcome, *settings.model, settings.workers)) {
        // Without a place to keep it, the model is measured again when `auto` asks for it.
        static_cast<void>(transcribe::noteMeasurement(transcribe::measurementsFile(), *took));
    }
}

int exitStatus(const pipeline::RunOutcome& outcome) {
    const auto count = [&](report::CallStatus status) {
        return std::ranges::count(outcome.calls, status, &pipeline::CallOutcome::status);
    };
    if (!outcome.facts.complete) {
        return kExitInterrupted;
    }
    if (count(report::CallStatus::Analyzed) == 0) {
        return kExitNothingDone;
    }
    return count(report::CallStatus::Failed) > 0 ? kExitSomeFailed : kExitDone;
}

using Outcomes = std::vector<Result<pipeline::RunOutcome>>;

/// What a run is given to be seen and changed by.
struct RunWith {
    const std::atomic<int>& workersWanted;
    pipeline::TraceFile* trace;  ///< may be null
    pipeline::RunObserver& observer;
    const Clock& clock;
};

struct Shown {
    Result<Outcomes> outcomes;
    bool workersChanged = false;  ///< by a person, meanwhile
};

Shown showRun(const RunOptions& options,
              int workers,
              StopSignal& signal,
              const std::function<Result<Outcomes>(const RunWith&)>& run) {
    std::optional<pipeline::TraceFile> trace;
    if (!options.trace.empty()) {
        auto created = pipeline::TraceFile::create(options.trace);
        if (!created) {
            return {tl::unexpected(created.error())};
        }
        trace = std::move(*created);
    }
    const SystemClock clock;
    const WorkerKeys keys(workers, options.live && isTerminal(STDERR_FILENO), signal);
    Progress progress(progressStyle(options), signal, keys.listening());
    auto outcomes = run({keys.wanted(), trace ? &*trace : nullptr, progress, clock});
    progress.clear();
    if (trace) {
        if (const auto closed = trace->close(); !closed) {
            printError(closed.error());
        }
    }
    return {std::move(outcomes), keys.wanted() != workers};
}

/// What a worker took in all says nothing of one model where it has had several.
bool haveOneModel(const std::vector<pipeline::BatchToRun>& batches) {
    const std::optional<pipeline::SpeechModel>& first = batches.front().settings.model;
    return std::ranges::all_of(batches, [&](const pipeline::BatchToRun& one) {
        const std::optional<pipeline::SpeechModel>& model = one.settings.model;
        return model && first && model->name == first->name && model->beam == first->beam;
    });
}

}  // namespace

void addWorkersOption(CLI::App& command, RunOptions& options) {
    command
        .add_option("-j,--workers",
                    options.workers,
                    "Calls, or windows of speech, worked on at once; 0: as many as cores")
        ->check(CLI::Range(0, kMostWorkers, "0-64"))
        ->type_name("N")
        ->capture_default_str();
}

void addRunOptions(CLI::App& command, RunOptions& options) {
    addWorkersOption(command, options);
    addStoreOption(command, options.store);
    command.add_flag("--json", options.json, "Print the outcome as JSON");
    command.add_flag("-q,--quiet", options.quiet, "No progress");
}

void addProgressOption(CLI::App& command, RunOptions& options) {
    command
        .add_option("--progress",
                    options.progress,
                    "How it is told on stderr how far it is: as text, or as a JSON object a line "
                    "with what is expected")
        ->check(CLI::IsMember({"text", "json"}))
        ->type_name("text|json")
        ->capture_default_str();
}

void addTraceOption(CLI::App& command, RunOptions& options) {
    command
        .add_option(
            "--trace",
            options.trace,
            "Write what each thread did when, for a trace viewer (Perfetto, chrome://tracing)")
        ->type_name("FILE");
}

int defaultWorkers() {
    return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 32U));
}

void readRunOptions(const RunOptions& options, pipeline::RunSettings& settings) {
    settings.storeFile = storeFileOf(options.store);
    settings.workers = options.workers > 0 ? options.workers : defaultWorkers();
    settings.version = CHAT_VERSION;
    // The program that runs now, also where another version has taken its place meanwhile.
    settings.workerProgram = {"/proc/self/exe", {"chat", "worker", kSupervised}};
}

int runAndShow(const RunOptions& options,
               const pipeline::RunSettings& settings,
               StopSignal& signal,
               const RunFunction& run) {
    const Shown shown = showRun(options, settings.workers, signal, [&](const auto& with) {
        pipeline::RunSettings changing = settings;
        changing.workersWanted = &with.workersWanted;
        changing.trace = with.trace;
        Outcomes outcomes;
        outcomes.push_back(run(changing, with.observer, with.clock, signal.token()));
        return outcomes;
    });
    if (!shown.outcomes) {
        printError(shown.outcomes.error());
        return exitStatus(shown.outcomes.error());
    }
    const auto& outcome = shown.outcomes->front();
    if (!outcome) {
        printError(outcome.error());
        return exitStatus(outcome.error());
    }
    if (!shown.workersChanged) {
        learnFrom(*outcome, settings);
    }
    if (options.json) {
        printJson(outcomeJson(*outcome, settings.reportFolder));
    } else {
        printSummary(*outcome, settings);
    }
    return exitStatus(*outcome);
}

int runAndShow(const RunOptions& options,
               std::vector<pipeline::BatchToRun> batches,
               const BatchToCome& next,
               StopSignal& signal) {
    std::deque<pipeline::BatchToRun> came;
    const auto take = [&]() -> const pipeline::BatchToRun* {
        auto one = next();
        return one ? &came.emplace_back(std::move(*one)) : nullptr;
    };
    const Shown shown =
        showRun(options, batches.front().settings.workers, signal, [&](const auto& with) {
            batches.front().settings.workersWanted = &with.workersWanted;
            batches.front().settings.trace = with.trace;
            return pipeline::runBatches(batches, take, with.observer, with.clock, signal.token());
        });
    if (!shown.outcomes) {
        printError(shown.outcomes.error());
        return exitStatus(shown.outcomes.error());
    }
    std::ranges::move(came, std::back_inserter(batches));
    const bool learns = !shown.workersChanged && haveOneModel(batches);
    int status = kExitDone;
    std::vector<ShownOutcome> ended;
    for (std::size_t i = 0; i < shown.outcomes->size(); ++i) {
        const pipeline::RunSettings& settings = batches[i].settings;
        const auto& outcome = (*shown.outcomes)[i];
        if (!outcome) {
            printError(outcome.error());
            status = std::max(status, exitStatus(outcome.error()));
            continue;
        }
        if (learns) {
            learnFrom(*outcome, settings);
        }
        ended.push_back({&*outcome, &settings});
        status = std::max(status, exitStatus(*outcome));
    }
    if (options.json) {
        printJson(outcomesJson(ended));
        return status;
    }
    for (const ShownOutcome& one : ended) {
        if (batches.size() > 1) {
            fmt::print("\nBatch {}\n", printable(one.outcome->batch));
        }
        printSummary(*one.outcome, *one.settings);
    }
    return status;
}

int exitStatus(const Error& error) {
    return error.code == ErrorCode::AnValSetting || error.code == ErrorCode::CfgValSetting
               ? kExitWrongUse
               : kExitNothingDone;
}

}  // namespace chat::cli
