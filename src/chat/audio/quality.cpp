#include "chat/audio/quality.h"

#include "chat/audio/level_counts.h"
#include "chat/audio/loudness.h"
#include "chat/audio/speech_activity.h"
#include "chat/core/intervals.h"

#include <algorithm>
#include <cmath>

namespace chat::audio {

namespace {

constexpr std::size_t kLevelFrames = 160;  // 10 ms
/// Full scale for telephone codecs, whose loudest value is 0.98, after resampling.
constexpr float kFullScale = 0.975F;
constexpr std::size_t kClippedRun = 3;

[[nodiscard]] double decibels(double power) {
    return power > 1e-12 ? 10 * std::log10(power) : -120;
}

[[nodiscard]] double quantileDbfs(const LevelCounts& levels, double share) {
    return levelDbfs(levels.quantile(share).value_or(0));
}

}  // namespace

struct QualityMeter::State {
    void closeLevel() {
        const double db = decibels(std::max(0.0, levelSum) / static_cast<double>(inLevel));
        levels.push_back(
            static_cast<std::uint8_t>(std::lround(std::clamp((db + 120) * 2, 0.0, 255.0))));
        levelSum = 0;
        inLevel = 0;
    }

    void measureLevels(std::span<const float> part, double offset);
    void measureClipping(std::span<const float> part);

    LoudnessMeter loudness;
    std::vector<std::uint8_t> levels;
    double levelSum = 0;
    std::size_t inLevel = 0;

    std::int64_t samples = 0;
    double sum = 0;
    float peak = 0;
    std::size_t run = 0;
    float runValue = 0;
    std::int64_t clipped = 0;
};

QualityMeter::QualityMeter(Seconds expected)
    : state_(std::make_unique<State>()) {
    state_->levels.reserve(static_cast<std::size_t>(expected / kLevelStep) + 1);
}
QualityMeter::~QualityMeter() = default;
QualityMeter::QualityMeter(QualityMeter&&) noexcept = default;
QualityMeter& QualityMeter::operator=(QualityMeter&&) noexcept = default;

void QualityMeter::State::measureLevels(std::span<const float> part, double offset) {
    while (!part.empty()) {
        const auto piece = part.first(std::min(part.size(), kLevelFrames - inLevel));
        float squares = 0;
        float plain = 0;
        for (const float x : piece) {
            squares += x * x;
            plain += x;
            peak = std::max(peak, std::abs(x));
        }
        // Of the squares of x - offset.
        levelSum +=
            static_cast<double>(squares) +
            offset * (static_cast<double>(piece.size()) * offset - 2 * static_cast<double>(plain));
        sum += static_cast<double>(plain);
        inLevel += piece.size();
        if (inLevel == kLevelFrames) {
            closeLevel();
        }
        part = part.subspan(piece.size());
    }
}

void QualityMeter::State::measureClipping(std::span<const float> part) {
    for (const float x : part) {
        const bool full = std::abs(x) >= kFullScale;
        if (full && (run == 0 || (x > 0) == (runValue > 0))) {
            ++run;
            clipped += run == kClippedRun ? static_cast<std::int64_t>(kClippedRun)
                                          : (run > kClippedRun ? 1 : 0);
        } else {
            run = full ? 1 : 0;
        }
        runValue = x;
    }
}

void QualityMeter::add(std::span<const float> samples, float offset) {
    State& s = *state_;
    s.samples += static_cast<std::int64_t>(samples.size());
    s.measureLevels(samples, static_cast<double>(offset));
    // Nothing that stays below full scale can be clipped, and most calls do.
    if (s.peak >= kFullScale) {
        s.measureClipping(samples);
    }
    s.loudness.add(samples);
}

void QualityMeter::finish() {
    if (state_->inLevel > 0) {
        state_->closeLevel();
    }
}

std::vector<std::uint8_t> QualityMeter::takeLevels() {
    return std::move(state_->levels);
}

ChannelQuality QualityMeter::quality(const Intervals& speech,
                                     std::span<const std::uint8_t> levels,
                                     std::int64_t notFiniteSamples) const {
    const State& s = *state_;
    ChannelQuality quality;
    quality.loudnessLufs = s.loudness.integrated();
    quality.peakDbfs = s.peak > 1e-6F ? 20 * std::log10(static_cast<double>(s.peak)) : -120;
    const auto total = static_cast<double>(std::max<std::int64_t>(s.samples, 1));
    quality.clippedShare = static_cast<double>(s.clipped) / total;
    quality.dcOffset = s.sum / total;
    quality.notFiniteSamples = notFiniteSamples;

    const SpokenLevels counted(levels, speech);
    quality.speechShare = chat::total(speech).count() / (total / kAnalysisRateHz);
    quality.noiseFloorDbfs = quantileDbfs(counted.outside, 0.1);
    quality.snrDb = speech.empty() ? 0 : quantileDbfs(counted.inside, 0.5) - quality.noiseFloorDbfs;
    return quality;
}

void DuplicateMeter::add(std::span<const float> left, std::span<const float> right) {
    // Sums of a short stretch in float, of the stretches in double: exact enough, and quick.
    for (std::size_t from = 0; from < left.size(); from += 256) {
        const std::size_t to = std::min(left.size(), from + 256);
        float l = 0;
        float r = 0;
        float ll = 0;
        float rr = 0;
        float lr = 0;
        for (std::size_t i = from; i < to; ++i) {
            l += left[i];
            r += right[i];
            ll += left[i] * left[i];
            rr += right[i] * right[i];
            lr += left[i] * right[i];
        }
        left_ += static_cast<double>(l);
        right_ += static_cast<double>(r);
        leftLeft_ += static_cast<double>(ll);
        rightRight_ += static_cast<double>(rr);
        leftRight_ += static_cast<double>(lr);
    }
    n_ += static_cast<double>(left.size());
}

bool DuplicateMeter::duplicated() const {
    constexpr double kSilentPower = 1e-8;  // -80 dBFS
    constexpr double kLikeness =
        0.98;  // of the correlation, which joint stereo coding lowers a little
    if (n_ == 0) {
        return false;
    }
    const double varianceLeft = leftLeft_ / n_ - left_ / n_ * (left_ / n_);
    const double varianceRight = rightRight_ / n_ - right_ / n_ * (right_ / n_);
    const double covariance = leftRight_ / n_ - left_ / n_ * (right_ / n_);
    return varianceLeft > kSilentPower && varianceRight > kSilentPower &&
           covariance >= kLikeness * std::sqrt(varianceLeft * varianceRight);
}

std::vector<Warning> qualityWarnings(const AcousticResult& result) {
    constexpr double kClippedShareToTell = 0.001;
    std::vector<Warning> warnings;
    if (result.duplicatedChannels) {
        warnings.push_back({ErrorCode::AuDataDuplicatedChannels,
                            "Both channels carry the same sound; the call was treated as mono.",
                            {},
                            -1});
    }
    std::size_t silent = 0;
    for (const ChannelActivity& channel : result.activity) {
        silent += channel.speech.empty() ? 1 : 0;
    }
    if (silent == result.activity.size()) {
        warnings.push_back({ErrorCode::AuDataNoSpeech, "Nobody speaks in this recording.", {}, -1});
    } else {
        for (std::size_t c = 0; c < result.activity.size(); ++c) {
            if (result.activity[c].speech.empty()) {
                warnings.push_back({ErrorCode::AuDataOneSided,
                                    std::string("The ") + (c == 0 ? "left" : "right") +
                                        " channel holds no speech.",
                                    {},
                                    static_cast<int>(c)});
            }
        }
    }
    for (std::size_t c = 0; c < result.quality.size(); ++c) {
        if (result.quality[c].clippedShare >= kClippedShareToTell) {
            warnings.push_back({ErrorCode::AuDataClipped,
                                "The sound is overdriven in places; words there are less certain.",
                                {},
                                static_cast<int>(c)});
        }
    }
    return warnings;
}

}  // namespace chat::audio
