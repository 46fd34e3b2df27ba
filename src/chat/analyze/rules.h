#pragma once

#include "chat/core/error.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chat::analyze {

struct RuleSet;

/// What a report says about a pattern or a keyword rule.
struct RuleInfo {
    std::string id;           ///< [a-z0-9_], unique among its kind
    std::string name;         ///< plain words, e.g. "after a question"
    std::string description;  ///< one or two sentences
};

/// The compiled patterns, announcements, keyword rules and agent openings of one rules file.
///
/// Cheap to copy, immutable, any thread. Only parseRules and defaultRules make one.
class Rules {
  public:
    explicit Rules(std::shared_ptr<const RuleSet> set);
    ~Rules();
    Rules(const Rules&);
    Rules(Rules&&) noexcept;
    Rules& operator=(const Rules&);
    Rules& operator=(Rules&&) noexcept;

    [[nodiscard]] const std::vector<RuleInfo>& patterns() const;  ///< in the file's order
    [[nodiscard]] const std::vector<RuleInfo>& keywords() const;
    [[nodiscard]] const RuleSet& set() const { return *set_; }  ///< for this folder only

  private:
    std::shared_ptr<const RuleSet> set_;
};

/// An example of a rules file that does not do what is written.
struct FailedExample {
    std::string rule;                ///< id of its pattern or keyword
    bool expected;                   ///< whether it should have got that label
    std::string text;                ///< as the file writes it
    std::vector<std::string> found;  ///< what it got instead, best first
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

struct RulesTest {
    Rules rules;
    int examples = 0;  ///< that were run
    std::vector<FailedExample> failed;
};

/// The longest rules file that is read, bytes.
constexpr std::size_t kLongestRulesFile = 256 * 1024;

/// The rules file that ships with CHAT: TOML; its head explains the format.
[[nodiscard]] std::string_view defaultRulesText();
[[nodiscard]] const Rules& defaultRules();

/// Compiles the text of a rules file and proves it on its own examples: each pattern's and keyword's
/// `match` examples must get the label and its `no_match` examples must not.
///
/// `name` is how errors call the file. Errors: CFG_FMT_RULES with line and column in `what`, for bad TOML, unknown
/// or missing fields, values out of range, bad or too costly expressions, more than the limits (kLongestRulesFile;
/// 100 patterns and keywords; 200 phrases and 50 expressions per clause), and failed examples.
[[nodiscard]] Result<Rules> parseRules(std::string_view text, std::string_view name);

/// Compiles the text of a rules file as parseRules does, and runs all its examples: those that fail are no error
/// here.
[[nodiscard]] Result<RulesTest> testRules(std::string_view text, std::string_view name);

}  // namespace chat::analyze
