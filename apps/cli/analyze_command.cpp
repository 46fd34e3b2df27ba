#include "commands.h"
#include "listing_options.h"
#include "run_options.h"
#include "salvage_text.h"
#include "stop_signal.h"
#include "terminal.h"
#include "work_options.h"

namespace chat::cli {

namespace {

struct AnalyzeOptions {
    ListingOptions recordings;
    WorkOptions work;
    RunOptions run;
};

int analyze(const AnalyzeOptions& options) {
    StopSignal signal;
    pipeline::RunSettings settings;
    settings.paths = options.recordings.files();
    settings.listing = options.recordings.listing();
    readRunOptions(options.run, settings);
    const auto ready = readWorkOptions(options.work, settings, signal.token()).and_then([&] {
        return makeUsable(settings.storeFile);
    });
    if (!ready) {
        printError(ready.error());
        return exitStatus(ready.error());
    }
    return runAndShow(options.run, settings, signal, pipeline::analyzeRecordings);
}

}  // namespace

void addAnalyze(CLI::App& app, Action& action) {
    auto options = std::make_shared<AnalyzeOptions>();
    CLI::App* command =
        app.add_subcommand("analyze", "Analyze recordings and write a report folder");
    addListingOptions(*command, options->recordings);
    addWorkOptions(*command, options->work);
    addRunOptions(*command, options->run);
    addProgressOption(*command, options->run);
    addTraceOption(*command, options->run);
    command->footer(
        "Examples:\n"
        "  chat analyze recordings/                        a folder, with everything below it\n"
        "  chat analyze --manifest calls.csv --out monday  the files that a manifest names\n"
        "  chat analyze call.wav --no-transcribe           seconds instead of minutes, without "
        "words\n"
        "  chat analyze recordings/ --json | jq .summary   figures for a script\n"
        "  chat analyze recordings/ --progress json        when it will have ended, a line a "
        "second\n" +
        std::string(kRunStatuses));
    command->final_callback([options, &action] {
        requireListing(options->recordings);
        action = [options] { return analyze(*options); };
    });
}

}  // namespace chat::cli
