"""What the tests of faults share: eight short calls as a batch, runs of it that may be killed, and what is left of them."""

import collections
import concurrent.futures
import contextlib
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

from support import CALL, PROGRAM, without_run

DOUBLE = os.environ.get("CHAT_DOUBLE", str(pathlib.Path(PROGRAM).with_name("chat-double")))
POINTS_LIBRARY = os.environ.get("CHAT_WRITE_POINTS", "")
CALLS = 8
AT_ONCE = 2
LIMIT = 120  # seconds, for a command that hangs

Point = collections.namedtuple("Point", "role name call number")


def scratch():
    """A folder in memory where there is one: what is killed here loses nothing that the kernel has, on whatever disk."""
    memory = pathlib.Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30
    return pathlib.Path(tempfile.mkdtemp(prefix="chat-faults-", dir=memory if roomy else None))


class Batch:
    """The calls, and how they are worked on: by the double of a speech engine, or by a real one."""

    def __init__(self, folder, program=DOUBLE, model=None):
        self.folder = folder
        self.calls = folder / "calls"
        self.program = program
        self.model = model or self.doubles_model()
        if not self.calls.exists():
            self.calls.mkdir()
            for i in range(CALLS):
                both_speak(self.calls / f"{i}.wav", 10 + 12 * i)

    def doubles_model(self):
        """The double reads nothing of it; `chat` looks whether it is there."""
        model = self.folder / "model"
        model.mkdir(exist_ok=True)
        for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
            (model / name).write_text("double")
        return model


def both_speak(target, start):
    """Three seconds with speech on both channels: two windows."""
    inputs = [part for at in (start, start + 6) for part in ("-ss", str(at), "-t", "3", "-i", CALL)]
    mixed = "".join(f"[{i}:a]pan=mono|c0=c0+c1[{i}m];" for i in range(2)) + "[0m][1m]amerge=inputs=2"
    subprocess.run(["ffmpeg", "-v", "error", "-y", *inputs, "-filter_complex", mixed, target], check=True)


class Run:
    """A batch in a folder of its own, from the adding of its calls to its report."""

    fine = (0,)  # statuses of its commands when they are given again after a kill

    def __init__(self, batch, folder, made=True):
        self.batch = batch
        self.folder = folder
        self.report = folder / "report"
        self.store = folder / "store.sqlite"
        self.killed = folder.with_name(folder.name + ".killed")
        if made:
            folder.mkdir()

    def queued(self):
        """Adding and working off, as two commands."""
        named = ["--batch", "b", "--store", self.store]
        return [["queue", "add", self.batch.calls, *named], ["run", *named, *self.working()]]

    def analyzed(self):
        return [["analyze", self.batch.calls, "--store", self.store, *self.working()]]

    def working(self):
        return ["--model", self.batch.model, "-j", "2", "-q", "--out", self.report]

    def environment(self, **more):
        homes = {f"XDG_{kind}_HOME": str(self.folder / kind.lower()) for kind in ("STATE", "CACHE", "DATA")}
        return {**os.environ, **homes, **{name: str(value) for name, value in more.items()}}

    def watched(self, log=None, point=None, how="before"):
        """The environment in which points are told, and one of them is the last."""
        more = {"LD_PRELOAD": POINTS_LIBRARY, "CHAT_POINT_ONCE": self.killed, "CHAT_POINT_HOW": how}
        if log:
            more["CHAT_POINTS_LOG"] = log
        if point:
            more["CHAT_POINT"] = "\t".join(map(str, point))
        return self.environment(**more)

    def go(self, commands, environment=None, before=(), program=None):
        """Until one of the commands fails. Gives its status and what it said, 0 when all went well."""
        for command in commands:
            arguments = [*before, program or self.batch.program, *map(str, command)]
            status, said = run_to_its_end(arguments, environment or self.environment())
            if status not in self.fine:
                return status, said
        return 0, ""

    def harm(self):
        """What a kill has destroyed that the same commands cannot bring back; nothing."""
        return ""

    def outcome(self):
        """All that must be as it is after an undisturbed run."""
        files = {path.relative_to(self.report): path for path in sorted(self.report.rglob("*")) if path.is_file()}
        beside = {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if self.report not in [path, *path.parents]}
        with_run = ("report.json", "index.html")
        return {
            "report": without_run(self.report),
            "files": {str(name): None if str(name) in with_run else sum_of(path) for name, path in files.items()},
            # Errors are logged where there were some.
            "beside": sorted(name for name in beside if not name.startswith("state")),
            **self.stored(),
        }

    def stored(self):
        # Not read-only: such a connection would leave the log behind that it needs.
        with contextlib.closing(sqlite3.connect(self.store)) as store:

            def rows(question):
                return store.execute(question).fetchall()

            return {
                "integrity": rows("PRAGMA integrity_check"),
                "batches": rows("SELECT count(*) FROM batches"),
                "jobs": rows("SELECT path, state, count(*) FROM jobs GROUP BY 1, 2 ORDER BY 1, 2"),
                "ends": rows("SELECT path, count(*) FROM jobs JOIN attempts ON job = jobs.id WHERE end = 'complete' GROUP BY 1 ORDER BY 1"),
                "results": rows("SELECT recording, stage, count(*) FROM stage_results GROUP BY 1, 2 ORDER BY 1, 2"),
                "recordings": rows("SELECT count(*) FROM recordings"),
                "calls": rows("SELECT recording, file, count(*) FROM calls GROUP BY 1, 2 ORDER BY 1"),
                "windows": rows("SELECT count(*) FROM heard_windows"),
            }


def sum_of(path):
    content = path.read_bytes()
    if path.name == "calls.csv":  # its last column is the time that was spent
        content = re.sub(rb",[^,]*\r\n", b"\r\n", content)
    return hashlib.sha256(content).hexdigest()


def run_to_its_end(arguments, environment):
    """Status and stderr of a command, once nothing of it is left: a worker may outlive its supervisor, but not for long."""
    process = subprocess.Popen(
        list(map(str, arguments)), env=environment, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        _, said = process.communicate(timeout=LIMIT)
        end = time.monotonic() + LIMIT
        while left := session(process.pid):
            if time.monotonic() > end:
                return -1, f"processes stay: {left}"
            time.sleep(0.01)
        return process.returncode, said
    except subprocess.TimeoutExpired:
        return -1, f"did not end in {LIMIT} s"
    finally:
        for left in session(process.pid):
            os.kill(left, signal.SIGKILL)
        process.wait()
        process.stderr.close()


def session(leader):
    """The processes of a session that have not ended."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                state, _, _, number = pathlib.Path(entry.path, "stat").read_text().rpartition(")")[2].split()[:4]
            except (OSError, ValueError):
                continue
            if int(number) == leader and state != "Z":
                found.append(int(entry.name))
    return found


def points_of(log):
    """The points of a run, each as often as it was reached."""
    counts = collections.Counter(line for line in log.read_text().splitlines())
    return [Point(*line.split("\t"), number) for line in sorted(counts) for number in range(1, counts[line] + 1)]


def spread(points, count, seed):
    """One point of each of `count` equal parts, so that each kind is likely to be among them."""
    chance = random.Random(seed)
    if count is None or count >= len(points):
        return points
    edges = [round(i * len(points) / count) for i in range(count + 1)]
    return [points[chance.randrange(first, last)] for first, last in zip(edges, edges[1:])]


def way_to_die(point, seed):
    ways = ["before", "after"] + ["half"] * ("write" in point.call)
    return random.Random(f"{seed} {point}").choice(ways)


class Tally:
    """What a matrix of kills came to."""

    def __init__(self):
        self.killed, self.again = 0, 0
        self.unreached, self.differences = [], []
        self.began = time.monotonic()

    def text(self):
        took = time.monotonic() - self.began
        return (f"{self.killed} points killed at, {len(self.unreached)} not met again, {len(self.differences)} differences, "
                f"{self.again} runs that a killed worker left to be run again, {took:.0f} s")


def kill_at(make, folder, commands, points, wanted, seed):
    """Kills a run, made by `make` in a folder of its own, at each of the points, runs it again, and compares what is left with `wanted`."""
    tally = Tally()

    def one(number, point):
        for attempt in range(3):  # threads take turns: one time in many, a call is made once less
            run = make(folder / f"{number}.{attempt}")
            how = way_to_die(point, seed)
            status, said = run.go(commands(run), run.watched(point=point, how=how))
            reached = run.killed.exists()
            if not reached and attempt < 2:
                shutil.rmtree(run.folder)
                continue
            harm = run.harm() if reached else ""
            again = status != 0 or point.role != "worker" or run.outcome() != wanted
            if again:
                status, said = run.go(commands(run))
            found = harm or (run.outcome() if status == 0 else said)
            shutil.rmtree(run.folder)
            return point, how, reached, again and point.role == "worker", differences(wanted, found)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for done in concurrent.futures.as_completed(pool.submit(one, *item) for item in enumerate(points)):
            point, how, reached, again, found = done.result()
            tally.killed += reached
            tally.again += again
            if not reached:
                tally.unreached.append(point)
            if found:
                tally.differences.append((how, *point, found))
                print(tally.differences[-1], flush=True)
    return tally


def differences(wanted, found):
    """The parts in which two outcomes differ, or what was said instead of one."""
    if isinstance(found, str):
        return found or "no outcome"
    return {part: told(wanted[part], found[part]) for part in wanted if wanted[part] != found[part]}


def told(wanted, found):
    if isinstance(wanted, dict):
        return {key: (wanted.get(key), found.get(key)) for key in {*wanted, *found} if wanted.get(key) != found.get(key)}
    return [one for one in wanted if one not in found], [one for one in found if one not in wanted]


def strace_counts(trace, folder, log):
    """How often each call was made on files below a folder, as strace tells it."""
    counts = collections.Counter()
    for line in trace.read_text(errors="replace").splitlines():
        made = re.match(r"\d+ +(\w+)\((.*)", line)
        if made and re.search(rf"{re.escape(str(folder))}[/>]", made[2]) and f"<{log}>" not in made[2]:
            counts[made[1]] += 1
    return counts


def report_of(folder):
    return json.loads((folder / "report.json").read_text())
