#include "chat/pipeline/short_sound.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace chat::pipeline {
namespace {

/// Two channels, whose samples count up and down, in blocks of a second and a rest.
class Counting final : public audio::BlockSource {
  public:
    explicit Counting(std::size_t frames)
        : left_(frames) {}
    [[nodiscard]] const RecordingInfo& info() const override { return info_; }
    [[nodiscard]] Result<bool> read(audio::SoundBlock& block) override {
        const std::size_t frames = std::min<std::size_t>(left_, kAnalysisRateHz);
        left_ -= frames;
        block.channels.assign(2, {});
        for (std::size_t i = 0; i < frames; ++i, ++at_) {
            block.channels[0].push_back(at_);
            block.channels[1].push_back(-at_);
        }
        return frames > 0;
    }
    [[nodiscard]] const std::vector<Warning>& warnings() const override { return warnings_; }
    [[nodiscard]] std::int64_t notFiniteSamples(std::size_t channel) const override {
        return static_cast<std::int64_t>(channel);
    }

  private:
    std::size_t left_;
    float at_ = 0;
    RecordingInfo info_;
    std::vector<Warning> warnings_;
};

std::optional<audio::SoundBlock> keptOf(std::size_t frames) {
    Counting source(frames);
    ShortSound passing(source);
    audio::SoundBlock block;
    std::size_t passed = 0;
    for (auto more = passing.read(block); more && *more; more = passing.read(block)) {
        passed += block.frames();
    }
    EXPECT_EQ(passed, frames);
    EXPECT_EQ(passing.notFiniteSamples(1), 1);
    return passing.take();
}

TEST(ShortSound, KeepsWhatIsShortAsItWas) {
    const auto kept = keptOf(ShortSound::kMostFrames);
    ASSERT_TRUE(kept);
    ASSERT_EQ(kept->channels.size(), 2U);
    ASSERT_EQ(kept->frames(), ShortSound::kMostFrames);
    for (std::size_t i = 0; i < kept->frames(); i += 1'001) {
        ASSERT_EQ(kept->channels[0][i], static_cast<float>(i));
        ASSERT_EQ(kept->channels[1][i], -static_cast<float>(i));
    }
}

TEST(ShortSound, KeepsNothingOfWhatIsLonger) {
    EXPECT_FALSE(keptOf(ShortSound::kMostFrames + 1));
}

}  // namespace
}  // namespace chat::pipeline
