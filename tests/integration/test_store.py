"""What is kept between runs: nothing is done twice, nothing finished is lost."""

import os
import signal
import sqlite3
import subprocess
import time
import unittest

from support import ChatTest, clip, without_run


class Store(ChatTest):
    def timings(self, folder=None):
        return {timing["stage"]: timing for timing in self.report(folder)["run"]["timings"]}

    def test_a_second_run_does_nothing_again(self):
        call = clip(self.folder / "call.wav", 60, 15)
        self.analyze(call, "--model", "tiny.en")
        first = without_run(self.report_folder)
        self.analyze(call, "--model", "tiny.en")
        timings = self.timings()
        for stage in ("audio", "transcribe", "analyze"):
            self.assertEqual((timings[stage]["calls"], timings[stage]["reused"]), (0, 1), stage)
        self.assertNotIn("model", timings, "a model that nobody needs is not loaded")
        self.assertEqual(without_run(self.report_folder), first)
        self.analyze(call, "--model", "tiny.en", "--force")
        self.assertEqual(self.timings()["transcribe"]["calls"], 1)

    def test_new_rules_cost_no_transcription(self):
        call = clip(self.folder / "call.wav", 60, 15)
        self.analyze(call, "--model", "tiny.en")
        rules = self.folder / "rules.toml"
        rules.write_text('format = 1\n[[keyword]]\nid = "tesla"\nname = "Tesla"\ndescription = "A make of car."\nphrases = ["tesla", "model"]\n')
        self.analyze(call, "--model", "tiny.en", "--rules", rules)
        timings = self.timings()
        self.assertEqual((timings["transcribe"]["calls"], timings["analyze"]["calls"]), (0, 1))
        self.assertEqual({hit["rule"] for hit in self.only_call()["keywords"]}, {"tesla"})

    def test_a_copy_under_another_name_is_known(self):
        call = clip(self.folder / "call.wav", 60, 10)
        self.analyze(call, "--no-transcribe")
        os.rename(call, self.folder / "other.wav")
        self.analyze(self.folder / "other.wav", "--no-transcribe")
        self.assertEqual(self.timings()["audio"]["reused"], 1)

    def test_a_killed_run_loses_only_the_call_in_hand(self):
        calls = [clip(self.folder / f"{i}.wav", 20 * i, 15) for i in range(5)]
        database = self.folder / "store.sqlite"
        process = subprocess.Popen(
            self.command(*calls, "--model", "tiny.en"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.addCleanup(process.wait)
        deadline = time.time() + 100
        done = 0
        while done < 2 and time.time() < deadline and process.poll() is None:
            time.sleep(0.05)
            if database.exists():
                try:
                    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
                        done = connection.execute("SELECT count(*) FROM stage_results WHERE stage = 'analyze'").fetchone()[0]
                except sqlite3.OperationalError:
                    continue
        self.assertGreaterEqual(done, 2)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.analyze(*calls, "--model", "tiny.en")
        timings = self.timings()
        self.assertGreaterEqual(timings["transcribe"]["reused"], done)
        self.assertEqual(timings["transcribe"]["reused"] + timings["transcribe"]["calls"], 5)
        second = self.folder / "second"
        self.analyze(*calls, "--model", "tiny.en", "--force", report=second)
        self.assertEqual(without_run(self.report_folder), without_run(second))

    def test_a_store_that_is_something_else(self):
        call = clip(self.folder / "call.wav", 60, 5)
        (self.folder / "store.sqlite").write_text("a diary" * 1000)
        result = self.analyze(call, "--no-transcribe", expect=3)
        self.assertIn("DB_DATA_DAMAGED", result.stderr)


if __name__ == "__main__":
    unittest.main()
