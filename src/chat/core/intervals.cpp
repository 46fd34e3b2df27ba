#include "chat/core/intervals.h"

#include <algorithm>

namespace chat {

Intervals unite(std::span<const Intervals> sets, Seconds duration) {
    Intervals pieces;
    for (const Intervals& set : sets) {
        for (const Interval& piece : set) {
            const Interval cut{std::max(piece.start, Seconds{0}), std::min(piece.end, duration)};
            if (cut.start < cut.end) {
                pieces.push_back(cut);
            }
        }
    }
    std::sort(pieces.begin(), pieces.end(), [](const Interval& a, const Interval& b) {
        return a.start < b.start;
    });
    Intervals united;
    for (const Interval& piece : pieces) {
        if (!united.empty() && piece.start <= united.back().end) {
            united.back().end = std::max(united.back().end, piece.end);
        } else {
            united.push_back(piece);
        }
    }
    return united;
}

Intervals complement(const Intervals& united, Seconds duration) {
    Intervals rest;
    Seconds at{0};
    for (const Interval& piece : united) {
        if (at < piece.start) {
            rest.push_back({at, piece.start});
        }
        at = piece.end;
    }
    if (at < duration) {
        rest.push_back({at, duration});
    }
    return rest;
}

Intervals intersect(const Intervals& a, const Intervals& b) {
    Intervals shared;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() && j < b.size()) {
        const Interval both{std::max(a[i].start, b[j].start), std::min(a[i].end, b[j].end)};
        if (both.start < both.end) {
            shared.push_back(both);
        }
        ++(a[i].end < b[j].end ? i : j);
    }
    return shared;
}

Seconds total(const Intervals& intervals) {
    Seconds sum{0};
    for (const Interval& piece : intervals) {
        sum += piece.length();
    }
    return sum;
}

}  // namespace chat
