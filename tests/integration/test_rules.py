"""`chat rules`: the shipped file, checked and tested copies of it."""

import json
import subprocess
import unittest

from support import PROGRAM, ChatTest

ONE = """format = 1
[[pattern]]
id = "late"
name = "late"
description = "Somebody said that it is late."
[[pattern.when]]
phrases = ["late"]
[pattern.examples]
match = ["... agent: It is late. (2 s) customer: Yes ..."]
no_match = ["... agent: It is early. (2 s) customer: Yes ..."]
"""


class Rules(ChatTest):
    def rules(self, *arguments, expect=0):
        result = subprocess.run([PROGRAM, "rules", *map(str, arguments)], capture_output=True, text=True)
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result

    def file(self, text):
        path = self.folder / "my.toml"
        path.write_text(text)
        return path

    def test_what_is_shown_can_be_used_and_does_what_it_says(self):
        copy = self.file(self.rules("show").stdout)
        self.assertIn("9 patterns", self.rules("check", copy).stdout)
        tested = json.loads(self.rules("test", copy, "--json").stdout)
        self.assertGreater(tested["examples"], 150)
        self.assertEqual(tested["failed"], [])

    def test_errors_tell_line_and_column(self):
        self.assertIn("my.toml, line 7, column 11", self.rules("check", self.file(ONE.replace('["late"]', "7")), expect=3).stderr)
        self.assertIn("line 2, column 1", self.rules("check", self.file("format = 1\nx = 2\n"), expect=3).stderr)
        self.assertIn("there is no list", self.rules("test", self.file(ONE.replace('phrases = ["late"]', "regexes = ['{x}']")), expect=3).stderr)
        self.assertIn("SYS_DATA_PATH_MISSING", self.rules("check", self.folder / "none.toml", expect=3).stderr)
        self.rules("check", expect=2)

    def test_failing_examples_are_all_listed_with_what_was_found(self):
        wrong = self.file(ONE.replace("It is late", "It was on time").replace("It is early", "Too late"))
        printed = self.rules("test", wrong, expect=1).stdout
        self.assertIn("line 9, column 10: must get late; got no label", printed)
        self.assertIn("line 10, column 13: must not get late; got late", printed)
        self.assertIn("0 of 2 examples", printed)
        failed = json.loads(self.rules("test", wrong, "--json", expect=1).stdout)["failed"]
        self.assertEqual([(each["rule"], each["expected"], each["found"]) for each in failed],
                         [("late", True, []), ("late", False, ["late"])])
        self.assertIn("line 9", self.rules("check", wrong, expect=3).stderr)

    def test_help_has_examples(self):
        self.assertIn("chat rules show > my.toml", self.rules("--help").stdout)


if __name__ == "__main__":
    unittest.main()
