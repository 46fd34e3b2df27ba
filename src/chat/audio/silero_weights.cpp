#include "chat/audio/silero_weights.h"

#include <onnx/onnx_pb.h>

#include <cstring>
#include <string>

namespace chat::audio {

namespace {

/// The initializer of that name, or nothing when it is missing or has another number of values.
[[nodiscard]] std::vector<float> initializer(const onnx::GraphProto& graph,
                                             const std::string& name,
                                             std::size_t values) {
    for (const onnx::TensorProto& tensor : graph.initializer()) {
        if (tensor.name() != name || tensor.data_type() != onnx::TensorProto::FLOAT) {
            continue;
        }
        std::vector<float> result;
        if (tensor.raw_data().size() == values * sizeof(float)) {
            result.resize(values);
            std::memcpy(result.data(), tensor.raw_data().data(), tensor.raw_data().size());
        } else if (static_cast<std::size_t>(tensor.float_data_size()) == values) {
            result.assign(tensor.float_data().begin(), tensor.float_data().end());
        }
        return result;
    }
    return {};
}

}  // namespace

Result<SileroWeights> readSileroWeights(std::span<const char> onnx) {
    onnx::ModelProto model;
    if (!model.ParseFromArray(onnx.data(), static_cast<int>(onnx.size()))) {
        return fail(ErrorCode::AuUnkGenericError, "The speech detector's weights cannot be read.");
    }
    const onnx::GraphProto& graph = model.graph();
    SileroWeights weights;
    bool complete = true;
    const auto take = [&](const std::string& name, std::size_t values) {
        auto found = initializer(graph, "model." + name, values);
        complete = complete && !found.empty();
        return found;
    };
    weights.basis = take("stft.forward_basis_buffer", 258 * 256);
    constexpr std::size_t kInputs[] = {129, 128, 64, 64};
    constexpr std::size_t kOutputs[] = {128, 64, 64, 128};
    for (std::size_t layer = 0; layer < 4; ++layer) {
        const std::string name = "encoder." + std::to_string(layer) + ".reparam_conv.";
        weights.convolution[layer] = take(name + "weight", kOutputs[layer] * kInputs[layer] * 3);
        weights.convolutionBias[layer] = take(name + "bias", kOutputs[layer]);
    }
    weights.inputToGates = take("decoder.rnn.weight_ih", 512 * 128);
    weights.stateToGates = take("decoder.rnn.weight_hh", 512 * 128);
    weights.gateBias = take("decoder.rnn.bias_ih", 512);
    const auto stateBias = take("decoder.rnn.bias_hh", 512);
    weights.output = take("decoder.decoder.2.weight", 128);
    const auto outputBias = take("decoder.decoder.2.bias", 1);
    if (!complete) {
        return fail(ErrorCode::AuUnkGenericError,
                    "The speech detector's weights are of another network.");
    }
    for (std::size_t i = 0; i < stateBias.size(); ++i) {
        weights.gateBias[i] += stateBias[i];
    }
    weights.outputBias = outputBias[0];
    return weights;
}

}  // namespace chat::audio
