"""The queue is worked off by `chat run`, here and in several processes, and what a kill left is continued."""

import json
import os
import pathlib
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
        self.assertTrue(any("time to finish by" in note for note in json.loads(late.stdout)["batches"][0]["notes"]))

    def test_an_urgent_call_of_another_batch_is_the_next_to_start(self):
        many = [clip(self.folder / f"many-{i}.wav", 8 * i, 7) for i in range(10)]
        self.chat("queue", "add", *many, "--batch", "first")
        self.chat("queue", "add", self.calls[4], "--batch", "second")
        process = subprocess.Popen(
            [PROGRAM, "run", "--model", "tiny.en", "--workers", "1", "--json", "--store", self.folder / "store.sqlite",
             "--out", self.report_folder],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.assertRegex(process.stderr.readline(), r"^\[1/11\] first: many-\d.wav: ")
        self.chat("queue", "add", self.calls[5], "--batch", "second", "--priority", "1")
        with sqlite3.connect(self.folder / "store.sqlite") as store:
            (added,) = store.execute("SELECT max(added_at) FROM jobs").fetchone()
        output, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, errors)
        with sqlite3.connect(self.folder / "store.sqlite") as store:
            started = store.execute(
                "SELECT path FROM jobs WHERE started_at > ? ORDER BY started_at, id", (added,)).fetchall()
        store.close()
        self.assertEqual(started[0], ("5.wav",))
        self.assertEqual(started[-1], ("4.wav",), "the calls of the first batch come before")
        self.assertGreater(len(started), 2)
        outcome = json.loads(output)
        self.assertEqual(outcome["validation"], {"analyzed": 12, "failed": 0, "absent": 0, "skipped": 0})
        self.assertTrue(outcome["complete"])
        batches = {batch["batch"]: batch for batch in outcome["batches"]}
        for name, calls in (("first", 10), ("second", 2)):
            self.assertEqual(len(batches[name]["calls"]), calls)
            report = json.loads(pathlib.Path(batches[name]["report"]).read_text())
            self.assertEqual([call["status"] for call in report["calls"]], ["analyzed"] * calls)
            self.assertEqual(len(os.listdir(pathlib.Path(batches[name]["report"]).parent / "audio")), calls)
            self.assertRegex(errors, rf"Batch {name} is done: .*index\.html")

    def test_an_urgent_batch_that_comes_meanwhile_is_taken_up_at_once(self):
        many = [clip(self.folder / f"many-{i}.wav", 8 * i, 7) for i in range(12)]
        self.chat("queue", "add", *many, "--batch", "first")
        process = subprocess.Popen(
            [PROGRAM, "run", "--model", "tiny.en", "--workers", "1", "--json", "--store", self.folder / "store.sqlite",
             "--out", self.report_folder],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.assertIn("[1/12]", process.stderr.readline())
        self.chat("queue", "add", self.calls[5], "--batch", "now", "--priority", "1")
        output, errors = process.communicate(timeout=300)
        self.assertEqual(process.returncode, 0, errors)
        with sqlite3.connect(self.folder / "store.sqlite") as store:
            ended = [path for (path,) in store.execute("SELECT path FROM jobs ORDER BY ended_at, id")]
        store.close()
        self.assertIn("5.wav", ended[:-1], "it did not wait for the first batch")
        self.assertIn("[13/13]", errors)
        outcome = json.loads(output)
        self.assertEqual(outcome["validation"], {"analyzed": 13, "failed": 0, "absent": 0, "skipped": 0})
        self.assertTrue(outcome["complete"])
        self.assertEqual([(b["batch"], len(b["calls"])) for b in outcome["batches"]], [("first", 12), ("now", 1)])
        for batch in outcome["batches"]:
            self.assertTrue(os.path.exists(batch["report"]))

    def test_batches_with_different_models_are_run_at_once(self):
        for name, model, calls in (("first", "tiny.en", self.calls[:2]), ("second", "base", self.calls[2:4])):
            self.chat("queue", "add", *calls, "--batch", name)
            with sqlite3.connect(self.folder / "store.sqlite") as store:
                store.execute("UPDATE batches SET settings = ? WHERE name = ?", (json.dumps({"model": model}), name))
            store.close()
        done = self.chat("run", "--json", "-q", "--out", self.report_folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        models = {}
        for batch in json.loads(done.stdout)["batches"]:
            self.assertEqual(batch["validation"]["analyzed"], 2)
            models[batch["batch"]] = json.loads(pathlib.Path(batch["report"]).read_text())["run"]["model"]
        self.assertEqual(models, {"first": "tiny.en", "second": "base"})

    def test_a_batch_that_fails_does_not_hide_behind_one_that_does_not(self):
        self.chat("queue", "add", self.calls[0], "--batch", "good")
        self.chat("queue", "add", self.calls[1], "--batch", "gone")
        os.remove(self.calls[1])
        self.chat("queue", "add", self.calls[2], "--batch", "wrong")
        with sqlite3.connect(self.folder / "store.sqlite") as store:
            store.execute("""UPDATE batches SET settings = '{"rules": "/no/such/rules.toml"}' WHERE name = 'wrong'""")
        store.close()
        done = self.chat("run", "--no-transcribe", "--json", "-q", "--out", self.report_folder)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("/no/such/rules.toml", done.stderr)
        outcome = json.loads(done.stdout)
        self.assertEqual(outcome["validation"], {"analyzed": 1, "failed": 0, "absent": 1, "skipped": 0})
        self.assertEqual([batch["batch"] for batch in outcome["batches"]], ["good", "gone"])

    def test_nothing_to_do_is_said(self):
        done = self.chat("run")
        self.assertEqual(done.returncode, 0)
        self.assertIn("Nothing waits in the queue", done.stderr)
        self.assertEqual(json.loads(self.chat("run", "--json").stdout)["batches"], [])

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
        self.assertEqual(outcome["batches"][0]["calls"][0]["error"]["code"], "SYS_DATA_PATH_MISSING")

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
