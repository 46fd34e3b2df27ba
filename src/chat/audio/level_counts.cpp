#include "chat/audio/level_counts.h"

#include "chat/audio/speech_activity.h"

#include <algorithm>

namespace chat::audio {

SpokenLevels::SpokenLevels(std::span<const std::uint8_t> levels, const Intervals& speech) {
    auto next = speech.begin();
    for (std::size_t i = 0; i < levels.size(); ++i) {
        const Seconds middle = (static_cast<double>(i) + 0.5) * kLevelStep;
        while (next != speech.end() && next->end <= middle) {
            ++next;
        }
        const bool speaks = next != speech.end() && next->start <= middle;
        (speaks ? inside : outside).add(levels[i]);
    }
}

std::optional<LevelCounts> noiseAround(std::span<const std::uint8_t> levels,
                                       const std::vector<bool>& busy,
                                       std::ptrdiff_t first,
                                       std::ptrdiff_t last,
                                       std::ptrdiff_t reach) {
    constexpr std::ptrdiff_t kLeastPart = 50;
    LevelCounts noise;
    const auto from = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, first - reach));
    const auto to = std::min(levels.size(), static_cast<std::size_t>(last + reach));
    for (std::size_t i = from; i < to; ++i) {
        if (!busy[i]) {
            noise.add(levels[i]);
        }
    }
    return noise.total() >= static_cast<std::size_t>(reach / kLeastPart) ? std::optional(noise)
                                                                         : std::nullopt;
}

void markBusy(std::vector<bool>& busy,
              std::ptrdiff_t first,
              std::ptrdiff_t last,
              std::ptrdiff_t beside) {
    const auto size = static_cast<std::ptrdiff_t>(busy.size());
    const std::ptrdiff_t from = std::clamp<std::ptrdiff_t>(first - beside, 0, size);
    const std::ptrdiff_t to = std::clamp<std::ptrdiff_t>(last + beside, from, size);
    std::fill(busy.begin() + from, busy.begin() + to, true);
}

}  // namespace chat::audio
