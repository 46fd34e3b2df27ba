#pragma once

#include "chat/core/analysis.h"
#include "chat/core/transcript.h"

#include <optional>
#include <span>
#include <vector>

namespace chat::analyze {

/// The quantile of a sorted sample, linear between order statistics: definition 7 of Hyndman and Fan,
/// "Sample Quantiles in Statistical Packages", 1996 (R's default). Nothing for an empty sample. 0 <= p <= 1.
[[nodiscard]] std::optional<double> quantile(std::span<const double> sorted, double p);

/// Gaps at changes of speaker, in order of time: stretches without any speech that one party's speech
/// ends and another's begins. Heldner and Edlund, "Pauses, gaps and overlaps in conversations", 2010.
[[nodiscard]] std::vector<Seconds> responseGaps(std::span<const Intervals> speech,
                                                Seconds duration);

/// The figures of docs/metrics.md. `speech` has one entry per party; `words` may be empty.
[[nodiscard]] CallMetrics callMetrics(std::span<const Intervals> speech,
                                      std::span<const Silence> silences,
                                      std::span<const ChannelTranscript> words,
                                      Seconds duration);

}  // namespace chat::analyze
