#pragma once

#include "chat/audio/spectral_meter.h"
#include "chat/core/units.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace chat::audio {

inline constexpr Seconds kSpectrumLength{1024.0 / kAnalysisRateHz};

/// Chosen between noises (of rooms, lines, breath, keys: below 0.25 on the average of a second, through whichever
/// telephone codec) and music (above 0.29 nearly always).
inline constexpr double kTonalFrom = 0.27;
/// Share of the power that two lines must have in a signal tone; of music, the median of a stretch reaches 0.92.
inline constexpr double kToneFrom = 0.965;

/// What one channel's spectra tell outside speech: as if there were no noise around what sounds.
///
/// A spectrum sounds when something is heard in it that stands out by 3 dB from the noise of ten seconds to either side; it is
/// tonal when the mean tonality of the sounding ones within half a second is at least kTonalFrom. Two in a row with hardly
/// any power beside two lines count as all tonal.
struct HeardSpectra {
    /// Spectra [first, last).
    struct Run {
        std::size_t first = 0;
        std::size_t last = 0;
    };

    std::vector<std::uint8_t> tonality;  ///< 0 where nothing sounds or somebody speaks
    /// As in SpectralTrack, of what is left when the noise's power is taken off.
    std::vector<std::uint8_t> concentration;
    std::vector<std::uint8_t> levels;
    std::vector<Run> runs;  ///< where it is tonal
};

/// `speech` in order: whoever speaks on the channel, or may be heard on it.
[[nodiscard]] HeardSpectra hearSpectra(const SpectralTrack& track, const Intervals& speech);

}  // namespace chat::audio
