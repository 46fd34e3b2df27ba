#pragma once

#include "chat/core/text.h"
#include "chat/core/transcript.h"
#include "chat/core/units.h"

#include <string>
#include <string_view>
#include <vector>

namespace chat::analyze {

[[nodiscard]] inline Interval between(double start, double end) {
    return {Seconds{start}, Seconds{end}};
}

/// The words of `text`, blank by blank, from `start` on: each 0.25 s, 0.05 s between them.
inline void say(ChannelTranscript& channel,
                double start,
                std::string_view text,
                double probability = 1) {
    for (const std::string_view word : split(text, ' ')) {
        channel.words.push_back(
            {std::string(word), Seconds{start}, Seconds{start + 0.25}, probability});
        start += 0.3;
    }
}

/// When the words of `text` end if they begin at `start`.
[[nodiscard]] inline double saidBy(double start, std::string_view text) {
    return start + 0.3 * static_cast<double>(split(text, ' ').size()) - 0.05;
}

}  // namespace chat::analyze
