#include "chat/audio/spectral_meter.h"

#include <fftw3.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <numbers>
#include <numeric>

namespace chat::audio {

namespace {

constexpr std::size_t kSize = 1024;
constexpr std::size_t kStep = 2048;
constexpr std::size_t kBins = kSize / 2 + 1;
constexpr std::size_t kDetectorFrame = 512;
constexpr std::size_t kFirstBin = 13;  // 203 Hz: above the mains' hum and its first harmonics
constexpr std::size_t kBands = 14;
constexpr std::size_t kBandBins = 16;
constexpr std::size_t kLineReach = 3;  // bins to each side that the window spreads a line over

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

using Power = std::array<float, kBins>;

std::uint8_t asByte(float share) {
    return static_cast<std::uint8_t>(std::lround(std::clamp(share, 0.0F, 1.0F) * 255));
}

/// Share of the bands' highest bins.
float tonalityOf(const Power& power, float total) {
    float peaks = 0;
    for (std::size_t band = 0; band < kBands; ++band) {
        const float* first = power.data() + kFirstBin + band * kBandBins;
        peaks += *std::max_element(first, first + kBandBins);
    }
    return peaks / total;
}

/// Share of the two strongest lines.
float concentrationOf(const Power& power, float total) {
    constexpr std::size_t kCount = kBands * kBandBins;
    std::array<float, kCount> left{};
    std::copy_n(power.begin() + kFirstBin, kCount, left.begin());
    float lines = 0;
    for (int line = 0; line < 2; ++line) {
        const auto at =
            static_cast<std::size_t>(std::max_element(left.begin(), left.end()) - left.begin());
        const auto first =
            left.begin() + static_cast<std::ptrdiff_t>(at - std::min(at, kLineReach));
        const auto last =
            left.begin() + static_cast<std::ptrdiff_t>(std::min(at + kLineReach + 1, kCount));
        lines = std::accumulate(first, last, lines);
        std::fill(first, last, 0.0F);
    }
    return lines / total;
}

}  // namespace

struct SpectralMeter::State {
    struct Spectrum {
        std::size_t frame = 0;  ///< of the detector, the first that it covers
        Power power{};
    };

    State()
        : input(static_cast<float*>(fftwf_malloc(sizeof(float) * kSize)))
        , output(static_cast<fftwf_complex*>(fftwf_malloc(sizeof(fftwf_complex) * kBins))) {
        const std::lock_guard lock(plannerMutex());
        // Planning by estimate: measuring would make results depend on how busy the machine is.
        plan.reset(fftwf_plan_dft_r2c_1d(kSize, input.get(), output.get(), FFTW_ESTIMATE));
        for (std::size_t i = 0; i < kSize; ++i) {
            window[i] = static_cast<float>(
                0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / kSize));
        }
    }

    void measure() {
        fftwf_execute(plan.get());
        Spectrum& spectrum = waiting.emplace_back();
        spectrum.frame = track.tonality.size() * (kStep / kDetectorFrame);
        for (std::size_t bin = 0; bin < kBins; ++bin) {
            const float* value = output.get()[bin];
            spectrum.power[bin] = value[0] * value[0] + value[1] * value[1];
        }
        const auto first = spectrum.power.begin() + kFirstBin;
        const float total = std::accumulate(first, first + kBands * kBandBins, 0.0F);
        // The sum of a spectrum's power is that of its windowed samples times kSize / 2.
        constexpr float kWindowPower = 0.375F;
        constexpr float kFullScale = kWindowPower * static_cast<float>(kSize * kSize) / 2;
        constexpr float kLowest = 1e-12F;  // -120 dBFS
        const float dbfs = 10 * std::log10(std::max(total / kFullScale, kLowest));
        const bool heard = dbfs >= static_cast<float>(kHeardDbfs);
        track.levels.push_back(
            static_cast<std::uint8_t>(std::lround(std::clamp(2 * (dbfs + 120), 0.0F, 255.0F))));
        track.tonality.push_back(heard ? asByte(tonalityOf(spectrum.power, total)) : 0);
        track.concentration.push_back(heard ? asByte(concentrationOf(spectrum.power, total)) : 0);
    }

    std::unique_ptr<float, FftwFree> input;
    std::unique_ptr<fftwf_complex, FftwFree> output;
    PlanPtr plan;
    std::array<float, kSize> window{};
    std::size_t inStep = 0;  ///< samples of the step in hand

    SpectralTrack track;
    std::vector<Spectrum> waiting;  ///< of frames whose probability is not known yet
    std::size_t judged = 0;         ///< frames whose probability is known
    std::array<double, kBins> speechPower{};
};

SpectralMeter::SpectralMeter(Seconds expected)
    : state_(std::make_unique<State>()) {
    const auto steps = static_cast<std::size_t>(expected / kSpectrumStep) + 1;
    state_->track.tonality.reserve(steps);
    state_->track.concentration.reserve(steps);
    state_->track.levels.reserve(steps);
}
SpectralMeter::~SpectralMeter() = default;
SpectralMeter::SpectralMeter(SpectralMeter&&) noexcept = default;
SpectralMeter& SpectralMeter::operator=(SpectralMeter&&) noexcept = default;

void SpectralMeter::add(std::span<const float> samples) {
    State& s = *state_;
    while (!samples.empty()) {
        const std::size_t boundary = s.inStep < kSize ? kSize : kStep;
        const auto piece = samples.first(std::min(samples.size(), boundary - s.inStep));
        if (s.inStep < kSize) {
            for (std::size_t i = 0; i < piece.size(); ++i) {
                s.input.get()[s.inStep + i] = piece[i] * s.window[s.inStep + i];
            }
        }
        s.inStep += piece.size();
        samples = samples.subspan(piece.size());
        if (s.inStep == kSize) {
            s.measure();
        }
        s.inStep %= kStep;
    }
}

void SpectralMeter::addProbabilities(std::span<const float> probabilities) {
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

double SpectralMeter::bandwidthHz() const {
    const State& s = *state_;
    const double power = std::accumulate(s.speechPower.begin(), s.speechPower.end(), 0.0);
    double below = 0;
    for (std::size_t bin = 0; bin < kBins && power > 0; ++bin) {
        below += s.speechPower[bin];
        if (below >= 0.99 * power) {
            return static_cast<double>(bin) * kAnalysisRateHz / kSize;
        }
    }
    return 0;
}

SpectralTrack SpectralMeter::takeTrack() {
    return std::move(state_->track);
}

}  // namespace chat::audio
