"""How hard calls are to transcribe: composed calls of many conditions, their word errors, and the fit that gives
`quality.difficulty` its meaning, the share of the words that model base gets wrong.

Usage: difficulty.py [MODEL]   fits on development material and writes src/chat/analyze/difficulty_fit.h
"""
import pathlib
import sys
import tempfile

import numpy as np

import compose
import material
import words_table
from material import RATE

CALLS = 24
PROMPTS = 10  # a call
CODECS = ("mulaw", "mulaw", "gsm", "g722", "g723", "speex", "mp3", "opus")
SNRS = (None, 30, 20, 15, 10, 5, 0)  # dB
CLIPPED = 0.2  # of the calls
RIDGE = 1.0  # in calls' worth of words: keeps weights small that little speaks for
OUT = pathlib.Path(__file__).resolve().parents[2] / "src/chat/analyze/difficulty_fit.h"

HEADER = """#pragma once

// Written by benchmarks/accuracy/difficulty.py from {calls} composed calls, {words} words, model {model}.

namespace chat::analyze {{

/// Log-odds of a wrong word: the first by itself, the others times what `difficulty` says.
struct DifficultyFit {{
    double constant = {constant};
    double noise = {noise};
    double loudNoise = {loudNoise};
    double clipped = {clipped};
}};

}}  // namespace chat::analyze
"""


def draw(rng):
    """What is done to a call: an effect on its sound, and its codec."""
    snr = SNRS[rng.integers(len(SNRS))]
    level = rng.uniform(-40, -14)
    clipped = rng.random() < CLIPPED
    codec = CODECS[rng.integers(len(CODECS))]

    def effect(noise_rng, sound):
        sound = sound * 10 ** ((level - words_table.LEVEL) / 20)
        if snr is not None:
            make = compose.room_noise if noise_rng.integers(2) else compose.line_noise
            sound = sound + make(noise_rng, len(sound)) * 10 ** ((level - snr) / 20)
        if clipped:
            loud = np.abs(sound[np.abs(sound) > 10 ** (level / 20) / 10])
            sound = np.clip(sound / np.quantile(loud, 0.9), -1, 1)
        return sound
    return effect, codec


def composed(part, folder):
    """Calls of one party, each through another line; the same ones each time."""
    rng = np.random.default_rng(material.digest(f"{part}/difficulty"))
    prompts = words_table.spoken_prompts(part, True)
    calls = []
    for number in range(CALLS):
        chosen = [prompts[i] for i in rng.choice(len(prompts), PROMPTS, replace=False)]
        effect, codec = draw(rng)
        calls += words_table.sequences(chosen, folder, f"hard{number:02}-", effect, codec)
    return calls


def measured(part, model, folder):
    """Of each call its quality as reported, wrong words and words said."""
    calls = composed(part, folder)
    reports = words_table.chat_report(calls, model, folder)
    scores = [words_table.scored([call], [words_table.heard_in(reports[call.path.name])]) for call in calls]
    wrong = np.array([score.errors.sum() for score in scores])
    said = np.array([score.said.sum() for score in scores])
    return [reports[call.path.name]["quality"] for call in calls], wrong, said


def ranks(values):
    """From 0 on; equal values share the mean of theirs."""
    values = np.asarray(values)
    return np.array([(np.sum(values < value) + np.sum(values <= value) - 1) / 2 for value in values])


def spearman(a, b):
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def features(quality):
    """As src/chat/analyze/difficulty.cpp has them. Bandwidth and loudness were tried: they add nothing to a call that was
    left out of the fit, and come out with the wrong sign."""
    channel = quality["channels"][0]
    return [1.0,
            max(0.0, 40 - channel["snrDb"]) / 10,
            max(0.0, 12 - channel["snrDb"]) / 10,
            min(0.05, channel["clippedShare"]) * 100]


def fitted(rows, wrong, said):
    """Logistic regression by Newton's method. More words wrong than said count as all."""
    x, n = np.array(rows), said.astype(float)
    share = np.minimum(wrong / n, 1)
    weights = np.zeros(x.shape[1])
    ridge = np.diag([0.0] + [RIDGE * n.mean()] * (x.shape[1] - 1)) * 0.05
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (n * (share - p)) - ridge @ weights
        weights = weights + np.linalg.solve(x.T @ (x * (n * p * (1 - p))[:, None]) + ridge, gradient)
    return weights


def main():
    model = sys.argv[1] if len(sys.argv) > 1 else "base"
    with tempfile.TemporaryDirectory() as name:
        qualities, wrong, said = measured("dev", model, pathlib.Path(name))
    rows = [features(quality) for quality in qualities]
    weights = fitted(rows, wrong, said)
    predicted = 1 / (1 + np.exp(-np.array(rows) @ weights))
    left_out = [1 / (1 + np.exp(-np.array(rows[i]) @ fitted(rows[:i] + rows[i + 1:], np.delete(wrong, i), np.delete(said, i))))
                for i in range(len(rows))]
    print(f"{len(rows)} calls, {said.sum()} words, {100 * wrong.sum() / said.sum():.1f} % wrong, predicted "
          f"{100 * (predicted * said).sum() / said.sum():.1f} %; rank correlation {spearman(predicted, wrong / said):.2f}, "
          f"of each call by a fit without it {spearman(left_out, wrong / said):.2f}")
    for low, high in ((0, 0.05), (0.05, 0.1), (0.1, 0.3), (0.3, 1)):
        inside = (predicted >= low) & (predicted < high)
        if inside.any():
            print(f"  difficulty {low}-{high}: {inside.sum()} calls, {100 * wrong[inside].sum() / said[inside].sum():.1f} % wrong")
    names = ("constant", "noise", "loudNoise", "clipped")
    OUT.write_text(HEADER.format(calls=len(rows), words=said.sum(), model=model,
                                 **{key: f"{value:.3f}" for key, value in zip(names, weights)}))


if __name__ == "__main__":
    main()
