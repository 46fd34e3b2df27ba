#pragma once

#include <memory>
#include <span>
#include <vector>

namespace chat::transcribe {

/// Whisper's input: the logarithmic mel spectrum of 30 s of sound.
///
/// As openai/whisper's `log_mel_spectrogram` computes it: 16 kHz, frames of 400 samples under a
/// periodic Hann window every 160, mirrored at the ends, squared magnitude, Slaney's mel bands, log10
/// of at least 1e-10, at most 8 below the window's highest, (x + 4) / 4. The same samples give the
/// same bits.
class LogMel {
  public:
    static constexpr int kFrames = 3000;      ///< of 10 ms
    static constexpr int kSamples = 480'000;  ///< of 30 s

    /// `bands` is what the model was trained with: 80, or 128 for large-v3.
    explicit LogMel(int bands);
    ~LogMel();
    LogMel(const LogMel&) = delete;
    LogMel& operator=(const LogMel&) = delete;
    LogMel(LogMel&&) = delete;
    LogMel& operator=(LogMel&&) = delete;

    /// `bands` rows of 3000 values. `samples` is padded with silence, or cut, to 30 s. Any number of
    /// threads.
    [[nodiscard]] std::vector<float> compute(std::span<const float> samples) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace chat::transcribe
