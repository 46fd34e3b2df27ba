#pragma once

#include "chat/analyze/dialogue.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chat::analyze {

/// 64-bit FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/).
[[nodiscard]] std::uint64_t wordHash(std::string_view word);

/// The hash of a name with one word more.
[[nodiscard]] std::uint64_t hashOn(std::uint64_t hash, std::uint64_t word);

/// The name of a cue as one number, made of those of its words. Models know cues by it.
[[nodiscard]] std::uint64_t cueHash(std::string_view name);

enum class CueNames : std::uint8_t {
    Hashes,   ///< for models: no name is spelled out
    Spelled,  ///< for people and the scripts that fit models
};

/// A sentence as a model sees it: its words between "^" and "$", "#" for a word with digits.
struct MarkedSentence {
    Passage words;
    std::vector<std::string_view> parts;  ///< with the marks
    std::vector<std::uint64_t> hashes;    ///< of the parts
    bool asks = false;

    [[nodiscard]] std::size_t length() const { return parts.size() - 2; }
};

[[nodiscard]] MarkedSentence markedSentence(const Passage& words);

/// Calls `take(hash, name)` for every run of one to `most` words of the sentence; its name is `kind` and the words. The mark
/// of an end alone is no run. `name` is empty unless names are spelled.
template <typename Take>
void forEachRun(std::string_view kind,
                const MarkedSentence& sentence,
                std::size_t most,
                CueNames names,
                const Take& take) {
    const std::uint64_t begin = hashOn(0, wordHash(kind));
    std::string name;
    for (std::size_t first = 0; first < sentence.parts.size(); ++first) {
        const std::size_t end = std::min(sentence.parts.size(), first + most);
        std::uint64_t hash = begin;
        if (names == CueNames::Spelled) {
            name = kind;
        }
        for (std::size_t last = first; last < end; ++last) {
            hash = hashOn(hash, sentence.hashes[last]);
            if (names == CueNames::Spelled) {
                name.append(" ").append(sentence.parts[last]);
            }
            // "^" and "$" alone are in every sentence.
            const bool mark = first == 0 || first + 1 == sentence.parts.size();
            if (last > first || !mark) {
                take(hash, std::string_view(name));
            }
        }
    }
}

}  // namespace chat::analyze
