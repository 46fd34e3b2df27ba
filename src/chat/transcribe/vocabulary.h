#pragma once

#include "chat/core/error.h"
#include "chat/transcribe/tokenizer.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chat::transcribe {

/// The longest vocabulary file, in bytes.
inline constexpr std::size_t kLongestVocabulary = std::size_t{64} << 10U;

/// The names of a vocabulary file: one a line, UTF-8; blank lines and lines that begin with '#' are
/// comments, a name that comes again is dropped. `name` is how errors call the file. Errors:
/// CFG_FMT_VOCABULARY with the line in `what`: no name at all, not UTF-8, a control character, a name of more
/// than 80 bytes, more than 1,000 names.
[[nodiscard]] Result<std::vector<std::string>> parseVocabulary(std::string_view text,
                                                               const std::string& name);

/// What the decoder reads as said before, so that it expects the names: " A, B, C".
struct VocabularyPrompt {
    std::vector<int> tokens;  ///< at most 100; empty without names
    std::size_t names = 0;    ///< how many fit, from the first on
};

[[nodiscard]] VocabularyPrompt vocabularyPrompt(const Tokenizer& tokenizer,
                                                std::span<const std::string> names);

}  // namespace chat::transcribe
