#pragma once

#include <tl/expected.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chat::analyze {

/// Phrases and regular expressions that are looked for as whole words in normalized text (dialogue.h):
/// "hi" is not in "this". One pass over the text whatever their number; linear time (RE2). Of matches that begin at
/// the same place the longest counts. Immutable; any thread.
class WordPattern {
  public:
    struct Found {
        std::size_t begin = 0;  ///< bytes of the text
        std::size_t end = 0;
    };

    /// What one pattern may take, expression and search tables together.
    static constexpr std::int64_t kMemoryBytes = 32 << 20;

    /// Why a regular expression cannot be used, as a sentence's end; nothing when it can.
    [[nodiscard]] static std::optional<std::string> whyInvalid(const std::string& regex);

    /// Phrases are normalized first and hold at least one word; each regular expression is valid by itself. The
    /// error is a sentence's end: all together are too costly.
    [[nodiscard]] static tl::expected<WordPattern, std::string> compile(
        std::span<const std::string> phrases, std::span<const std::string> regexes);

    /// The same for what is known to compile: it is not compiled before the first search.
    [[nodiscard]] static WordPattern proven(std::span<const std::string> phrases,
                                            std::span<const std::string> regexes);

    WordPattern();
    ~WordPattern();
    WordPattern(WordPattern&&) noexcept;
    WordPattern& operator=(WordPattern&&) noexcept;
    WordPattern(const WordPattern&) = delete;
    WordPattern& operator=(const WordPattern&) = delete;

    /// The first match that begins at `from` or later.
    [[nodiscard]] std::optional<Found> find(std::string_view text, std::size_t from = 0) const;
    [[nodiscard]] std::optional<Found> findLast(std::string_view text) const;
    /// Does the text consist of matches and nothing else?
    [[nodiscard]] bool fills(std::string_view text) const;
    /// Without phrases and expressions, nothing is ever found.
    [[nodiscard]] bool empty() const { return expression_ == nullptr; }

  private:
    struct Expression;
    std::unique_ptr<Expression> expression_;
};

}  // namespace chat::analyze
