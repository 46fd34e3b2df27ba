#pragma once

#include "chat/core/recording.h"

#include <optional>
#include <span>

namespace chat::analyze {

/// How hard a channel is to transcribe, by its sound: the share of the words that model base is expected to get
/// wrong, 0..1. A logistic regression on its signal to noise, of which the last 12 dB count more, and
/// its clipped share; benchmarks/accuracy/difficulty.py fits it
/// (difficulty_fit.h) on composed calls with noise, codecs, levels and clipping whose words are known. Nothing
/// without speech.
[[nodiscard]] std::optional<double> difficulty(const ChannelQuality& quality);

/// Of a call: its channels', each as much as is spoken on it.
[[nodiscard]] std::optional<double> difficulty(std::span<const ChannelQuality> channels);

}  // namespace chat::analyze
