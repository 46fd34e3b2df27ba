#!/usr/bin/env python3
"""Writes reference_80.f32 and reference_128.f32: values of faster-whisper's FeatureExtractor (which follows
openai/whisper's log_mel_spectrogram) for the sound that `testSound` in log_mel_test.cpp makes as well.
Usage: make_reference.py   (with PyPI faster-whisper 1.2.1 and numpy)

Each file holds every 25th of the 3000 frames, all bands of a frame together, as little-endian floats.
"""
import pathlib

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor

RATE = 16_000
STEP = 25


def test_sound(seconds: int) -> np.ndarray:
    """A rising tone that swells twice a second, over noise."""
    t = np.arange(seconds * RATE) / RATE
    tone = np.sin(2 * np.pi * (100 * t + 120 * t * t)) * (0.5 + 0.5 * np.sin(4 * np.pi * t))
    state = 1
    noise = np.empty(t.size)
    for i in range(t.size):
        state = (state * 1664525 + 1013904223) % 2**32
        noise[i] = (state >> 16) / 65536 - 0.5
    return (0.3 * tone + 0.01 * noise).astype(np.float32)


for bands, seconds in ((80, 11), (128, 30)):
    sound = np.zeros(30 * RATE, np.float32)
    sound[: seconds * RATE] = test_sound(seconds)
    mel = FeatureExtractor(feature_size=bands)(sound, padding=0)
    assert mel.shape == (bands, 3000)
    path = pathlib.Path(__file__).with_name(f"reference_{bands}.f32")
    mel[:, ::STEP].T.astype("<f4").tofile(path)
