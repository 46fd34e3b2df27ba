#include "chat/audio/quality.h"

#include "chat/audio/loudness.h"
#include "chat/audio/speech_activity.h"

#include <fftw3.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numbers>

namespace chat::audio {

namespace {

constexpr std::size_t kLevelFrames = 160;     // 10 ms
constexpr std::size_t kSpectrumFrames = 512;  // one frame of the detector
constexpr std::size_t kSpectrumEvery = 8;     // frames; one in eight is plenty for an average
constexpr std::size_t kBins = kSpectrumFrames / 2 + 1;
/// Full scale for telephone codecs, whose loudest value is 0.98, after resampling.
constexpr float kFullScale = 0.975F;
constexpr std::size_t kClippedRun = 3;

struct FftwFree {
    void operator()(void* memory) const noexcept { fftwf_free(memory); }
};
struct PlanDestroy {
    void operator()(fftwf_plan plan) const noexcept;
};
using PlanPtr = std::unique_ptr<std::remove_pointer_t<fftwf_plan>, PlanDestroy>;

/// FFTW's planner is the one part of it that two threads must not enter together.
std::mutex& plannerMutex() {
    static std::mutex mutex;
    return mutex;
}

void PlanDestroy::operator()(fftwf_plan plan) const noexcept {
    const std::lock_guard lock(plannerMutex());
    fftwf_destroy_plan(plan);
}

[[nodiscard]] double decibels(double power) {
    return power > 1e-12 ? 10 * std::log10(power) : -120;
}

/// Value below which `share` of the levels lie; levels are bytes, so counting them is enough.
[[nodiscard]] double percentile(const std::array<std::int64_t, 256>& counts, double share) {
    std::int64_t total = 0;
    for (const std::int64_t count : counts) {
        total += count;
    }
    std::int64_t seen = 0;
    for (std::size_t level = 0; level < counts.size(); ++level) {
        seen += counts[level];
        if (static_cast<double>(seen) >= share * static_cast<double>(total)) {
            return levelDbfs(static_cast<std::uint8_t>(level));
        }
    }
    return -120;
}

}  // namespace

struct QualityMeter::State {
    struct Spectrum {
        std::size_t frame = 0;
        std::array<float, kBins> power{};
    };

    State()
        : input(static_cast<float*>(fftwf_malloc(sizeof(float) * kSpectrumFrames)))
        , output(static_cast<fftwf_complex*>(fftwf_malloc(sizeof(fftwf_complex) * kBins))) {
        const std::lock_guard lock(plannerMutex());
        // Planning by estimate: measuring would make results depend on how busy the machine is.
        plan.reset(
            fftwf_plan_dft_r2c_1d(kSpectrumFrames, input.get(), output.get(), FFTW_ESTIMATE));
        for (std::size_t i = 0; i < kSpectrumFrames; ++i) {
            window[i] =
                static_cast<float>(0.5 - 0.5 * std::cos(2 * std::numbers::pi *
                                                        static_cast<double>(i) / kSpectrumFrames));
        }
    }

    void closeLevel() {
        const double db = decibels(levelSum / static_cast<double>(inLevel));
        levels.push_back(
            static_cast<std::uint8_t>(std::lround(std::clamp((db + 120) * 2, 0.0, 255.0))));
        levelSum = 0;
        inLevel = 0;
    }

    void measureLevels(std::span<const float> part);
    void measureClipping(std::span<const float> part);
    void collectSpectra(std::span<const float> part);

    LoudnessMeter loudness;
    std::unique_ptr<float, FftwFree> input;
    std::unique_ptr<fftwf_complex, FftwFree> output;
    PlanPtr plan;
    std::array<float, kSpectrumFrames> window{};

    std::vector<std::uint8_t> levels;
    double levelSum = 0;
    std::size_t inLevel = 0;

    std::int64_t samples = 0;
    double sum = 0;
    float peak = 0;
    std::size_t run = 0;
    float runValue = 0;
    std::int64_t clipped = 0;

    std::size_t inFrame = 0;
    std::size_t frame = 0;
    std::vector<Spectrum> waiting;  ///< of frames whose probability is not known yet
    std::size_t judged = 0;         ///< frames whose probability is known
    std::array<double, kBins> speechPower{};
};

QualityMeter::QualityMeter(Seconds expected)
    : state_(std::make_unique<State>()) {
    state_->levels.reserve(static_cast<std::size_t>(expected / kLevelStep) + 1);
}
QualityMeter::~QualityMeter() = default;
QualityMeter::QualityMeter(QualityMeter&&) noexcept = default;
QualityMeter& QualityMeter::operator=(QualityMeter&&) noexcept = default;

void QualityMeter::State::measureLevels(std::span<const float> part) {
    while (!part.empty()) {
        const auto piece = part.first(std::min(part.size(), kLevelFrames - inLevel));
        float squares = 0;
        float plain = 0;
        for (const float x : piece) {
            squares += x * x;
            plain += x;
            peak = std::max(peak, std::abs(x));
        }
        levelSum += static_cast<double>(squares);
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

void QualityMeter::State::collectSpectra(std::span<const float> part) {
    while (!part.empty()) {
        const auto piece = part.first(std::min(part.size(), kSpectrumFrames - inFrame));
        if (frame % kSpectrumEvery == 0) {
            for (std::size_t i = 0; i < piece.size(); ++i) {
                input.get()[inFrame + i] = piece[i] * window[inFrame + i];
            }
        }
        inFrame += piece.size();
        part = part.subspan(piece.size());
        if (inFrame < kSpectrumFrames) {
            continue;
        }
        if (frame % kSpectrumEvery == 0) {
            fftwf_execute(plan.get());
            Spectrum& spectrum = waiting.emplace_back();
            spectrum.frame = frame;
            for (std::size_t bin = 0; bin < kBins; ++bin) {
                const float* value = output.get()[bin];
                spectrum.power[bin] = value[0] * value[0] + value[1] * value[1];
            }
        }
        ++frame;
        inFrame = 0;
    }
}

void QualityMeter::add(std::span<const float> samples) {
    State& s = *state_;
    s.samples += static_cast<std::int64_t>(samples.size());
    s.measureLevels(samples);
    // Nothing that stays below full scale can be clipped, and most calls do.
    if (s.peak >= kFullScale) {
        s.measureClipping(samples);
    }
    s.collectSpectra(samples);
    s.loudness.add(samples);
}

void QualityMeter::addProbabilities(std::span<const float> probabilities) {
    State& s = *state_;
    std::size_t used = 0;
    for (; used < s.waiting.size() && s.waiting[used].frame < s.judged + probabilities.size();
         ++used) {
        if (probabilities[s.waiting[used].frame - s.judged] >= 0.5F) {
            for (std::size_t bin = 0; bin < kBins; ++bin) {
                s.speechPower[bin] += static_cast<double>(s.waiting[used].power[bin]);
            }
        }
    }
    s.waiting.erase(s.waiting.begin(), s.waiting.begin() + static_cast<std::ptrdiff_t>(used));
    s.judged += probabilities.size();
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

    std::array<std::int64_t, 256> inside{};
    std::array<std::int64_t, 256> outside{};
    Seconds spoken{};
    auto next = speech.begin();
    for (std::size_t i = 0; i < levels.size(); ++i) {
        const Seconds middle = (static_cast<double>(i) + 0.5) * kLevelStep;
        while (next != speech.end() && next->end <= middle) {
            ++next;
        }
        const bool speaks = next != speech.end() && next->start <= middle;
        ++(speaks ? inside : outside)[levels[i]];
    }
    for (const Interval& interval : speech) {
        spoken += interval.length();
    }
    quality.speechShare = spoken.count() / (total / kAnalysisRateHz);
    quality.noiseFloorDbfs = percentile(outside, 0.1);
    quality.snrDb = speech.empty() ? 0 : percentile(inside, 0.5) - quality.noiseFloorDbfs;

    double power = 0;
    for (const double bin : s.speechPower) {
        power += bin;
    }
    double below = 0;
    for (std::size_t bin = 0; bin < kBins && power > 0; ++bin) {
        below += s.speechPower[bin];
        if (below >= 0.99 * power) {
            quality.bandwidthHz = static_cast<double>(bin) * kAnalysisRateHz / kSpectrumFrames;
            break;
        }
    }
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
