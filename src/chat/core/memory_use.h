#pragma once

#include <cstdint>
#include <filesystem>

namespace chat {

/// The share of memory in use, 0-1: of the machine, or of a control group around this process that has a limit (cgroup v2, and the
/// memory controller of v1); the fullest counts. What the kernel only keeps of files, and drops when memory is asked for, is not
/// in use. 0 where nobody says. Reads a few files of /proc and /sys: a tenth of a millisecond.
[[nodiscard]] double memoryShareInUse(const std::filesystem::path& root = "/");

/// Bytes of memory that this process has now; 0 where nobody says.
[[nodiscard]] std::uint64_t processMemory();

/// Gives what was freed but kept for later back to the system.
void returnFreedMemory();

}  // namespace chat
