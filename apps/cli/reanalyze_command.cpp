#include "chat/pipeline/reanalyze.h"

#include "analysis_options.h"
#include "commands.h"
#include "run_options.h"
#include "salvage_text.h"
#include "stop_signal.h"
#include "terminal.h"

namespace chat::cli {

namespace {

struct ReanalyzeOptions {
    AnalysisOptions analysis;
    std::string out;
    std::string audio = "link";
    RunOptions run;
};

int reanalyze(const ReanalyzeOptions& options) {
    pipeline::RunSettings settings;
    readRunOptions(options.run, settings);
    const auto ready = readAnalysisOptions(options.analysis, settings).and_then([&] {
        return makeUsable(settings.storeFile);
    });
    if (!ready) {
        printError(ready.error());
        return exitStatus(ready.error());
    }
    settings.reportFolder = options.out;
    settings.audio =
        options.audio == "link" ? pipeline::AudioMode::Link : pipeline::AudioMode::None;
    StopSignal signal;
    return runAndShow(options.run, settings, signal, pipeline::reanalyzeStored);
}

}  // namespace

void addReanalyze(CLI::App& app, Action& action) {
    auto options = std::make_shared<ReanalyzeOptions>();
    CLI::App* command = app.add_subcommand(
        "reanalyze", "Look at everything stored again, with another profile or other rules");
    addAnalysisOptions(*command, options->analysis);
    command
        ->add_option("-o,--out",
                     options->out,
                     "Report folder; an earlier report there is replaced. Without it, figures only")
        ->type_name("DIR");
    command
        ->add_option("--audio",
                     options->audio,
                     "Sound in the report: a link to each recording that is still there, or none")
        ->check(CLI::IsMember({"link", "none"}))
        ->capture_default_str();
    addRunOptions(*command, options->run);
    command->footer(
        "Neither the recordings nor a speech model are needed: what sound and words were found "
        "to be is in the store.\n"
        "Examples:\n"
        "  chat reanalyze --profile dead-air --out monday   silences from 10 s, as a report\n"
        "  chat reanalyze --rules mine.toml --json          figures with your own patterns\n" +
        std::string(kRunStatuses));
    command->final_callback(
        [options, &action] { action = [options] { return reanalyze(*options); }; });
}

}  // namespace chat::cli
