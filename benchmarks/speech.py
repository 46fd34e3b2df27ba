"""Ours against faster-whisper's batched pipeline, in turn. See `speech`."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 5
BEAM = "5"
program, python = sys.argv[1:3]
here = pathlib.Path(__file__).parent
recordings = here.parent / "demo" / "recordings"
cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
model = pathlib.Path(os.environ.get("CHAT_MODELS") or cache / "chat" / "models") / "base"


def last_line(command):
    output = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def spread(results):
    values = [result["run"] for result in results]
    return f"median {statistics.median(values):6.2f} s ({min(values):.2f} to {max(values):.2f})"


def compare(title, recording, files):
    """Prints the figures of both and says whether ours are as required."""
    ours, plain, timed = [], [], []
    for _ in range(ROUNDS):
        ours.append(last_line([program, model, BEAM, 2, recording]))
        plain.append(last_line([python, here / "speech_peer.py", model, BEAM, 0, *files]))
        timed.append(last_line([python, here / "speech_peer.py", model, BEAM, 1, *files]))
    first = ours[0]
    print(f"{title}: model base, int8, beam {BEAM}, {ROUNDS} alternations; each with decoding and its speech detector, load apart")
    print(f"  ours, with word times            {spread(ours)}, load {statistics.median(r['load'] for r in ours):.2f} s, "
          f"{first['words']} words, {first['windows']} windows, {first['warnings']} warnings, "
          f"{max(r['memoryMiB'] for r in ours)} MiB; of it sound {statistics.median(r['sound'] for r in ours):.2f} s")
    ratios = []
    for name, theirs in (("without word times", plain), ("with word times", timed)):
        ratio = statistics.median(r["run"] for r in theirs) / statistics.median(r["run"] for r in ours)
        pairs = statistics.median(t["run"] / o["run"] for o, t in zip(ours, theirs))
        ratios.append(ratio)
        print(f"  faster-whisper {name:18}{spread(theirs)}, load {statistics.median(r['load'] for r in theirs):.2f} s, "
              f"{theirs[0]['words']} words, {max(r['memoryMiB'] for r in theirs)} MiB: "
              f"ours is {ratio:.2f} times as fast (median of pairs {pairs:.2f})")
    print(f"  word times before they are held to the detector: at {first['edges']} edges of turns median "
          f"{first['edgeMedian']:.2f} s, p90 {first['edgeP90']:.2f} s; moved by more than 0.3 s {first['moved']}, "
          f"dropped {first['dropped']} of {first['words']}")
    return ratios[0] >= 1.3 and max(r["memoryMiB"] for r in ours) <= 700


held = True
with tempfile.TemporaryDirectory() as folder:
    channels = [pathlib.Path(folder, f"{side}.wav") for side in ("left", "right")]
    for side, path in enumerate(channels):
        subprocess.run(["ffmpeg", "-loglevel", "error", "-i", recordings / "auto_repairs_1.flac", "-af",
                        f"pan=mono|c0=c{side}", path], check=True)
    held &= compare("dual call of 245 s", recordings / "auto_repairs_1.flac", channels)
    mono = recordings / "auto_repairs_0_mono.flac"
    held &= compare("mono call of 278 s", mono, [mono])
print("required: 1.3 times as fast as faster-whisper without word times; at most 700 MiB:", "ok" if held else "MISSED")
sys.exit(0 if held else 1)
