#pragma once

#include "chat/source/saved_searches.h"

#include <CLI/CLI.hpp>

#include <string>

namespace chat::cli {

/// By which names a search is kept and recalled.
struct SearchMemory {
    std::string save;
    std::string saved;
};

void addSearchMemory(CLI::App& command, SearchMemory& memory);

/// Fills what was not given from the search that is recalled: days only when none were given, a chain only with its store and agent.
/// Errors: those of `SavedSearches::find`.
[[nodiscard]] Status recallSearch(const SearchMemory& memory, source::SavedSearch& given);

/// Keeps a search under the name that was asked for, and as the last one. Errors: those of `SavedSearches::save`, of the name that was
/// asked for only.
[[nodiscard]] Status rememberSearch(const SearchMemory& memory, const source::SavedSearch& search);

}  // namespace chat::cli
