// How often the 95 % interval of EtaCalculator holds the real end of a batch, and how wide it is, beside the textbook formula
// (t-interval of the mean of the last 20 times, times the calls left) and the mean rate of ordinary progress bars. Batches are
// played with calls put together from recorded stage times. Usage: bench_eta STAGE_TIMES_CSV [tune]
// `tune`: other scenarios, other seeds and fewer batches, for choosing constants. The report is of none that were tuned on.

#include "chat/pipeline/batch_planner.h"
#include "chat/pipeline/eta_calculator.h"
#include "chat/pipeline/processing_time.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <numeric>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "recorded_calls.h"

namespace {

using chat::Seconds;
using namespace chat::bench;
using namespace chat::pipeline;

constexpr double kWordsShare = 0.05;  ///< guess before the first call
constexpr std::array kMilestones{0.10, 0.25, 0.50, 0.75, 0.90};
constexpr std::size_t kWindow = EtaCalculator::kWindow;

struct Scenario {
    std::string_view name;
    std::size_t calls = 200;
    double median = 150;  ///< length in seconds
    double spread = 0.8;  ///< of its logarithm
    double hours = 0;     ///< share of calls that take an hour
    int workers = 4;
    bool planned = false;  ///< in the order of planBatch, else as they come
    bool alike = false;    ///< a call is one recorded piece, stretched: it deviates as a whole
    double stalls = 0;     ///< share of calls that hang
    double stalled = 0;    ///< and take so many times longer
    double failures = 0;   ///< share of attempts that fail somewhere and are made again at the end
    double slower = 1;     ///< from a call on, somewhere in the second fifth of the batch
    int workersThen = 0;   ///< from there on; 0: the same
    double drift = 0;      ///< slower by so much over the batch
    double loaded =
        1;  ///< slower by this in episodes of five minutes on the average, a fifth of the time

    [[nodiscard]] bool breaks() const { return slower != 1 || workersThen != 0; }
    [[nodiscard]] bool isStationary() const { return !breaks() && drift == 0 && loaded == 1; }
};

const std::vector<Scenario> kTuned{
    {.name = "2 min, 3 workers", .median = 120, .workers = 3},
    {.name = "2 min, 12 workers", .median = 120, .workers = 12},
    {.name = "2 min, 1 worker, 40 calls", .calls = 40, .median = 120, .workers = 1},
    {.name = "few very long, 3 workers", .median = 80, .spread = 1.3, .workers = 3},
    {.name = "planned, 3 workers", .median = 120, .workers = 3, .planned = true},
    {.name = "planned, few long, 6 w.", .median = 80, .spread = 1.3, .workers = 6, .planned = true},
    {.name = "hour-long calls, 6 workers", .median = 80, .hours = 0.03, .workers = 6},
    {.name = "as a whole, 3 workers", .median = 120, .workers = 3, .alike = true},
    {.name = "stalls, 3 workers", .workers = 3, .stalls = 0.03, .stalled = 4},
    {.name = "failures, 3 workers", .workers = 3, .failures = 0.08},
    {.name = "slower, 3 workers", .workers = 3, .slower = 1.7},
    {.name = "faster, 6 workers", .workers = 6, .slower = 0.6},
    {.name = "fewer workers", .workers = 6, .workersThen = 3},
    {.name = "drift", .workers = 3, .drift = 0.4},
    {.name = "load comes and goes", .workers = 3, .loaded = 1.6},
};

const std::vector<Scenario> kReported{
    {.name = "2.5 min, 1 worker", .workers = 1},
    {.name = "2.5 min, 2 workers", .workers = 2},
    {.name = "2.5 min, 4 workers", .workers = 4},
    {.name = "2.5 min, 8 workers", .workers = 8},
    {.name = "2.5 min, 16 workers", .workers = 16},
    {.name = "30 calls, 2 workers", .calls = 30, .workers = 2},
    {.name = "500 calls, 4 workers", .calls = 500, .workers = 4},
    {.name = "few very long, 4 workers", .median = 60, .spread = 1.4, .workers = 4},
    {.name = "3 min each, 4 workers", .median = 180, .spread = 0.1, .workers = 4},
    {.name = "1 in 20 of an hour, 8 workers",
     .median = 70,
     .spread = 0.5,
     .hours = 0.05,
     .workers = 8},
    {.name = "planned order, 4 workers", .workers = 4, .planned = true},
    {.name = "planned, few very long, 8 w.",
     .median = 60,
     .spread = 1.4,
     .workers = 8,
     .planned = true},
    {.name = "deviate as a whole, 4 workers", .workers = 4, .alike = true},
    {.name = "2 % hang for 6 times as long", .workers = 4, .stalls = 0.02, .stalled = 6},
    {.name = "5 % of attempts fail", .workers = 4, .failures = 0.05},
    {.name = "break: half as fast", .workers = 4, .slower = 2},
    {.name = "break: twice as fast, 8 workers", .workers = 8, .slower = 0.5},
    {.name = "break: 4 to 2 workers", .workers = 4, .workersThen = 2},
    {.name = "break: 2 to 8 workers", .workers = 2, .workersThen = 8},
    {.name = "drift: 50 % slower in the end", .workers = 4, .drift = 0.5},
    {.name = "other load comes and goes", .workers = 4, .loaded = 2},
};

/// Clock of a machine whose speed changes: work that it does at full speed against time that passes.
class Clock {
  public:
    /// From `work` on, a second of it takes `factor` seconds.
    void set(double work, double factor) {
        const double time = at(work);
        while (!parts_.empty() && parts_.back().work >= work) {
            parts_.pop_back();
        }
        parts_.push_back({work, time, factor});
    }
    [[nodiscard]] double at(double work) const {
        auto part = std::ranges::upper_bound(parts_, work, {}, &Part::work);
        if (part == parts_.begin()) {
            return work;
        }
        --part;
        return part->time + (work - part->work) * part->factor;
    }

  private:
    struct Part {
        double work;
        double time;
        double factor;
    };
    std::vector<Part> parts_;
};

struct Prediction {
    double remaining = 0;
    double lower = 0;
    double upper = 0;
};

enum Method { kOurs, kTextbook, kTextbookWorkers, kMeanRate, kMethods };

/// Of one method in one scenario.
struct Figures {
    std::size_t made = 0;
    std::size_t held = 0;
    double width = 0;  ///< sums, in shares of what came
    double off = 0;

    void add(const Prediction& prediction, double came) {
        ++made;
        held += prediction.lower <= came && came <= prediction.upper ? 1 : 0;
        width += (prediction.upper - prediction.lower) / came;
        off += std::abs(prediction.remaining - came) / came;
    }
    [[nodiscard]] double coverage() const { return share(static_cast<double>(held)); }
    [[nodiscard]] double meanWidth() const { return share(width); }
    [[nodiscard]] double meanOff() const { return share(off); }

  private:
    [[nodiscard]] double share(double sum) const {
        return made == 0 ? std::nan("") : sum / static_cast<double>(made);
    }
};

using Methods = std::array<Figures, kMethods>;

/// The formula as it stands in textbooks: Student's 97.5 % quantile for 1 to 19 degrees of freedom.
Prediction textbook(std::span<const double> times, std::size_t left, int workers) {
    constexpr std::array kT{12.706,
                            4.303,
                            3.182,
                            2.776,
                            2.571,
                            2.447,
                            2.365,
                            2.306,
                            2.262,
                            2.228,
                            2.201,
                            2.179,
                            2.160,
                            2.145,
                            2.131,
                            2.120,
                            2.110,
                            2.101,
                            2.093};
    const auto last = times.last(std::min(times.size(), kWindow));
    const auto count = static_cast<double>(last.size());
    const double mean = std::accumulate(last.begin(), last.end(), 0.0) / count;
    double squares = 0;
    for (const double time : last) {
        squares += (time - mean) * (time - mean);
    }
    const double factor = static_cast<double>(left) / workers;
    const double half = kT.at(last.size() - 2) * std::sqrt(squares / (count - 1) / count);
    return {mean * factor, (mean - half) * factor, (mean + half) * factor};
}

/// A machine that works off batches and estimates.
class Machine {
  public:
    Machine(const std::vector<Row>& rows, const Scenario& scenario, Random::result_type seed)
        : rows_(rows)
        , scenario_(scenario)
        , random_(seed)
        , speed_(std::exp(std::uniform_real_distribution<>(-1, 1)(random_)))
        , eta_(ProcessingTime(kWordsShare)) {}

    /// One batch, in which the break comes or not. `early`: estimates made after it and before a window has passed.
    void work(bool breaks, Methods& figures, Methods& early);

  private:
    struct Attempt {
        double end;
        double begun;
        std::size_t call;
        bool fails;
    };
    struct Made {
        std::array<Prediction, kMethods> predictions;
        Eta eta;
        double at;
        bool early;
    };

    [[nodiscard]] std::vector<Row> drawBatch();
    [[nodiscard]] bool happens(double share) { return std::bernoulli_distribution(share)(random_); }
    /// What stages took of an attempt begun at `work`.
    [[nodiscard]] static StageTimes between(const Clock& clock,
                                            double work,
                                            const StageTimes& took) {
        const double sound = work + took.sound.count();
        const double words = sound + took.words.count();
        return {Seconds{clock.at(sound) - clock.at(work)},
                Seconds{clock.at(words) - clock.at(sound)},
                Seconds{clock.at(words + took.analysis.count()) - clock.at(words)}};
    }
    [[nodiscard]] static CallInHand inHand(const Clock& clock,
                                           const Attempt& attempt,
                                           const Row& call,
                                           double now) {
        const double sound = attempt.begun + call.took.sound.count();
        const double words = sound + call.took.words.count();
        const double since = now < sound ? attempt.begun : now < words ? sound : words;
        const auto stage = now < sound   ? CallStage::Sound
                           : now < words ? CallStage::Words
                                         : CallStage::Analysis;
        return {call.size.audio, stage, Seconds{clock.at(now) - clock.at(since)}};
    }

    const std::vector<Row>& rows_;
    const Scenario& scenario_;
    Random random_;
    double speed_;
    EtaCalculator eta_;
};

std::vector<Row> Machine::drawBatch() {
    std::vector<Row> calls;
    calls.reserve(scenario_.calls);
    for (std::size_t i = 0; i < scenario_.calls; ++i) {
        const double length = happens(scenario_.hours)
                                  ? 3600
                                  : lognormalLength(scenario_.median, scenario_.spread, random_);
        Row call = drawCall(rows_, scenario_.alike ? std::min(length, 30.0) : length, random_);
        const double longer = scenario_.alike ? length / call.size.audio.count() : 1;
        const double stalled = happens(scenario_.stalls) ? scenario_.stalled : 1;
        call.size.audio *= longer;
        call.took.sound *= longer * speed_;
        call.took.words *= longer * speed_ * stalled;
        call.took.analysis *= longer * speed_;
        calls.push_back(call);
    }
    return calls;
}

void Machine::work(bool breaks, Methods& figures, Methods& early) {
    const std::vector<Row> calls = drawBatch();
    std::vector<std::size_t> order(calls.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    double work = 0;
    for (const Row& call : calls) {
        work += call.took.total().count();
    }
    if (scenario_.planned) {
        std::vector<Seconds> expected;
        expected.reserve(calls.size());
        for (const Row& call : calls) {
            expected.push_back(call.size.audio);
        }
        order = planBatch(expected, scenario_.workers);
    }
    std::deque<std::size_t> queue(order.begin(), order.end());
    Clock clock;
    if (scenario_.loaded != 1) {
        const double episode = 300 * speed_;
        for (double at = 0; at < 2 * work;) {
            at += std::exponential_distribution<>(1 / (4 * episode))(random_);
            clock.set(at, scenario_.loaded);
            at += std::exponential_distribution<>(1 / episode)(random_);
            clock.set(at, 1);
        }
    }
    const auto count = static_cast<double>(calls.size());
    const auto breakAt =
        static_cast<std::size_t>(count * std::uniform_real_distribution<>(0.2, 0.4)(random_));
    std::vector<std::size_t> milestones;
    for (const double milestone : kMilestones) {
        milestones.push_back(static_cast<std::size_t>(std::lround(count * milestone)));
    }
    if (breaks) {
        milestones = {breakAt + 1,
                      breakAt + kWindow / 2,
                      breakAt + kWindow,
                      breakAt + 2 * kWindow,
                      calls.size() * 3 / 4,
                      calls.size() * 9 / 10};
    }

    std::vector<Attempt> atWork;
    std::vector<double> times;
    std::vector<Made> made;
    int workers = scenario_.workers;
    double now = 0;
    const auto fill = [&] {
        while (!queue.empty() && atWork.size() < static_cast<std::size_t>(workers)) {
            const std::size_t call = queue.front();
            queue.pop_front();
            const bool fails = happens(scenario_.failures);
            const double takes = calls[call].took.total().count() *
                                 (fails ? std::uniform_real_distribution<>(0, 1)(random_) : 1);
            atWork.push_back({now + takes, now, call, fails});
        }
    };
    fill();
    while (!atWork.empty()) {
        const auto next = std::ranges::min_element(atWork, {}, &Attempt::end);
        const Attempt ended = *next;
        atWork.erase(next);
        now = ended.end;
        if (ended.fails) {
            queue.push_back(ended.call);
            eta_.learnFailure();
        } else {
            const StageTimes took = between(clock, ended.begun, calls[ended.call].took);
            eta_.learn(calls[ended.call].size.audio, took);
            times.push_back(took.total().count());
            if (breaks && times.size() == breakAt) {
                clock.set(now, scenario_.slower);
                workers = scenario_.workersThen == 0 ? workers : scenario_.workersThen;
            }
            if (scenario_.drift != 0) {
                clock.set(now, 1 + scenario_.drift * static_cast<double>(times.size()) / count);
            }
        }
        fill();
        if (!ended.fails && std::ranges::find(milestones, times.size()) != milestones.end()) {
            WorkLeft left;
            left.workers = workers;
            for (const Attempt& attempt : atWork) {
                left.inHand.push_back(inHand(clock, attempt, calls[attempt.call], now));
            }
            for (const std::size_t call : queue) {
                left.waiting.push_back(calls[call].size.audio);
            }
            Made one{
                {}, eta_.estimate(left), clock.at(now), breaks && times.size() < breakAt + kWindow};
            const std::size_t open = calls.size() - times.size();
            one.predictions = {
                Prediction{one.eta.remaining.count(), one.eta.lower.count(), one.eta.upper.count()},
                textbook(times, open, 1),
                textbook(times, open, workers),
                Prediction{
                    one.at * static_cast<double>(open) / static_cast<double>(times.size()), 0, 0}};
            made.push_back(one);
        }
    }
    for (const Made& one : made) {
        const double came = clock.at(now) - one.at;
        eta_.settle(one.eta, Seconds{came});
        for (std::size_t method = 0; method < kMethods; ++method) {
            (one.early ? early : figures)[method].add(one.predictions[method], came);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const bool tune = argc == 3 && std::string_view(argv[2]) == "tune";
    if (argc != 2 && !tune) {
        std::fputs("Usage: bench_eta STAGE_TIMES_CSV [tune]\n", stderr);
        return 2;
    }
    const std::vector<Row> rows = readRows(argv[1]);
    const Random::result_type firstSeed = tune ? 1 : 1'000'000;
    const std::size_t newMachines = tune ? 60 : 200;
    const std::size_t machines = tune ? 4 : 20;
    constexpr std::size_t kBefore = 5;
    constexpr std::size_t kBetweenBreaks = 5;  ///< batches
    const std::size_t batches = tune ? 20 : 41;

    std::printf(
        "%zu recorded calls. Coverage of 95 %% intervals; their width and the mean error in shares "
        "of what came.\n\n"
        "%-32s| first batch        | after %zu batches            | early | textbook    | /workers "
        "   | mean rate\n",
        rows.size(),
        "",
        kBefore);
    bool ok = true;
    for (const Scenario& scenario : tune ? kTuned : kReported) {
        Methods first{};
        Methods firstEarly{};
        for (std::size_t i = 0; i < newMachines; ++i) {
            Machine(rows, scenario, firstSeed + i).work(scenario.breaks(), first, firstEarly);
        }
        Methods kept{};
        Methods keptEarly{};
        for (std::size_t i = 0; i < machines; ++i) {
            Machine machine(rows, scenario, firstSeed + newMachines + i);
            Methods before{};
            for (std::size_t batch = 0; batch < kBefore; ++batch) {
                machine.work(false, before, before);
            }
            for (std::size_t batch = 0; batch < batches; ++batch) {
                if (scenario.breaks() && batch % kBetweenBreaks != 0) {
                    machine.work(false, before, before);
                } else {
                    machine.work(scenario.breaks(), kept, keptEarly);
                }
            }
        }
        const double lowest = scenario.isStationary() ? 0.93 : scenario.breaks() ? 0.90 : 0;
        const double highest = scenario.isStationary() ? 0.97 : 1;
        const auto within = [&](const Figures& figures) {
            return lowest <= figures.coverage() && figures.coverage() <= highest;
        };
        // Of a machine that is known; what the first batch of an unknown one gives is shown, and where it is not enough.
        ok = ok && within(kept[kOurs]);
        std::printf(
            "%-32.*s| %.3f %.3f %5.3f  | %zu: %.3f %.3f %5.3f  | %.3f | %.3f %5.2f | %.3f %5.2f | "
            "%.3f %s%s\n",
            static_cast<int>(scenario.name.size()),
            scenario.name.data(),
            first[kOurs].coverage(),
            first[kOurs].meanWidth(),
            first[kOurs].meanOff(),
            kept[kOurs].made,
            kept[kOurs].coverage(),
            kept[kOurs].meanWidth(),
            kept[kOurs].meanOff(),
            keptEarly[kOurs].coverage(),
            kept[kTextbook].coverage(),
            kept[kTextbook].meanWidth(),
            kept[kTextbookWorkers].coverage(),
            kept[kTextbookWorkers].meanWidth(),
            kept[kMeanRate].meanOff(),
            within(kept[kOurs]) ? "ok" : "MISSED",
            within(first[kOurs]) ? "" : ", first batch out of bounds");
        std::fflush(stdout);
    }
    std::printf("\nBounds held: %s\n", ok ? "ok" : "MISSED");
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
