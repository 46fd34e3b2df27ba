#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "commands.h"

namespace chat::cli {

/// Adds `list`, `resume` and `discard` below `recover`: what is done with calls that a crash or a stop has left half done.
void addRecoverCalls(CLI::App& recover, Action& action);

/// `--why TEXT`, for the audit log.
void addWhyOption(CLI::App& command, std::string& why);

}  // namespace chat::cli
