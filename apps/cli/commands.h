#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

namespace chat::cli {

/// What a subcommand does once its arguments are read; gives the exit status.
using Action = std::function<int()>;

/// Each adds its subcommand and sets `action` when it is chosen.
void addAnalyze(CLI::App& app, Action& action);
void addBatch(CLI::App& app, Action& action);
/// `configuration` is what `--config` says, once the arguments are read.
void addConfig(CLI::App& app, const std::string& configuration, Action& action);
void addDemo(CLI::App& app, Action& action);
void addDoctor(CLI::App& app, const std::string& configuration, Action& action);
void addForget(CLI::App& app, Action& action);
void addQueue(CLI::App& app, Action& action);
void addReanalyze(CLI::App& app, Action& action);
void addModels(CLI::App& app, Action& action);
void addPerf(CLI::App& app, Action& action);
void addRecover(CLI::App& app, Action& action);
void addRun(CLI::App& app, Action& action);
/// Adds `chains`, `stores`, `agents` and `search`.
void addSources(CLI::App& app, Action& action);
/// Adds `searches`.
void addSearches(CLI::App& app, Action& action);
/// Adds `telephony`: what the keyring has for it.
void addTelephony(CLI::App& app, Action& action);
void addErrors(CLI::App& app, Action& action);
void addRules(CLI::App& app, Action& action);
void addWorker(CLI::App& app, Action& action);

/// Adds `add` below `queue`.
void addQueueAdd(CLI::App& queueCommand, Action& action);

}  // namespace chat::cli
