"""`chat errors`: what went wrong, how often, since when, and what to do."""

import json
import sqlite3
import subprocess
import unittest

from support import PROGRAM, ChatTest, clip


class Errors(ChatTest):
    def errors(self, *arguments, expect=0):
        result = subprocess.run(
            [PROGRAM, "errors", *map(str, arguments), *self.place(arguments)],
            capture_output=True, text=True, timeout=60,
        )
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result.stdout if expect == 0 else result.stderr

    def place(self, arguments):
        return [] if "--log" in arguments else ["--store", str(self.folder / "store.sqlite")]

    def as_json(self, *arguments):
        return json.loads(self.errors(*arguments, "--json"))

    def fail_some(self):
        texts = [self.folder / f"text {i}.wav" for i in range(3)]
        for text in texts:
            text.write_text("no sound\n" * 100 + text.name)
        self.analyze(*texts, self.folder / "missing.wav", "--no-transcribe", expect=3)

    def test_nothing_happened(self):
        for command in ("list", "stats", "top", "trend"):
            self.assertRegex(self.errors(command), r"^No errors since \d{4}-\d\d-\d\d \d\d:\d\d in .*store.sqlite\.\n$")
        self.assertIn("It did not happen.", self.errors("explain", "AU_FMT_UNSUPPORTED"))
        self.assertEqual(self.as_json("list"), [])
        self.assertFalse((self.folder / "store.sqlite").exists(), "looking makes no store")

    def test_failures_are_kept_and_shown(self):
        self.fail_some()
        listed = self.as_json("list")
        self.assertEqual([e["code"] for e in listed], ["SYS_DATA_PATH_MISSING"] + 3 * ["AU_FMT_UNSUPPORTED"])
        self.assertEqual({e["path"] for e in listed}, {"missing.wav", "text 0.wav", "text 1.wav", "text 2.wav"})
        one = listed[1]
        self.assertEqual((one["stage"], one["attempt"], one["outcome"], one["lost"]), ("sound", 1, "failed", True))
        self.assertGreater(one["freeMemoryBytes"], 0)
        self.assertTrue(one["host"] and one["worker"] and one["version"])
        text = self.errors("list")
        self.assertIn("text 2.wav", text)
        self.assertIn("AU_FMT_UNSUPPORTED", text)
        self.assertEqual(len(self.as_json("list", "--limit", "2")), 2)

        top = self.as_json("top")
        self.assertEqual([(t["code"], t["errors"], t["impact"]["lost"]) for t in top],
                         [("AU_FMT_UNSUPPORTED", 3, 3), ("SYS_DATA_PATH_MISSING", 1, 1)])
        self.assertIn("4 errors since", self.errors("top"))

        stats = self.as_json("stats")
        self.assertEqual((stats["modules"], stats["severities"]), ({"AU": 3, "SYS": 1}, {"medium": 4}))
        self.assertEqual(stats["impact"]["lostOfUnknownLength"], 4)
        self.assertIn("by part of the program", self.errors("stats"))

        self.assertEqual(sum(step["errors"] for step in self.as_json("trend", "--since", "24h")), 4)
        self.assertIn("\u2588", self.errors("trend"))
        explained = self.errors("explain", "au_fmt_unsupported")
        self.assertIn("Likely causes:", explained)
        self.assertIn("3 errors", explained)
        self.assertIn("ffprobe", explained)

    def test_what_is_wrong_with_an_analyzed_recording_is_kept_once(self):
        whole = clip(self.folder / "good.wav", 60, 8).read_bytes()
        cut = self.folder / "cut.wav"
        cut.write_bytes(whole[: len(whole) // 2])
        for _ in range(2):
            self.analyze(cut, "--no-transcribe")
        kept = [(e["code"], e["outcome"], e["lost"]) for e in self.as_json("list") if e["code"] == "AU_DATA_TRUNCATED"]
        self.assertEqual(kept, [("AU_DATA_TRUNCATED", "went on", False)])

    def test_the_log_says_the_same_line_by_line(self):
        self.fail_some()
        log = self.folder / "state/chat/log/chat.log"
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        listed = self.as_json("list", "--log")
        self.assertEqual([(e["time"], e["code"], e["call"]) for e in lines],
                         [(e["time"], e["code"], e["call"]) for e in listed])
        self.assertEqual(len([e for e in lines if e["code"] == "AU_FMT_UNSUPPORTED"]), 3)

    def test_an_error_that_ends_a_command_is_logged(self):
        self.analyze(self.folder / "x.wav", "--manifest", self.folder / "none.csv", expect=3)
        codes = [(e["code"], e["operation"]) for e in self.as_json("list", "--log")]
        self.assertEqual(codes, [("SYS_DATA_PATH_MISSING", "command")])

    def test_codes_of_another_version_are_told_by_module_and_category(self):
        self.fail_some()
        with sqlite3.connect(self.folder / "store.sqlite") as store:
            store.execute("UPDATE errors SET code = 'AU_RES_GONE' WHERE code = 'AU_FMT_UNSUPPORTED'")
        self.assertIn("AU_RES_GONE", self.errors("list"))
        self.assertIn("does not know, in sound: memory or room that is used up", self.errors("top"))
        self.assertIn("3 errors", self.errors("explain", "AU_RES_GONE"))

    def test_since(self):
        self.fail_some()
        with sqlite3.connect(self.folder / "store.sqlite") as store:
            store.execute("UPDATE errors SET time = time - 3 * 86400000 WHERE code = 'SYS_DATA_PATH_MISSING'")
        self.assertEqual(len(self.as_json("list")), 4)
        self.assertEqual(len(self.as_json("list", "--since", "48h")), 3)
        self.assertEqual(len(self.as_json("list", "--since", "4d")), 4)
        self.assertEqual(self.as_json("list", "--since", "2037-01-01"), [])

    def test_old_errors_go(self):
        self.fail_some()
        with sqlite3.connect(self.folder / "store.sqlite") as store:
            store.execute("UPDATE errors SET time = time - 3 * 86400000")
        missing = self.folder / "missing.wav"
        self.analyze(missing, "--no-transcribe", expect=3)
        self.assertEqual(len(self.as_json("list")), 5)
        self.analyze(missing, "--no-transcribe", "--keep-errors", "2", expect=3)
        self.assertEqual(len(self.as_json("list")), 2)

    def test_wrong_use(self):
        self.assertIn("--since", self.errors("list", "--since", "yesterday", expect=2))
        self.assertIn("is not the code of an error", self.errors("explain", "AU FMT", expect=2))
        self.errors("explain", expect=2)
        self.errors("top", "--limit", "0", expect=2)


if __name__ == "__main__":
    unittest.main()
