#!/usr/bin/env python3
"""Makes silero_reference.f32: the probabilities that ONNX Runtime gives for a demo recording.

Needs onnxruntime and numpy (benchmarks/venv makes an environment with both) and the ffmpeg program:
    make_silero_reference.py silero_vad_16k_op15.onnx ../../demo/recordings/auto_loan_mono.flac
"""
import pathlib
import subprocess
import sys

import numpy as np
import onnxruntime

FRAME, CONTEXT = 512, 64

model, recording = sys.argv[1:]
sound = np.frombuffer(
    subprocess.run(
        ["ffmpeg", "-loglevel", "error", "-i", recording, "-ar", "16000", "-f", "f32le", "-"],
        check=True, stdout=subprocess.PIPE,
    ).stdout,
    np.float32,
)
frames = -(-len(sound) // FRAME)
padded = np.zeros(CONTEXT + frames * FRAME, np.float32)
padded[CONTEXT:CONTEXT + len(sound)] = sound
session = onnxruntime.InferenceSession(model)
state = np.zeros((2, 1, 128), np.float32)
probabilities = []
for i in range(frames):
    window = padded[None, i * FRAME:i * FRAME + CONTEXT + FRAME]
    output, state = session.run(None, {"input": window, "state": state, "sr": np.array(16000, np.int64)})
    probabilities.append(output[0, 0])
target = pathlib.Path(__file__).with_name("silero_reference.f32")
np.array(probabilities, "<f4").tofile(target)
print(f"{target.name}: {frames} probabilities")
