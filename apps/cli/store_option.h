#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>

namespace chat::cli {

/// `--store FILE`, as every command takes it that has to do with a store.
void addStoreOption(CLI::App& command, std::string& file);

/// The file that was given, else the one of the configuration, else that of this user; also for commands whose `--store` is a shop.
[[nodiscard]] std::filesystem::path storeFileOf(const std::string& given);

}  // namespace chat::cli
