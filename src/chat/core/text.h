#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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

/// "m:ss", from an hour on "h:mm:ss"; tenths of seconds are cut.
[[nodiscard]] std::string clockText(double seconds);

/// "1 call", "3 calls"
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

/// Splits at `separator`; empty pieces are kept.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace chat
