#pragma once

#include "chat/core/recording.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chat::audio {

/// Builds the waveform of a recording of any length in bounded memory: when the steps would become too
/// many, neighbours are merged and the step doubles.
class PeakMeter {
  public:
    static constexpr std::size_t kMaxSteps = 4'000;

    explicit PeakMeter(std::size_t channels)
        : channels_(channels) {}

    /// The next samples of one channel; channels may run apart.
    void add(std::size_t channel, std::span<const float> samples);

    /// The waveform so far, all channels at the coarsest step that one of them needs.
    [[nodiscard]] Peaks peaks() const;

  private:
    struct Channel {
        std::size_t stepFrames = 160;  ///< 10 ms
        std::size_t inStep = 0;
        float highest = 0;
        std::vector<float> steps;
    };
    static void halve(Channel& channel);

    std::vector<Channel> channels_;
};

}  // namespace chat::audio
