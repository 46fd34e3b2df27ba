"""Prints the table of `run`: composes the calls of each row, runs CHAT and the peers, scores them."""
import argparse
import collections
import json
import multiprocessing
import pathlib
import sys
import tempfile
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import check  # noqa: E402
import compose  # noqa: E402
import measure  # noqa: E402
import peers  # noqa: E402
import score  # noqa: E402
import words  # noqa: E402
from rows import ROWS, WORDS  # noqa: E402

CALLS = 12
WORD_CALLS = 2  # a row: transcribing takes longer than all else
BEHIND = -0.005
SECONDS = 0.02
LINE = "{:<16} {:>5} {:>5} {:>5} {:>4}/{:<4} {:>6}  {:<34} {:>6}  {:<34} {}"


def chat(folder, calls):
    """What CHAT says without words: for each call its silences and its holds."""
    out = folder / "report"
    measure.run([measure.CHAT, "analyze", folder / "calls", "--no-transcribe", "--audio", "none", "--quiet", "--out", out,
                 "--store", folder / "store.sqlite"])
    report = {pathlib.Path(call["path"]).name: call for call in json.loads((out / "report.json").read_text())["calls"]}
    found = []
    for call in calls:
        told = report[call.path.name]
        if told["status"] != "analyzed":
            raise RuntimeError(f"{call.path.name}: {told['error']}")
        found.append([[(event["start"], event["end"], event["kind"]) for event in told[name]]
                      for name in ("silences", "holds")])
    return [silences for silences, _ in found], [holds for _, holds in found]


class Result:
    """One row's figures."""

    def __init__(self, row, must, calls, silences, holds, peer_silences, word_gaps):
        self.row, self.must, self.calls, self.found, self.holds = row, must, calls, silences, holds
        truth = [call.silences[35] for call in calls]
        self.counts = [score.counts(t, f) for t, f in zip(truth, silences)]
        self.f1, self.precision, self.recall = map(float, score.pooled(self.counts))
        errors = [e for call, t, f in zip(calls, truth, silences) for e in score.edges(t, f, call.duration)]
        self.edges = 1000 * np.percentile(errors, (50, 95)) if errors else (np.inf, np.inf)
        true_seconds = sum(score.seconds(e for e in t if e[1] - e[0] >= 1) for t in truth)
        self.seconds = sum(map(score.seconds, silences)) / true_seconds
        self.peers = {}  # name -> F1, lower bound of ours minus theirs
        for name, theirs in peer_silences.items():
            counts = [score.counts(t, f) for t, f in zip(truth, theirs)]
            self.peers[name] = (float(score.pooled(counts)[0]), score.lower_bound(self.counts, counts))
        self.words = None  # on the first calls: ours, theirs, lower bound
        if word_gaps:
            counts = [score.counts(t, f) for t, f in zip(truth, word_gaps)]
            ours = self.counts[:len(counts)]
            self.words = (float(score.pooled(ours)[0]), float(score.pooled(counts)[0]), score.lower_bound(ours, counts))
        self.kinds = collections.Counter(pair for call, t, s, h in zip(calls, truth, silences, holds)
                                         for pair in score.kinds(t + call.holds, s + h))
        self.hold_f1 = float(score.pooled([score.counts(call.holds, h) for call, h in zip(calls, holds)])[0])
        self.limits = {limit: (float(score.pooled([score.counts(c.silences[limit], f) for c, f in zip(calls, silences)])[0]),
                               *max((float(score.pooled([score.counts(c.silences[limit], f)
                                                         for c, f in zip(calls, theirs)])[0]), name)
                                    for name, theirs in peer_silences.items()))
                       for limit in (30, 40)}

    def best(self):
        return max(self.peers, key=lambda name: self.peers[name][0])

    def holds_told(self):
        of_kind = {pair: n for pair, n in self.kinds.items() if pair[0] in ("music", "tone")}
        return sum(n for (true, told), n in of_kind.items() if true == told) / max(1, sum(of_kind.values()))

    def missed(self):
        """What must hold and does not; the row's own demands, met or not. In words."""
        must = self.must
        closest = min(self.peers, key=lambda name: self.peers[name][1])
        demands = [(f"F1 {must.f1}", self.f1 >= must.f1)] if must.f1 else []
        if must.over_best:
            needed = self.peers[self.best()][0] + must.over_best
            demands.append((f"F1 {needed:.2f}", self.f1 >= needed))
        if must.edges:
            demands.append((f"edges {must.edges[0]}/{must.edges[1]}", all(np.array(self.edges) <= must.edges)))
        if must.kinds:
            demands.append((f"kinds {must.kinds} is {self.holds_told():.2f}", self.holds_told() >= must.kinds))
        own = [text for text, _ in demands]
        demands.append(("seconds 2 %", abs(self.seconds - 1) <= SECONDS))
        demands.append((f"not behind {closest}" if self.peers[closest][1] <= BEHIND else "not behind",
                        self.peers[closest][1] > BEHIND))
        if self.words:
            demands.append(("not behind transcript gaps", self.words[2] > BEHIND))
        return [text for text, held in demands if not held], own

    def line(self):
        missed, demands = self.missed()
        best = self.best()
        f1, _ = self.peers[best]
        return LINE.format(self.row.name, f"{self.f1:.3f}", f"{self.precision:.3f}", f"{self.recall:.3f}",
                           f"{self.edges[0]:.0f}", f"{self.edges[1]:.0f}", f"{self.seconds:.3f}", f"{best} {f1:.3f}",
                           f"{min(bound for _, bound in self.peers.values()):+.3f}", "; ".join(demands),
                           f"MISSED: {'; '.join(missed)}" if missed else "ok")

    def events(self):
        """Where CHAT is wrong, for tuning."""
        for call, found in zip(self.calls, self.found):
            truth = call.silences[35]
            matched = score.pairs(truth, found)
            wrong = [("extra", f) for j, f in enumerate(found) if j not in {j for _, j in matched}]
            wrong += [("lost", t) for i, t in enumerate(truth)
                      if i not in {i for i, _ in matched} and not score.forgiven(t)]
            for what, (start, end, kind) in sorted(wrong, key=lambda item: item[1]):
                print(f"    {call.path.name} {what:5} {start:8.2f} {end:8.2f} {end - start:6.2f} s {kind}")


def compose_one(arguments):
    return compose.compose(*arguments)


def measure_row(row, must, part, count, with_words, pool):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "calls").mkdir()
        calls = pool.map(compose_one, [(row, number, part, folder / "calls") for number in range(count)], chunksize=1)
        silences, holds = chat(folder, calls)
        peer_silences = collections.defaultdict(list)
        for found in pool.map(peers.all_silences, [call.path for call in calls], chunksize=1):
            for peer, events in found.items():
                peer_silences[peer].append(events)
        transcribed = calls[:WORD_CALLS] if with_words and row.name in WORDS else []
        word_gaps = [words.transcript_gaps(call.path) for call in transcribed]
    return Result(row, must, calls, silences, holds, peer_silences, word_gaps)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dev", action="store_true", help="material for development instead of the held one")
    parser.add_argument("--rows", help="names with commas between; all by default")
    parser.add_argument("--calls", type=int, default=CALLS, help="calls a row")
    parser.add_argument("--no-words", action="store_true", help="without faster-whisper, which takes the longest")
    parser.add_argument("--check", action="store_true", help="check the composer and the score, and end")
    parser.add_argument("--events", action="store_true", help="list what CHAT finds wrongly; with --dev only")
    options = parser.parse_args()
    if options.events and not options.dev:
        parser.error("held material is not listened to: --events needs --dev")
    wanted = options.rows.split(",") if options.rows else [row.name for row in ROWS]
    unknown = set(wanted) - {row.name for row in ROWS}
    if unknown:
        parser.error(f"no row {', '.join(sorted(unknown))}; there are: {', '.join(row.name for row in ROWS)}")
    check.all_of_it()
    if options.check:
        return 0
    part = "dev" if options.dev else "held"
    began = time.monotonic()
    print(f"silences in {options.calls} composed calls a row, {part} material; matched within {score.MATCH} s at both edges")
    print(LINE.format("calls", "F1", "prec.", "rec.", "edge", "ms", "secs", "best peer", "bound", "must", ""))
    results = []
    peers.silero.sequence_export()  # downloaded once, not by each worker
    # A fresh interpreter for each worker: onnxruntime's threads do not survive a fork.
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for row, must in ROWS.items():
            if row.name in wanted:
                results.append(measure_row(row, must, part, options.calls, not options.no_words, pool))
                print(results[-1].line(), flush=True)
                if results[-1].words:
                    print("    gaps between faster-whisper's words, {} calls: F1 of CHAT {:.3f}, of the gaps {:.3f}, bound {:+.3f}".format(
                        min(WORD_CALLS, options.calls), *results[-1].words), flush=True)
                if options.events:
                    results[-1].events()
    print("edge: median/95th percentile; secs: silence found over true; bound: of F1 over the nearest peer's, 2.5 %")
    print("\nthe same F1 where a prompt speaks down to 30 or 40 dB below its peak: CHAT, best peer")
    for result in results:
        print(f"{result.row.name:<16} " + "   ".join(f"{limit} dB {ours:.3f}, {name} {theirs:.3f}"
                                                    for limit, (ours, theirs, name) in result.limits.items()))
    print("\nkinds, true -> told (speech: neither silence nor hold was found there)")
    for result in results:
        if result.row.fills:
            print(f"{result.row.name:<16} " + ", ".join(f"{a} -> {b} {n}" for (a, b), n in sorted(result.kinds.items())) +
                  f"; holds' own F1 {result.hold_f1:.3f}")
    print(f"\n{time.monotonic() - began:.0f} s")
    return 1 if any(result.missed()[0] for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
