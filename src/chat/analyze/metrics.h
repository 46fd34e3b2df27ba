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
/// A gap with a hold in it is none.
[[nodiscard]] std::vector<Seconds> responseGaps(std::span<const Intervals> speech,
                                                std::span<const Hold> holds,
                                                Seconds duration);

/// How often a party began to speak while the other one spoke and still spoke when that one had ended, both at once
/// for at least kShortestInterruption: "between-speaker overlaps" of Heldner and Edlund (2010). A word put in
/// while the other goes on ("mhm") is none. Two parties.
[[nodiscard]] int interruptions(const Intervals& first, const Intervals& second);
inline constexpr Seconds kShortestInterruption{0.5};

/// The figures of docs/metrics.md. `speech` has one entry per party; of `call` its silences and holds are read;
/// `words` may be empty.
[[nodiscard]] CallMetrics callMetrics(std::span<const Intervals> speech,
                                      const CallAnalysis& call,
                                      std::span<const ChannelTranscript> words,
                                      Seconds duration,
                                      Seconds longHold);

}  // namespace chat::analyze
