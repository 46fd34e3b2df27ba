#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace chat::source {

/// A date and time of day as "YYYY-MM-DDTHH:MM:SS", with the offset from UTC behind it ("Z", "+01:00")
/// when one was given. Takes ISO 8601's extended form with `T` or a blank, seconds and their fraction
/// (which is cut) optional. Nothing when it is not that or no such day or time exists.
[[nodiscard]] std::optional<std::string> normalizedCallTime(std::string_view text);

}  // namespace chat::source
