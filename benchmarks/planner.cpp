// How orders of a batch compare, on recorded stage times (benchmarks/data/stage_times.csv): when the last call ends, and when
// a call ends on the average. Usage: bench_planner STAGE_TIMES_CSV

#include "chat/pipeline/batch_planner.h"
#include "chat/pipeline/processing_time.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <random>
#include <string_view>
#include <vector>

#include "recorded_calls.h"

namespace {

using chat::Seconds;
using namespace chat::bench;
using namespace chat::pipeline;

constexpr std::array kWorkers{1, 2, 4, 8, 16};
constexpr int kRepeats = 100;
constexpr int kHistory = 20;  ///< calls that predictions are learnt from
constexpr double kWordsShare = 0.05;

struct Lengths {
    std::string_view name;
    std::size_t calls;
    std::function<double(Random&)> draw;
};

std::vector<Lengths> distributions() {
    const auto lognormal = [](double median, double spread) {
        return [=](Random& random) { return lognormalLength(median, spread, random); };
    };
    return {
        {"200 calls, median 2.5 min", 200, lognormal(150, 0.8)},
        {"200 calls, a few very long", 200, lognormal(60, 1.4)},
        {"200 calls, 3 min each",
         200,
         [](Random& random) { return std::uniform_real_distribution<>(160, 200)(random); }},
        {"200 calls, 1 in 20 of an hour",
         200,
         [](Random& random) {
             return std::bernoulli_distribution(0.05)(random)
                        ? 3600.0
                        : std::uniform_real_distribution<>(20, 120)(random);
         }},
        {"30 calls, median 2.5 min", 30, lognormal(150, 0.8)},
    };
}

using Ends = std::vector<Seconds>;
using Expected = std::vector<Seconds>;

std::vector<std::size_t> byLength(const Expected& expected, bool longestFirst) {
    std::vector<std::size_t> order(expected.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
        return longestFirst ? expected[a] > expected[b] : expected[a] < expected[b];
    });
    return order;
}

Ends inOrderGiven(const Expected& expected, const Expected& took, int workers) {
    std::vector<std::size_t> order(expected.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    return endsInOrder(order, took, workers);
}

/// Sorted by length and dealt out to and fro, so that each worker has a pile of its own.
Ends snake(const Expected& expected, const Expected& took, int workers) {
    const auto count = static_cast<std::size_t>(workers);
    std::vector<Seconds> busy(count);
    Ends ends(took.size());
    const auto order = byLength(expected, true);
    for (std::size_t i = 0; i < order.size(); ++i) {
        const std::size_t place = i % count;
        const std::size_t worker = i / count % 2 == 0 ? place : count - 1 - place;
        busy[worker] += took[order[i]];
        ends[order[i]] = busy[worker];
    }
    return ends;
}

/// The same deal, but each takes what is next when it is free.
Ends snakeAsQueue(const Expected& expected, const Expected& took, int workers) {
    return endsInOrder(byLength(expected, true), took, workers);
}

Ends shortestFirst(const Expected& expected, const Expected& took, int workers) {
    return endsInOrder(byLength(expected, false), took, workers);
}

Ends ours(const Expected& expected, const Expected& took, int workers) {
    return endsInOrder(planBatch(expected, workers), took, workers);
}

struct Policy {
    std::string_view name;
    Ends (*run)(const Expected&, const Expected&, int);
};

constexpr std::array kPolicies{
    Policy{"first in, first out", inOrderGiven},
    Policy{"snake", snake},
    Policy{"longest first", snakeAsQueue},
    Policy{"shortest first", shortestFirst},
    Policy{"planBatch", ours},
};

/// Sums over the repeats, as shares: the last end of what is possible at best, the mean end of that of shortest first.
struct Figures {
    double last = 0;
    double mean = 0;
    double worst = 0;
};

Seconds sum(const Ends& values) {
    return std::accumulate(values.begin(), values.end(), Seconds{});
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("Usage: bench_planner STAGE_TIMES_CSV\n", stderr);
        return 2;
    }
    const std::vector<Row> rows = readRows(argv[1]);
    std::printf(
        "%zu recorded calls; each cell: last end over the least possible / mean end over that of "
        "shortest first\n",
        rows.size());
    std::array<Figures, kPolicies.size()> all{};
    double off = 0;
    int runs = 0;
    for (const Lengths& lengths : distributions()) {
        std::printf("\n%-30.*s", static_cast<int>(lengths.name.size()), lengths.name.data());
        for (const Policy& policy : kPolicies) {
            std::printf("  %-19.*s", static_cast<int>(policy.name.size()), policy.name.data());
        }
        std::puts("");
        for (const int workers : kWorkers) {
            std::array<Figures, kPolicies.size()> figures{};
            for (int repeat = 0; repeat < kRepeats; ++repeat) {
                Random random(static_cast<Random::result_type>(repeat));
                ProcessingTime time(kWordsShare);
                for (int i = 0; i < kHistory; ++i) {
                    const Row call = drawCall(rows, lengths.draw(random), random);
                    time.learn(call.size, call.took);
                }
                Expected expected;
                Expected took;
                Seconds error{};
                for (std::size_t i = 0; i < lengths.calls; ++i) {
                    const Row call = drawCall(rows, lengths.draw(random), random);
                    expected.push_back(time.predict({call.size.audio, std::nullopt}).total());
                    took.push_back(call.took.total());
                    error += Seconds{std::abs((expected.back() - took.back()).count())};
                }
                off += error / sum(took);
                ++runs;
                const Seconds least =
                    std::max(sum(took) / workers, *std::ranges::max_element(took));
                const Seconds soonest = sum(shortestFirst(took, took, workers));
                for (std::size_t p = 0; p < kPolicies.size(); ++p) {
                    const Ends ends = kPolicies[p].run(expected, took, workers);
                    const double last = *std::ranges::max_element(ends) / least;
                    figures[p].last += last / kRepeats;
                    figures[p].mean += sum(ends) / soonest / kRepeats;
                    figures[p].worst = std::max(figures[p].worst, last);
                }
            }
            std::printf("  %2d workers                  ", workers);
            for (std::size_t p = 0; p < kPolicies.size(); ++p) {
                std::printf("  %6.3f / %-10.2f", figures[p].last, figures[p].mean);
                all[p].last += figures[p].last;
                all[p].mean += figures[p].mean;
                all[p].worst = std::max(all[p].worst, figures[p].worst);
            }
            std::puts("");
        }
    }
    const auto cells = static_cast<double>(kWorkers.size() * distributions().size());
    std::puts("\nover all                        last end  (worst)   mean end");
    for (std::size_t p = 0; p < kPolicies.size(); ++p) {
        std::printf("  %-30.*s%8.3f  (%.3f)  %8.2f\n",
                    static_cast<int>(kPolicies[p].name.size()),
                    kPolicies[p].name.data(),
                    all[p].last / cells,
                    all[p].worst,
                    all[p].mean / cells);
    }
    std::printf("\nPredictions from %d earlier calls were off by %.1f %% of the time.\n",
                kHistory,
                100 * off / runs);
    const Figures& fifo = all[0];
    const Figures& dealt = all[1];
    const Figures& longest = all[2];
    const Figures& plan = all[4];
    const bool held = plan.last <= dealt.last && plan.last <= fifo.last &&
                      plan.last <= longest.last * 1.02 && plan.mean <= dealt.mean &&
                      plan.mean <= fifo.mean && plan.mean <= longest.mean;
    std::printf(
        "planBatch ends no later than snake and first in, first out, within 2 %% of longest first, "
        "and shows results "
        "sooner than all three: %s\n",
        held ? "ok" : "MISSED");
    return held ? EXIT_SUCCESS : EXIT_FAILURE;
}
