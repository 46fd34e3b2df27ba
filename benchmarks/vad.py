"""Ours against ONNX Runtime (silero_vad_16k_sequence.onnx), one thread each, in turn. See `vad`."""
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime

import silero

ROUNDS = 20
program = sys.argv[1]
recording = pathlib.Path(__file__).parents[1] / "demo" / "recordings" / "auto_repairs_1.flac"

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(silero.sequence_export(), options)

decoded = subprocess.run(
    ["ffmpeg", "-loglevel", "error", "-i", recording, "-ar", "16000", "-f", "f32le", "-"],
    check=True, stdout=subprocess.PIPE).stdout
sound = np.ascontiguousarray(np.frombuffer(decoded, np.float32).reshape(-1, 2).T[0])
seconds = len(sound) / 16000
count = -(-len(sound) // 512)
padded = np.zeros(64 + count * 512, np.float32)
padded[64:64 + len(sound)] = sound
frames = np.stack([padded[i * 512:i * 512 + 576] for i in range(count)])
zeros = np.zeros((1, 1, 128), np.float32)


def theirs():
    started = time.perf_counter()
    result = session.run(None, {"input": frames, "h": zeros, "c": zeros})[0]
    return time.perf_counter() - started, result


with tempfile.TemporaryDirectory() as folder:
    source, target = pathlib.Path(folder, "sound.f32"), pathlib.Path(folder, "probabilities.f32")
    sound.tofile(source)
    theirs()  # the first run allocates
    times = {"ours": [], "ONNX Runtime": []}
    for _ in range(ROUNDS):
        times["ours"].append(float(subprocess.run([program, source, target], check=True, stdout=subprocess.PIPE).stdout))
        elapsed, expected = theirs()
        times["ONNX Runtime"].append(elapsed)
    difference = float(np.abs(np.fromfile(target, np.float32) - expected).max())

print(f"speech detector, {seconds:.1f} s of one channel, {ROUNDS} alternations, one thread each")
for name, values in times.items():
    median = statistics.median(values)
    print(f"  {name:13} median {median * 1000:7.1f} ms   {seconds / median:6.0f}x real time   "
          f"({min(values) * 1000:.1f} to {max(values) * 1000:.1f} ms)")
ratio = statistics.median(times["ONNX Runtime"]) / statistics.median(times["ours"])
pairs = statistics.median(b / a for a, b in zip(times["ours"], times["ONNX Runtime"]))
print(f"  ours is {ratio:.2f} times as fast (median of pairs {pairs:.2f}); required: 2")
print(f"  largest difference of a probability: {difference:.1e}; required: 1e-4")
sys.exit(0 if ratio >= 2 and difference < 1e-4 else 1)
