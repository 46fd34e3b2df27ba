#include "eta_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chat::cli {

namespace {

/// In which times up to the longest of them are shown.
struct Unit {
    double seconds = 1;
    const char* name = "s";
};

Unit unitFor(double longest) {
    constexpr double kMost = 120;
    if (longest < kMost) {
        return {1, "s"};
    }
    if (longest < kMost * 60) {
        return {60, "m"};
    }
    return {3600, "h"};
}

/// Not so exact that it would change with every look.
std::string numberText(double seconds, const Unit& unit) {
    constexpr double kExact = 30;
    constexpr double kStep = 5;
    const double value = seconds / unit.seconds;
    if (unit.seconds == 1) {
        return fmt::format("{:.0f}",
                           value < kExact ? std::ceil(value) : std::round(value / kStep) * kStep);
    }
    if (unit.seconds == 3600 && value < 10) {
        return fmt::format("{:.1f}", value);
    }
    return value > 0 && value < 0.5 ? "<1" : fmt::format("{:.0f}", value);
}

}  // namespace

std::string expectedText(const pipeline::Forecast& forecast, Seconds since) {
    const auto left = [&](Seconds time) { return std::max(0.0, (time - since).count()); };
    const double upper = left(forecast.eta.upper);
    const Unit unit = unitFor(upper);
    const std::string from = numberText(left(forecast.eta.lower), unit);
    const std::string to = numberText(upper, unit);
    const std::string range = (from == to ? from : from + "-" + to) + " " + unit.name;
    if (forecast.isEstimating()) {
        return "estimating: " + range;
    }
    return fmt::format("{} {} left ({}, {:.0f} % sure)",
                       numberText(left(forecast.eta.remaining), unit),
                       unit.name,
                       range,
                       100 * pipeline::kEtaConfidence);
}

Json expectedJson(const pipeline::Forecast& forecast) {
    const std::optional<double>& perMinute = forecast.perMinute;
    return {{"eta_seconds", forecast.eta.remaining.count()},
            {"lower", forecast.eta.lower.count()},
            {"upper", forecast.eta.upper.count()},
            {"confidence", pipeline::kEtaConfidence},
            {"sample_size", forecast.eta.sample},
            {"estimating", forecast.isEstimating()},
            {"items_per_minute", perMinute ? Json(*perMinute) : Json(nullptr)},
            {"ended", forecast.ended},
            {"left", forecast.left}};
}

std::string expectedBar(double share, std::size_t width, const pipeline::Eta& eta) {
    const auto columns = static_cast<double>(width);
    const auto full = static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * columns));
    const auto rest = static_cast<double>(width - full);
    const auto placeOf = [&](Seconds time) {
        return eta.upper > Seconds{0}
                   ? full + static_cast<std::size_t>(std::lround(time / eta.upper * rest))
                   : width;
    };
    const std::size_t earliest = placeOf(eta.lower);
    const std::size_t likeliest = std::max(placeOf(eta.remaining), full + 1) - 1;
    std::string text;
    for (std::size_t i = 0; i < width; ++i) {
        text += i < full                                       ? "\xE2\x96\x88"
                : i == likeliest && eta.remaining > Seconds{0} ? "\xE2\x94\x83"
                : i >= earliest                                ? "\xE2\x96\x92"
                                                               : "\xE2\x96\x91";
    }
    return text;
}

}  // namespace chat::cli
