#pragma once

#include "chat/core/error.h"
#include "chat/source/search_filter.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace chat::source {

/// What was looked for. Chain, store and agent are as the person named them, by id or name.
struct SavedSearch {
    SearchFilter filter;
    bool anyDay = false;

    [[nodiscard]] bool operator==(const SavedSearch&) const = default;
};

/// Searches by the names that people gave them, in one file, 0600 in a folder 0700.
///
/// Errors: CFG_VAL_SETTING (the file is damaged: it is left as it is; a name that is empty, longer than 100 bytes or holds signs
/// that cannot be shown; no search has the name); those of `writeFileAtomically`.
class SavedSearches {
  public:
    explicit SavedSearches(std::filesystem::path file)
        : file_(std::move(file)) {}

    /// All, by name; none when there is no file.
    [[nodiscard]] Result<std::map<std::string, SavedSearch>> all() const;
    [[nodiscard]] Result<SavedSearch> find(const std::string& name) const;
    /// Takes the place of one with the same name.
    [[nodiscard]] Status save(const std::string& name, const SavedSearch& search) const;
    [[nodiscard]] Status forget(const std::string& name) const;

  private:
    [[nodiscard]] Status write(const std::map<std::string, SavedSearch>& searches) const;

    std::filesystem::path file_;
};

/// What is in such a file; nothing for a text that is none.
[[nodiscard]] std::optional<std::map<std::string, SavedSearch>> parseSavedSearches(
    std::string_view text);

}  // namespace chat::source
