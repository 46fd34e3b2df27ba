"""Each *.json here names a recording and settings, and holds what CHAT is to find in it."""

import json
import os
import pathlib
import unittest

from support import ROOT, ChatTest

FILES = sorted(pathlib.Path(__file__).parent.glob("*.json"))
# Edges lie on 10 ms frames; another processor's rounding may move one by a frame or two.
TOLERANCE = 0.03


class Golden(ChatTest):
    def found(self, golden):
        self.analyze(ROOT / golden["input"], *golden["settings"], "--audio", "none")
        call = self.only_call()
        return {
            "durationSeconds": call["durationSeconds"],
            "silences": [[s["start"], s["end"], s["kind"], s["category"], s["position"], s["within"]] for s in call["silences"]],
            "talkSeconds": [party["talkSeconds"] for party in call["parties"]],
            "warnings": sorted(warning["code"] for warning in call["warnings"]),
        }

    def assert_close(self, found, expected, where):
        self.assertEqual(type(found), type(expected), where)
        if isinstance(expected, float):
            self.assertAlmostEqual(found, expected, delta=TOLERANCE if "silences" in where else 0.3, msg=where)
        elif isinstance(expected, (list, dict)):
            self.assertEqual(len(found), len(expected), where)
            for key in range(len(expected)) if isinstance(expected, list) else expected:
                self.assert_close(found[key], expected[key], f"{where}.{key}")
        else:
            self.assertEqual(found, expected, where)

    def test_recordings(self):
        self.assertGreaterEqual(len(FILES), 3)
        for file in FILES:
            with self.subTest(file.name):
                golden = json.loads(file.read_text())
                found = self.found(golden)
                if os.environ.get("CHAT_UPDATE_GOLDEN"):
                    golden["output"] = found
                    file.write_text(json.dumps(golden, indent=1) + "\n")
                    self.fail(f"{file.name} was written anew; look at the difference, then run without CHAT_UPDATE_GOLDEN")
                self.assert_close(found, golden["output"], file.stem)


if __name__ == "__main__":
    unittest.main()
