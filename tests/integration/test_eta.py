"""When a run will have ended: what is said meanwhile, what is kept of it, and how right it was."""

import json
import sqlite3
import subprocess
import unittest

from support import PROGRAM, ChatTest, clip

FIELDS = {"eta_seconds", "lower", "upper", "confidence", "sample_size", "estimating", "items_per_minute", "ended", "left"}


class Eta(ChatTest):
    def perf(self, *arguments):
        done = subprocess.run(
            [PROGRAM, "perf", *arguments, "--store", self.folder / "store.sqlite"], capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_a_run_says_when_it_will_have_ended_and_remembers_what_it_said(self):
        calls = [clip(self.folder / f"{i}.wav", 20 * i, 12) for i in range(6)]
        run = self.analyze(*calls, "--model", "tiny.en", "--progress", "json")
        said = [json.loads(line) for line in run.stderr.splitlines()]
        self.assertGreaterEqual(len(said), 2)
        for one in said:
            self.assertEqual(set(one), FIELDS)
            self.assertLessEqual(0, one["lower"])
            self.assertLessEqual(one["lower"], one["eta_seconds"])
            self.assertLessEqual(one["eta_seconds"], one["upper"])
            self.assertEqual(one["confidence"], 0.95)
            self.assertEqual(one["ended"] + one["left"], 6)
            self.assertEqual(one["estimating"], one["left"] > 0 and one["sample_size"] < 3)
            if one["items_per_minute"] is not None:
                self.assertGreaterEqual(one["items_per_minute"], 0)
        self.assertTrue(said[0]["estimating"])
        self.assertGreater(said[0]["upper"], 0)
        self.assertEqual([one["left"] for one in said], sorted((one["left"] for one in said), reverse=True))
        last = said[-1]
        self.assertEqual((last["left"], last["eta_seconds"], last["lower"], last["upper"]), (0, 0, 0, 0))

        accuracy = json.loads(self.perf("eta", "--json"))
        self.assertEqual(accuracy["confidence"], 0.95)
        *points, every = accuracy["eta"]
        # Of six calls 17, 33, 50, 67 and 83 % have ended when there are some left.
        self.assertEqual([one["percent"] for one in points], [10, 25, 50, 75])
        self.assertEqual([one["predictions"] for one in points], [1] * 4)
        self.assertIsNone(every["percent"])
        self.assertEqual(every["predictions"], 4)
        self.assertEqual(every["held"], sum(one["held"] for one in points))
        for one in accuracy["eta"]:
            self.assertLessEqual(one["coverageLow"], one["coverage"])
            self.assertLessEqual(one["coverage"], one["coverageHigh"])
        self.assertIn("50 % had ended", self.perf("eta"))

        stages = {stage["stage"]: stage for stage in json.loads(self.perf("stages", "--json"))["stages"]}
        self.assertEqual(set(stages), {"sound", "words", "analysis"})
        for stage in stages.values():
            self.assertEqual(stage["calls"], 6)
            self.assertEqual([group["lengths"] for group in stage["groups"]], ["under 1 m"])
            self.assertRegex(stage["groups"][0]["model"], r"^tiny\.en, beam \d+, \d+ workers?$")
        with sqlite3.connect(self.folder / "store.sqlite") as store:
            (words, total) = store.execute("SELECT sum(words), sum(sound + words + analysis) FROM attempts").fetchone()
            (processing,) = store.execute("SELECT sum(processing) FROM jobs").fetchone()
            (heard,) = store.execute("SELECT sum(seconds) FROM stage_results WHERE stage = 'transcribe'").fetchone()
        store.close()
        self.assertAlmostEqual(words, heard)
        self.assertAlmostEqual(total, processing)

        again = self.analyze(*calls, "--model", "tiny.en", "--progress", "json", "--force")
        said = [json.loads(line) for line in again.stderr.splitlines()]
        self.assertFalse(said[0]["estimating"], "the first run has taught it")
        self.assertEqual(said[0]["sample_size"], 6)
        self.assertEqual(json.loads(self.perf("eta", "--json"))["eta"][-1]["predictions"], 8)
        self.assertIn("of the variance", self.perf("stages").lower())

    def test_what_was_in_the_store_teaches_nothing(self):
        call = clip(self.folder / "a.wav", 0, 5)
        self.analyze(call, "--no-transcribe")
        run = self.analyze(call, "--no-transcribe", "--progress", "json")
        self.assertEqual(json.loads(run.stderr.splitlines()[-1])["left"], 0)
        with sqlite3.connect(self.folder / "store.sqlite") as store:
            timed = store.execute("SELECT model FROM attempts ORDER BY id").fetchall()
        store.close()
        self.assertEqual(timed, [("none",), ("",)])
        self.assertIn("No prediction has been kept", self.perf("eta"))

    def test_before_the_first_run(self):
        self.assertIn("No prediction has been kept", self.perf("eta"))
        self.assertEqual(json.loads(self.perf("eta", "--json"))["eta"], [])
        self.assertIn("No call has been timed", self.perf("stages"))
        self.assertFalse((self.folder / "store.sqlite").exists(), "looking makes no store")


if __name__ == "__main__":
    unittest.main()
