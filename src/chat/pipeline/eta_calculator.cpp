#include "chat/pipeline/eta_calculator.h"

#include "chat/pipeline/stage_speed.h"

#include <queue>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <random>

namespace chat::pipeline {

namespace {

constexpr std::size_t kKeptCalls = 200;
constexpr std::size_t kKeptEstimates = 250;
constexpr std::size_t kMostRounds = 200;
constexpr std::size_t kLeastRounds = 50;
constexpr std::size_t kCallsPlayed = 400'000;  ///< in all rounds
constexpr double kLower = 0.025;
constexpr double kUpper = 0.975;
/// Earlier calls that a call may deviate like: a quarter of them, but as many as this.
constexpr std::size_t kAlike = 15;
/// Before there are any, as a normal distribution with this spread of the logarithm; as likely as one of two earlier calls.
constexpr double kGuessedDeviation = 0.3;
constexpr std::size_t kGuessedCalls = 2;
/// Failures are believed to come once in two hundred attempts, as strongly as twenty attempts would tell.
constexpr double kGuessedFailures = 0.1;
constexpr double kGuessedAttempts = 20;
constexpr double kMostFailures = 0.9;  ///< else a batch would hardly end
/// Estimates that are believed to have needed what a right interval needs.
constexpr std::size_t kGuessedEstimates = 40;
constexpr double kLeastWidening = 0.4;
constexpr double kMostWidening = 2.5;
constexpr double kTwoSided95 = 1.959964;  ///< of the normal distribution
constexpr int kTries = 16;
/// A call hangs that takes so many times what is expected. Guessed is one in a thousand, as strongly as fifty calls would tell;
/// and that half of them take 1.3 times that or more, one in eight twice it.
constexpr double kHung = 2.5;
constexpr double kGuessedHangs = 0.05;
constexpr double kGuessedNoHangs = 50;
/// Times of calls longer or shorter than all that were measured grow with another power of the length than the line says: with
/// this spread. Where windows of 30 s are filled, the line bends.
constexpr double kBendBeyond = 0.15;

constexpr double kShortCall = 30;
constexpr double kLongCall = 300;
constexpr std::size_t kStages = 3;
constexpr auto kSound = static_cast<std::size_t>(CallStage::Sound);
constexpr auto kWords = static_cast<std::size_t>(CallStage::Words);
constexpr auto kAnalysis = static_cast<std::size_t>(CallStage::Analysis);

using Random = std::mt19937_64;
using Times = std::array<double, kStages>;
/// When each worker is free.
using Free = std::priority_queue<double, std::vector<double>, std::greater<>>;

Times seconds(const StageTimes& took) {
    return {took.sound.count(), took.words.count(), took.analysis.count()};
}

/// Even in [0, 1).
double part(Random& random) {
    return static_cast<double>(random() >> 11) * 0x1p-53;
}

/// A quantile of sorted values, those taken for a sample (type 6 of Hyndman & Fan, "Sample Quantiles", 1996).
double quantile(const std::vector<double>& sorted, double share) {
    const auto count = static_cast<double>(sorted.size());
    const double place = std::clamp(share * (count + 1), 1.0, count) - 1;
    const auto low = static_cast<std::size_t>(place);
    const std::size_t high = std::min(low + 1, sorted.size() - 1);
    return std::lerp(sorted[low], sorted[high], place - static_cast<double>(low));
}

/// A share of which so many draws were and so many were not (beta distribution), as it may be.
double drawShare(double were, double wereNot, Random& random) {
    const double some = std::gamma_distribution<double>(were)(random);
    return some / (some + std::gamma_distribution<double>(wereNot)(random));
}

struct Waiting {
    double length;
    std::size_t near;  ///< where those of about its length begin among the earlier ones
    double beyond;     ///< logarithm of its length over the nearest one that was measured
    Times bend{};      ///< StageSpeed::bend
};

/// How calls deviated from the expected, by their length; those that hung apart, by themselves.
class Deviations {
  public:
    /// In the order of the lengths. `over`: what all stages took over what was expected of them.
    void add(double length, const Times& ratio, double over) {
        if (over > kHung) {
            hung_.push_back(ratio);
            return;
        }
        lengths_.push_back(length);
        ratios_.push_back(ratio);
    }

    /// A call that those of about its length speak for.
    [[nodiscard]] Waiting place(double length) const {
        const auto at =
            static_cast<std::size_t>(std::ranges::lower_bound(lengths_, length) - lengths_.begin());
        const std::size_t from =
            std::min(at - std::min(at, alike() / 2), lengths_.size() - alike());
        double beyond = 0;
        if (!lengths_.empty()) {
            const double within = std::clamp(length, lengths_.front(), lengths_.back());
            beyond = std::log(std::max(1.0, length) / std::max(1.0, within));
        }
        return {length, from, beyond, {}};
    }

    /// How likely a call is to hang, as it may be.
    [[nodiscard]] double drawHangs(Random& random) const {
        return drawShare(static_cast<double>(hung_.size()) + kGuessedHangs,
                         static_cast<double>(ratios_.size()) + kGuessedNoHangs,
                         random);
    }

    [[nodiscard]] Times draw(const Waiting& call, double hangs, Random& random) const {
        if (part(random) < hangs) {
            const auto known = static_cast<double>(hung_.size());
            if (part(random) * (known + kGuessedHangs) < known) {
                return hung_[random() % hung_.size()];
            }
            return all(kHung / std::cbrt(1 - part(random)));
        }
        const std::size_t chosen = random() % (alike() + (isFew() ? kGuessedCalls : 0));
        if (chosen < alike()) {
            return ratios_[call.near + chosen];
        }
        return all(std::exp(std::normal_distribution<double>(0, kGuessedDeviation)(random)));
    }

  private:
    [[nodiscard]] std::size_t alike() const {
        return std::min(lengths_.size(), std::max(kAlike, lengths_.size() / 4));
    }
    [[nodiscard]] bool isFew() const { return lengths_.size() < kAlike; }
    [[nodiscard]] static Times all(double ratio) {
        Times ratios{};
        ratios.fill(ratio);
        return ratios;
    }

    std::vector<double> lengths_;
    std::vector<Times> ratios_;
    std::vector<Times> hung_;
};

/// One way that things may go.
class Round {
  public:
    Round(const std::vector<StageSpeed>& speeds,
          const Deviations& deviations,
          double failures,
          Random& random)
        : deviations_(deviations)
        , failures_(failures)
        , random_(random) {
        for (std::size_t stage = 0; stage < kStages; ++stage) {
            lines_[stage] = speeds[stage].draw(random);
        }
        hangs_ = deviations.drawHangs(random);
        bend_ = std::normal_distribution<double>(0, kBendBeyond)(random);
    }

    /// When the last call ends, if each is one worker's.
    double play(const std::vector<CallInHand>& inHand,
                const std::vector<Waiting>& handWaiting,
                const std::vector<Waiting>& waiting,
                std::size_t workers) {
        std::vector<double> ends;
        ends.reserve(inHand.size());
        for (std::size_t i = 0; i < inHand.size(); ++i) {
            ends.push_back(sum(attempt(restOf(inHand[i], handWaiting[i]), handWaiting[i])));
        }
        double last = 0;
        std::ranges::sort(ends);
        // Where workers were taken away, those that are done first take nothing more.
        const std::size_t leave = ends.size() - std::min(ends.size(), workers);
        std::vector<double> busy(ends.begin() + static_cast<std::ptrdiff_t>(leave), ends.end());
        if (!ends.empty()) {
            last = ends.back();
        }
        busy.resize(workers, 0.0);
        Free free(std::greater<>(), std::move(busy));
        const auto begin = [&](const Waiting& call) {
            const double end = free.top() + sum(attempt(draw(call), call));
            free.pop();
            free.push(end);
            last = std::max(last, end);
        };
        for (const Waiting& call : waiting) {
            begin(call);
        }
        beginAgain(begin);
        return last;
    }

    /// The same where the words of a call are found in pieces, by all workers, and the other stages beside that.
    double playInPieces(const std::vector<CallInHand>& inHand,
                        const std::vector<Waiting>& handWaiting,
                        const std::vector<Waiting>& waiting,
                        std::size_t workers) {
        constexpr double kPiece = 30;  // seconds of a recording, as Whisper hears them
        constexpr double kMostPieces = 1000;
        Free free(std::greater<>(), std::vector<double>(workers, 0.0));
        double last = 0;
        Times whole{};
        const auto begin = [&](const Times& times, double length) {
            for (std::size_t stage = 0; stage < kStages; ++stage) {
                whole[stage] += times[stage];
            }
            const double pieces = std::clamp(std::round(length / kPiece), 1.0, kMostPieces);
            const double piece = times[kWords] / pieces;
            const auto count = piece > 0 ? static_cast<std::size_t>(pieces) : 0;
            for (std::size_t done = 0; done < count; ++done) {
                const double end = free.top() + piece;
                free.pop();
                free.push(end);
                last = std::max(last, end);
            }
        };
        for (std::size_t i = 0; i < inHand.size(); ++i) {
            const Waiting& call = handWaiting[i];
            begin(attempt(restOf(inHand[i], call), call), call.length);
        }
        const auto beginWhole = [&](const Waiting& call) {
            begin(attempt(draw(call), call), call.length);
        };
        for (const Waiting& call : waiting) {
            beginWhole(call);
        }
        beginAgain(beginWhole);
        // One thread analyzes.
        return std::max({last, whole[kSound] / static_cast<double>(workers), whole[kAnalysis]});
    }

  private:
    [[nodiscard]] Times draw(const Waiting& call) {
        Times times = deviations_.draw(call, hangs_, random_);
        const double bent = call.beyond == 0 ? 1 : std::exp(bend_ * call.beyond);
        for (std::size_t stage = 0; stage < kStages; ++stage) {
            times[stage] *= lines_[stage].at(call.length) * call.bend[stage] * bent;
        }
        return times;
    }

    [[nodiscard]] static double sum(const Times& times) {
        return std::accumulate(times.begin(), times.end(), 0.0);
    }

    [[nodiscard]] Times restOf(const CallInHand& call, const Waiting& as) {
        const auto stage = static_cast<std::size_t>(call.stage);
        const double elapsed = std::max(0.0, call.elapsed.count());
        Times times{};
        for (int tries = 0; tries < kTries && times[stage] <= elapsed; ++tries) {
            times = draw(as);
        }
        if (times[stage] <= elapsed) {
            // Longer than any that was drawn: half of those get by with 1.4 times what they took, one in four needs twice it.
            times[stage] = elapsed / std::sqrt(1 - part(random_));
        }
        times[stage] -= elapsed;
        std::fill_n(times.begin(), stage, 0.0);
        return times;
    }

    /// What becomes of an attempt that would need these times to succeed.
    [[nodiscard]] Times attempt(Times times, const Waiting& call) {
        if (failures_ > 0 && part(random_) < failures_) {
            again_.push_back(call);
            const double done = part(random_);
            std::ranges::for_each(times, [&](double& time) { time *= done; });
        }
        return times;
    }

    /// The calls that failed, which go to the end; there may come to be more of them.
    void beginAgain(const auto& begin) {
        for (std::size_t i = 0; i < again_.size(); ++i) {
            const Waiting call = again_[i];
            begin(call);
        }
    }

    const Deviations& deviations_;
    double failures_;
    double hangs_ = 0;
    double bend_ = 0;
    Random& random_;
    std::array<StageLine, kStages> lines_{};
    std::vector<Waiting> again_;
};

/// What right intervals of normal errors would have needed, over what they have.
std::vector<double> guessedNeeds() {
    // The absolute value's quantiles in the middle of equal parts, to four digits: 40 draws that are no draws.
    std::vector<double> needs;
    needs.reserve(kGuessedEstimates + kKeptEstimates);
    for (std::size_t i = 0; i < kGuessedEstimates; ++i) {
        const double share =
            (static_cast<double>(i) + 0.5) / static_cast<double>(kGuessedEstimates);
        double low = 0;
        double high = 4;
        for (int step = 0; step < 14; ++step) {
            const double middle = (low + high) / 2;
            (std::erf(middle / std::numbers::sqrt2) < share ? low : high) = middle;
        }
        needs.push_back(low / kTwoSided95);
    }
    return needs;
}

double widening(const std::deque<double>& needed) {
    std::vector<double> all = guessedNeeds();
    all.insert(all.end(), needed.begin(), needed.end());
    std::ranges::sort(all);
    return std::clamp(quantile(all, kUpper - kLower), kLeastWidening, kMostWidening);
}

}  // namespace

EtaCalculator::EtaCalculator(const ProcessingTime& guess, std::size_t window)
    : guessShort_(guess.predict({Seconds{kShortCall}, std::nullopt}))
    , guessLong_(guess.predict({Seconds{kLongCall}, std::nullopt}))
    , window_(std::max<std::size_t>(2, window)) {}

void EtaCalculator::learn(Seconds audio, const StageTimes& took) {
    for (const double time :
         {audio.count(), took.sound.count(), took.words.count(), took.analysis.count()}) {
        if (!std::isfinite(time) || time < 0) {
            return;
        }
    }
    ended_.push_back({audio, took});
    if (ended_.size() > std::max(kKeptCalls, window_)) {
        ended_.pop_front();
    }
    constexpr double kKept = 1 - 1.0 / kKeptCalls;
    attempts_ = attempts_ * kKept + 1;
    failures_ *= kKept;
}

void EtaCalculator::learnFailure() {
    attempts_ += 1;
    failures_ += 1;
}

void EtaCalculator::settle(const Eta& made, Seconds came) {
    const double middle = made.remaining.count();
    const double bound = (came > made.remaining ? made.upper : made.lower).count();
    const double half = std::abs(std::log(bound / middle));
    const double needed = std::abs(std::log(came.count() / middle)) / half * made.widened;
    if (std::isfinite(needed)) {
        needed_.push_back(needed);
        if (needed_.size() > kKeptEstimates) {
            needed_.pop_front();
        }
    }
}

Eta EtaCalculator::estimate(const WorkLeft& left) const {
    const std::size_t calls = left.inHand.size() + left.waiting.size();
    if (calls == 0) {
        return {};
    }
    std::vector<StageSpeed> speeds;
    const Times low = seconds(guessShort_);
    const Times high = seconds(guessLong_);
    std::vector<std::vector<StagePoint>> points(kStages);
    for (const Ended& call : ended_) {
        const Times took = seconds(call.took);
        for (std::size_t stage = 0; stage < kStages; ++stage) {
            points[stage].push_back({call.audio.count(), took[stage]});
        }
    }
    speeds.reserve(kStages);
    for (std::size_t stage = 0; stage < kStages; ++stage) {
        const double share = (high[stage] - low[stage]) / (kLongCall - kShortCall);
        speeds.emplace_back(
            points[stage], StageLine{low[stage] - share * kShortCall, share}, window_);
    }

    std::vector<std::size_t> byLength(ended_.size());
    std::iota(byLength.begin(), byLength.end(), std::size_t{0});
    std::ranges::sort(byLength, {}, [&](std::size_t i) { return ended_[i].audio; });
    Deviations deviations;
    for (const std::size_t i : byLength) {
        const Times took = seconds(ended_[i].took);
        Times ratio{};
        double all = 0;
        double expected = 0;
        for (std::size_t stage = 0; stage < kStages; ++stage) {
            ratio[stage] = speeds[stage].ratios()[i];
            all += took[stage];
            expected += ratio[stage] > 0 ? took[stage] / ratio[stage] : 0;
        }
        deviations.add(ended_[i].audio.count(), ratio, expected > 0 ? all / expected : 1);
    }
    const auto placed = [&](Seconds audio) {
        const double length = std::isfinite(audio.count()) ? std::max(0.0, audio.count()) : 0.0;
        Waiting call = deviations.place(length);
        for (std::size_t stage = 0; stage < kStages; ++stage) {
            call.bend[stage] = speeds[stage].bend(length);
        }
        return call;
    };
    std::vector<Waiting> inHand;
    inHand.reserve(left.inHand.size());
    for (const CallInHand& call : left.inHand) {
        inHand.push_back(placed(call.audio));
    }
    std::vector<Waiting> waiting;
    waiting.reserve(left.waiting.size());
    for (const Seconds audio : left.waiting) {
        waiting.push_back(placed(audio));
    }

    Random random(1);
    const auto atWork = static_cast<std::size_t>(std::max(1, left.workers));
    const std::size_t workers = left.inPieces ? atWork : std::min(calls, atWork);
    std::vector<double> ends(std::clamp(kCallsPlayed / calls, kLeastRounds, kMostRounds));
    for (double& end : ends) {
        const double failures = std::min(
            kMostFailures,
            drawShare(
                failures_ + kGuessedFailures, attempts_ - failures_ + kGuessedAttempts, random));
        Round round(speeds, deviations, failures, random);
        end = left.inPieces ? round.playInPieces(left.inHand, inHand, waiting, workers)
                            : round.play(left.inHand, inHand, waiting, workers);
    }
    std::ranges::sort(ends);

    Eta eta;
    const double middle = quantile(ends, 0.5);
    eta.remaining = Seconds{middle};
    eta.widened = widening(needed_);
    const auto stretched = [&](double bound) {
        return Seconds{middle > 0 && bound > 0 ? middle * std::pow(bound / middle, eta.widened)
                                               : bound};
    };
    eta.lower = stretched(quantile(ends, kLower));
    eta.upper = stretched(quantile(ends, kUpper));
    eta.sample = std::min(ended_.size(), window_);
    return eta;
}

}  // namespace chat::pipeline
