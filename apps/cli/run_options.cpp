#include "run_options.h"

#include "chat/store/result_store.h"

#include <unistd.h>

#include <algorithm>
#include <thread>

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
    command.add_option("--store", options.store, "Where finished work is kept")->type_name("FILE");
    command.add_flag("--json", options.json, "Print the outcome as JSON");
    command.add_flag("-q,--quiet", options.quiet, "No progress");
}

void readRunOptions(const RunOptions& options, pipeline::RunSettings& settings) {
    settings.storeFile =
        options.store.empty() ? store::defaultStoreFile() : std::filesystem::path(options.store);
    settings.workers =
        options.workers > 0
            ? options.workers
            : static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 32U));
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
