#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace chat::audio {

/// Integrated loudness of one channel at 16 kHz after ITU-R BS.1770-4 (EBU R128), in bounded memory.
///
/// libebur128 gives the same figures (a test holds this to it) in five times the time, which would be
/// a fifth of the whole sound stage.
class LoudnessMeter {
  public:
    LoudnessMeter();
    void add(std::span<const float> samples);
    /// LUFS; -70 when no 400 ms of the sound are louder than that.
    [[nodiscard]] double integrated() const;

  private:
    /// A second-order filter; its coefficients are divided by a0.
    struct Biquad {
        double b0 = 0, b1 = 0, b2 = 0, a1 = 0, a2 = 0;
        double x1 = 0, x2 = 0, y1 = 0, y2 = 0;
    };
    static constexpr std::size_t kBins = 1'000;  ///< tenths of a LU from -70 on

    void closeStep();

    Biquad shelf_;
    Biquad highPass_;
    double stepEnergy_ = 0;
    std::size_t inStep_ = 0;
    std::array<double, 4> lastSteps_{};  ///< energies of the last four 100 ms
    std::size_t steps_ = 0;
    std::array<std::int64_t, kBins> blocks_{};  ///< how many 400 ms blocks had this loudness
};

}  // namespace chat::audio
