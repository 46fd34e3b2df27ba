#include "chat/pipeline/batch_planner.h"

#include <queue>

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>

namespace chat::pipeline {

namespace {

/// Parts of the work that may be begun longest first, from none to all in these steps.
constexpr int kParts = 10;

/// The `atOnce` longest at the start, then from the shortest on, but the longest of these, which hold `share` of the work, the
/// other way round at the end.
std::vector<std::size_t> arranged(std::span<const std::size_t> longestFirst,
                                  std::span<const Seconds> expected,
                                  std::size_t atOnce,
                                  Seconds share) {
    const auto first = longestFirst.begin() + static_cast<std::ptrdiff_t>(atOnce);
    auto tail = first;
    for (Seconds held{}; tail != longestFirst.end() && held < share; ++tail) {
        held += expected[*tail];
    }
    std::vector<std::size_t> order(longestFirst.begin(), first);
    order.reserve(longestFirst.size());
    std::ranges::reverse_copy(tail, longestFirst.end(), std::back_inserter(order));
    // What is equal stays in the order given.
    std::stable_sort(order.begin() + static_cast<std::ptrdiff_t>(atOnce),
                     order.end(),
                     [&](std::size_t a, std::size_t b) {
                         return expected[a] < expected[b] || (expected[a] == expected[b] && a < b);
                     });
    order.insert(order.end(), first, tail);
    return order;
}

}  // namespace

std::vector<std::size_t> planBatch(std::span<const Seconds> expected, int workers) {
    std::vector<std::size_t> longestFirst(expected.size());
    std::iota(longestFirst.begin(), longestFirst.end(), std::size_t{0});
    std::ranges::stable_sort(
        longestFirst, std::greater<>(), [&](std::size_t call) { return expected[call]; });

    const auto lastOf = [](const std::vector<Seconds>& ends) {
        return ends.empty() ? Seconds{} : *std::ranges::max_element(ends);
    };
    const auto sumOf = [](std::span<const Seconds> times) {
        return std::accumulate(times.begin(), times.end(), Seconds{});
    };
    auto best = longestFirst;
    const auto ends = endsInOrder(best, expected, workers);
    const Seconds latest = lastOf(ends) * (1 + kLongerForEarlier);
    Seconds bestSum = sumOf(ends);
    const Seconds work = sumOf(expected);
    const std::size_t most =
        std::min(expected.size(), static_cast<std::size_t>(std::max(1, workers)) - 1);
    for (std::size_t atOnce = 0; atOnce <= most; atOnce = atOnce == 0 ? 1 : 2 * atOnce) {
        for (int part = 0; part < kParts; ++part) {
            auto order = arranged(longestFirst, expected, atOnce, work * part / kParts);
            const auto planned = endsInOrder(order, expected, workers);
            const Seconds sum = sumOf(planned);
            if (lastOf(planned) <= latest && sum < bestSum) {
                best = std::move(order);
                bestSum = sum;
            }
        }
    }
    return best;
}

std::vector<Seconds> endsInOrder(std::span<const std::size_t> order,
                                 std::span<const Seconds> took,
                                 int workers) {
    std::priority_queue<Seconds, std::vector<Seconds>, std::greater<>> free;
    for (int worker = 0; worker < workers; ++worker) {
        free.emplace();
    }
    std::vector<Seconds> ends(took.size());
    for (const std::size_t call : order) {
        ends[call] = free.top() + took[call];
        free.pop();
        free.push(ends[call]);
    }
    return ends;
}

}  // namespace chat::pipeline
