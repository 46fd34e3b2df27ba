#pragma once

#include "chat/audio/silero_weights.h"

#include <cstddef>

namespace chat::audio {

/// The network's arithmetic with its LSTM's state. The same source is compiled once for any x86-64 and
/// once for AVX2 with FMA; which one runs is decided at run time.
class SileroNetwork {
  public:
    static constexpr std::size_t kContext =
        64;  ///< samples before a frame that the network also sees
    static constexpr std::size_t kBatch = 128;  ///< frames that are computed together

    SileroNetwork() = default;
    virtual ~SileroNetwork();
    SileroNetwork(const SileroNetwork&) = delete;
    SileroNetwork& operator=(const SileroNetwork&) = delete;
    SileroNetwork(SileroNetwork&&) = delete;
    SileroNetwork& operator=(SileroNetwork&&) = delete;

    /// `samples`: kContext + frames * 512; one probability per frame; at most kBatch frames.
    virtual void run(const float* samples, std::size_t frames, float* probabilities) = 0;
    /// Forgets the state.
    virtual void reset() = 0;
};

/// The caller owns what is returned. (No smart pointer here: its functions would be compiled for AVX2
/// too, and the linker might keep that copy for everybody.)
[[nodiscard]] SileroNetwork* makeSileroNetworkBaseline(const SileroWeights& weights);
[[nodiscard]] SileroNetwork* makeSileroNetworkAvx2(const SileroWeights& weights);

}  // namespace chat::audio
