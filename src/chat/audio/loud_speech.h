#pragma once

#include "chat/audio/speech_activity.h"
#include "chat/core/recording.h"
#include "chat/core/units.h"

#include <cstdint>
#include <span>
#include <vector>

namespace chat::audio {

/// Speech that the detector is unsure of and that loudness speaks for: a single letter after a pause, the first
/// syllable of a sentence.
///
/// Stretches outside `speech` and `holds`, in order, of 80 ms to 1.5 s, that are at least kLoudAboveFloorDb above the
/// channel's floor and at most kLoudBelowUsualDb below its usual speech, and either half believed by the detector or,
/// within 0.3 s of speech, tonal as voices are (keys and breath are not). Longer ones are music or noise.
/// `probabilities` are the track's, without the other party's voice.
[[nodiscard]] Intervals findLoudSpeech(const SoundTrack& track,
                                       const std::vector<std::uint8_t>& probabilities,
                                       std::span<const HoldSound> holds,
                                       const Intervals& speech,
                                       Seconds duration);

inline constexpr double kLoudAboveFloorDb = 12;
inline constexpr double kLoudBelowUsualDb = 15;

}  // namespace chat::audio
