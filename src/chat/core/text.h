#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace chat {

/// The text with everything replaced that could act on a terminal or break a log line: control
/// characters, C1 codes, bidirectional overrides, invalid UTF-8. One line.
[[nodiscard]] std::string printable(std::string_view text);

/// The text with each byte that is not part of valid UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string validUtf8(std::string_view text);

/// ASCII letters lowered; other bytes untouched.
[[nodiscard]] std::string lowerAscii(std::string_view text);

[[nodiscard]] std::string_view trimmed(std::string_view text);

/// The number that takes all of the text, written as C++ writes it; nothing where there is more, less or too much for a T.
template <typename T>
[[nodiscard]] std::optional<T> wholeNumber(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional<T>(value)
                                                                    : std::nullopt;
}

/// "m:ss", from an hour on "h:mm:ss"; tenths of seconds are cut.
[[nodiscard]] std::string clockText(double seconds);

/// "1 call", "3 calls"
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

/// "12 kB", "3.4 MB", "1.2 GB": decimal units, tenths where there are fewer than 100.
[[nodiscard]] std::string sizeText(std::uint64_t bytes);

/// The text as one word of a POSIX shell, quoted where it has to be.
[[nodiscard]] std::string shellWord(std::string_view text);

/// Splits at `separator`; empty pieces are kept.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace chat
