"""The queue is worked off by `chat run`, here and in several processes, and what a kill left is continued."""

import json
import os
import signal
import sqlite3
import subprocess
import unittest
import unittest.mock

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

    def batch(self, name):
        return json.loads(self.chat("batch", "show", name, "--json").stdout)

    def test_a_deadline_is_kept_with_the_batch_until_it_is_taken_away(self):
        self.chat("queue", "add", *self.calls[:1], "--batch", "b")
        run = ["run", "--batch", "b", "--no-transcribe", "-q", "--out", self.report_folder]
        self.chat(*run, "--finish-by", "2099-01-01T00:00Z")
        self.assertEqual(self.batch("b")["finishBy"], "2099-01-01T00:00:00Z")
        self.assertIn("to be done by", self.chat("batch", "show", "b").stdout)
        self.chat(*run)
        self.assertEqual(self.batch("b")["finishBy"], "2099-01-01T00:00:00Z")
        self.chat(*run, "--finish-by", "none")
        self.assertIsNone(self.batch("b")["finishBy"])
        wrong = self.chat(*run, "--finish-by", "soon")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("17:30", wrong.stderr)

    def test_a_deadline_that_cannot_be_met_is_said_at_once(self):
        models = subprocess.run([PROGRAM, "models", "path"], capture_output=True, text=True, check=True).stdout.strip()
        cache = unittest.mock.patch.dict(os.environ, CHAT_MODELS=models, XDG_CACHE_HOME=str(self.folder / "cache"))
        cache.start()
        self.addCleanup(cache.stop)
        run = ["run", "--batch", "b", "--model", "tiny.en", "--json", "-q", "--out", self.report_folder]
        self.chat("queue", "add", *self.calls, "--batch", "b")
        first = self.chat(*run, "--finish-by", "2020-01-01T00:00Z")
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertRegex(first.stderr, "^chat: Whether the calls will be done in time cannot be said: .* model tiny.en")
        self.chat("queue", "add", *self.calls, "--batch", "c")
        run[2] = "c"
        in_time = self.chat(*run, "--finish-by", "2099-01-01T00:00Z")
        self.assertEqual(in_time.stderr, "")
        self.chat("queue", "add", *self.calls, "--batch", "d")
        run[2] = "d"
        late = self.chat(*run, "--finish-by", "2020-01-01T00:00Z")
        self.assertEqual(late.returncode, 0, late.stderr)
        self.assertRegex(late.stderr, "^chat: With model tiny.en about .* the time to finish by is over")
        self.assertTrue(any("time to finish by" in note for note in json.loads(late.stdout)["notes"]))

    def test_the_batch_that_is_to_be_done_first_is_begun_first(self):
        for name, call in (("late", 0), ("early", 1)):
            self.chat("queue", "add", self.calls[call], "--batch", name)
        with sqlite3.connect(self.folder / "store.sqlite") as store:
            store.execute("UPDATE batches SET finish_by = 4102444800000 WHERE name = 'early'")
        store.close()
        done = self.chat("run", "--no-transcribe", "-q", "--out", self.report_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(done.stderr.index("Batch early"), done.stderr.index("Batch late"))

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
