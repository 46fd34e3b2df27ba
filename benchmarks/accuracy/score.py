"""Found events against true ones: matches, pooled figures, edges, kinds, and how sure a difference is."""
import numpy as np

MATCH = 0.2  # seconds that both edges of an event may be off
EDGE_MATCH = 0.5  # further out for the edges' own figures, so that these are not cut off at the first
FORGIVEN = (0.9, 1.1)  # true events of this length need not be found and may be
ROUNDS = 2000


def pairs(truth, found, tolerance=MATCH):
    """One to one: (index in truth, index in found) where both edges agree. Events of one list are
    disjoint and longer than the tolerance twice over, so at most one fits; the nearest is taken."""
    result, used = [], set()
    for i, (start, end, *_) in enumerate(truth):
        near = [(abs(f[0] - start) + abs(f[1] - end), j) for j, f in enumerate(found)
                if abs(f[0] - start) <= tolerance and abs(f[1] - end) <= tolerance and j not in used]
        if near:
            used.add(min(near)[1])
            result.append((i, min(near)[1]))
    return result


def forgiven(event):
    return FORGIVEN[0] <= event[1] - event[0] <= FORGIVEN[1]


def counts(truth, found):
    """(right, found but not true, true but not found) of one call."""
    matched = pairs(truth, found)
    right = sum(not forgiven(truth[i]) for i, _ in matched)
    return right, len(found) - len(matched), sum(not forgiven(event) for event in truth) - right


def pooled(all_counts):
    """(F1, precision, recall) over calls; of nothing true and nothing found, 1."""
    right, wrong, missed = np.sum(all_counts, axis=-2).T
    return (np.where(right + wrong + missed > 0, 2 * right / np.maximum(2 * right + wrong + missed, 1), 1.0),
            np.where(right + wrong > 0, right / np.maximum(right + wrong, 1), 1.0),
            np.where(right + missed > 0, right / np.maximum(right + missed, 1), 1.0))


def edges(truth, found, duration):
    """How far off each edge of a matched event is, seconds; the call's own start and end apart."""
    errors = []
    for i, j in pairs(truth, found, EDGE_MATCH):
        errors += [abs(found[j][k] - truth[i][k]) for k in (0, 1) if 0 < truth[i][k] < duration]
    return errors


def seconds(events):
    return sum(end - start for start, end, *_ in events)


def lower_bound(ours, theirs):
    """2.5th percentile of the difference of F1 when the calls are drawn again, both from the same ones."""
    ours, theirs = np.array(ours), np.array(theirs)
    drawn = np.random.default_rng(1).integers(len(ours), size=(ROUNDS, len(ours)))
    return float(np.percentile(pooled(ours[drawn])[0] - pooled(theirs[drawn])[0], 2.5))


def kinds(truth, found):
    """(true kind, found kind) for each true event: the one that covers most of it, "speech" where
    events of no kind cover half."""
    result = []
    for start, end, kind in truth:
        shared = {}
        for begin, until, name in found:
            shared[name] = shared.get(name, 0) + max(0, min(end, until) - max(start, begin))
        best = max(shared, key=shared.get, default=None)
        result.append((kind, best if best and shared[best] * 2 >= end - start else "speech"))
    return result
