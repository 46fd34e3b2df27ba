"""Fits src/chat/analyze/label_model.txt: one logistic regression for each label over the cues that cues.h names.

Usage: pattern_model.py BENCH_LABELS [--write] [LABEL...]    (numpy; BENCH_LABELS as `bash benchmarks/program.sh bench_labels`
prints it). With LABEL only those are fitted, and what is written keeps the others as they are.

Prints precision and recall by writer, each by a model that has not seen that writer's lines, beside those of the rules
alone; people write alike what they wrote, so that folds across one writer's lines would flatter. The least
probability of a label is chosen there too, from the writers whose lines the rules were not written on: on the
others the rules look better than they are. Labels fitted to the part "former" have it from that part's writers,
whose labels two annotators agree on.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

import numpy as np

import logistic

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data" / "patterns.jsonl"
RULES = ROOT / "src" / "chat" / "analyze" / "rules.toml"
WORDINGS = ROOT / "tests" / "data" / "wordings.txt"
TARGET = ROOT / "src" / "chat" / "analyze" / "label_model.txt"
LABELS = ("checking_information", "customer_confusion", "hold_announced", "order_readback", "post_question", "system_delay")
RULES_WERE_WRITTEN_ON = {"d", "ha", "hb", "wordings"}
GOAL_PRECISION, GOAL_RECALL = 0.95, 0.90
PENALTY = 10.0  # of the squared weights
LEAST_LINES = 3  # of a cue
KEPT = 1500  # weights of a model
LEARN_FROM_FORMER = {"checking_information", "customer_confusion"}  # that part measures the others still
EITHER_SIDE = {"customer_confusion", "post_question"}  # shown on both sides of a silence, so that K and Q cues help


def dumped(program, file, part):
    out = subprocess.run([program, file, part, "--cues"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [line.split("\t") for line in out.splitlines()]


def rule_examples():
    """The examples of the rules' own file, as lines of wordings.txt: what ships has to do as they say."""
    for pattern in tomllib.loads(RULES.read_text())["pattern"]:
        for key, sign in (("match", "+"), ("no_match", "-")):
            for text in pattern["examples"][key]:
                yield f"{sign} {pattern['id']} {text}\n"


def wording(line):
    """A line of wordings.txt speaks of one label alone."""
    sign, label, _ = line.split(" ", 2)
    return {"id": "wordings-", "labels": [label] if sign == "+" else [],
            "either": [other for other in LABELS if other != label]}


class Lines:
    """All lines as a sparse matrix of cues (1 where a line has one; the last column is always 1)."""

    def __init__(self, program):
        cues = dumped(program, DATA, "dev") + dumped(program, DATA, "former")
        truth = {line["id"]: line for line in map(json.loads, DATA.read_text().splitlines())}
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(WORDINGS.read_text() + "".join(rule_examples()))
            file.flush()
            cues += dumped(program, file.name, "wordings")
        count = {}
        for line in cues:
            for cue in line[1:]:
                count[cue] = count.get(cue, 0) + 1
        self.names = sorted(cue for cue, lines in count.items() if lines >= LEAST_LINES)
        columns = {cue: i for i, cue in enumerate(self.names)}
        self.rows, self.columns, self.truth = [], [], []
        for number, line in enumerate(cues):
            known = [columns[cue] for cue in line[1:] if cue in columns] + [len(self.names)]
            self.columns += known
            self.rows += [number] * len(known)
            self.truth.append(truth.get(line[0]) or wording(line[0]))
        self.rows, self.columns = np.array(self.rows), np.array(self.columns)
        self.writer = np.array([line["id"].rsplit("-", 1)[0] for line in self.truth])
        self.former = np.array([line.get("part") == "former" for line in self.truth])
        self.cues = cues

    def label(self, label):
        """(has it, counts): lines in which careful listeners would differ do not count, nor those that measure it."""
        return (np.array([label in line["labels"] for line in self.truth]),
                np.array([label not in line["either"] for line in self.truth])
                & (~self.former | (label in LEARN_FROM_FORMER)))

    def by_rules(self, label):
        return np.array([f"rules {label}" in line for line in self.cues])


class Matrix:
    """Some of the lines, some of the cues."""

    def __init__(self, lines, used, kept=None):
        some = used[lines.rows]
        if kept is not None:
            some &= kept[lines.columns]
        self.rows, self.columns = (np.cumsum(used) - 1)[lines.rows[some]], lines.columns[some]
        self.height, self.width = int(used.sum()), len(lines.names) + 1

    def times(self, weights):
        return np.bincount(self.rows, weights[self.columns], self.height)

    def transposed_times(self, values):
        return np.bincount(self.columns, values[self.rows], self.width)


def descend(matrix, truth):
    """The weights of the cues, fitted to which lines have the label."""
    return logistic.descend(matrix.times, matrix.transposed_times, matrix.width,
                            lambda scores: 1 / (1 + np.exp(-scores)) - truth, PENALTY)


def fit(lines, label, used):
    """The weights, all but the KEPT largest 0: fitted to all, then to those alone."""
    truth = lines.label(label)[0]
    fits = np.array([label in EITHER_SIDE or name[0] not in "KQ" for name in lines.names] + [True])
    weights = np.abs(descend(Matrix(lines, used, fits), truth[used]))
    kept = weights >= np.partition(weights, -KEPT)[-KEPT]
    return descend(Matrix(lines, used, kept), truth[used])


def scores(lines, weights, used):
    return Matrix(lines, used).times(weights)


def calibrated(score, truth):
    """(a, b) so that 1 / (1 + exp(-(a * score + b))) is as often right as it says (J. Platt, 1999)."""
    a, b = 1.0, 0.0
    for _ in range(50):
        p = 1 / (1 + np.exp(-(a * score + b)))
        gradient = np.array([np.sum((p - truth) * score), np.sum(p - truth)])
        w = p * (1 - p)
        hessian = np.array([[np.sum(w * score * score), np.sum(w * score)], [np.sum(w * score), np.sum(w)]])
        a, b = np.array([a, b]) - np.linalg.solve(hessian + 1e-9 * np.eye(2), gradient)
    return a, b


def precision_recall(given, truth):
    right = np.sum(given & truth)
    return right / max(1, given.sum()), right / max(1, truth.sum())


def least(probability, truth):
    """The probability from which on the label is given: the highest precision with enough recall; where that is not
    enough precision, as near to both goals as can be, a step of precision worth two of recall, for a wrong label costs trust."""
    steps = np.arange(0.05, 0.95, 0.01)
    reached = {at: precision_recall(probability >= at, truth) for at in steps}
    enough = [at for at in steps if reached[at][1] >= GOAL_RECALL]
    best = max(enough, key=lambda at: reached[at], default=None)
    if best is not None and reached[best][0] >= GOAL_PRECISION:
        return best
    return max(steps, key=lambda at: min(reached[at][0] - GOAL_PRECISION, (reached[at][1] - GOAL_RECALL) / 2))


def least_agreed(probability, truth):
    """The same from lines that two annotators agree on, where one goes for a margin over the goals: the lowest that has both."""
    for at in np.arange(0.05, 0.95, 0.01):
        precision, recall = precision_recall(probability >= at, truth)
        if precision >= GOAL_PRECISION + 0.01 and recall >= GOAL_RECALL + 0.02:
            return at
    return least(probability, truth)


def written():
    """Label -> its lines in the file there is."""
    return {model.split(" ", 2)[1]: model for model in re.split("(?m)^(?=model )", TARGET.read_text())[1:]}


def main():
    wanted = [label for label in LABELS if label in sys.argv] or LABELS
    lines = Lines(sys.argv[1])
    models = written()
    for label in wanted:
        truth, counts = lines.label(label)
        rules = lines.by_rules(label)
        score = np.zeros(len(truth))
        for writer in sorted(set(lines.writer)):
            other = lines.writer == writer
            score[other] = scores(lines, fit(lines, label, counts & ~other), other)
        fresh = counts & ~np.isin(lines.writer, list(RULES_WERE_WRITTEN_ON))
        a, b = calibrated(score[fresh], truth[fresh])
        probability = 1 / (1 + np.exp(-(a * score + b)))
        if label in LEARN_FROM_FORMER:
            agreed = counts & lines.former
            threshold = least_agreed(probability[agreed], truth[agreed])
        else:
            threshold = least(probability[fresh], truth[fresh])
        print(f"{label}, given from {threshold:.2f} on: precision/recall of the model, of the rules alone")
        for name in [*sorted(set(lines.writer[counts])), "fresh"]:
            some = fresh if name == "fresh" else counts & (lines.writer == name)
            both = [precision_recall(given[some], truth[some]) for given in (probability >= threshold, rules)]
            print(f"  {name:6} {both[0][0]:.3f}/{both[0][1]:.3f}  {both[1][0]:.3f}/{both[1][1]:.3f}"
                  f"  of {truth[some].sum()}")
        weights = a * fit(lines, label, counts)
        text = [f"model {label} {weights[-1] + b:.3f} {threshold:.2f}\n"]
        for i in np.argsort(-np.abs(weights[:-1]), kind="stable"):
            if abs(weights[i]) >= 0.005:
                text.append(f"{weights[i]:.2f} {lines.names[i]}\n")
        models[label] = "".join(text)
    if "--write" in sys.argv:
        TARGET.write_text("# Weights of the label models; benchmarks/pattern_model.py fits them. cues.h names the cues.\n"
                          + "".join(models[label] for label in LABELS))


if __name__ == "__main__":
    main()
