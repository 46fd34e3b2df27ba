#!/usr/bin/python3
"""Measures what the stages of real calls take; writes benchmarks/data/stage_times.csv.

Pieces of the demo's recordings and sounds of the telephone system Asterisk (Debian's package) go through `chat analyze`
with tiny.en (beam 1), first without words, then with them: the program notes in its store what each stage took. Two runs,
so that no stage runs beside another and counts its time. The times are of the processor (processor_clock.c), because
those of the wall on a machine with other work say more of that work; a core with nothing else to do takes as long.
Usage: python3 benchmarks/stage_times.py [ROWS]
"""

import concurrent.futures
import csv
import json
import math
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import wave

import measure

TARGET = measure.ROOT / "benchmarks/data/stage_times.csv"
SOUNDS = pathlib.Path("/usr/share/asterisk/sounds/en_US_f_Allison")
COLUMNS = ["source", "channels", "audio_s", "speech_s", "sound_stage_s", "word_stage_s", "analysis_stage_s"]
SHORTEST, LONGEST = 3, 90  # seconds of a piece
SHORTEST_SOUND = 40_000  # bytes: 2.5 s
OF_CALLS = 0.65  # share of rows that are pieces of calls
PROCESSES = 4  # at once: each counts its own time


def decoded(path, folder):
    """A recording as (parameters, frames) of a WAV file."""
    target = folder / (path.stem + ".wav")
    subprocess.run(["ffmpeg", "-v", "error", "-i", path, target], check=True)
    with wave.open(str(target)) as file:
        return file.getparams(), file.readframes(file.getnframes())


def cut(folder, pieces, count):
    """The recordings, always the same ones: pieces with lengths even in their logarithm, and whole sounds. `pieces` says
    which folder the one of a number goes into."""
    choice = random.Random(20)
    calls = [decoded(path, folder) for path in sorted(measure.RECORDINGS.iterdir())]
    sounds = [path for path in sorted(SOUNDS.rglob("*.wav")) if path.stat().st_size >= SHORTEST_SOUND]
    from_calls = round(count * OF_CALLS)
    for number in range(from_calls):
        # Long calls are more of the demo's material than short ones.
        (parameters, frames), = choice.choices(calls, weights=[len(frames) for _, frames in calls])
        whole = parameters.nframes / parameters.framerate
        length = math.exp(choice.uniform(math.log(SHORTEST), math.log(min(LONGEST, whole))))
        size = parameters.sampwidth * parameters.nchannels
        first = int(choice.uniform(0, whole - length) * parameters.framerate) * size
        with wave.open(str(pieces(number) / f"{number:04}_call.wav"), "wb") as file:
            file.setparams(parameters)
            file.writeframes(frames[first:first + int(length * parameters.framerate) * size])
    for number, path in enumerate(choice.sample(sounds, count - from_calls), from_calls):
        shutil.copyfile(path, pieces(number) / f"{number:04}_sound.wav")


def analyze(folder, clock):
    """Two runs over the same store: the second finds what the first has stored."""
    for options in (["--no-transcribe"], ["--model", "tiny.en", "--beam", "1"]):
        subprocess.run([measure.CHAT, "analyze", folder / "pieces", *options, "--workers", "1", "--audio", "none", "--quiet",
                        "--store", folder / "store.sqlite", "--out", folder / "report"],
                       check=True, stdout=subprocess.DEVNULL, env={**os.environ, "LD_PRELOAD": str(clock)})


def rows(folder):
    """A row for each call of which every stage is stored."""
    took = {}
    with sqlite3.connect(folder / "store.sqlite") as database:
        # The figures of the second run's analysis: those of the first had no words.
        for recording, stage, seconds in database.execute("SELECT recording, stage, seconds FROM stage_results ORDER BY id"):
            took.setdefault(recording, {})[stage] = seconds
    for call in json.loads((folder / "report" / "report.json").read_text())["calls"]:
        stages = took[call["sid"]]
        speech = sum(channel["speechShare"] for channel in call["quality"]["channels"]) * call["durationSeconds"]
        kind = pathlib.Path(call["path"]).stem.split("_")[1]
        yield [kind, call["channels"], f"{call['durationSeconds']:.2f}", f"{speech:.2f}", f"{stages['audio']:.4f}",
               f"{stages['transcribe']:.4f}", f"{stages['analyze']:.5f}"]


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 310
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(PROCESSES) as pool:
        folder = pathlib.Path(name)
        clock = folder / "clock.so"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", clock, pathlib.Path(__file__).with_name("processor_clock.c")],
                       check=True)
        parts = [folder / str(part) for part in range(PROCESSES)]
        for part in parts:
            (part / "pieces").mkdir(parents=True)
        cut(folder, lambda number: parts[number % PROCESSES] / "pieces", count)
        list(pool.map(lambda part: analyze(part, clock), parts))
        TARGET.parent.mkdir(exist_ok=True)
        with open(TARGET, "w", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(COLUMNS)
            for part in parts:
                table.writerows(rows(part))


if __name__ == "__main__":
    main()
