#pragma once

#include "chat/core/recording.h"
#include "chat/core/units.h"

#include <cstdint>
#include <span>

namespace chat::audio {

/// How probabilities and levels become stretches of speech.
struct SpeechActivitySettings {
    double enter = 0.5;           ///< speech begins at this probability
    double leave = 0.35;          ///< and ends below this one
    Seconds minSpeech{0.1};       ///< shorter stretches are dropped
    Seconds minSilence{0.2};      ///< shorter gaps are closed
    double gateBelowPeakDb = 35;  ///< edges: 10 ms frames within this many dB of the stretch's peak
    double crossTalkDb = 20;      ///< what the other channel has so much louder is its echo
};

/// Where one channel speaks: disjoint stretches in order inside [0, duration], without padding, their
/// edges at 10 ms frames. `probabilities` and `levels` as in ChannelActivity.
[[nodiscard]] Intervals findSpeech(std::span<const std::uint8_t> probabilities,
                                   std::span<const std::uint8_t> levels,
                                   Seconds duration,
                                   const SpeechActivitySettings& settings = {});

/// Removes from each of two channels' speech what is only the other party heard across: stretches in
/// which the other channel speaks and is louder by `crossTalkDb`.
void removeCrossTalk(ChannelActivity& a,
                     ChannelActivity& b,
                     const SpeechActivitySettings& settings = {});

}  // namespace chat::audio
