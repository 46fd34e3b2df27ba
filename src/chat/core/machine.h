#pragma once

#include <cstdint>
#include <string>

namespace chat {

/// The machine's name, harmless to print; empty when it has none.
[[nodiscard]] std::string hostName();

/// The user who runs the program, by name where the system has one for them: "uid 1000" else. Harmless to print.
[[nodiscard]] std::string userName();

/// Bytes that programs can have without others being pushed out (MemAvailable of Linux); 0 where nobody says.
[[nodiscard]] std::uint64_t freeMemory();

/// Programs that ran or wanted to on average over the last minute; 0 where nobody says.
[[nodiscard]] double machineLoad();

/// The most memory that this program has had at once, in bytes.
[[nodiscard]] std::uint64_t peakMemory();

}  // namespace chat
