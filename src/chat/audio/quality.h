#pragma once

#include "chat/core/error.h"
#include "chat/core/recording.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace chat::audio {

/// Measures one channel as it streams by, in memory that does not grow but for the levels.
class QualityMeter {
  public:
    /// `expected` is how long the channel may become: room for its levels is made at once.
    explicit QualityMeter(Seconds expected = {});
    ~QualityMeter();
    QualityMeter(QualityMeter&&) noexcept;
    QualityMeter& operator=(QualityMeter&&) noexcept;
    QualityMeter(const QualityMeter&) = delete;
    QualityMeter& operator=(const QualityMeter&) = delete;

    /// The next samples, 16 kHz; `offset` is what their levels are measured from.
    void add(std::span<const float> samples, float offset = 0);

    /// Ends the stream; afterwards only the functions below may be called.
    void finish();

    /// One byte per 10 ms, as in SoundTrack; the last one may stand for less. Once, after `finish`.
    [[nodiscard]] std::vector<std::uint8_t> takeLevels();

    /// Everything but the bandwidth, with where speech was found in it; `levels` are those taken.
    [[nodiscard]] ChannelQuality quality(const Intervals& speech,
                                         std::span<const std::uint8_t> levels,
                                         std::int64_t notFiniteSamples) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Tells whether two channels carry the same sound, at whatever level each.
class DuplicateMeter {
  public:
    void add(std::span<const float> left, std::span<const float> right);
    [[nodiscard]] bool duplicated() const;

  private:
    double n_ = 0;
    double left_ = 0;
    double right_ = 0;
    double leftLeft_ = 0;
    double rightRight_ = 0;
    double leftRight_ = 0;
};

/// What a reader of the result must know of its quality: no speech at all, one side silent, duplicated
/// channels, overdriven.
[[nodiscard]] std::vector<Warning> qualityWarnings(const AcousticResult& result);

}  // namespace chat::audio
