#pragma once

#include "chat/audio/decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "fakes/temporary_folder.h"

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

inline std::string fileContent(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Makes a recording with the ffmpeg program: `arguments` as on its command line, before the output.
inline std::filesystem::path encoded(const TemporaryFolder& folder,
                                     const std::string& name,
                                     const std::string& arguments) {
    auto path = folder.path() / name;
    const std::string command =
        "ffmpeg -nostdin -loglevel error " + arguments + " " + path.string();
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return path;
}

/// `seconds` of the demo's dual call from `from` on, as arguments for `encoded`.
inline std::string callArguments(double seconds = 6, double from = 8) {
    return "-ss " + std::to_string(from) + " -t " + std::to_string(seconds) + " -i " +
           recording("auto_repairs_1.flac").string();
}

inline std::string errorOf(const std::filesystem::path& path) {
    const auto source = audio::openRecording(path);
    return source ? "opened" : std::string(errorName(source.error().code));
}

inline bool warnsOf(const std::vector<Warning>& warnings, ErrorCode code, int channel = -1) {
    return std::any_of(warnings.begin(), warnings.end(), [&](const Warning& warning) {
        return warning.code == code && warning.channel == channel;
    });
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
