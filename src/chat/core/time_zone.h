#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace chat {

/// Whether this machine knows a time zone of that name: "Europe/Berlin", "UTC".
[[nodiscard]] bool isTimeZone(std::string_view name);

/// The day that it is in a time zone, "2026-11-23"; an empty name: where this machine is. To be called before there is a
/// second thread: the system's library takes the zone from the environment, which is changed meanwhile.
[[nodiscard]] std::string dayIn(const std::string& zone,
                                std::chrono::system_clock::time_point time);

}  // namespace chat
