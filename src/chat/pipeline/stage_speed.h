#pragma once

#include "chat/core/units.h"

#include <cstddef>
#include <random>
#include <span>
#include <vector>

namespace chat::pipeline {

/// What a call of a length takes of a stage: `fixed` seconds and `share` of its length.
struct StageLine {
    double fixed = 0;
    double share = 0;

    [[nodiscard]] double at(double length) const { return fixed + share * length; }
};

/// A call that has ended, as one stage sees it; both in seconds.
struct StagePoint {
    double length = 0;
    double took = 0;
};

/// How fast a stage works off calls, from those that have ended: what a call of a length takes, which all of them tell, times
/// the speed now, which only the window of the last ones tells.
///
/// The first is a line, least squares with weights, and the factors by which groups of forty calls of neighbouring lengths
/// are off from it (`bend`): work in windows of 30 s bends the line. The speed is a weighted mean of measured over expected,
/// recent calls counting more. All take times clipped at three normal spreads from the median of their window (the scaled
/// median absolute deviation: Huber, "Robust Statistics", 1981), so that a call that hung moves none; it stays whole in
/// `ratios`. How uncertain they are is Student's t-distribution, with a guessed spread that counts as two calls. Immutable.
class StageSpeed {
  public:
    /// `points`: oldest first. `guess`: believed before the first call, a little after; 0 throughout: the stage takes no time.
    StageSpeed(std::span<const StagePoint> points, StageLine guess, std::size_t window);

    /// One line as it may be, speed included: drawn from what is believed of it. Never negative anywhere. To be multiplied
    /// with `bend`.
    [[nodiscard]] StageLine draw(std::mt19937_64& random) const;

    [[nodiscard]] double bend(double length) const;

    /// By point: what it took over what was to be expected at the speed of its time.
    [[nodiscard]] const std::vector<double>& ratios() const { return ratios_; }

  private:
    struct Weighted {
        double length;
        double bend;
        double took;  ///< clipped
        double weight;
    };

    struct Bend {
        double length;
        double factor;
    };

    void fitLine(std::span<const StagePoint> points, const std::vector<double>& clipped);
    void bendLine(std::span<const StagePoint> points,
                  const std::vector<double>& clipped,
                  const std::vector<double>& precision);
    void measureSpread(std::span<const StagePoint> points,
                       const std::vector<double>& speeds,
                       const std::vector<double>& clipped);

    [[nodiscard]] double expected(double length) const;

    StageLine guess_;
    StageLine line_;
    std::vector<double> ratios_;
    std::vector<Weighted> window_;
    std::vector<Bend> bends_;  ///< by length
    double unit_ = 1;          ///< expected time of a usual call, in which spreads are told
    double deviation_ = 0;     ///< of a usual call's time over what was expected
    double speedError_ = 0;
    double fixedError_ = 0;  ///< the lower left factor (Cholesky) of the line's covariance
    double shareErrorOfFixed_ = 0;
    double shareError_ = 0;
    double freedom_ = 1;
};

}  // namespace chat::pipeline
