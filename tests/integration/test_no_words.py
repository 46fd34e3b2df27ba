"""Without a speech model everything that sound alone can tell is still reported."""

import unittest

from support import ChatTest, clip


class NoWords(ChatTest):
    def check(self, note):
        call = self.only_call()
        self.assertEqual(call["status"], "analyzed")
        self.assertFalse(call["quality"]["transcribed"])
        self.assertGreaterEqual(len(call["silences"]), 3)
        self.assertGreater(call["metrics"]["talkSeconds"], 5)
        self.assertIsNotNone(call["metrics"]["responseMedianSeconds"])
        self.assertTrue(all(party["words"] == [] for party in call["parties"]))
        self.assertIn("TR_STATE_NO_WORDS", [warning["code"] for warning in call["warnings"]])
        self.assertIsNone(self.report()["run"]["model"])
        self.assertIn(note, " ".join(self.report()["run"]["notes"]))

    def test_when_no_model_is_installed(self):
        call = clip(self.folder / "call.wav", 60, 30)
        result = self.analyze(call, env={"CHAT_MODELS": str(self.folder / "none")})
        self.check("chat models pull base")
        self.assertIn("chat models pull base", result.stdout)

    def test_when_it_is_switched_off(self):
        self.analyze(clip(self.folder / "call.wav", 60, 30), "--no-transcribe")
        self.check("switched off")

    def test_silences_are_the_same_with_words(self):
        call = clip(self.folder / "call.wav", 60, 30)
        self.analyze(call, "--no-transcribe")
        sound = [(s["start"], s["end"]) for s in self.only_call()["silences"]]
        self.analyze(call, "--model", "tiny.en")
        self.assertEqual([(s["start"], s["end"]) for s in self.only_call()["silences"]], sound)


if __name__ == "__main__":
    unittest.main()
