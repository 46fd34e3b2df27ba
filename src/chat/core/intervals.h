#pragma once

#include "chat/core/units.h"

#include <span>

namespace chat {

/// Lengths are compared with this slack: far below one sample, far above the rounding of a day in
/// doubles. A length that should be 3 s is then 3 s, however its ends were computed.
inline constexpr Seconds kTimeTolerance{1e-6};

/// Is `length` at least `limit`, rounding aside?
[[nodiscard]] inline bool reaches(Seconds length, Seconds limit) {
    return length >= limit - kTimeTolerance;
}

/// The union of all `sets`, in order and disjoint, cut to [0, duration]. The sets may be unordered and
/// overlap; pieces that touch become one.
[[nodiscard]] Intervals unite(std::span<const Intervals> sets, Seconds duration);

/// What `united` (in order, disjoint, inside [0, duration]) leaves of [0, duration].
[[nodiscard]] Intervals complement(const Intervals& united, Seconds duration);

/// What two sets share; both in order and disjoint.
[[nodiscard]] Intervals intersect(const Intervals& a, const Intervals& b);

[[nodiscard]] Seconds total(const Intervals& intervals);

}  // namespace chat
