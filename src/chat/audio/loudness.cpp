#include "chat/audio/loudness.h"

#include "chat/core/units.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace chat::audio {

namespace {

constexpr std::size_t kStepFrames = kAnalysisRateHz / 10;
constexpr double kAbsoluteGate = -70;
constexpr double kRelativeGate = -10;
constexpr double kBinsPerLu = 10;

[[nodiscard]] double loudnessOf(double meanSquare) {
    return -0.691 + 10 * std::log10(meanSquare);
}
[[nodiscard]] double meanSquareOf(std::size_t bin) {
    const double loudness = kAbsoluteGate + (static_cast<double>(bin) + 0.5) / kBinsPerLu;
    return std::pow(10, (loudness + 0.691) / 10);
}

}  // namespace

// The two filters of the K weighting, as BS.1770 gives them for 48 kHz, by their analogue parameters.
LoudnessMeter::LoudnessMeter() {
    {
        const double k = std::tan(std::numbers::pi * 1681.974450955533 / kAnalysisRateHz);
        const double q = 0.7071752369554196;
        const double high = std::pow(10, 3.999843853973347 / 20);
        const double band = std::pow(high, 0.4996667741545416);
        const double a0 = 1 + k / q + k * k;
        shelf_ = {(high + band * k / q + k * k) / a0,
                  2 * (k * k - high) / a0,
                  (high - band * k / q + k * k) / a0,
                  2 * (k * k - 1) / a0,
                  (1 - k / q + k * k) / a0};
    }
    const double k = std::tan(std::numbers::pi * 38.13547087602444 / kAnalysisRateHz);
    const double q = 0.5003270373238773;
    const double a0 = 1 + k / q + k * k;
    highPass_ = {1, -2, 1, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0};
}

void LoudnessMeter::add(std::span<const float> samples) {
    while (!samples.empty()) {
        const auto part = samples.first(std::min(samples.size(), kStepFrames - inStep_));
        Biquad s = shelf_;
        Biquad h = highPass_;
        double energy = 0;
        for (const float sample : part) {
            const auto x = static_cast<double>(sample);
            // Written so that only one product and one difference wait for the sample before.
            const double y = (s.b0 * x + s.b1 * s.x1 + s.b2 * s.x2 - s.a2 * s.y2) - s.a1 * s.y1;
            s.x2 = s.x1;
            s.x1 = x;
            s.y2 = s.y1;
            s.y1 = y;
            const double z = (y - 2 * h.x1 + h.x2 - h.a2 * h.y2) - h.a1 * h.y1;
            h.x2 = h.x1;
            h.x1 = y;
            h.y2 = h.y1;
            h.y1 = z;
            energy += z * z;
        }
        // What has died away must not turn into denormal numbers, which take a hundred times as long.
        for (double* kept : {&s.y1, &s.y2, &h.y1, &h.y2}) {
            *kept = std::abs(*kept) < 1e-30 ? 0 : *kept;
        }
        shelf_ = s;
        highPass_ = h;
        stepEnergy_ += energy;
        inStep_ += part.size();
        samples = samples.subspan(part.size());
        if (inStep_ == kStepFrames) {
            closeStep();
        }
    }
}

/// Every 100 ms ends a block of 400 ms.
void LoudnessMeter::closeStep() {
    lastSteps_[steps_ % lastSteps_.size()] = stepEnergy_;
    ++steps_;
    stepEnergy_ = 0;
    inStep_ = 0;
    if (steps_ < lastSteps_.size()) {
        return;
    }
    const double sum = lastSteps_[0] + lastSteps_[1] + lastSteps_[2] + lastSteps_[3];
    const double meanSquare = sum / static_cast<double>(lastSteps_.size() * kStepFrames);
    const double loudness = meanSquare > 0 ? loudnessOf(meanSquare) : kAbsoluteGate;
    if (loudness > kAbsoluteGate) {
        const auto bin = static_cast<std::size_t>((loudness - kAbsoluteGate) * kBinsPerLu);
        ++blocks_[std::min(bin, kBins - 1)];
    }
}

double LoudnessMeter::integrated() const {
    const auto meanFrom = [&](std::size_t first) {
        double sum = 0;
        double count = 0;
        for (std::size_t bin = first; bin < kBins; ++bin) {
            sum += static_cast<double>(blocks_[bin]) * meanSquareOf(bin);
            count += static_cast<double>(blocks_[bin]);
        }
        return count > 0 ? loudnessOf(sum / count) : kAbsoluteGate;
    };
    const double ungated = meanFrom(0);
    const double gate = std::max(0.0, (ungated + kRelativeGate - kAbsoluteGate) * kBinsPerLu);
    return std::max(kAbsoluteGate, meanFrom(static_cast<std::size_t>(gate)));
}

}  // namespace chat::audio
