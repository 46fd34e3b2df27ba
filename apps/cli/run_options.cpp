#include "run_options.h"

#include "chat/pipeline/auto_model.h"

#include <unistd.h>

#include <algorithm>
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
    const SystemClock clock;
    pipeline::RunSettings changing = settings;
    std::optional<WorkerKeys> keys(
        std::in_place, settings.workers, options.live && isTerminal(STDERR_FILENO), signal);
    changing.workersWanted = &keys->wanted();
    Progress progress(progressStyle(options), signal, keys->listening());
    const auto outcome = run(changing, progress, clock, signal.token());
    progress.clear();
    const bool changed = keys->wanted() != settings.workers;
    keys.reset();
    if (!outcome) {
        printError(outcome.error());
        return exitStatus(outcome.error());
    }
    if (!changed) {
        learnFrom(*outcome, settings);
    }
    if (options.json) {
        printJson(outcomeJson(*outcome, settings.reportFolder));
    } else {
        printSummary(*outcome, settings);
    }
    return exitStatus(*outcome);
}

int exitStatus(const Error& error) {
    return error.code == ErrorCode::AnValSetting || error.code == ErrorCode::CfgValSetting
               ? kExitWrongUse
               : kExitNothingDone;
}

}  // namespace chat::cli
