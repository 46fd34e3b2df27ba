#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace chat {

/// Whether this machine knows a time zone of that name: "Europe/Berlin", "UTC".
[[nodiscard]] bool isTimeZone(std::string_view name);

/// What the clocks of a time zone show at a moment: "2026-11-23T17:02:00". Any thread may call.
using LocalTime = std::function<std::string(std::chrono::sys_seconds)>;

/// An empty name: where this machine is; one that it does not know: UTC.
[[nodiscard]] LocalTime localTimeIn(const std::string& zone);

/// The day that it is in a time zone, "2026-11-23"; names as above.
[[nodiscard]] std::string dayIn(const std::string& zone,
                                std::chrono::system_clock::time_point time);

}  // namespace chat
