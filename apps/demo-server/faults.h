#pragma once

#include "chat/core/error.h"

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace chat::demo {

/// How a server can misbehave.
enum class FaultKind : std::uint8_t {
    Status,     ///< answers this status and nothing else
    RateLimit,  ///< 429 with Retry-After: this many seconds
    Redirect,   ///< to this address, with the path behind it
    Delay,      ///< answers after this many milliseconds
    Slow,       ///< waits this many milliseconds before each KiB of a body
    Cut,        ///< ends the connection after this many bytes of a body
    Lie,        ///< announces this many bytes more (or, below zero, fewer) than there are
    Bomb,       ///< a packed body that unpacks to this many megabytes
    Deep,       ///< JSON nested this deep
    Empty,      ///< nothing, as if that were all
    Page,       ///< a page for people in place of JSON
    Names,      ///< names that try to act where they are shown or written
    Change,     ///< every answer is another version of the recording
};

struct Fault {
    FaultKind kind{};
    std::string value;
    int number = 0;  ///< the value as a number, where it is one
};

/// The faults that a server has been told to have, and how often yet.
class Faults {
  public:
    /// What people write: PLACE:KIND[=VALUE][*TIMES], such as "calls:status=503*2" or "recording:cut=1000".
    [[nodiscard]] static std::string form();

    /// Errors: CFG_VAL_SETTING with the form.
    [[nodiscard]] Status add(std::string_view text);
    /// Those that an answer for this place has; counts them as used.
    [[nodiscard]] std::vector<Fault> next(std::string_view place);

  private:
    struct Planned {
        std::string place;
        Fault fault;
        int times = -1;  ///< left; below zero: always
    };
    std::mutex mutex_;
    std::vector<Planned> planned_;
};

}  // namespace chat::demo
