"""Running a program as a whole process and taking its figures; used by the benchmarks."""

import os
import pathlib
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
CHAT = str(ROOT / "build/bin/chat")
RECORDINGS = ROOT / "demo/recordings"


class Measured:
    """Wall and processor seconds and peak memory (MiB) of one finished process."""

    def __init__(self, wall, usage):
        self.wall = wall
        self.cpu = usage.ru_utime + usage.ru_stime
        self.memory = usage.ru_maxrss / 1024


def run(command):
    began = time.monotonic()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command}: {errors.decode(errors='replace')}")
    return Measured(time.monotonic() - began, usage)


def analyze(folder, *arguments):
    """`chat analyze` with a new store, so that nothing is taken from an earlier run."""
    store = pathlib.Path(folder) / f"store-{time.monotonic_ns()}.sqlite"
    return run([CHAT, "analyze", *arguments, "--quiet", "--store", store, "--out", pathlib.Path(folder) / "report"])


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def verdict(name, value, limit, unit, most=True):
    held = value <= limit if most else value >= limit
    print(f"{name}: {value:.2f} {unit} (must be {'<=' if most else '>='} {limit} {unit}): {'ok' if held else 'MISSED'}")
    return held
