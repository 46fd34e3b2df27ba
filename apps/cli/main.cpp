#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdio>
#include <exception>

#include "commands.h"
#include "run_options.h"
#include "terminal.h"

int main(int argc, char** argv) {
    using namespace chat::cli;
    // Recordings and transcripts are personal data: nothing that is written here is for others, and a
    // crash must not leave them in a core file.
    ::umask(077);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    try {
        CLI::App app(
            "CHAT, the Call Handling Analysis Toolkit: says where calls go quiet, why, and what "
            "that costs.");
        app.name("chat");
        app.set_version_flag("--version", "chat " CHAT_VERSION);
        app.require_subcommand(1);
        app.footer(
            "Begin with: chat analyze demo/recordings --no-transcribe\n"
            "Each command has examples: chat COMMAND --help\n" +
            std::string(kRunStatuses) +
            "\n"
            "Environment: CHAT_MODELS (folder of speech models), XDG_DATA_HOME, XDG_CACHE_HOME, "
            "XDG_STATE_HOME, "
            "NO_COLOR.");
        Action action;
        addAnalyze(app, action);
        addSources(app, action);
        addQueue(app, action);
        addBatch(app, action);
        addRun(app, action);
        addWorker(app, action);
        addReanalyze(app, action);
        addModels(app, action);
        addRules(app, action);
        addErrors(app, action);
        addRecover(app, action);
        addForget(app, action);
        try {
            app.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            return app.exit(error) == 0 ? kExitDone : kExitWrongUse;
        }
        return action();
    } catch (const std::exception& error) {
        printError({chat::ErrorCode::SysUnkGenericError, "CHAT had to end", error.what()});
        return kExitNothingDone;
    }
}
