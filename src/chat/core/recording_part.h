#pragma once

#include "chat/core/error.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace chat {

/// Which bytes of a recording's file there are.
struct RecordingPart {
    std::uint64_t offset = 0;  ///< of the first byte
    std::string versionMark;   ///< changes when the bytes do; empty where the source has none
    std::optional<std::uint64_t> bytes;  ///< length of the whole recording, where the source says
};

/// Takes bytes in their order; an error ends the reading with itself.
using TakeBytes = std::function<Status(const RecordingPart& part, std::string_view bytes)>;

}  // namespace chat
