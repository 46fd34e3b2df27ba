#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace chat::pipeline {

/// When "14:30" comes next by this machine's time of day, or the moment of an ISO 8601 date and time (local without an
/// offset). Nothing for another text. Reads the time zone; not beside a change of it.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> finishTime(
    std::string_view text, std::chrono::system_clock::time_point now);

}  // namespace chat::pipeline
