#include "chat/audio/level_counts.h"

#include "chat/audio/speech_activity.h"

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

}  // namespace chat::audio
