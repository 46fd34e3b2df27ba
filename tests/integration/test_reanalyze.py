"""What is stored is looked at again without the recordings and without a model."""

import json
import sqlite3
import subprocess
import unittest

from support import PROGRAM, ChatTest, clip, problems


class Reanalyze(ChatTest):
    def reanalyze(self, *arguments, expect=0):
        done = subprocess.run(
            [PROGRAM, "reanalyze", "--store", str(self.folder / "store.sqlite"), *map(str, arguments)],
            capture_output=True, text=True,
        )
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def test_another_profile_and_other_rules_need_neither_sound_nor_model(self):
        call = clip(self.folder / "call.wav", 0, 90)
        manifest = self.folder / "calls.csv"
        manifest.write_text("file,sid,agent\ncall.wav,CA1,Ann\n")
        self.analyze("--manifest", manifest, "--model", "tiny.en")
        before = self.only_call()
        call.unlink()
        rules = self.folder / "rules.toml"
        rules.write_text('format = 1\n[[keyword]]\nid = "you"\nname = "you"\ndescription = "Somebody is spoken to."\nphrases = ["you"]\n')
        again = self.folder / "again"
        self.reanalyze("--profile", "non-talk", "--rules", rules, "--out", again)
        report = json.loads((again / "report.json").read_text())
        self.assertEqual(problems(report, "report"), [])
        (after,) = report["calls"]
        self.assertEqual((after["sid"], after["agent"], after["path"]), ("CA1", "Ann", before["path"]))
        self.assertEqual(
            [(s["start"], s["end"]) for s in after["silences"]],
            [(s["start"], s["end"]) for s in before["silences"] if s["end"] - s["start"] >= 3],
        )
        self.assertEqual(after["parties"][0]["words"], before["parties"][0]["words"])
        self.assertEqual({hit["rule"] for hit in after["keywords"]}, {"you"})
        self.assertEqual(report["run"]["settings"]["profile"], "non-talk")
        self.assertIsNone(after["audio"])
        # The same settings as at first give the same call, but for the sound.
        self.reanalyze("--out", again)
        (same,) = json.loads((again / "report.json").read_text())["calls"]
        self.assertEqual({**same, "audio": None}, {**before, "audio": None})

    def chat(self, *arguments):
        done = subprocess.run(
            [PROGRAM, *map(str, arguments), "--store", str(self.folder / "store.sqlite"), "--json"], capture_output=True, text=True
        )
        return json.loads(done.stdout)

    def test_its_report_is_known_to_hold_the_call_when_that_is_forgotten(self):
        clip(self.folder / "call.wav", 0, 10)
        (self.folder / "calls.csv").write_text("file,sid\ncall.wav,CA1\n")
        self.analyze("--manifest", self.folder / "calls.csv", "--no-transcribe")
        again = self.folder / "again"
        self.reanalyze("--out", again)
        held = {holder["path"]: holder["calls"] for holder in self.chat("forget", "CA1", "--dry-run")["reports"]}
        self.assertEqual(held, {str(self.report_folder): 1, str(again): 1})

    def test_what_fails_is_kept_for_chat_errors(self):
        calls = [clip(self.folder / f"{i}.wav", 20 * i, 10) for i in range(2)]
        self.analyze(*calls, "--no-transcribe")
        with sqlite3.connect(self.folder / "store.sqlite") as store:
            store.execute("UPDATE stage_results SET result = x'00' WHERE rowid = (SELECT min(rowid) FROM stage_results WHERE stage = 'audio')")
        store.close()
        self.reanalyze(expect=1)
        (error,) = [error for error in self.chat("errors", "list") if error["outcome"] == "failed"]
        self.assertEqual((error["stage"], error["operation"]), ("analyze", "reanalyze"))
        with sqlite3.connect(self.folder / "store.sqlite") as store:
            store.execute("UPDATE stage_results SET result = x'00' WHERE stage = 'audio'")
        store.close()
        self.reanalyze(expect=3)

    def test_figures_without_a_report(self):
        clip(self.folder / "call.wav", 0, 30)
        self.analyze(self.folder / "call.wav", "--no-transcribe")
        figures = json.loads(self.reanalyze("--json", "--min-silence", "1").stdout)
        self.assertIsNone(figures["report"])
        self.assertEqual(figures["summary"]["processed"], 1)
        self.assertIn("1 of 1 calls analyzed", self.reanalyze().stdout)

    def test_an_empty_store_is_said_to_be_empty(self):
        self.assertIn("AN_DATA_NOTHING_STORED", self.reanalyze(expect=3).stderr)

    def test_an_unknown_profile_is_refused(self):
        self.reanalyze("--profile", "weekly", expect=2)


if __name__ == "__main__":
    unittest.main()
