#include "chat/core/configuration.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdio>
#include <exception>

#include "commands.h"
#include "config_use.h"
#include "run_options.h"
#include "terminal.h"

namespace chat::cli {

namespace {

/// Those that say themselves what is wrong with the configuration, and the worker that is told all it needs.
bool doesWithoutConfiguration(const CLI::App& app) {
    return app.got_subcommand("config") || app.got_subcommand("doctor") ||
           (app.got_subcommand("worker") && app.get_subcommand("worker")->count(kSupervised) > 0);
}

Status configure(CLI::App& app, const std::string& file) {
    const Configuration configuration = readConfiguration(configFile(file));
    if (!configuration.problems.empty()) {
        return tl::unexpected(configuration.problems.front());
    }
    useConfiguration(app, configuration);
    return {};
}

}  // namespace

}  // namespace chat::cli

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
            "Begin with: chat demo\n"
            "Each command has examples: chat COMMAND --help\n" +
            std::string(kRunStatuses) +
            "\n"
            "Environment: CHAT_CONFIG (file of settings), CHAT_MODELS and the others that `chat "
            "config show --json` names,\n"
            "XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME, XDG_STATE_HOME, NO_COLOR.");
        std::string configurationFile;
        app.add_option("--config", configurationFile, "File of settings (docs/configuration.md)")
            ->type_name("FILE");
        app.fallthrough();  // --config may stand behind the command too
        Action action;
        addAnalyze(app, action);
        addSources(app, action);
        addSearches(app, action);
        addTelephony(app, action);
        addQueue(app, action);
        addBatch(app, action);
        addRun(app, action);
        addWorker(app, action);
        addReanalyze(app, action);
        addModels(app, action);
        addRules(app, action);
        addPerf(app, action);
        addErrors(app, action);
        addRecover(app, action);
        addForget(app, action);
        addConfig(app, configurationFile, action);
        addDoctor(app, configurationFile, action);
        addDemo(app, action);
        try {
            app.parse(argc, argv);
        } catch (const CLI::CallForHelp& help) {
            // Help shows the defaults that hold, where that can be known.
            static_cast<void>(configure(app, configurationFile));
            return app.exit(help);
        } catch (const CLI::ParseError& error) {
            return app.exit(error) == 0 ? kExitDone : kExitWrongUse;
        }
        if (!doesWithoutConfiguration(app)) {
            if (auto configured = configure(app, configurationFile); !configured) {
                printError(configured.error());
                return kExitNothingDone;
            }
        }
        return action();
    } catch (const std::exception& error) {
        printError({chat::ErrorCode::SysUnkGenericError, "CHAT had to end", error.what()});
        return kExitNothingDone;
    }
}
