#include "chat/transcribe/tokenizer.h"

#include "chat/core/files.h"
#include "chat/core/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <numeric>
#include <optional>
#include <unordered_map>

namespace chat::transcribe {

namespace {

constexpr std::size_t kMaxFileBytes = 16U << 20U;
constexpr std::size_t kMaxTokens = 200'000;
constexpr std::size_t kMaxTokenBytes = 1024;

/// Languages written without spaces, where a word cannot be told from its neighbours.
constexpr std::array<std::string_view, 6> kWithoutSpaces{"zh", "ja", "th", "lo", "my", "yue"};

/// Punctuation that belongs to the word after it when it stands alone.
constexpr std::array<std::string_view, 12> kOpening{
    "\"", "'", "“", "‘", "¿", "¡", "(", "[", "{", "「", "『", "«"};
tl::unexpected<Error> foreign(std::string cause) {
    return fail(ErrorCode::TrFmtModelForeign,
                "The vocabulary is not that of a Whisper model.",
                std::move(cause));
}

/// One code point from the front of `text`; nothing when it does not start with valid UTF-8.
std::optional<char32_t> takeCodePoint(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || text.size() < length) {
        return std::nullopt;
    }
    char32_t point = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xC0U) != 0x80) {
            return std::nullopt;
        }
        point = point << 6U | (byte & 0x3FU);
    }
    const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    if (overlong || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
        return std::nullopt;
    }
    text.remove_prefix(length);
    return point;
}

bool isValidUtf8(std::string_view text) {
    while (!text.empty()) {
        if (!takeCodePoint(text)) {
            return false;
        }
    }
    return true;
}

/// GPT-2 writes every byte as a visible character: itself where it is one, else the next from U+0100.
std::map<char32_t, char> byteOfCharacter() {
    std::map<char32_t, char> bytes;
    char32_t next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool visible =
            (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
        bytes[visible ? byte : next++] = static_cast<char>(byte);
    }
    return bytes;
}

/// A text token's bytes; nothing when it holds a character that stands for no byte.
std::optional<std::string> bytesOf(std::string_view token) {
    static const std::map<char32_t, char> kBytes = byteOfCharacter();
    std::string bytes;
    while (!token.empty()) {
        const std::optional<char32_t> point = takeCodePoint(token);
        const auto byte = point ? kBytes.find(*point) : kBytes.end();
        if (byte == kBytes.end()) {
            return std::nullopt;
        }
        bytes += byte->second;
    }
    return bytes;
}

bool isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Only marks that nobody speaks; signs that stand for words ("&", "%", "+") are words.
bool isPunctuation(std::string_view text) {
    constexpr std::string_view kAscii = ".,!?:;-\"'()[]{}";
    while (!text.empty()) {
        const std::optional<char32_t> point = takeCodePoint(text);
        if (!point) {
            return false;
        }
        const char32_t c = *point;
        const bool ascii = c < 0x80 && kAscii.find(static_cast<char>(c)) != std::string_view::npos;
        const bool latin = c == 0xA1 || c == 0xAB || c == 0xBB || c == 0xBF;
        const bool general = c >= 0x2010 && c <= 0x2027;
        const bool cjk = (c >= 0x3001 && c <= 0x3003) || (c >= 0x3008 && c <= 0x301F) ||
                         c == 0xFF01 || c == 0xFF08 || c == 0xFF09 || c == 0xFF0C || c == 0xFF0E ||
                         c == 0xFF1A || c == 0xFF1B || c == 0xFF1F;
        if (!ascii && !latin && !general && !cjk) {
            return false;
        }
    }
    return true;
}

template <typename List>
bool contains(const List& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

/// Gives punctuation that stands alone to its neighbours.
std::vector<TokenWord> mergePunctuation(std::vector<TokenWord> pieces) {
    std::vector<TokenWord> words;
    std::optional<TokenWord> opening;
    for (TokenWord& piece : pieces) {
        if (opening) {
            piece.text = opening->text + piece.text;
            piece.tokens += piece.firstToken - opening->firstToken;
            piece.firstToken = opening->firstToken;
            opening.reset();
        } else if (isPunctuation(piece.text)) {
            if (!contains(kOpening, piece.text) && !words.empty()) {
                words.back().text += piece.text;
                words.back().tokens = piece.firstToken + piece.tokens - words.back().firstToken;
            } else {
                opening = std::move(piece);
            }
            continue;
        }
        words.push_back(std::move(piece));
    }
    if (opening && !words.empty()) {
        words.back().text += opening->text;
        words.back().tokens = opening->firstToken + opening->tokens - words.back().firstToken;
    }
    return words;
}

using TokenIds = std::unordered_map<std::string_view, int>;

/// One piece of a text to tokens: its bytes, of which the pair that makes the lowest token is joined
/// until no pair makes one. The number of a token is the rank of its merge.
void appendPiece(const TokenIds& ids, std::string_view piece, std::vector<int>& tokens) {
    std::vector<std::size_t> starts(piece.size() + 1);
    std::iota(starts.begin(), starts.end(), std::size_t{0});
    const auto idOf = [&](std::size_t from, std::size_t to) {
        const auto it = ids.find(piece.substr(starts[from], starts[to] - starts[from]));
        return it == ids.end() ? -1 : it->second;
    };
    for (;;) {
        std::size_t best = 0;
        int lowest = std::numeric_limits<int>::max();
        for (std::size_t i = 0; i + 2 < starts.size(); ++i) {
            const int joined = idOf(i, i + 2);
            if (joined >= 0 && joined < lowest) {
                lowest = joined;
                best = i;
            }
        }
        if (lowest == std::numeric_limits<int>::max()) {
            break;
        }
        starts.erase(starts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
    for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
        if (const int id = idOf(i, i + 1); id >= 0) {
            tokens.push_back(id);
        }
    }
}

}  // namespace

Result<Tokenizer> Tokenizer::load(const std::filesystem::path& folder) {
    for (const auto& [name, parse] : {std::pair{"vocabulary.json", &Tokenizer::fromJson},
                                      std::pair{"vocabulary.txt", &Tokenizer::fromText}}) {
        std::error_code notThere;
        const std::filesystem::path file = std::filesystem::canonical(folder / name, notThere);
        if (!notThere) {
            return readFile(file, kMaxFileBytes, ErrorCode::TrFmtModelForeign).and_then(parse);
        }
    }
    return fail(ErrorCode::TrDataModelIncomplete,
                fmt::format("The model folder {} has no vocabulary.txt.", folder.string()));
}

Result<Tokenizer> Tokenizer::fromText(std::string_view text) {
    std::vector<std::string> tokens;
    while (!text.empty() && tokens.size() <= kMaxTokens) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        tokens.emplace_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return fromTokens(std::move(tokens));
}

Result<Tokenizer> Tokenizer::fromJson(std::string_view json) {
    const nlohmann::json parsed = nlohmann::json::parse(json, nullptr, false);
    if (!parsed.is_array() || parsed.size() > kMaxTokens) {
        return foreign("not an array of tokens");
    }
    std::vector<std::string> tokens;
    for (const nlohmann::json& token : parsed) {
        if (!token.is_string()) {
            return foreign("a token that is not a string");
        }
        tokens.push_back(token.get<std::string>());
    }
    return fromTokens(std::move(tokens));
}

Result<Tokenizer> Tokenizer::fromTokens(std::vector<std::string> tokens) {
    if (tokens.size() > kMaxTokens) {
        return foreign("too many tokens");
    }
    std::map<std::string, int, std::less<>> special;
    bool multilingual = false;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i].size() > kMaxTokenBytes) {
            return foreign("a token that is too long");
        }
        multilingual = multilingual || tokens[i].empty();
        if (tokens[i].starts_with("<|") && tokens[i].ends_with("|>")) {
            special.emplace(tokens[i], static_cast<int>(i));
        }
    }
    const auto idOf = [&special](std::string_view name) {
        const auto it = special.find(name);
        return it == special.end() ? -1 : it->second;
    };
    Tokenizer result;
    result.multilingual_ = multilingual;
    result.endOfText_ = idOf("<|endoftext|>");
    result.startOfTranscript_ = idOf("<|startoftranscript|>");
    result.transcribe_ = idOf("<|transcribe|>");
    result.startOfPrevious_ = idOf("<|startofprev|>");
    result.noTimestamps_ = idOf("<|notimestamps|>");
    // The engine takes what lies between these for the languages and tasks, in this order.
    if (result.endOfText_ <= 0 || result.startOfTranscript_ != result.endOfText_ + 1 ||
        result.transcribe_ <= result.startOfTranscript_ ||
        result.startOfPrevious_ <= result.transcribe_ ||
        result.noTimestamps_ <= result.transcribe_) {
        return foreign("special tokens are missing or out of order");
    }
    for (int i = 0; i < result.endOfText_; ++i) {
        std::string& token = tokens[static_cast<std::size_t>(i)];
        std::optional<std::string> bytes = bytesOf(token);
        if (!bytes) {
            return foreign(fmt::format("token {} is not written in bytes", i));
        }
        token = std::move(*bytes);
    }
    for (int i = result.startOfTranscript_ + 1; i < result.transcribe_; ++i) {
        const std::string language = result.languageOf(tokens[static_cast<std::size_t>(i)]);
        if (!language.empty()) {
            result.languages_.emplace(language, i);
        }
    }
    result.tokens_ = std::move(tokens);
    return result;
}

bool Tokenizer::knowsLanguage(std::string_view language) const {
    return multilingual_ ? languages_.contains(language) : language == "en";
}

std::vector<int> Tokenizer::startSequence(std::string_view language) const {
    const auto it = languages_.find(language);
    if (!multilingual_ || it == languages_.end()) {
        return {startOfTranscript_};
    }
    return {startOfTranscript_, it->second, transcribe_};
}

std::vector<std::vector<int>> Tokenizer::encode(std::span<const std::string> texts) const {
    TokenIds ids;
    ids.reserve(static_cast<std::size_t>(endOfText_));
    for (int i = 0; i < endOfText_; ++i) {
        ids.emplace(tokens_[static_cast<std::size_t>(i)], i);
    }
    // GPT-2's division of a text, without its rules for several spaces.
    static const RE2 kPiece(R"(('(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+)|\s)");
    std::vector<std::vector<int>> result;
    result.reserve(texts.size());
    for (const std::string& text : texts) {
        std::vector<int> tokens;
        re2::StringPiece rest(text);
        re2::StringPiece piece;
        while (RE2::Consume(&rest, kPiece, &piece)) {
            appendPiece(ids, {piece.data(), piece.size()}, tokens);
        }
        result.push_back(std::move(tokens));
    }
    return result;
}

std::string Tokenizer::languageOf(std::string_view token) const {
    const bool shaped =
        token.size() >= 6 && token.size() <= 7 && token.starts_with("<|") && token.ends_with("|>");
    const std::string_view code = shaped ? token.substr(2, token.size() - 4) : std::string_view{};
    const bool letters =
        std::all_of(code.begin(), code.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    return letters ? std::string(code) : std::string{};
}

std::string Tokenizer::decode(std::span<const int> sequence) const {
    std::string bytes;
    for (const int token : sequence) {
        if (isText(token)) {
            bytes += tokens_[static_cast<std::size_t>(token)];
        }
    }
    return validUtf8(bytes);
}

std::vector<TokenWord> Tokenizer::words(std::span<const int> sequence,
                                        std::string_view language) const {
    const bool spaces = !contains(kWithoutSpaces, language);
    std::vector<TokenWord> pieces;
    bool complete = true;  // the last piece ends with a whole character
    bool open = false;     // the last piece may still grow
    for (std::size_t i = 0; i < sequence.size(); ++i) {
        if (!isText(sequence[i])) {
            open = false;
            continue;
        }
        const std::string& bytes = tokens_[static_cast<std::size_t>(sequence[i])];
        const bool startsWord = complete && (!spaces || (!bytes.empty() && isSpace(bytes.front())));
        if (!open || startsWord) {
            pieces.push_back({{}, i, 0});
            open = true;
        }
        pieces.back().text += bytes;
        pieces.back().tokens = i + 1 - pieces.back().firstToken;
        complete = isValidUtf8(pieces.back().text);
    }
    for (TokenWord& piece : pieces) {
        piece.text = validUtf8(piece.text);
        std::erase_if(piece.text, isSpace);
    }
    std::erase_if(pieces, [](const TokenWord& piece) { return piece.text.empty(); });
    return mergePunctuation(std::move(pieces));
}

}  // namespace chat::transcribe
