#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace chat {

/// ISO 8601 in UTC with milliseconds, "2026-11-23T01:02:03.456Z", and back. `parseUtcText` takes no other form.
[[nodiscard]] std::string utcText(std::chrono::system_clock::time_point time);
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parseUtcText(
    std::string_view text);

/// The same to the second, "2026-11-23T01:02:03Z".
[[nodiscard]] std::string utcSecondText(std::chrono::system_clock::time_point time);

/// The moment that "since" means: so many minutes, hours, days or weeks before `now` ("90m", "24h", "7d", "2w"), or the beginning
/// of a day ("2026-11-20") of this machine's time zone. Nothing for any other text.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> sinceTime(
    std::string_view text, std::chrono::system_clock::time_point now);

}  // namespace chat
