#pragma once

#include "chat/core/units.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace chat::audio {

/// One spectrum in each kSpectrumStep: 1,024 samples at its begin, Hann window.
inline constexpr Seconds kSpectrumStep{2048.0 / kAnalysisRateHz};

/// What the spectra of one channel tell beside its level, one byte for each step. Shares are 0..255 for 0..1, and 0 where
/// hardly anything is heard (below kHeardDbfs between 200 and 3,700 Hz).
///
/// The peaks of fourteen bands, each 250 Hz wide, against all power: noise of whatever colour has about 0.2 of it
/// there, a voice or an instrument a third and more, because its partials are lines (compare the
/// crest of sub-bands in M. Lagrange et al., "Spectral crest factor", MPEG-7 Audio, ISO/IEC 15938-4).
struct SpectralTrack {
    std::vector<std::uint8_t> tonality;  ///< share of the bands' peaks in the power
    std::vector<std::uint8_t>
        concentration;                 ///< share of the two strongest lines: 1 for signal tones
    std::vector<std::uint8_t> levels;  ///< between 200 and 3,700 Hz; dBFS = value / 2 - 120
};
inline constexpr double kHeardDbfs = -52;
/// What white noise has of its power in the two strongest lines' bins.
inline constexpr double kNoiseConcentration = 14.0 / 224;

/// Measures the spectra of one channel as it streams by.
class SpectralMeter {
  public:
    /// `expected` is how long the channel may become.
    explicit SpectralMeter(Seconds expected = {});
    ~SpectralMeter();
    SpectralMeter(SpectralMeter&&) noexcept;
    SpectralMeter& operator=(SpectralMeter&&) noexcept;
    SpectralMeter(const SpectralMeter&) = delete;
    SpectralMeter& operator=(const SpectralMeter&) = delete;

    /// The next samples, 16 kHz.
    void add(std::span<const float> samples);

    /// The detector's probabilities as they become known, in order, one per 512 samples: they say which
    /// spectra are of speech.
    void addProbabilities(std::span<const float> probabilities);

    /// Frequency below which 99 % of the energy of speech lies; 0 without speech.
    [[nodiscard]] double bandwidthHz() const;

    /// Once, at the end.
    [[nodiscard]] SpectralTrack takeTrack();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace chat::audio
