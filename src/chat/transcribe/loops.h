#pragma once

#include <cstddef>
#include <vector>

namespace chat::transcribe {

/// A text without its loops: tokens that the engine wrote over and over stand there once.
struct CutText {
    std::vector<std::size_t> tokens;
    /// The one repeat of each loop that was kept, [first, last) in `tokens`, in order.
    struct Kept {
        std::size_t first = 0;
        std::size_t last = 0;
        bool operator==(const Kept&) const = default;
    };
    std::vector<Kept> loops;
};

/// What counts as a loop: the same tokens at least `kLoopRepeats` times in a row, `kLoopTokens` in all. People say
/// "bye bye bye", but not this often.
inline constexpr std::size_t kLoopRepeats = 3;
inline constexpr std::size_t kLoopTokens = 12;

/// Cuts every loop to one repeat. The first loop from the left that covers most tokens is taken, of equal ones that of
/// the shortest repeat. A last repeat that the text's end cuts short goes with the loop; one that goes on
/// otherwise stays. Pure; at most some hundred tokens are meant.
[[nodiscard]] CutText cutLoops(const std::vector<std::size_t>& tokens);

}  // namespace chat::transcribe
