#include "chat/pipeline/stage_speed.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

namespace chat::pipeline {

namespace {

/// The variance of a time grows with this power of what is expected: 1 is a call put together from independent parts, 2 one
/// that is as a whole slower or faster. Relative variances therefore go with the power less 2.
constexpr double kVariancePower = 1.5;
/// Lengths at which the guess stands for a fifth of a call each, as in TimeLine.
constexpr double kShortCall = 30;
constexpr double kLongCall = 300;
constexpr double kGuessWeight = 0.2;
/// Guessed spread of a call's time over what is expected, and the calls that it counts as.
constexpr double kGuessedDeviation = 0.3;
constexpr double kGuessedCalls = 2;
/// Spread of the guess itself: with no call measured it is right within a factor of 4, nineteen times of twenty.
constexpr double kGuessError = 0.7;
constexpr double kClipAt = 3;
constexpr double kDeviationOfMedian =
    1.4826;  ///< of the normal distribution over its median deviation
constexpr double kLeastSpread = 0.02;
constexpr double kLeastSpeed = 0.01;  ///< of calls that all skipped the stage, over the line
constexpr double kLeastTime =
    1e-6;  ///< expected of a call without length, over that of a usual one
constexpr std::size_t kBendCalls = 40;  ///< of neighbouring lengths, that correct the line together
constexpr int kPasses = 2;              ///< the line's weights need a line

double median(std::vector<double>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

struct Bounds {
    double low = 0;
    double high = 0;
};

Bounds usual(std::span<const double> values) {
    std::vector<double> sorted(values.begin(), values.end());
    const double middle = median(sorted);
    if (middle <= 0) {  // most of them skipped the stage: none of the others is unusual
        return {0, *std::ranges::max_element(values)};
    }
    for (double& value : sorted) {
        value = std::abs(value - middle);
    }
    const double reach =
        kClipAt * std::max(kDeviationOfMedian * median(sorted), kLeastSpread * middle);
    return {middle - reach, middle + reach};
}

/// The weight of a call in the mean of a window: halved after half of it.
double recency(std::size_t age, std::size_t window) {
    return std::exp2(-2.0 * static_cast<double>(age) / static_cast<double>(window));
}

}  // namespace

StageSpeed::StageSpeed(std::span<const StagePoint> points, StageLine guess, std::size_t window)
    : guess_(guess)
    , line_(guess)
    , ratios_(points.size(), 1.0) {
    double took = 0;
    double guessed = 0;
    for (const StagePoint& point : points) {
        took += point.took;
        guessed += guess.at(point.length);
    }
    if (guessed <= 0 && took <= 0 && guess.at(kLongCall) <= 0) {
        line_ = {};
        return;
    }
    freedom_ = static_cast<double>(points.size()) + kGuessedCalls - 1;
    deviation_ = kGuessedDeviation;
    if (took <= 0 || guessed <= 0) {
        // Nothing measured yet, or only calls that skipped the stage: less and less is believed of the guess.
        const double believed =
            kGuessedCalls / (kGuessedCalls + static_cast<double>(points.size()));
        line_ = {guess.fixed * believed, guess.share * believed};
        speedError_ = kGuessError;
        return;
    }
    guess_ = {guess.fixed * took / guessed, guess.share * took / guessed};
    line_ = guess_;
    unit_ = took / static_cast<double>(points.size());

    const std::size_t count = points.size();
    std::vector<double> relative(count);
    std::vector<double> precision(count);
    std::vector<double> clipped(count);
    std::vector<double> speeds(count, 1.0);
    const auto compare = [&] {
        for (std::size_t i = 0; i < count; ++i) {
            const double usualTime = expected(points[i].length);
            relative[i] = points[i].took / usualTime;
            precision[i] = std::pow(usualTime / unit_, 2 - kVariancePower);
        }
        for (std::size_t i = 0; i < count; ++i) {
            // The window around the call, or the one that is nearest to that at either end.
            const std::size_t size = std::min(window, count);
            const std::size_t first = std::min(i - std::min(i, size / 2), count - size);
            const Bounds bounds = usual(std::span<const double>(relative.data() + first, size));
            double sum = 0;
            double weights = 0;
            for (std::size_t k = first; k < first + size; ++k) {
                sum += precision[k] * std::clamp(relative[k], bounds.low, bounds.high);
                weights += precision[k];
            }
            speeds[i] = std::max(kLeastSpeed, sum / weights);
            clipped[i] = std::clamp(relative[i], bounds.low, bounds.high);
        }
    };
    // Over all calls, whatever the speed of their time: where calls go by length, the two cannot be told from a batch alone.
    for (int pass = 0; pass < kPasses; ++pass) {
        compare();
        fitLine(points, clipped);
    }
    compare();
    bendLine(points, clipped, precision);
    compare();
    measureSpread(points, speeds, clipped);

    const std::size_t size = std::min(window, count);
    double weights = 0;
    double squares = 0;
    for (std::size_t age = 0; age < size; ++age) {
        const std::size_t i = count - 1 - age;
        const double weight = recency(age, window) * precision[i];
        window_.push_back({points[i].length,
                           bend(points[i].length),
                           clipped[i] * expected(points[i].length),
                           weight});
        weights += weight;
        squares += weight * weight / precision[i];
    }
    speedError_ = deviation_ * std::sqrt(squares) / weights;
}

void StageSpeed::fitLine(std::span<const StagePoint> points, const std::vector<double>& clipped) {
    const auto before = [line = line_, least = kLeastTime * unit_](double length) {
        return std::max(line.at(length), least);
    };
    double n = 0;
    double x = 0;
    double y = 0;
    double xx = 0;
    double xy = 0;
    const auto add = [&](double length, double took, double times) {
        const double weight = times / std::pow(before(length) / unit_, kVariancePower);
        n += weight;
        x += weight * length;
        y += weight * took;
        xx += weight * length * length;
        xy += weight * length * took;
    };
    for (const double length : {kShortCall, kLongCall}) {
        add(length, guess_.at(length), kGuessWeight);
    }
    for (std::size_t i = 0; i < points.size(); ++i) {
        add(points[i].length, clipped[i] * before(points[i].length), 1);
    }
    const double spread = n * xx - x * x;
    line_.share = (n * xy - x * y) / spread;
    line_.fixed = (y - line_.share * x) / n;
    if (line_.fixed < 0) {
        line_ = {0, xy / xx};
    } else if (line_.share < 0) {
        line_ = {y / n, 0};
    }
    // Of the inverse of [n x; x xx], in units of unit_ * deviation_, which draw() puts in.
    fixedError_ = std::sqrt(xx / spread);
    shareErrorOfFixed_ = -x / spread / fixedError_;
    shareError_ = std::sqrt(std::max(0.0, n / spread - shareErrorOfFixed_ * shareErrorOfFixed_));
}

void StageSpeed::measureSpread(std::span<const StagePoint> points,
                               const std::vector<double>& speeds,
                               const std::vector<double>& clipped) {
    const auto count = static_cast<double>(points.size());
    // What a mean leaves of the deviations from it is too little by this.
    const double enlarged = std::sqrt((count + 1) / count);
    double squares = kGuessedCalls * kGuessedDeviation * kGuessedDeviation;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const double usualTime = expected(points[i].length);
        const double off = (clipped[i] / speeds[i] - 1) * enlarged;
        squares += off * off * std::pow(usualTime / unit_, 2 - kVariancePower);
        const double ratio = points[i].took / usualTime / speeds[i];
        ratios_[i] = std::max(0.0, 1 + (ratio - 1) * enlarged);
    }
    deviation_ = std::sqrt(squares / (count + kGuessedCalls));
}

void StageSpeed::bendLine(std::span<const StagePoint> points,
                          const std::vector<double>& clipped,
                          const std::vector<double>& precision) {
    const std::size_t groups = points.size() / kBendCalls;
    if (groups < 2) {
        return;
    }
    std::vector<std::size_t> byLength(points.size());
    std::iota(byLength.begin(), byLength.end(), std::size_t{0});
    std::ranges::sort(byLength, {}, [&](std::size_t i) { return points[i].length; });
    bends_.reserve(groups);
    for (std::size_t group = 0; group < groups; ++group) {
        double lengths = 0;
        double sum = 0;
        double weights = 0;
        const std::size_t end = (group + 1) * points.size() / groups;
        for (std::size_t k = group * points.size() / groups; k < end; ++k) {
            const std::size_t i = byLength[k];
            lengths += precision[i] * points[i].length;
            sum += precision[i] * clipped[i];
            weights += precision[i];
        }
        bends_.push_back({lengths / weights, std::max(kLeastSpeed, sum / weights)});
    }
}

double StageSpeed::bend(double length) const {
    if (bends_.empty()) {
        return 1;
    }
    const auto above = std::ranges::upper_bound(bends_, length, {}, &Bend::length);
    if (above == bends_.begin() || above == bends_.end()) {
        return (above == bends_.begin() ? bends_.front() : bends_.back()).factor;
    }
    const Bend& below = *std::prev(above);
    return std::lerp(
        below.factor, above->factor, (length - below.length) / (above->length - below.length));
}

double StageSpeed::expected(double length) const {
    return std::max(line_.at(length) * bend(length), kLeastTime * unit_);
}

StageLine StageSpeed::draw(std::mt19937_64& random) const {
    std::student_t_distribution<double> t(freedom_);
    std::normal_distribution<double> normal;
    if (window_.empty()) {
        const double factor = std::exp(speedError_ * normal(random));
        return {line_.fixed * factor, line_.share * factor};
    }
    const double unit = unit_ * deviation_;
    const double first = normal(random);
    StageLine line{
        line_.fixed + unit * fixedError_ * first,
        line_.share + unit * (shareErrorOfFixed_ * first + shareError_ * normal(random))};
    line.fixed = std::max(line.fixed, 0.0);
    line.share = std::max(line.share, 0.0);
    if (line.at(kLongCall) <= 0) {
        line = line_;
    }
    double speed = 0;
    double weights = 0;
    for (const Weighted& call : window_) {
        speed += call.weight * call.took /
                 std::max(line.at(call.length) * call.bend, kLeastTime * unit_);
        weights += call.weight;
    }
    speed *= std::exp(speedError_ * t(random)) / weights;
    return {line.fixed * speed, line.share * speed};
}

}  // namespace chat::pipeline
