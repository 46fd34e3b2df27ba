#include "chat/transcribe/loops.h"

#include <optional>

namespace chat::transcribe {

namespace {

struct Loop {
    std::size_t period = 0;
    std::size_t covered = 0;  ///< tokens from its begin on that repeat, the first repeat included
    std::size_t whole = 0;    ///< of these, in whole repeats
};

/// The loop that begins at `from` and covers most.
std::optional<Loop> loopAt(const std::vector<std::size_t>& tokens, std::size_t from) {
    std::optional<Loop> best;
    const std::size_t left = tokens.size() - from;
    for (std::size_t period = 1; period * kLoopRepeats <= left; ++period) {
        std::size_t covered = period;
        while (covered < left && tokens[from + covered] == tokens[from + covered - period]) {
            ++covered;
        }
        const bool loops = covered >= period * kLoopRepeats && covered >= kLoopTokens;
        if (loops && (!best || covered > best->covered)) {
            best = Loop{period, covered, covered / period * period};
        }
    }
    return best;
}

}  // namespace

CutText cutLoops(const std::vector<std::size_t>& tokens) {
    CutText text;
    for (std::size_t i = 0; i < tokens.size();) {
        const std::optional<Loop> loop = loopAt(tokens, i);
        if (!loop) {
            text.tokens.push_back(tokens[i]);
            ++i;
            continue;
        }
        const std::size_t first = text.tokens.size();
        for (std::size_t k = 0; k < loop->period; ++k) {
            text.tokens.push_back(tokens[i + k]);
        }
        text.loops.push_back({first, text.tokens.size()});
        const bool cutShort = i + loop->covered == tokens.size();
        i += cutShort ? loop->covered : loop->whole;
    }
    return text;
}

}  // namespace chat::transcribe
