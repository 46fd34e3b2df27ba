#pragma once

#include "chat/pipeline/analyze_run.h"
#include "chat/pipeline/batch_run.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "stop_signal.h"

namespace chat::cli {

/// How a run goes about its work and shows itself: the same for `analyze`, `run` and `reanalyze`.
struct RunOptions {
    std::string store;
    int workers = 0;  ///< 0: as many as cores
    bool json = false;
    bool quiet = false;
    bool live = false;              ///< bars also where stderr is no terminal
    std::string progress = "text";  ///< or "json"
    std::string trace;              ///< empty: none
};

inline constexpr const char* kRunStatuses =
    "Exit statuses: 0 all done; 1 some calls failed; 2 wrong use; 3 nothing could be done; 130 "
    "stopped by Ctrl-C.";

inline constexpr int kMostWorkers = 64;

/// Marks a `chat worker` that is told what to do by the program that started it.
inline constexpr const char* kSupervised = "--supervised";

/// `--workers` alone.
void addWorkersOption(CLI::App& command, RunOptions& options);
void addRunOptions(CLI::App& command, RunOptions& options);
/// `--progress`, of commands that tell when they will have ended.
void addProgressOption(CLI::App& command, RunOptions& options);
/// `--trace`, of commands whose calls are worked on by workers.
void addTraceOption(CLI::App& command, RunOptions& options);

/// As many as cores.
[[nodiscard]] int defaultWorkers();

/// Fills `storeFile`, `workers`, `workerProgram` and `version`.
void readRunOptions(const RunOptions& options, pipeline::RunSettings& settings);

/// analyzeRecordings or reanalyzeStored.
using RunFunction = std::function<Result<pipeline::RunOutcome>(
    const pipeline::RunSettings&, pipeline::RunObserver&, const Clock&, const std::stop_token&)>;

/// Runs, shows how it goes, and prints the outcome or the error that ended it; gives the exit status. What the run took with
/// its model is kept for `--model auto`.
[[nodiscard]] int runAndShow(const RunOptions& options,
                             const pipeline::RunSettings& settings,
                             StopSignal& signal,
                             const RunFunction& run);

/// A batch that is to be run too; nothing: none now.
using BatchToCome = std::function<std::optional<pipeline::BatchToRun>()>;

/// The same for batches, at least one, that are run at once, and for those that come meanwhile. What is printed as JSON is one document; the exit status is the
/// worst of the batches'.
[[nodiscard]] int runAndShow(const RunOptions& options,
                             std::vector<pipeline::BatchToRun> batches,
                             const BatchToCome& next,
                             StopSignal& signal);

/// Of a program that could not begin its run.
[[nodiscard]] int exitStatus(const Error& error);

}  // namespace chat::cli
