#pragma once

#include "chat/core/error.h"

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chat::transcribe {

/// A word of a token sequence.
struct TokenWord {
    std::string text;            ///< valid UTF-8 with its punctuation, without spaces, never empty
    std::size_t firstToken = 0;  ///< index into the sequence
    std::size_t tokens = 0;      ///< how many of it
};

/// Whisper's vocabulary: tokens back to text and words. Immutable; any number of threads.
class Tokenizer {
  public:
    /// Reads vocabulary.json or vocabulary.txt, whichever the engine would take. Hostile until
    /// checked: size, number and length of tokens are limited. Errors: TR_DATA_MODEL_INCOMPLETE (no such file),
    /// TR_FMT_MODEL_FOREIGN.
    [[nodiscard]] static Result<Tokenizer> load(const std::filesystem::path& folder);
    /// One token a line; a line that the text ends with is no token.
    [[nodiscard]] static Result<Tokenizer> fromText(std::string_view text);
    /// A JSON array of strings.
    [[nodiscard]] static Result<Tokenizer> fromJson(std::string_view json);

    [[nodiscard]] int size() const { return static_cast<int>(tokens_.size()); }
    [[nodiscard]] int endOfText() const { return endOfText_; }
    [[nodiscard]] bool multilingual() const { return multilingual_; }
    /// English-only models know "en" alone.
    [[nodiscard]] bool knowsLanguage(std::string_view language) const;

    /// What a transcription starts with, without the token for "no timestamps": start, language and
    /// task, or for an English-only model start alone. `language` must be known.
    [[nodiscard]] std::vector<int> startSequence(std::string_view language) const;
    [[nodiscard]] int noTimestamps() const { return noTimestamps_; }
    /// "en" for the token "<|en|>", else empty.
    [[nodiscard]] std::string languageOf(std::string_view token) const;

    [[nodiscard]] int startOfPrevious() const { return startOfPrevious_; }
    /// The tokens of each text by byte-pair encoding, as the model was trained with; runs of spaces
    /// count as one, and what no token stands for is left out.
    [[nodiscard]] std::vector<std::vector<int>> encode(std::span<const std::string> texts) const;

    /// The text of a sequence; special and unknown tokens are skipped. Valid UTF-8.
    [[nodiscard]] std::string decode(std::span<const int> sequence) const;

    /// Splits a sequence into words: at spaces, or in languages written without them at every
    /// character. What is joined in the text stays one word ("in-house", "S-I-T"); punctuation that stands alone
    /// goes with the word before it, an opening bracket or quotation mark with the one after. Special
    /// tokens belong to no word.
    [[nodiscard]] std::vector<TokenWord> words(std::span<const int> sequence,
                                               std::string_view language) const;

  private:
    Tokenizer() = default;
    [[nodiscard]] static Result<Tokenizer> fromTokens(std::vector<std::string> tokens);
    [[nodiscard]] bool isText(int token) const { return token >= 0 && token < endOfText_; }

    std::vector<std::string> tokens_;  ///< raw bytes of text tokens, names of the special ones
    std::map<std::string, int, std::less<>> languages_;
    int endOfText_ = 0;
    int startOfTranscript_ = 0;
    int transcribe_ = 0;
    int startOfPrevious_ = 0;
    int noTimestamps_ = 0;
    bool multilingual_ = false;
};

}  // namespace chat::transcribe
