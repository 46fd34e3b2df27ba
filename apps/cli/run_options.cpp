#include "run_options.h"

#include <unistd.h>

#include <algorithm>
#include <thread>

#include "store_option.h"
#include "summary_table.h"
#include "terminal.h"

namespace chat::cli {

void addRunOptions(CLI::App& command, RunOptions& options) {
    command
        .add_option("-j,--workers",
                    options.workers,
                    "Calls, or windows of speech, worked on at once; 0: as many as cores")
        ->check(CLI::Range(0, 64))
        ->capture_default_str();
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
}

Progress::Style progressStyle(const RunOptions& options) {
    if (options.quiet) {
        return Progress::Style::Quiet;
    }
    return isTerminal(STDERR_FILENO) ? Progress::Style::Live : Progress::Style::Plain;
}

void printOutcome(const RunOptions& options,
                  const pipeline::RunOutcome& outcome,
                  const pipeline::RunSettings& settings) {
    if (options.json) {
        printJson(outcomeJson(outcome, settings.reportFolder));
    } else {
        printSummary(outcome, settings);
    }
}

}  // namespace chat::cli
