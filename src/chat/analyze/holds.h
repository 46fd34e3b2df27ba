#pragma once

#include "chat/core/analysis.h"
#include "chat/core/recording.h"

#include <span>
#include <vector>

namespace chat::analyze {

/// The holds of a call: what the channels' hold sounds leave when every party's speech is taken out, in pieces
/// of at least kShortestHold. Where the channels disagree on the kind, the longer sound's counts.
/// In order of time, disjoint. Pure; any thread.
[[nodiscard]] std::vector<Hold> findHolds(std::span<const ChannelActivity> activity,
                                          Seconds duration);

/// What is left of music at the edge of speech is no hold.
inline constexpr Seconds kShortestHold{0.4};

}  // namespace chat::analyze
