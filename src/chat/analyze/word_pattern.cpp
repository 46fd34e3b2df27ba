#include "chat/analyze/word_pattern.h"

#include "chat/analyze/dialogue.h"
#include "chat/core/text.h"

#include <re2/re2.h>

#include <mutex>
#include <utility>

namespace chat::analyze {

namespace {

/// Whether capitals of the expression could stand for letters of normalized text, which has none of ASCII.
bool needsFolding(std::string_view expression) {
    for (std::size_t i = 0; i < expression.size(); ++i) {
        const char c = expression[i];
        if (c == '\\') {
            ++i;  // \S is no capital
        } else if ((c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80) {
            return true;
        }
    }
    return false;
}

/// Without folding an expression is compiled in half the time.
re2::RE2::Options options(std::string_view expression) {
    re2::RE2::Options options;
    options.set_case_sensitive(!needsFolding(expression));
    options.set_longest_match(true);
    options.set_log_errors(false);
    options.set_max_mem(WordPattern::kMemoryBytes);
    return options;
}

/// The expression of a phrase; empty when it holds no word.
std::string phraseExpression(std::string_view phrase) {
    std::string normalized;
    appendNormalized(phrase, {}, normalized);
    std::string expression;
    for (const std::string_view part : split(trimmed(normalized), ' ')) {
        expression += expression.empty() ? "" : " ";
        expression += re2::RE2::QuoteMeta(re2::StringPiece(part.data(), part.size()));
    }
    return expression;
}

}  // namespace

struct WordPattern::Expression {
    explicit Expression(std::string any)
        : text(std::move(any)) {}

    [[nodiscard]] const re2::RE2& compiled() {
        std::call_once(once, [&] {
            expression =
                std::make_unique<re2::RE2>("(?:^| )(?:" + text + ")(?: |$)", options(text));
        });
        return *expression;
    }

    std::string text;
    std::once_flag once;
    std::unique_ptr<re2::RE2> expression;  ///< after `once`
};

WordPattern::WordPattern() = default;
WordPattern::~WordPattern() = default;
WordPattern::WordPattern(WordPattern&&) noexcept = default;
WordPattern& WordPattern::operator=(WordPattern&&) noexcept = default;

std::optional<std::string> WordPattern::whyInvalid(const std::string& regex) {
    const re2::RE2 expression(regex, options(regex));
    if (!expression.ok()) {
        return "the expression is not valid: " + expression.error();
    }
    if (re2::RE2::FullMatch("", expression)) {
        return "the expression matches without any word";
    }
    return std::nullopt;
}

tl::expected<WordPattern, std::string> WordPattern::compile(std::span<const std::string> phrases,
                                                            std::span<const std::string> regexes) {
    WordPattern pattern = proven(phrases, regexes);
    if (!pattern.empty() && !pattern.expression_->compiled().ok()) {
        return tl::unexpected("the phrases or expressions together are too costly: " +
                              pattern.expression_->compiled().error());
    }
    return pattern;
}

WordPattern WordPattern::proven(std::span<const std::string> phrases,
                                std::span<const std::string> regexes) {
    WordPattern pattern;
    std::string any;
    const auto add = [&](std::string_view expression) {
        any.append(any.empty() ? "(?:" : "|(?:").append(expression).append(")");
    };
    for (const std::string& phrase : phrases) {
        add(phraseExpression(phrase));
    }
    for (const std::string& regex : regexes) {
        add(regex);
    }
    if (!any.empty()) {
        pattern.expression_ = std::make_unique<Expression>(std::move(any));
    }
    return pattern;
}

std::optional<WordPattern::Found> WordPattern::find(std::string_view text, std::size_t from) const {
    if (!expression_ || from > text.size()) {
        return std::nullopt;
    }
    const re2::StringPiece subject(text.data(), text.size());
    // The whole match alone: groups would take RE2's slow engines. Its blanks are those around the words.
    re2::StringPiece match;
    if (!expression_->compiled().Match(
            subject, from, text.size(), re2::RE2::UNANCHORED, &match, 1)) {
        return std::nullopt;
    }
    auto begin = static_cast<std::size_t>(match.data() - text.data());
    std::size_t end = begin + match.size();
    begin += begin < end && text[begin] == ' ' ? 1 : 0;
    end -= begin < end && text[end - 1] == ' ' ? 1 : 0;
    if (begin == end) {
        return std::nullopt;
    }
    return Found{begin, end};
}

std::optional<WordPattern::Found> WordPattern::findLast(std::string_view text) const {
    std::optional<Found> last;
    for (auto found = find(text); found; found = find(text, found->end)) {
        last = found;
    }
    return last;
}

bool WordPattern::fills(std::string_view text) const {
    std::size_t filled = 0;
    while (filled < text.size()) {
        const auto found = find(text, filled);
        if (!found || found->begin > filled + (filled > 0 ? 1 : 0)) {
            return false;
        }
        filled = found->end;
    }
    return !text.empty();
}

}  // namespace chat::analyze
