"""The queue is worked off by `chat run`, here and in several processes, and what a kill left is continued."""

import json
import os
import signal
import sqlite3
import subprocess
import unittest

from support import PROGRAM, ChatTest, clip, without_run


class Run(ChatTest):
    def setUp(self):
        super().setUp()
        self.calls = [clip(self.folder / f"{i}.wav", 20 * i, 12) for i in range(6)]

    def chat(self, *arguments):
        done = subprocess.run(
            [PROGRAM, *map(str, arguments), "--store", self.folder / "store.sqlite"], capture_output=True, text=True
        )
        return done

    def batch_of(self, output):
        return json.loads(output)["batch"]

    def test_a_killed_run_is_continued_to_the_same_report(self):
        whole = self.folder / "whole"
        self.assertEqual(
            subprocess.run(
                [PROGRAM, "analyze", *self.calls, "--model", "tiny.en", "-q", "--store", self.folder / "other.sqlite",
                 "--out", whole]
            ).returncode,
            0,
        )
        process = subprocess.Popen(
            [PROGRAM, "analyze", *self.calls, "--model", "tiny.en", "--store", self.folder / "store.sqlite",
             "--out", self.folder / "killed"],
            stderr=subprocess.PIPE,
            text=True,
        )
        self.assertIn("[1/6]", process.stderr.readline())
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
        with sqlite3.connect(self.folder / "store.sqlite") as store:
            # The leases of the dead run out by themselves; the test does not wait for the minute.
            store.execute("UPDATE jobs SET lease_until = 0 WHERE state = 'running'")
            (name, settings) = store.execute("SELECT name, settings FROM batches").fetchone()
        store.close()
        self.assertEqual(json.loads(settings)["model"], "tiny.en")
        report = self.folder / "continued"
        done = self.chat("run", "--batch", name, "--out", report, "--json", "-q")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["validation"], {"analyzed": 6, "failed": 0, "absent": 0, "skipped": 0})
        self.assertEqual(without_run(report), without_run(whole), "the batch kept its settings")

    def test_nothing_to_do_is_said(self):
        done = self.chat("run")
        self.assertEqual(done.returncode, 0)
        self.assertIn("Nothing waits in the queue", done.stderr)

    def test_a_batch_that_is_not_there(self):
        done = self.chat("run", "--batch", "nobody")
        self.assertEqual(done.returncode, 3)
        self.assertIn("Q_DATA_BATCH_MISSING", done.stderr)

    def test_a_recording_that_is_gone_is_absent(self):
        done = self.chat("analyze", *self.calls[:2], "--no-transcribe", "--json", "-q", "--out", self.folder / "a")
        batch = self.batch_of(done.stdout)
        os.remove(self.calls[0])
        with sqlite3.connect(self.folder / "store.sqlite") as store:
            store.execute("UPDATE jobs SET state = 'pending', ended_at = NULL")
        store.close()
        done = self.chat("run", "--batch", batch, "--json", "-q", "--out", self.folder / "b")
        self.assertEqual(done.returncode, 1, done.stderr)
        outcome = json.loads(done.stdout)
        self.assertEqual(outcome["validation"], {"analyzed": 1, "failed": 0, "absent": 1, "skipped": 0})
        self.assertEqual(outcome["calls"][0]["error"]["code"], "SYS_DATA_PATH_MISSING")

    def test_the_same_command_after_a_report_writes_it_again_with_its_sound(self):
        first = self.folder / "first"
        done = self.chat("analyze", *self.calls[:2], "--no-transcribe", "--json", "-q", "--out", first)
        again = self.folder / "again"
        done = self.chat("run", "--batch", self.batch_of(done.stdout), "--json", "-q", "--out", again)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(without_run(first), without_run(again))
        self.assertEqual(sorted(os.listdir(first / "audio")), sorted(os.listdir(again / "audio")))


if __name__ == "__main__":
    unittest.main()
