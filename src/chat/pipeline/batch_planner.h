#pragma once

#include "chat/core/units.h"

#include <cstddef>
#include <span>
#include <vector>

namespace chat::pipeline {

/// The order in which the calls of a batch are begun, as positions in `expected`, the predicted time of each: the order in
/// which they are added to the queue, which ranks them in it. It stands within one priority; a more urgent job goes before.
///
/// Short calls first, so that results show early, but not to the end: then the longest would begin last, and one worker would
/// still be at it when all others have nothing left. A last part of the work is therefore begun longest first (Graham, "Bounds
/// on Multiprocessing Timing Anomalies", 1969), and where single calls are as long as all the rest takes, those are begun at
/// the very start. Of such orders it is the one with the earliest mean end that ends by the prediction at most
/// kLongerForEarlier later than longest first throughout. Compared in docs/benchmarks.md.
///
/// Calls of equal prediction stay in the order given. `workers` from 1.
[[nodiscard]] std::vector<std::size_t> planBatch(std::span<const Seconds> expected, int workers);

constexpr double kLongerForEarlier = 0.01;

/// When each call ends, by its position, if calls are begun in `order` and each worker takes the next one as soon as it is free.
[[nodiscard]] std::vector<Seconds> endsInOrder(std::span<const std::size_t> order,
                                               std::span<const Seconds> took,
                                               int workers);

}  // namespace chat::pipeline
