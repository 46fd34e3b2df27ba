"""`chat demo`: all of it in one command."""

import os
import subprocess
import unittest

from support import PROGRAM, ChatTest


class Demo(ChatTest):
    def test_goes_from_a_telephone_system_to_a_dashboard_and_leaves_nothing_else(self):
        temporary = self.folder / "tmp"
        temporary.mkdir()
        result = subprocess.run(
            [PROGRAM, "demo", "--no-transcribe", "--out", self.report_folder],
            capture_output=True, text=True, timeout=120, env={**os.environ, "TMPDIR": str(temporary)},
        )
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual([call["status"] for call in self.report()["calls"]], ["analyzed"] * 5)
        for said in ("chat search --telephony", "5 of 5 calls added", "chat run --batch demo", str(self.report_folder / "index.html")):
            self.assertIn(said, result.stdout)
        self.assertTrue((self.report_folder / "index.html").exists())
        self.assertEqual(list(temporary.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
