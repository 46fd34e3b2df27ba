"""Names that a user expects, and the language of a call."""

import unittest

from support import ChatTest, clip


class Vocabulary(ChatTest):
    def said(self, *options):
        self.analyze(self.folder / "call.wav", "--model", "tiny.en", *options)
        return " ".join(word["text"] for party in self.only_call()["parties"] for word in party["words"])

    def test_spells_names_as_the_file_does(self):
        clip(self.folder / "call.wav", 0, 25)
        names = self.folder / "names.txt"
        names.write_text("# people\nMichele\n")
        plain = self.said()
        self.assertIn("Michelle", plain)
        told = self.said("--vocabulary", names)
        self.assertIn("Michele", told)
        self.assertNotIn("Michelle", told)
        self.assertEqual(self.said(), plain, "what was heard without the names is kept apart")

    def test_says_how_many_names_fit(self):
        clip(self.folder / "call.wav", 0, 4)
        names = self.folder / "names.txt"
        names.write_text("".join(f"Store number {i}\n" for i in range(200)))
        self.said("--vocabulary", names)
        self.assertRegex(" ".join(self.report()["run"]["notes"]), r"The vocabulary has 200 names; .* the first \d+")

    def test_refuses_a_file_that_is_none(self):
        clip(self.folder / "call.wav", 0, 4)
        names = self.folder / "names.txt"
        names.write_bytes(b"Good\n\xff\xfe\n")
        result = self.analyze(self.folder / "call.wav", "--model", "tiny.en", "--vocabulary", names, expect=3)
        self.assertIn("CFG_FMT_VOCABULARY", result.stderr)
        self.assertIn("line 2", result.stderr)
        self.assertNotIn("Traceback", result.stderr)


class Language(ChatTest):
    def test_is_found_once_for_the_call(self):
        clip(self.folder / "call.wav", 0, 12)
        self.analyze(self.folder / "call.wav", "--model", "base", "--language", "auto")
        self.assertEqual(self.only_call()["quality"]["language"], "en")


if __name__ == "__main__":
    unittest.main()
