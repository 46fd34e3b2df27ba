#include "chat/audio/silero_network.h"
#include "chat/audio/speech_detector.h"

#include <algorithm>
#include <cstring>

extern "C" {
// chat_embed puts the ONNX file between these.
extern const char chat_silero_onnx_begin[];
extern const char chat_silero_onnx_end[];
}

namespace chat::audio {

SileroNetwork::~SileroNetwork() = default;

namespace {

constexpr std::size_t kContext = SileroNetwork::kContext;
constexpr std::size_t kBatch = SileroNetwork::kBatch;

class SileroDetector final : public SpeechDetector {
  public:
    explicit SileroDetector(std::unique_ptr<SileroNetwork> network)
        : network_(std::move(network))
        , heard_(kContext + kBatch * kDetectorFrame) {}

    void add(std::span<const float> samples, std::vector<float>& probabilities) override {
        while (!samples.empty()) {
            const auto part = samples.first(std::min(samples.size(), heard_.size() - filled_));
            std::copy(
                part.begin(), part.end(), heard_.begin() + static_cast<std::ptrdiff_t>(filled_));
            filled_ += part.size();
            samples = samples.subspan(part.size());
            // Always whole batches, from the stream's beginning: the last bits of a matrix product depend
            // on how it is cut.
            if (filled_ == heard_.size()) {
                runFrames(kBatch, probabilities);
                std::copy(heard_.end() - kContext, heard_.end(), heard_.begin());
                filled_ = kContext;
            }
        }
    }

    void finish(std::vector<float>& probabilities) override {
        const std::size_t frames = (filled_ - kContext + kDetectorFrame - 1) / kDetectorFrame;
        if (frames > 0) {
            std::fill(heard_.begin() + static_cast<std::ptrdiff_t>(filled_), heard_.end(), 0.0F);
            runFrames(frames, probabilities);
        }
        reset();
    }

    void reset() override {
        network_->reset();
        std::fill(heard_.begin(), heard_.begin() + kContext, 0.0F);
        filled_ = kContext;
    }

  private:
    void runFrames(std::size_t frames, std::vector<float>& probabilities) {
        const std::size_t before = probabilities.size();
        probabilities.resize(before + frames);
        network_->run(heard_.data(), frames, probabilities.data() + before);
    }

    std::unique_ptr<SileroNetwork> network_;
    std::vector<float> heard_;  ///< the context, then up to a batch of frames
    std::size_t filled_ = kContext;
};

}  // namespace

Result<std::unique_ptr<SpeechDetector>> makeSileroDetector() {
    static const Result<SileroWeights> weights =
        readSileroWeights({chat_silero_onnx_begin, chat_silero_onnx_end});
    if (!weights) {
        return tl::unexpected<Error>(weights.error());
    }
    const bool wide = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
    std::unique_ptr<SileroNetwork> network(wide ? makeSileroNetworkAvx2(*weights)
                                                : makeSileroNetworkBaseline(*weights));
    return std::make_unique<SileroDetector>(std::move(network));
}

}  // namespace chat::audio
