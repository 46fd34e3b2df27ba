#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace chat {

/// A position in a recording or a length of sound, counted from the recording's start.
using Seconds = std::chrono::duration<double>;

/// The one rate at which sound is analyzed, whatever the recording's own.
inline constexpr int kAnalysisRateHz = 16'000;

/// A half-open stretch [start, end) of a recording.
struct Interval {
    Seconds start{};
    Seconds end{};

    [[nodiscard]] Seconds length() const { return end - start; }
    [[nodiscard]] bool operator==(const Interval&) const = default;
};

using Intervals = std::vector<Interval>;

/// Seconds that two stretches share; zero when they do not touch.
[[nodiscard]] inline Seconds overlap(const Interval& a, const Interval& b) {
    return std::max(Seconds{0}, std::min(a.end, b.end) - std::max(a.start, b.start));
}

}  // namespace chat
