"""Calls are worked on by a process of their own, which may die; so may the one that watches it."""

import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from support import PROGRAM, ChatTest, clip, without_run


def children(process):
    """Processes below one, by their numbers."""
    found = []
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            rest = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(rest[1]) == process:
            found.append(int(status.parent.name))
    return found


def is_there(process):
    try:
        return "Z" not in (pathlib.Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


class Worker(ChatTest):
    def setUp(self):
        super().setUp()
        self.calls = [clip(self.folder / f"{i}.wav", 20 * i, 12) for i in range(4)]

    def start(self, *arguments):
        process = subprocess.Popen(
            self.command(*self.calls, "--model", "tiny.en", *arguments),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        return process

    def worker_of(self, process):
        """The worker once the first call has ended."""
        self.assertIn("[1/4]", process.stderr.readline())
        (worker,) = children(process.pid)
        self.assertIn(b"--supervised", pathlib.Path(f"/proc/{worker}/cmdline").read_bytes())
        return worker

    report_of_a_quiet_run = None

    def undisturbed(self):
        """The report of the same calls when nothing befalls the run; made once for all tests."""
        if Worker.report_of_a_quiet_run is None:
            Worker.report_of_a_quiet_run = self.quiet_run()
        return Worker.report_of_a_quiet_run

    def quiet_run(self):
        whole = self.folder / "whole"
        subprocess.run(
            [PROGRAM, "analyze", *self.calls, "--model", "tiny.en", "-q", "--store", self.folder / "other.sqlite",
             "--out", whole],
            check=True, capture_output=True,
        )
        return without_run(whole)

    def chat(self, *arguments):
        return subprocess.run(
            [PROGRAM, *map(str, arguments), "--store", self.folder / "store.sqlite"], capture_output=True, text=True
        )

    def test_a_worker_that_is_killed_is_replaced(self):
        process = self.start()
        os.kill(self.worker_of(process), signal.SIGKILL)
        output, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, output + errors)
        self.assertEqual(without_run(self.report_folder), self.undisturbed())
        noted = json.loads(self.chat("errors", "list", "--json").stdout)
        self.assertIn("SYS_STATE_WORKER_DIED", json.dumps(noted))

    def test_a_worker_that_stands_still_is_replaced(self):
        process = self.start("--stalled-after", "0.1")
        os.kill(self.worker_of(process), signal.SIGSTOP)
        output, errors = process.communicate(timeout=180)
        self.assertEqual(process.returncode, 0, output + errors)
        self.assertEqual(without_run(self.report_folder), self.undisturbed())

    def test_without_its_supervisor_a_worker_ends_and_nothing_is_lost(self):
        process = self.start()
        worker = self.worker_of(process)
        process.kill()
        process.communicate()
        end = time.time() + 30
        while is_there(worker):
            self.assertLess(time.time(), end, "the worker stays")
            time.sleep(0.05)
        states = {job["state"] for job in json.loads(self.chat("queue", "list", "--json").stdout)["jobs"]}
        self.assertNotIn("running", states, "calls went back at once")
        batch = json.loads(self.chat("batch", "list", "--json").stdout)[0]["name"]
        done = self.chat("run", "--batch", batch, "--out", self.folder / "continued", "-q")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(without_run(self.folder / "continued"), self.undisturbed())

    def test_the_worker_gets_no_call_and_no_setting_on_its_command_line(self):
        process = self.start()
        worker = self.worker_of(process)
        self.assertEqual(pathlib.Path(f"/proc/{worker}/cmdline").read_bytes(), b"chat\0worker\0--supervised\0")
        process.communicate(timeout=120)

    def test_a_worker_of_its_own_works_off_what_others_report(self):
        self.chat("queue", "add", *self.calls[:3], "--batch", "b")
        done = self.chat("worker")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("[3/3]", done.stderr)
        states = [job["state"] for job in json.loads(self.chat("queue", "list", "--json").stdout)["jobs"]]
        self.assertEqual(states, ["completed"] * 3)
        outcome = json.loads(self.chat("run", "--batch", "b", "--out", self.report_folder, "--json", "-q").stdout)
        self.assertEqual(outcome["validation"]["analyzed"], 3)
        (batch,) = outcome["batches"]
        self.assertEqual({timing["calls"] for timing in batch["timings"] if timing["stage"] == "audio"}, set())

    def test_nobody_begins_a_supervised_worker_by_hand(self):
        done = subprocess.run([PROGRAM, "worker", "--supervised"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
