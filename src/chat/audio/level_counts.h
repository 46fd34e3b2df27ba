#pragma once

#include "chat/core/recording.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace chat::audio {

/// How often each 10 ms level occurs: levels are bytes, so counting them gives every quantile.
class LevelCounts {
  public:
    void add(std::uint8_t level) {
        ++counts_[level];
        ++total_;
    }

    [[nodiscard]] std::size_t total() const { return total_; }

    /// The lowest level that at least `share` of the levels do not exceed; nothing without levels.
    [[nodiscard]] std::optional<std::uint8_t> quantile(double share) const {
        std::size_t seen = 0;
        for (std::size_t level = 0; level < counts_.size() && total_ > 0; ++level) {
            seen += counts_[level];
            if (static_cast<double>(seen) >= share * static_cast<double>(total_)) {
                return static_cast<std::uint8_t>(level);
            }
        }
        return std::nullopt;
    }

  private:
    std::array<std::size_t, 256> counts_{};
    std::size_t total_ = 0;
};

/// The levels within `reach` (ten seconds of 10 ms frames) of the frames [first, last), without those that are `busy`: the
/// noise around them. Nothing where these are hardly any.
[[nodiscard]] std::optional<LevelCounts> noiseAround(std::span<const std::uint8_t> levels,
                                                     const std::vector<bool>& busy,
                                                     std::ptrdiff_t first,
                                                     std::ptrdiff_t last,
                                                     std::ptrdiff_t reach = 1'000);

/// What only one in twenty frames of a noise exceeds.
inline constexpr double kLoudestOfNoise = 0.95;

/// Marks the frames [first, last) and those within `beside` of them.
void markBusy(std::vector<bool>& busy,
              std::ptrdiff_t first,
              std::ptrdiff_t last,
              std::ptrdiff_t beside);

/// A channel's levels where it speaks and where it does not.
struct SpokenLevels {
    LevelCounts inside;
    LevelCounts outside;

    /// `levels` as in SoundTrack; `speech` in order and disjoint. A frame lies where its middle lies.
    SpokenLevels(std::span<const std::uint8_t> levels, const Intervals& speech);
};

}  // namespace chat::audio
