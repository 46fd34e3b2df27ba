#pragma once

#include "chat/analyze/toml_table.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chat::analyze {

constexpr std::size_t kMaxPhrases = 200;

/// The named word lists of a rules file, and the expressions that use them as {name}. Throws LoadError.
class WordLists {
  public:
    /// `proven`: every expression is known to be valid, and none is looked at.
    explicit WordLists(bool proven)
        : proven_(proven) {}

    /// Reads [lists].
    void load(const Table& root);

    /// The expressions in a field of `table`, with what each list stands for.
    [[nodiscard]] std::vector<std::string> expressions(const Table& table,
                                                       std::string_view key) const;

  private:
    const std::string& loadList(const toml::table& lists,
                                const std::string& name,
                                const toml::source_region& where,
                                std::vector<std::string>& open);

    /// Why an expression cannot be used.
    [[nodiscard]] std::optional<std::string> whyInvalid(const std::string& text) const;

    bool proven_;
    std::map<std::string, std::string> lists_;  ///< each list as one expression: "(?:a|b)"
};

}  // namespace chat::analyze
