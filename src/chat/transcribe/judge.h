#pragma once

#include <cstdint>
#include <string_view>

namespace chat::transcribe {

enum class Verdict : std::uint8_t { Heard, Repeated, Unsure, NobodySpeaks };

/// From when on a decoded text is not believed; the defaults are Whisper's own.
struct JudgeLimits {
    double maxCompressionRatio = 2.4;
    double minLogProbability = -1.0;
    double maxNoSpeech = 0.6;
};

/// Bytes of a text over its bytes when zlib has packed it: about 1.5 for speech, far more for a loop; 0
/// for an empty text.
[[nodiscard]] double compressionRatio(std::string_view text);

/// Whether a text was heard or made up. `logProbability` is the mean over its tokens, `noSpeech` the
/// model's own probability that nobody speaks in the window.
[[nodiscard]] Verdict judge(std::string_view text,
                            double logProbability,
                            double noSpeech,
                            const JudgeLimits& limits);

}  // namespace chat::transcribe
