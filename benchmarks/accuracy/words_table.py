"""Words of CHAT and of faster-whisper against what was said, with the same model and settings. See `../words`."""
import argparse
import dataclasses
import functools
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

import compose
import material
import words_score
from material import RATE

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import measure  # noqa: E402
import words  # noqa: E402

PAUSE = 2.0  # seconds between prompts
PROMPTS_A_CALL = 15
ORDERS = 3  # of the same prompts: what shares a window with a prompt is chance, and this takes some of it out
LEVEL = -20  # dBFS while somebody speaks
SNR = 10  # dB of the prompts over the sounds that are not speech
NON_SPEECH_MINUTES = 30
MINUTES_A_CALL = 5
MIXED_PROMPTS = 100
RESAMPLES = 5000


@dataclasses.dataclass
class Said:
    """A prompt in a composed call: seconds of its first and last sound, and of the stretch that is its own."""
    text: str
    start: float
    end: float
    until: float


@dataclasses.dataclass
class Call:
    path: pathlib.Path
    said: list


@dataclasses.dataclass
class Heard:
    text: str
    start: float
    end: float


def spoken_prompts(part, several):
    """The English prompts of two words and more, or of one."""
    texts = material.texts()
    return [prompt for prompt in material.prompts(material.FIRST, part)
            if (len(words_score.words(texts[prompt.name.removeprefix("en/")])) > 1) == several]


def scaled(prompt):
    return prompt.sound * (10 ** (LEVEL / 20) / prompt.active())


def place(prompt, start):
    """Where a prompt speaks whose file starts at this sample."""
    first, last = prompt.spans[35]
    return Said(material.texts()[prompt.name.removeprefix("en/")], (start + first) / RATE, (start + last) / RATE, 0)


def own_stretches(said, duration):
    for one, following in zip(said, said[1:]):
        one.until = (one.end + following.start) / 2
    said[-1].until = duration
    return said


def sequences(prompts, folder, name, effect=lambda rng, sound: sound, codec="mulaw"):
    """Calls of one party that speaks prompt after prompt, through a telephone's codec."""
    calls = []
    for number in range(0, len(prompts), PROMPTS_A_CALL):
        at, pieces, said = int(PAUSE / 2 * RATE), [], []
        pieces.append(np.zeros(at))
        for prompt in prompts[number:number + PROMPTS_A_CALL]:
            said.append(place(prompt, at))
            pieces += [scaled(prompt), np.zeros(int(PAUSE * RATE))]
            at += len(prompt.sound) + int(PAUSE * RATE)
        sound = effect(np.random.default_rng(material.digest(f"{name}/{number}")), np.concatenate(pieces))
        path = compose.write(folder, f"{name}{number:04}", sound[:, None], codec)
        calls.append(Call(path, own_stretches(said, at / RATE)))
    return calls


def stretch(rng, part, count, kind):
    """A sound that nobody speaks in, as loud as such sounds are on the phone."""
    if kind == "silence":
        return rng.standard_normal(count) * 10 ** (rng.uniform(-80, -60) / 20)
    if kind == "music":
        return compose.hold_music(rng, part, count) * 10 ** (rng.uniform(-34, -18) / 20)
    if kind == "tone":
        tones = compose.signal_tones(rng, count)[:count]
        return np.pad(tones, (0, count - len(tones))) * 10 ** (rng.uniform(-30, -20) / 20)
    noise = (compose.room_noise if rng.integers(2) else compose.line_noise)(rng, count)
    sound = noise * 10 ** (rng.uniform(-55, -26) / 20)
    if kind == "desk":
        sound = sound + compose.typing(rng, count) * 10 ** (rng.uniform(-45, -25) / 20)
        for at in range(RATE, count - RATE, 6 * RATE):
            breath = compose.breath(rng) * 10 ** (rng.uniform(-50, -35) / 20)
            sound[at:at + len(breath)] += breath
    return sound


def without_speech(part, folder, prompts=()):
    """Half music, the rest tones, noise, keys and breaths, and silence. With prompts, these lie in it at LEVEL,
    and every stretch is SNR dB below them."""
    rng = np.random.default_rng(material.digest(f"{part}/without speech"))
    kinds = ("music", "noise", "music", "desk", "music", "tone", "music", "silence")
    calls = []
    for number in range(NON_SPEECH_MINUTES // MINUTES_A_CALL):
        stretches = [stretch(rng, part, MINUTES_A_CALL * 60 * RATE // len(kinds), kind) for kind in kinds]
        if prompts:
            stretches = [sound / np.std(sound) * 10 ** ((LEVEL - SNR) / 20) for sound in stretches]
        sound = np.concatenate(stretches)
        chosen, said = prompts[number::NON_SPEECH_MINUTES // MINUTES_A_CALL], []
        room = len(sound) // max(1, len(chosen))
        for i, prompt in enumerate(chosen):
            start = i * room + (room - len(prompt.sound)) // 2
            said.append(place(prompt, start))
            sound[start:start + len(prompt.sound)] += scaled(prompt)
        path = compose.write(folder, f"{'mixed' if said else 'none'}{number}", sound[:, None], "mulaw")
        calls.append(Call(path, own_stretches(said, len(sound) / RATE) if said else []))
    return calls


def chat_report(calls, model, folder, *options):
    """All calls in one run of CHAT; what the report says of each, by its name."""
    report = folder / f"report-{time.monotonic_ns()}"
    measure.run([measure.CHAT, "analyze", *(call.path for call in calls), "--model", model, "--audio", "none", "--quiet",
                 "--store", folder / f"{report.name}.sqlite", "--out", report, *options])
    return {call["path"]: call for call in json.loads((report / "report.json").read_text())["calls"]}


def heard_in(call):
    return [Heard(word["text"], word["start"], word["end"]) for party in call["parties"] for word in party["words"]]


def chat_words(calls, model, folder, *options):
    found = chat_report(calls, model, folder, *options)
    return [heard_in(found[call.path.name]) for call in calls]


@functools.cache
def engine(model):
    from faster_whisper import WhisperModel
    return WhisperModel(str(words.models() / model), compute_type="int8", cpu_threads=2)


def peer_words(calls, model):
    """faster-whisper one window after the other, its speech detector on, beam 5."""
    found = []
    for call in calls:
        segments, _ = engine(model).transcribe(str(call.path), language="en", beam_size=5, vad_filter=True, word_timestamps=True)
        found.append([Heard(word.word, word.start, word.end) for segment in segments for word in segment.words])
    return found


def by_prompt(call, heard):
    """The words in each prompt's own stretch."""
    return [[word for word in heard if before <= (word.start + word.end) / 2 < one.until]
            for before, one in zip([-1e9, *(one.until for one in call.said)], call.said)]


@dataclasses.dataclass
class Score:
    """Of one prompt each: errors, words said, and which of them were heard."""
    errors: np.ndarray
    said: np.ndarray
    hits: list

    def rate(self):
        return 100 * self.errors.sum() / self.said.sum()


def scored(calls, heard):
    errors, said, hits = [], [], []
    for call, found in zip(calls, heard):
        for one, own in zip(call.said, by_prompt(call, found)):
            truth = words_score.words(one.text)
            wrong, right = words_score.align(truth, words_score.words(" ".join(word.text for word in own)))
            errors.append(wrong)
            said.append(len(truth))
            hits.append(right)
    return Score(np.array(errors), np.array(said), hits)


def summed(scores):
    """Of each prompt over several orders, given in the first one's."""
    return Score(sum(score.errors for score in scores), sum(score.said for score in scores), [])


def ordered_scores(prompts, orders, folder, name, *hearers):
    """Of each hearer (calls -> their words) over the prompts in this many orders."""
    scores = [[] for _ in hearers]
    for number in range(orders):
        order = np.arange(len(prompts))
        if number:
            np.random.default_rng(number).shuffle(order)
        calls = sequences([prompts[i] for i in order], folder, f"{name}{number}-")
        for own, hear in zip(scores, hearers):
            score, back = scored(calls, hear(calls)), np.argsort(order)
            own.append(Score(score.errors[back], score.said[back], []))
    return list(map(summed, scores))


def difference_bound(ours, theirs):
    """Upper 97.5 % bound of our word error rate less theirs, in points, over prompts drawn anew."""
    rng = np.random.default_rng(1)
    draws = rng.integers(len(ours.said), size=(RESAMPLES, len(ours.said)))
    gap = (ours.errors - theirs.errors)[draws].sum(axis=1) / ours.said[draws].sum(axis=1)
    return 100 * float(np.quantile(gap, 0.975))


def edge_errors(calls, heard):
    """Seconds between where a one-word prompt begins and ends and where its word does, where it was heard right."""
    found = []
    for call, each in zip(calls, heard):
        for one, own in zip(call.said, by_prompt(call, each)):
            if len(own) == 1 and words_score.words(own[0].text) == words_score.words(one.text):
                found += [abs(own[0].start - one.start), abs(own[0].end - one.end)]
    return np.array(found)


def error_rates(part, model, folder):
    ours, theirs = ordered_scores(spoken_prompts(part, True), ORDERS, folder, "several",
                                  lambda calls: chat_words(calls, model, folder), lambda calls: peer_words(calls, model))
    print(f"{len(ours.said)} prompts of two words and more in {ORDERS} orders, {ours.said.sum()} words, mu-law: "
          f"word errors CHAT {ours.rate():.1f} %, faster-whisper {theirs.rate():.1f} %")
    held = measure.verdict("  upper bound of the difference", difference_bound(ours, theirs), 1.0, "points")
    calls = sequences(spoken_prompts(part, False), folder, "one")
    for who, heard in (("CHAT", chat_words(calls, model, folder)), ("faster-whisper", peer_words(calls, model))):
        score, edges = scored(calls, heard), edge_errors(calls, heard)
        middle, most = np.quantile(edges, 0.5), np.quantile(edges, 0.9)
        print(f"{len(score.said)} prompts of one word: word errors {who} {score.rate():.1f} %; edges of the {len(edges) // 2} that it "
              f"hears right: median {middle:.3f} s, p90 {most:.3f} s")
        if who == "CHAT":
            held &= measure.verdict("  median", middle, 0.08, "s") & measure.verdict("  p90", most, 0.25, "s")
    return held


def invented(part, model, folder, verbose):
    none = without_speech(part, folder)
    ours, theirs = chat_words(none, model, folder), peer_words(none, model)
    count, peer = (sum(map(len, heard)) for heard in (ours, theirs))
    if verbose:
        for call, heard in zip(none, ours):
            print(call.path.name, [(word.text, round(word.start, 1)) for word in heard])
    print(f"words in {NON_SPEECH_MINUTES} minutes without speech: faster-whisper {peer}")
    held = measure.verdict("  CHAT", count, 0, "words")
    prompts = spoken_prompts(part, True)
    chosen = [prompts[i % len(prompts)] for i in range(MIXED_PROMPTS)]
    mixed = without_speech(part, folder, chosen)
    ours, theirs = (scored(mixed, heard) for heard in (chat_words(mixed, model, folder), peer_words(mixed, model)))
    found = sum(map(len, theirs.hits))
    kept = sum(len(a & b) for a, b in zip(ours.hits, theirs.hits))
    print(f"with {MIXED_PROMPTS} prompts {SNR} dB over it: word errors CHAT {ours.rate():.1f} %, faster-whisper {theirs.rate():.1f} %; "
          f"words heard right CHAT {sum(map(len, ours.hits))}, faster-whisper {found} of {ours.said.sum()}")
    if verbose:
        names = [one.text for call in mixed for one in call.said]
        print([name for name, a, b in zip(names, ours.hits, theirs.hits) if b - a])
    return held & measure.verdict("  of faster-whisper's words kept", 100 * kept / max(1, found), 95, "%", most=False)


def difficulties(part, model, folder):
    import difficulty  # it composes with this module
    qualities, wrong, said = difficulty.measured(part, model, folder)
    told = np.array([quality["difficulty"] for quality in qualities])
    print(f"{len(told)} calls through noise, codecs, levels and clipping: word errors {100 * wrong.sum() / said.sum():.1f} %, by their "
          f"difficulty {100 * (told * said).sum() / said.sum():.1f} %; rank correlation of difficulty and word errors "
          f"{difficulty.spearman(told, wrong / said):.2f}")


def main():
    sys.stdout.reconfigure(line_buffering=True)
    parser = argparse.ArgumentParser()
    parser.add_argument("--dev", action="store_true", help="material for development instead of the held one")
    parser.add_argument("--model", default="base")
    parser.add_argument("--only", choices=("errors", "invented", "difficulty"))
    parser.add_argument("--verbose", action="store_true", help="list what was heard wrongly; with --dev only")
    options = parser.parse_args()
    if options.verbose and not options.dev:
        parser.error("held material is not listened to: --verbose needs --dev")
    part = "dev" if options.dev else "held"
    began, held = time.monotonic(), True
    print(f"words, model {options.model}, int8, beam 5, {part} material")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if options.only in (None, "errors"):
            held &= error_rates(part, options.model, folder)
        if options.only in (None, "invented"):
            held &= invented(part, options.model, folder, options.verbose)
        if options.only in (None, "difficulty"):
            difficulties(part, options.model, folder)
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
