#pragma once

#include "chat/core/error.h"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace chat::audio {

/// Samples that one probability of speech stands for: 32 ms at 16 kHz.
inline constexpr std::size_t kDetectorFrame = 512;

/// Says how likely it is that somebody speaks, for one channel as it streams by. Not for use by two
/// threads at once; different detectors are independent.
class SpeechDetector {
  public:
    virtual ~SpeechDetector() = default;

    /// Takes the next samples (16 kHz, any number) and appends a probability, 0..1, for every frame
    /// of 512 samples that is known by now. How the samples are cut into calls changes no result.
    virtual void add(std::span<const float> samples, std::vector<float>& probabilities) = 0;

    /// Ends the stream: what is left over is filled up with zeros to a whole frame, and every
    /// outstanding probability is appended. Afterwards the detector is as new.
    virtual void finish(std::vector<float>& probabilities) = 0;

    /// Forgets everything heard.
    virtual void reset() = 0;

  protected:
    SpeechDetector() = default;
    SpeechDetector(const SpeechDetector&) = default;
    SpeechDetector& operator=(const SpeechDetector&) = default;
    SpeechDetector(SpeechDetector&&) = default;
    SpeechDetector& operator=(SpeechDetector&&) = default;
};

/// Silero VAD v6 (16 kHz) with the weights that are built into the program. The fastest code that this
/// processor can run is chosen when called. Errors: AU_UNK_GENERIC_ERROR when the weights are damaged.
[[nodiscard]] Result<std::unique_ptr<SpeechDetector>> makeSileroDetector();

}  // namespace chat::audio
