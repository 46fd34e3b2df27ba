#include "chat/transcribe/judge.h"

#include <zlib.h>

#include <vector>

namespace chat::transcribe {

double compressionRatio(std::string_view text) {
    if (text.empty()) {
        return 0;
    }
    uLongf packed = compressBound(static_cast<uLong>(text.size()));
    std::vector<Bytef> buffer(packed);
    if (compress(buffer.data(),
                 &packed,
                 reinterpret_cast<const Bytef*>(text.data()),
                 static_cast<uLong>(text.size())) != Z_OK) {
        return 0;
    }
    return static_cast<double>(text.size()) / static_cast<double>(packed);
}

Verdict judge(std::string_view text,
              double logProbability,
              double noSpeech,
              const JudgeLimits& limits) {
    const bool unsure = logProbability < limits.minLogProbability;
    if (unsure && noSpeech > limits.maxNoSpeech) {
        return Verdict::NobodySpeaks;
    }
    if (compressionRatio(text) > limits.maxCompressionRatio) {
        return Verdict::Repeated;
    }
    return unsure ? Verdict::Unsure : Verdict::Heard;
}

}  // namespace chat::transcribe
