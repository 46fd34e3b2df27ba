#pragma once

#include "chat/source/recordings.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace chat::cli {

/// Which recordings are meant, and what is said of them: the same for `analyze` and `queue add`.
struct ListingOptions {
    std::vector<std::string> paths;
    std::string manifest;
    std::string filePattern;
    bool allowOutside = false;

    /// Whether recordings were named at all.
    [[nodiscard]] bool isGiven() const { return !paths.empty() || !manifest.empty(); }
    [[nodiscard]] std::vector<std::filesystem::path> files() const {
        return {paths.begin(), paths.end()};
    }
    [[nodiscard]] source::ListingOptions listing() const;
};

void addListingOptions(CLI::App& command, ListingOptions& options);

/// Throws what CLI11 takes for wrong use when neither a path nor a manifest was given.
void requireListing(const ListingOptions& options);

}  // namespace chat::cli
