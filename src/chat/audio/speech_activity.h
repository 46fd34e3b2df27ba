#pragma once

#include "chat/audio/spectral_meter.h"
#include "chat/core/recording.h"
#include "chat/core/units.h"

#include <cstdint>
#include <span>
#include <vector>

namespace chat::audio {

/// What is measured on one channel to tell where it speaks. It is kept while the channel is worked on; what
/// stays is its outline, `evidence`.
struct SoundTrack {
    std::vector<std::uint8_t> probabilities;  ///< of speech, one per 512 samples; 0..255 for 0..1
    std::vector<std::uint8_t> levels;         ///< RMS, one per 10 ms; dBFS = value / 2 - 120
    SpectralTrack spectra;
};

inline constexpr Seconds kProbabilityStep{512.0 / kAnalysisRateHz};
inline constexpr Seconds kLevelStep{0.01};

/// How probabilities and levels become stretches of speech.
struct SpeechActivitySettings {
    double enter = 0.5;       ///< speech begins at this probability
    double leave = 0.35;      ///< and ends below this one
    Seconds minSpeech{0.1};   ///< shorter stretches are dropped
    Seconds minSilence{0.2};  ///< shorter gaps are closed
    double gateBelowPeakDb =
        35;  ///< speech reaches as far as 10 ms frames are this close to its peak
    double gateAboveNoiseDb = 6;  ///< and stand out from the noise around it by this much
    double crossTalkDb =
        20;  ///< a voice that is this much louder on the other channel is the other's
};

/// Where one channel speaks: disjoint stretches in order inside [0, duration], without padding, their
/// edges at 10 ms frames. `probabilities` and `levels` as in SoundTrack; `known` are stretches, in order, that
/// are speech whatever the probabilities say.
[[nodiscard]] Intervals findSpeech(std::span<const std::uint8_t> probabilities,
                                   std::span<const std::uint8_t> levels,
                                   Seconds duration,
                                   const SpeechActivitySettings& settings = {},
                                   std::span<const Interval> known = {});

/// The probabilities of one channel of a dual recording without the other party's voice that came
/// across (echo, headset): zero where the other channel speaks, is louder by `crossTalkDb`, and this
/// channel stays far below its own usual level.
[[nodiscard]] std::vector<std::uint8_t> withoutCrossTalk(
    const SoundTrack& channel,
    const SoundTrack& other,
    const SpeechActivitySettings& settings = {});

/// The track's values at kEvidenceStep, without speech.
[[nodiscard]] ChannelActivity evidence(const SoundTrack& track);

}  // namespace chat::audio
