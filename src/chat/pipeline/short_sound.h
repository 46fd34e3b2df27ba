#pragma once

#include "chat/audio/decoder.h"
#include "chat/core/units.h"

#include <optional>

namespace chat::pipeline {

/// Passes a recording on, and keeps the sound of one that is no longer than a window of speech: decoding it again costs more
/// than the few megabytes.
class ShortSound final : public audio::BlockSource {
  public:
    static constexpr std::size_t kMostFrames = std::size_t{30} * kAnalysisRateHz;

    /// `source` must outlive this.
    explicit ShortSound(audio::BlockSource& source)
        : source_(source)
        , kept_(audio::SoundBlock{}) {}

    [[nodiscard]] const RecordingInfo& info() const override { return source_.info(); }
    [[nodiscard]] Result<bool> read(audio::SoundBlock& block) override;
    [[nodiscard]] const std::vector<Warning>& warnings() const override {
        return source_.warnings();
    }
    [[nodiscard]] std::int64_t notFiniteSamples(std::size_t channel) const override {
        return source_.notFiniteSamples(channel);
    }

    /// All of it, once `read` has returned false; nothing when it was longer.
    [[nodiscard]] std::optional<audio::SoundBlock> take() { return std::move(kept_); }

  private:
    audio::BlockSource& source_;
    std::optional<audio::SoundBlock> kept_;
};

}  // namespace chat::pipeline
