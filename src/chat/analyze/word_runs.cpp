#include "chat/analyze/word_runs.h"

#include "chat/core/text.h"

#include <bit>

namespace chat::analyze {

namespace {

bool hasDigit(std::string_view word) {
    return std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::uint64_t wordHash(std::string_view word) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char byte : word) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    }
    return hash;
}

std::uint64_t hashOn(std::uint64_t hash, std::uint64_t word) {
    return (std::rotl(hash, 23) ^ word) * 0x9e3779b97f4a7c15;
}

std::uint64_t cueHash(std::string_view name) {
    std::uint64_t hash = 0;
    while (!name.empty()) {
        const std::size_t end = std::min(name.find(' '), name.size());
        hash = hashOn(hash, wordHash(name.substr(0, end)));
        name.remove_prefix(std::min(end + 1, name.size()));
    }
    return hash;
}

MarkedSentence markedSentence(const Passage& words) {
    MarkedSentence sentence{words, {"^"}, {}, false};
    for (const std::string_view part : split(words.text(), ' ')) {
        if (!part.empty() && part != ".") {
            sentence.parts.push_back(hasDigit(part) ? std::string_view("#") : part);
        }
    }
    sentence.asks = sentence.parts.back() == "?";
    sentence.parts.emplace_back("$");
    sentence.hashes.reserve(sentence.parts.size());
    for (const std::string_view part : sentence.parts) {
        sentence.hashes.push_back(wordHash(part));
    }
    return sentence;
}

}  // namespace chat::analyze
