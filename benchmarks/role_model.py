"""Fits src/chat/analyze/role_model.txt: a logistic regression over the cues that role_model.h names.

Usage: role_model.py BENCH_ROLES [--write]    (numpy; BENCH_ROLES as `bash benchmarks/program.sh bench_roles` prints it)

Material: the dialogues of roles.jsonl and roles_fit.jsonl, and the turns of patterns.jsonl whose speakers are known, a short
call each; held parts are skipped unread. Every dialogue is judged by a model that has not seen its writer. How much the rules
count beside the words is fitted to the writers whom the rules were not written on: on the others they look better than
they are. Printed for these writers: what is right of the roles given, and how many stay unknown, by least confidence.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

import logistic

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"
TARGET = ROOT / "src" / "chat" / "analyze" / "role_model.txt"
RULES_WERE_WRITTEN_ON = {"f", "r", "s", "t", "u"}
PENALTY = 3.0  # of the squared weights
SHORT = 0.5  # a short call counts less than a dialogue
LEAST_CALLS = 3  # with a cue
KEPT = 6000  # weights of the model


def read(name):
    for line in (DATA / name).read_text().splitlines():
        if re.search(r'"part": ?"(dev|former)"', line[:80]):
            yield json.loads(line)


def dialogues():
    return [{**call, "part": "fit"} for name in ("roles.jsonl", "roles_fit.jsonl") for call in read(name)]


def short_calls():
    for call in read("patterns.jsonl"):
        turns = [[int(turn["role"] == "customer"), turn["text"]]
                 for turn in call["before"] + call["after"] if turn["role"] != "someone"]
        if len({channel for channel, _ in turns}) == 2:
            yield {"id": "short-" + call["id"], "part": "fit", "kind": "short", "truth": "0", "turns": turns}


class Calls:
    """The calls as a sparse matrix of differences between the parties."""

    def __init__(self, program):
        self.calls = dialogues() + list(short_calls())
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.writelines(json.dumps(call) + "\n" for call in self.calls)
            file.flush()
            out = subprocess.run([program, file.name, "fit", "--cues"], check=True, stdout=subprocess.PIPE, text=True).stdout
        columns, cells, self.rules, self.neither = {}, [], [], []
        for row, line in enumerate(out.splitlines()):
            _, rules, neither, *cues = line.split("\t")
            self.rules.append(float(rules))
            self.neither.append(float(neither))
            for name, first, second in zip(cues[::3], cues[1::3], cues[2::3]):
                value = int(first) ** 0.5 - int(second) ** 0.5
                # A short call begins in the middle.
                if value and not (self.calls[row]["kind"] == "short" and name[0] in "OFfbo"):
                    cells.append((row, columns.setdefault(name, len(columns)), value))
        self.names = list(columns)
        self.rules, self.neither = np.array(self.rules), np.array(self.neither)
        rows, cols, self.values = (np.array(column) for column in zip(*cells))
        self.rows, self.cols = rows.astype(int), cols.astype(int)
        self.writer = np.array([call["id"].rsplit("-", 1)[0] for call in self.calls])
        self.short = np.array([call["kind"] == "short" for call in self.calls])
        self.truth = np.array([call["truth"] for call in self.calls])
        self.greeting = np.array([call["kind"] == "greeting" for call in self.calls])

    def fit(self, used):
        """Weights of the cues, most of them 0."""
        weights = self.descend(used, np.bincount(self.cols, used[self.rows], len(self.names)) >= LEAST_CALLS)
        kept = np.abs(weights) >= np.partition(np.abs(weights), -KEPT)[-KEPT] if len(weights) > KEPT else weights != 0
        return self.descend(used, kept & (weights != 0))

    def descend(self, used, kept):
        """Without bias: neither channel is likelier."""
        cells = used[self.rows] & kept[self.cols]
        rows, cols, values = self.rows[cells], self.cols[cells], self.values[cells]
        height, width = len(self.calls), len(self.names)
        sign = np.where(self.truth == "0", 1.0, -1.0)
        count = np.where(self.short, SHORT, 1.0) * used
        times = lambda weights: np.bincount(rows, values * weights[cols], height)
        back = lambda numbers: np.bincount(cols, values * numbers[rows], width)
        error = lambda scores: -sign * count / (1 + np.exp(sign * scores))
        return logistic.descend(times, back, width, error, PENALTY)

    def scores(self, weights):
        return np.bincount(self.rows, self.values * weights[self.cols], len(self.calls))


def shares(rules, words, sign):
    """How much each counts: two weights of a logistic regression."""
    x, weights = np.stack([rules, words], 1), np.array([0.3, 0.7])
    for _ in range(50):
        p = 1 / (1 + np.exp(-sign * (x @ weights)))
        gradient = x.T @ (-sign * (1 - p))
        weights = weights - np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(2), gradient)
    return weights


def main():
    calls = Calls(sys.argv[1])
    known = calls.truth != "unknown"
    words = np.zeros(len(calls.calls))
    for writer in sorted(set(calls.writer[~calls.short])):
        own = calls.writer == writer
        words[own] = calls.scores(calls.fit(known & ~own))[own]
    fresh = ~calls.short & ~np.isin(calls.writer, list(RULES_WERE_WRITTEN_ON))
    sign = np.where(calls.truth == "0", 1.0, -1.0)
    by_rules, by_words = shares(calls.rules[fresh & known], words[fresh & known], sign[fresh & known])
    print(f"the rules count {by_rules:.3f}, the words {by_words:.3f}")
    for name in [*sorted(set(calls.writer[fresh])), "all"]:
        some = fresh if name == "all" else calls.writer == name
        for what, score in (("rules", calls.rules), ("words", words), ("both", by_rules * calls.rules + by_words * words)):
            text = []
            for least in (0.9, 0.95, 0.97, 0.98, 0.99):
                given = some & (np.abs(score) >= np.log(least / (1 - least)))
                right = np.sum(given & known & ((score > 0) == (calls.truth == "0")))
                unknown = np.mean(~given[some & calls.greeting])
                text.append(f"{least}: {right / max(1, given.sum()):.3f} of {given.sum()}, {unknown:.2f}")
            print(f"{name:4} {some.sum():4} {what:5}  " + "   ".join(text))
    if "--write" in sys.argv:
        weights = by_words * calls.fit(known)
        lines = [f"{by_rules:.3f} rules\n"]
        for i in np.argsort(-np.abs(weights), kind="stable"):
            if abs(weights[i]) >= 0.005:
                lines.append(f"{weights[i]:.2f} {calls.names[i]}\n")
        TARGET.write_text("# Weights of the role model; benchmarks/role_model.py fits them. role_model.h names the cues.\n"
                          + "".join(lines))


if __name__ == "__main__":
    main()
