#pragma once

#include "chat/core/error_record.h"
#include "chat/core/units.h"

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace chat {

/// An error with what is known of its call. Unlike the record, this can name people.
struct ErrorEvent {
    ErrorRecord record;
    std::string path;    ///< of the recording, as shown; empty where the call is not in the queue
    std::string store;   ///< the shop
    Seconds duration{};  ///< of the recording; 0 unknown
    bool lost = false;   ///< the call has no result now
};

/// What calls have in common with others.
enum class Trait : std::uint8_t { Host, Store, FileType, Hour, Version };
inline constexpr std::array kTraits{
    Trait::Host, Trait::Store, Trait::FileType, Trait::Hour, Trait::Version};

/// How many calls were worked on, failed ones included, and how many of them had which value of a trait. A trait that is
/// not recorded of calls has no values here.
struct CallCounts {
    std::size_t calls = 0;
    std::map<Trait, std::map<std::string, std::size_t>> of;
    std::vector<std::chrono::system_clock::time_point>
        times;  ///< when each ended, or else began; in order
};

/// The hour of the day on this machine, "09".
[[nodiscard]] std::string hourOf(std::chrono::system_clock::time_point time);

}  // namespace chat
