#pragma once

#include "chat/core/configuration.h"

#include <CLI/CLI.hpp>

#include <string>

namespace chat::cli {

/// Gives every option of `app` and of all its commands that was not said the value that the configuration has for it. What
/// comes from the environment counts as said, what comes from the file as the option's default: so a batch's kept
/// settings go between the two. An option that takes less than its setting (`chat reanalyze --audio`) stays as it is where
/// the value does not fit. Call before there is a second thread: the folder of models and the store's file go into the
/// environment, where this program and those that it starts look for them.
void useConfiguration(CLI::App& app, const Configuration& configuration);

}  // namespace chat::cli
