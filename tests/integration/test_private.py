"""Recordings and transcripts are personal data."""

import os
import stat
import subprocess
import unittest

from support import PROGRAM, ChatTest, clip


class Private(ChatTest):
    def test_everything_written_is_for_the_owner_alone(self):
        call = clip(self.folder / "call.wav", 60, 10)
        os.umask(0)
        self.addCleanup(os.umask, 0o022)
        data = self.folder / "data"
        subprocess.run(
            [PROGRAM, "analyze", call, "--model", "tiny.en", "--out", self.report_folder, "-q"],
            check=True, capture_output=True, env={**os.environ, "XDG_DATA_HOME": str(data)},
        )
        seen = 0
        for top in (self.report_folder, data):
            for folder, _, files in os.walk(top):
                self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700, folder)
                for name in files:
                    self.assertEqual(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode), 0o600, name)
                    seen += 1
        self.assertGreaterEqual(seen, 6)

    def test_no_word_of_a_call_is_printed(self):
        call = clip(self.folder / "call.wav", 60, 35)
        result = self.analyze(call, "--model", "tiny.en")
        said = {word["text"].strip(",.?!").lower() for party in self.only_call()["parties"] for word in party["words"]}
        self.assertIn("tesla", said)
        printed = (result.stdout + result.stderr).lower()
        for word in ("tesla", "wonderful", "model"):
            self.assertNotIn(word, printed)

    def test_hostile_names_stay_text(self):
        evil = self.folder / "\x1b[31m<script><img src=x onerror=alert(1)>\n=1+1.wav"
        clip(self.folder / "call.wav", 60, 5).rename(evil)
        result = self.analyze(evil, "--no-transcribe")
        self.assertNotIn("\x1b", result.stdout + result.stderr)
        self.assertNotIn("<img", (self.report_folder / "index.html").read_text())
        names = [name for _, _, files in os.walk(self.report_folder) for name in files]
        self.assertTrue(all(name.isascii() and "<" not in name for name in names), names)

    def test_reports_hold_no_absolute_path(self):
        self.analyze(clip(self.folder / "call.wav", 60, 5), "--no-transcribe", "--audio", "link")
        for name in ("report.json", "index.html", "calls.csv"):
            self.assertNotIn(str(self.folder), (self.report_folder / name).read_text(), name)


if __name__ == "__main__":
    unittest.main()
