#include "chat/analyze/difficulty.h"

#include "chat/analyze/difficulty_fit.h"

#include <algorithm>
#include <cmath>

namespace chat::analyze {

namespace {

/// What a figure lacks to a good line's, in steps of `step`.
double lack(double good, double value, double step) {
    return std::max(0.0, good - value) / step;
}

}  // namespace

std::optional<double> difficulty(const ChannelQuality& quality) {
    if (quality.speechShare <= 0) {
        return std::nullopt;
    }
    constexpr double kMostClipped = 0.05;
    const DifficultyFit fit;
    const double odds = fit.constant + fit.noise * lack(40, quality.snrDb, 10) +
                        fit.loudNoise * lack(12, quality.snrDb, 10) +
                        fit.clipped * std::min(kMostClipped, quality.clippedShare) * 100;
    return 1 / (1 + std::exp(-odds));
}

std::optional<double> difficulty(std::span<const ChannelQuality> channels) {
    double sum = 0;
    double spoken = 0;
    for (const ChannelQuality& channel : channels) {
        if (const auto one = difficulty(channel)) {
            sum += *one * channel.speechShare;
            spoken += channel.speechShare;
        }
    }
    return spoken > 0 ? std::optional(sum / spoken) : std::nullopt;
}

}  // namespace chat::analyze
