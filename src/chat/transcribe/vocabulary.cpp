#include "chat/transcribe/vocabulary.h"

#include "chat/core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace chat::transcribe {

namespace {

constexpr std::size_t kMostNames = 1000;
constexpr std::size_t kLongestName = 80;
/// Each window pays for its prompt, and a long one makes the model copy it.
constexpr std::size_t kMostPromptTokens = 100;

bool isControl(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

std::string_view problemOf(std::string_view name) {
    if (name.size() > kLongestName) {
        return "is longer than 80 bytes";
    }
    if (validUtf8(name) != name) {
        return "is not UTF-8";
    }
    return std::ranges::any_of(name, isControl) ? "holds a control character" : "";
}

}  // namespace

Result<std::vector<std::string>> parseVocabulary(std::string_view text, const std::string& name) {
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    std::vector<std::string> names;
    std::size_t number = 0;
    for (const std::string_view line : split(text, '\n')) {
        ++number;
        const std::string_view entry = trimmed(line);
        if (entry.empty() || entry.starts_with('#')) {
            continue;
        }
        if (const std::string_view problem = problemOf(entry); !problem.empty()) {
            return fail(ErrorCode::CfgFmtVocabulary,
                        fmt::format("{}, line {}: the name {}", name, number, problem));
        }
        if (std::ranges::find(names, entry) != names.end()) {
            continue;
        }
        if (names.size() == kMostNames) {
            return fail(ErrorCode::CfgFmtVocabulary,
                        fmt::format("{}, line {}: more than {} names", name, number, kMostNames));
        }
        names.emplace_back(entry);
    }
    if (names.empty()) {
        return fail(ErrorCode::CfgFmtVocabulary, fmt::format("{} holds no name", name));
    }
    return names;
}

VocabularyPrompt vocabularyPrompt(const Tokenizer& tokenizer, std::span<const std::string> names) {
    std::vector<std::string> texts;
    texts.reserve(names.size());
    for (const std::string& name : names) {
        texts.push_back((texts.empty() ? " " : ", ") + name);
    }
    VocabularyPrompt prompt;
    for (const std::vector<int>& tokens : tokenizer.encode(texts)) {
        if (prompt.tokens.size() + tokens.size() > kMostPromptTokens) {
            break;
        }
        prompt.tokens.insert(prompt.tokens.end(), tokens.begin(), tokens.end());
        ++prompt.names;
    }
    return prompt;
}

}  // namespace chat::transcribe
