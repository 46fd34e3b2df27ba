#pragma once

#include "chat/pipeline/analyze_run.h"

#include <CLI/CLI.hpp>

#include <string>

#include "progress.h"

namespace chat::cli {

/// How a run goes about its work and shows itself: the same for `analyze` and `reanalyze`.
struct RunOptions {
    std::string store;
    int workers = 0;  ///< 0: as many as cores
    bool json = false;
    bool quiet = false;
};

void addRunOptions(CLI::App& command, RunOptions& options);

/// As many as cores.
[[nodiscard]] int defaultWorkers();

/// Fills `storeFile`, `workers` and `version`.
void readRunOptions(const RunOptions& options, pipeline::RunSettings& settings);

[[nodiscard]] Progress::Style progressStyle(const RunOptions& options);

void printOutcome(const RunOptions& options,
                  const pipeline::RunOutcome& outcome,
                  const pipeline::RunSettings& settings);

}  // namespace chat::cli
