"""Wherever a run ends, and whatever befalls it: run again, it comes to what an undisturbed run comes to.

CHAT_FAULT_POINTS=all kills at every point (else 40 of them, and 2 instead of 20 with tiny.en), CHAT_FAULT_SEED chooses others.
"""

import collections
import functools
import os
import shutil
import subprocess
import unittest

from faulty_runs import POINTS_LIBRARY, Batch, Run, kill_at, points_of, scratch, spread, strace_counts
from support import PROGRAM

ALL = os.environ.get("CHAT_FAULT_POINTS") == "all"
SEED = int(os.environ.get("CHAT_FAULT_SEED", "20261123"))


class Faults(unittest.TestCase):
    """One folder, one batch and one undisturbed run for all."""

    @classmethod
    def setUpClass(cls):
        cls.folder = scratch()
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.batch = Batch(cls.folder)
        quiet = Run(cls.batch, cls.folder / "quiet")
        cls.log = cls.folder / "points"
        status, said = quiet.go(quiet.queued(), quiet.watched(log=cls.log))
        assert status == 0, said
        cls.wanted = quiet.outcome()
        cls.points = points_of(cls.log)


class Kills(Faults):
    def test_each_place_that_writes_has_a_name(self):
        self.assertEqual([point for point in self.points if point.name == "-"], [])
        self.assertEqual({point.role for point in self.points}, {"queue", "run", "worker"})

    def test_points_are_the_calls_that_strace_counts(self):
        probe = subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
        if probe.returncode != 0:
            self.skipTest("this machine forbids ptrace: " + probe.stderr.strip())
        run = Run(self.batch, self.folder / "traced")
        trace, log = self.folder / "trace", self.folder / "traced.points"
        calls = "write,pwrite64,writev,pwritev,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,rmdir"
        for number, command in enumerate(run.queued()):
            # The library is for the program alone: strace itself is not to be looked at.
            watched = [f"--env={name}={value}" for name, value in run.watched(log=log).items() if name.startswith(("LD_", "CHAT_POINT"))]
            tracing = ["strace", "-f", "-y", "-qq", "-e", f"trace={calls}", "-o", f"{trace}.{number}", *watched]
            status, said = run.go([command], run.environment(), before=tracing)
            self.assertEqual(status, 0, said)
        counted = sum((strace_counts(trace.with_name(f"trace.{number}"), run.folder, log) for number in range(2)), collections.Counter())
        told = collections.Counter(point.call for point in points_of(log) if point.call != "commit")
        self.assertGreater(counted.total(), 500)
        self.assertEqual(told, counted)

    def kill_at(self, batch, points, wanted):
        tally = kill_at(functools.partial(Run, batch), self.folder, Run.queued, points, wanted, SEED)
        print(f"\n{batch.program}, seed {SEED}: {tally.text()}", flush=True)
        self.assertEqual(tally.differences, [])
        self.assertLessEqual(len(tally.unreached), len(points) // 50 + 1, tally.unreached)

    def test_killed_at_a_point_and_run_again_nothing_is_lost_and_nothing_twice(self):
        self.kill_at(self.batch, spread(self.points, None if ALL else 40, SEED), self.wanted)

    def test_so_it_is_with_a_real_model(self):
        batch = Batch(self.folder, PROGRAM, "tiny.en")
        log = self.folder / "model.points"
        quiet = Run(batch, self.folder / "model.quiet")
        status, said = quiet.go(quiet.queued(), quiet.watched(log=log))
        self.assertEqual(status, 0, said)
        self.kill_at(batch, spread(points_of(log), 20 if ALL else 2, SEED), quiet.outcome())


if __name__ == "__main__":
    unittest.main()
