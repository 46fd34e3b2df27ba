"""What a person would otherwise use, run on the same files: each setting gives a list of silences."""
import functools
import pathlib
import re
import subprocess
import sys
import tempfile

import auditok
import numpy as np
import onnxruntime

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import silero  # noqa: E402

SHORTEST = 1.0
NOISE_LEVELS = range(-60, -20, 5)
SILERO_THRESHOLDS = (0.3, 0.5, 0.7)
AUDITOK_THRESHOLDS = (40, 45, 50, 55, 60, 65)
WINDOW = 512


def decode(path, rate):
    """(samples, channels) of -1..1 as FFmpeg gives them."""
    probe = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=channels", "-of", "csv=p=0", path],
                           check=True, stdout=subprocess.PIPE, text=True)
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-ar", str(rate), "-f", "f32le", "-"], check=True,
                         stdout=subprocess.PIPE).stdout
    return np.frombuffer(raw, np.float32).reshape(-1, int(probe.stdout.split()[0]))


def outside(speech, duration):
    """The silences that stretches of speech, of whichever channel, leave."""
    found, at = [], 0.0
    for start, end in [*sorted(speech), (duration, duration)]:
        if start - at >= SHORTEST:
            found.append((at, start))
        at = max(at, end)
    return found


def silencedetect(path, channels, duration):
    """Every noise level, per channel (common to all of them) and mixed, in one run of the program."""
    mixed = "+".join(f"{1 / channels}*c{i}" for i in range(channels))
    layout = {1: "stereo", 2: "3.0"}[channels]
    same = "|".join(f"c{i}=c{i}" for i in range(channels))
    names = [f"o{-level}" for level in NOISE_LEVELS]
    graph = [f"[0:a]pan={layout}|{same}|c{channels}={mixed},asplit={len(names)}" + "".join(f"[{n}]" for n in names)]
    with tempfile.TemporaryDirectory() as folder:
        outputs = []
        for name, level in zip(names, NOISE_LEVELS):
            graph.append(f"[{name}]silencedetect=n={level}dB:d={SHORTEST}:mono=1,"
                         f"ametadata=mode=print:file={folder}/{name}[{name}x]")
            outputs += ["-map", f"[{name}x]", "-f", "null", "-"]
        subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-filter_complex", ";".join(graph), *outputs], check=True)
        found = {}
        for name, level in zip(names, NOISE_LEVELS):
            silent = [[] for _ in range(channels + 1)]
            for edge, channel, time in re.findall(r"silence_(start|end)\.(\d+)=([-\d.e]+)",
                                                  pathlib.Path(folder, name).read_text()):
                stretches = silent[int(channel) - 1]
                if edge == "start":
                    stretches.append([max(0.0, float(time)), duration])
                else:
                    stretches[-1][1] = float(time)
            speech = [stretch for channel in silent[:channels] for stretch in complement(channel, duration)]
            found[f"silencedetect {level} dB"] = outside(speech, duration)
            found[f"silencedetect {level} dB mixed"] = outside(complement(silent[channels], duration), duration)
    return found


def complement(stretches, duration):
    edges = [0.0, *(edge for stretch in stretches for edge in stretch), duration]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2]) if b > a]


@functools.cache
def network():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(silero.sequence_export(), options)


def probabilities(sound):
    count = -(-len(sound) // WINDOW)
    padded = np.zeros(64 + count * WINDOW, np.float32)
    padded[64:64 + len(sound)] = sound
    frames = np.stack([padded[i * WINDOW:i * WINDOW + WINDOW + 64] for i in range(count)])
    zeros = np.zeros((1, 1, 128), np.float32)
    return network().run(None, {"input": frames, "h": zeros, "c": zeros})[0].ravel()


def speech_timestamps(chances, length, threshold):
    """silero-vad's get_speech_timestamps with its defaults: leave at threshold - 0.15, speech of at
    least 250 ms, silence of at least 100 ms, 30 ms of padding. Samples at 16 kHz in, seconds out."""
    shortest, gap, pad = 4000, 1600, 480
    speech, start, leaving = [], None, None
    for i, chance in enumerate(chances):
        at = i * WINDOW
        if chance >= threshold:
            leaving = None
            start = at if start is None else start
        elif chance < threshold - 0.15 and start is not None:
            leaving = at if leaving is None else leaving
            if at - leaving >= gap:
                if leaving - start > shortest:
                    speech.append([start, leaving])
                start = leaving = None
    if start is not None and length - start > shortest:
        speech.append([start, length])
    for i, stretch in enumerate(speech):
        if i == 0:
            stretch[0] = max(0, stretch[0] - pad)
        if i + 1 == len(speech):
            stretch[1] = min(length, stretch[1] + pad)
        else:
            padded = min(pad, (speech[i + 1][0] - stretch[1]) // 2)
            stretch[1] += padded
            speech[i + 1][0] -= padded
    return [(start / 16000, end / 16000) for start, end in speech]


def silero_alone(sound, duration):
    chances = [probabilities(np.ascontiguousarray(channel)) for channel in sound.T]
    return {f"Silero {threshold}": outside([stretch for each in chances for stretch in
                                            speech_timestamps(each, len(sound), threshold)], duration)
            for threshold in SILERO_THRESHOLDS}


def auditok_regions(sound, duration):
    data = (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()
    settings = {"auditok": {}, "auditok otsu": {"validator": "otsu"}, "auditok p10": {"validator": "p10"}}
    settings |= {f"auditok {level}, no tails": {"energy_threshold": level, "max_trailing_silence": 0}
                 for level in AUDITOK_THRESHOLDS}
    found = {}
    for name, options in settings.items():
        regions = auditok.split(data, sampling_rate=8000, sample_width=2, channels=sound.shape[1], **options)
        found[name] = outside([(region.start, region.end) for region in regions], duration)
    return found


def all_silences(path):
    """Every peer at every setting on one file: name -> [(start, end)]."""
    sound = decode(path, 8000)
    duration = len(sound) / 8000
    return (silencedetect(path, sound.shape[1], duration) | silero_alone(decode(path, 16000), duration)
            | auditok_regions(sound, duration))
