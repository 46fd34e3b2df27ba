#pragma once

#include "chat/core/error.h"

#include <span>
#include <vector>

namespace chat::audio {

/// The weights of Silero VAD v6 for 16 kHz, each row after row as in the ONNX file.
struct SileroWeights {
    std::vector<float> basis;           ///< 258 x 256: windowed cosines, then minus sines
    std::vector<float> convolution[4];  ///< outputs x inputs x 3
    std::vector<float> convolutionBias[4];
    std::vector<float> inputToGates;  ///< 512 x 128, gates in the order i f g o
    std::vector<float> stateToGates;  ///< 512 x 128
    std::vector<float> gateBias;      ///< 512, both biases of the cell added
    std::vector<float> output;        ///< 128
    float outputBias = 0;
};

/// Reads the network's initializers from an ONNX file's bytes. Errors: AU_UNK_GENERIC_ERROR when they
/// are not those of this network.
[[nodiscard]] Result<SileroWeights> readSileroWeights(std::span<const char> onnx);

}  // namespace chat::audio
