#pragma once

#include "chat/audio/decoder.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <numbers>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chat::tests {

inline std::filesystem::path recording(const std::string& name) {
    return std::filesystem::path(CHAT_SOURCE_DIR) / "demo" / "recordings" / name;
}

/// All that a source delivers, channel by channel.
inline std::vector<std::vector<float>> readAll(audio::BlockSource& source) {
    std::vector<std::vector<float>> all(static_cast<std::size_t>(source.info().channels));
    audio::SoundBlock block;
    for (auto more = source.read(block); more && *more; more = source.read(block)) {
        for (std::size_t c = 0; c < all.size(); ++c) {
            all[c].insert(all[c].end(), block.channels[c].begin(), block.channels[c].end());
        }
    }
    return all;
}

/// A recording that exists only in memory: each channel's samples at 16 kHz, possibly repeated.
class MemorySource final : public audio::BlockSource {
  public:
    explicit MemorySource(std::vector<std::vector<float>> channels,
                          std::size_t passes = 1,
                          std::size_t blockFrames = 65'536)
        : channels_(std::move(channels))
        , passes_(passes)
        , blockFrames_(blockFrames) {
        info_.container = "memory";
        info_.codec = "pcm_f32le";
        info_.sampleRateHz = kAnalysisRateHz;
        info_.channels = static_cast<int>(channels_.size());
        notFinite_.resize(channels_.size());
    }

    [[nodiscard]] const RecordingInfo& info() const override { return info_; }
    [[nodiscard]] const std::vector<Warning>& warnings() const override { return warnings_; }
    [[nodiscard]] std::int64_t notFiniteSamples(std::size_t channel) const override {
        return notFinite_[channel];
    }
    [[nodiscard]] Result<bool> read(audio::SoundBlock& block) override {
        const std::size_t total = channels_[0].size();
        if (at_ == total && passes_ > 1) {
            --passes_;
            at_ = 0;
        }
        const std::size_t frames = std::min(blockFrames_, total - at_);
        block.channels.resize(channels_.size());
        for (std::size_t c = 0; c < channels_.size(); ++c) {
            const auto from = channels_[c].begin() + static_cast<std::ptrdiff_t>(at_);
            block.channels[c].assign(from, from + static_cast<std::ptrdiff_t>(frames));
        }
        at_ += frames;
        return frames > 0;
    }

  private:
    std::vector<std::vector<float>> channels_;
    std::size_t passes_;
    std::size_t blockFrames_;
    std::size_t at_ = 0;
    RecordingInfo info_;
    std::vector<Warning> warnings_;
    std::vector<std::int64_t> notFinite_;
};

}  // namespace chat::tests
