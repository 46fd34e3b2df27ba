#include "chat/transcribe/log_mel.h"

#include "chat/core/c_handle.h"

#include <fftw3.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <numbers>
#include <type_traits>

namespace chat::transcribe {

namespace {

constexpr int kRateHz = 16'000;
constexpr int kFrame = 400;
constexpr int kHop = 160;
constexpr int kBins = kFrame / 2 + 1;
constexpr float kFloor = 1e-10F;

/// FFTW makes and destroys plans for one thread at a time only, in the whole process.
std::mutex& plannerMutex() {
    static std::mutex mutex;
    return mutex;
}

void destroyPlan(fftwf_plan plan) {
    const std::lock_guard lock(plannerMutex());
    fftwf_destroy_plan(plan);
}

using PlanPtr = std::unique_ptr<std::remove_pointer_t<fftwf_plan>, ReleaseValue<destroyPlan>>;

/// FFTW's own allocation: plans only run on buffers aligned like those that they were made for.
template <typename T>
using Buffer = std::unique_ptr<T, ReleaseValue<fftwf_free>>;

Buffer<float> frameBuffer() {
    return Buffer<float>(fftwf_alloc_real(kFrame));
}
Buffer<fftwf_complex> spectrumBuffer() {
    return Buffer<fftwf_complex>(fftwf_alloc_complex(kBins));
}

/// Slaney's mel scale: linear below 1 kHz, logarithmic above.
double melToHz(double mel) {
    constexpr double kHzPerMel = 200.0 / 3.0;
    constexpr double kLogStart = 1000.0 / kHzPerMel;
    return mel < kLogStart ? mel * kHzPerMel
                           : 1000.0 * std::exp(std::log(6.4) / 27.0 * (mel - kLogStart));
}

constexpr double kHighestMel = 45.245640471924965;  // 8 kHz

/// The weights of one band from its first bin that counts.
struct Band {
    std::size_t first = 0;
    std::vector<float> weights;
};

std::vector<Band> melBands(int count) {
    std::vector<double> edges;
    edges.reserve(static_cast<std::size_t>(count) + 2);
    for (int i = 0; i < count + 2; ++i) {
        edges.push_back(melToHz(kHighestMel * i / (count + 1)));
    }
    std::vector<Band> bands(static_cast<std::size_t>(count));
    for (std::size_t b = 0; b < bands.size(); ++b) {
        for (std::size_t bin = 0; bin < kBins; ++bin) {
            const double hz = static_cast<double>(bin) * kRateHz / kFrame;
            const double rise = (hz - edges[b]) / (edges[b + 1] - edges[b]);
            const double fall = (edges[b + 2] - hz) / (edges[b + 2] - edges[b + 1]);
            const double weight = std::min(rise, fall) * 2.0 / (edges[b + 2] - edges[b]);
            if (weight > 0) {
                if (bands[b].weights.empty()) {
                    bands[b].first = bin;
                }
                bands[b].weights.push_back(static_cast<float>(weight));
            }
        }
    }
    return bands;
}

std::array<float, kFrame> hannWindow() {
    std::array<float, kFrame> window{};
    for (int i = 0; i < kFrame; ++i) {
        window[static_cast<std::size_t>(i)] =
            static_cast<float>(0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * i / kFrame));
    }
    return window;
}

/// The sample at an index that may lie beyond the ends, where the sound is mirrored.
float mirrored(std::span<const float> samples, int index) {
    if (index < 0) {
        index = -index;
    }
    if (index >= LogMel::kSamples) {
        index = 2 * (LogMel::kSamples - 1) - index;
    }
    return static_cast<std::size_t>(index) < samples.size()
               ? samples[static_cast<std::size_t>(index)]
               : 0.0F;
}

}  // namespace

struct LogMel::State {
    std::vector<Band> bands;
    std::array<float, kFrame> window = hannWindow();
    PlanPtr plan;
};

LogMel::LogMel(int bands)
    : state_(std::make_unique<State>()) {
    state_->bands = melBands(bands);
    const Buffer<float> frame = frameBuffer();
    const Buffer<fftwf_complex> spectrum = spectrumBuffer();
    const std::lock_guard lock(plannerMutex());
    // ESTIMATE: a measured plan depends on how busy the machine is, and with it the last bits.
    state_->plan.reset(fftwf_plan_dft_r2c_1d(kFrame, frame.get(), spectrum.get(), FFTW_ESTIMATE));
}

LogMel::~LogMel() = default;

std::vector<float> LogMel::compute(std::span<const float> samples) const {
    samples = samples.first(std::min<std::size_t>(samples.size(), kSamples));
    const std::size_t bandCount = state_->bands.size();
    std::vector<float> mel(bandCount * kFrames, kFloor);
    const Buffer<float> frame = frameBuffer();
    const Buffer<fftwf_complex> spectrum = spectrumBuffer();
    std::array<float, kBins> power{};
    for (int f = 0; f < kFrames; ++f) {
        const int start = f * kHop - kFrame / 2;
        if (start >= static_cast<int>(samples.size()) && start + kFrame < kSamples) {
            continue;  // silence up to the mirrored end
        }
        for (int i = 0; i < kFrame; ++i) {
            frame.get()[i] =
                mirrored(samples, start + i) * state_->window[static_cast<std::size_t>(i)];
        }
        fftwf_execute_dft_r2c(state_->plan.get(), frame.get(), spectrum.get());
        for (std::size_t bin = 0; bin < kBins; ++bin) {
            const float re = spectrum.get()[bin][0];
            const float im = spectrum.get()[bin][1];
            power[bin] = re * re + im * im;
        }
        for (std::size_t b = 0; b < bandCount; ++b) {
            const Band& band = state_->bands[b];
            float sum = 0;
            for (std::size_t i = 0; i < band.weights.size(); ++i) {
                sum += band.weights[i] * power[band.first + i];
            }
            mel[b * kFrames + static_cast<std::size_t>(f)] = std::max(sum, kFloor);
        }
    }
    float highest = -10.0F;
    for (float& value : mel) {
        value = std::log10(value);
        highest = std::max(highest, value);
    }
    for (float& value : mel) {
        value = (std::max(value, highest - 8.0F) + 4.0F) / 4.0F;
    }
    return mel;
}

}  // namespace chat::transcribe
