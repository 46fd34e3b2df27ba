"""What `chat analyze` leaves in its report folder."""

import json
import shutil
import unittest

from support import RECORDINGS, ChatTest, clip, problems, without_run


class Report(ChatTest):
    def test_follows_its_schemas(self):
        clip(self.folder / "call.wav", 60, 25)
        self.analyze(self.folder / "call.wav", "--model", "tiny.en")
        self.assertEqual(problems(self.report(), "report"), [])
        index = self.dashboard_index()
        self.assertEqual(problems(index, "dashboard", "Index"), [])
        detail = self.dashboard_call(index["calls"][0]["detail"])
        self.assertEqual(problems(detail, "dashboard", "CallDetail"), [])
        self.assertEqual(detail["call"], self.only_call())

    def test_tells_the_call(self):
        # The agent asks for make and model at 66 s; the customer answers after a pause, and once more pauses.
        clip(self.folder / "call.wav", 60, 30)
        self.analyze(self.folder / "call.wav", "--model", "tiny.en", "--agent-channel", "right")
        call = self.only_call()
        self.assertEqual([party["role"] for party in call["parties"]], ["customer", "agent"])
        said = [" ".join(word["text"] for word in party["words"]).lower() for party in call["parties"]]
        self.assertIn("tesla", said[0])
        self.assertIn("model", said[1])
        answer = min(call["silences"], key=lambda silence: abs(silence["start"] - 13.7))
        self.assertAlmostEqual(answer["start"], 13.7, delta=0.3)
        self.assertAlmostEqual(answer["end"], 16.0, delta=0.3)
        self.assertEqual((answer["speakerBefore"], answer["speakerAfter"]), ("agent", "customer"))
        self.assertEqual(answer["patterns"][0]["id"], "post_question")
        longest = max(call["silences"], key=lambda silence: silence["end"] - silence["start"])
        self.assertEqual(longest["category"], "medium")
        for silence in call["silences"]:
            self.assertGreaterEqual(silence["end"] - silence["start"], 1.0)

    def test_lists_calls_in_the_order_of_the_arguments_once_each(self):
        first = clip(self.folder / "b.wav", 0, 6)
        second = clip(self.folder / "a.wav", 6, 6)
        (self.folder / "sub").mkdir()
        again = shutil.copy(first, self.folder / "sub" / "again.wav")
        self.analyze(first, second, again, "--no-transcribe")
        calls = self.report()["calls"]
        self.assertEqual([call["path"] for call in calls], ["b.wav", "a.wav"])
        self.assertEqual(calls[0]["otherPaths"], ["again.wav"])
        self.assertRegex(calls[0]["sid"], "^[0-9a-f]{64}$")

    def test_equal_runs_give_equal_reports(self):
        call = clip(self.folder / "call.wav", 60, 20)
        self.analyze(call, "--model", "tiny.en")
        self.analyze(call, "--model", "tiny.en", "--force", "--workers", "1", report=self.folder / "second")
        self.assertEqual(without_run(self.report_folder), without_run(self.folder / "second"))

    def test_takes_attributes_from_the_manifest(self):
        clip(self.folder / "call.wav", 0, 5)
        manifest = self.folder / "calls.csv"
        manifest.write_text(
            "file,sid,order_id,chain,store,agent,call_time,phone\n"
            "call.wav,CA1,A-17,Northwest,\"Harbor, Street\",=cmd(),2026-11-12T09:41:00,+15550100\n"
        )
        self.analyze("--manifest", manifest, "--no-transcribe")
        call = self.only_call()
        self.assertEqual(
            (call["sid"], call["orderId"], call["chain"], call["store"], call["agent"], call["startedAt"], call["phone"]),
            ("CA1", "A-17", "Northwest", "Harbor, Street", "=cmd()", "2026-11-12T09:41:00", "+15550100"),
        )
        row = self.rows("calls.csv")[0]
        self.assertEqual(row["store_name"], "Harbor, Street")
        self.assertEqual(row["agent_name"], "'=cmd()", "a spreadsheet must not run it")

    def test_csv_has_the_columns_that_others_rely_on(self):
        self.analyze(clip(self.folder / "call.wav", 60, 25), "--no-transcribe")
        call = self.only_call()
        row = self.rows("calls.csv")[0]
        self.assertEqual(
            list(row),
            ["sid", "order_id", "chain", "store_name", "agent_name", "call_time", "duration", "silence_count",
             "silence_duration_total", "contains_oops", "status", "processing_time"],
        )
        self.assertEqual(int(row["silence_count"]), len(call["silences"]))
        silences = self.rows("silences.csv")
        self.assertEqual(
            list(silences[0]),
            ["sid", "order_id", "start", "end", "duration", "kind", "category", "patterns", "before", "after"],
        )
        self.assertEqual([float(s["start"]) for s in silences], [s["start"] for s in call["silences"]])

    def test_reads_what_telephones_record(self):
        folder = self.folder / "in"
        folder.mkdir()
        for name, options in {
            "a.gsm": ["-ac", "1", "-ar", "8000", "-c:a", "gsm", "-f", "gsm"],
            "b.wav": ["-c:a", "pcm_mulaw"],
            "c.mp3": ["-b:a", "16k"],
            "d.opus": ["-c:a", "libopus", "-b:a", "24k"],
            "e.g722": ["-ac", "1", "-ar", "16000", "-c:a", "g722"],
        }.items():
            clip(folder / name, 60, 20, *options)
        self.analyze(folder, "--no-transcribe")
        calls = self.report()["calls"]
        self.assertEqual([call["path"] for call in calls], ["a.gsm", "b.wav", "c.mp3", "d.opus", "e.g722"])
        for call in calls:
            self.assertEqual(call["status"], "analyzed", call["error"])
            self.assertAlmostEqual(call["durationSeconds"], 20, delta=0.2)
            self.assertGreaterEqual(len(call["silences"]), 2, call["path"])
            self.assertTrue((self.report_folder / call["audio"]).stat().st_size > 10_000)

    def test_sound_can_be_linked_or_left_out(self):
        call = clip(self.folder / "a call.wav", 0, 5)
        self.analyze(call, "--no-transcribe", "--audio", "link")
        self.assertEqual(self.only_call()["audio"], "../a call.wav")
        self.analyze(call, "--no-transcribe", "--audio", "none")
        self.assertIsNone(self.only_call()["audio"])
        self.assertFalse((self.report_folder / "audio").exists())

    def test_mono_and_duplicated_calls_are_one_party(self):
        self.analyze(RECORDINGS / "points_balance_duplicated.mp3", clip(self.folder / "m.wav", 0, 10, "-ac", "1"), "--no-transcribe")
        for call in self.report()["calls"]:
            self.assertEqual(len(call["parties"]), 1)
            self.assertEqual(call["parties"][0]["role"], "unknown")
            self.assertIsNone(call["metrics"]["talkRatio"])
        self.assertIn("AU_DATA_DUPLICATED_CHANNELS", [w["code"] for w in self.report()["calls"][0]["warnings"]])

    def test_prints_the_outcome_as_json(self):
        result = self.analyze(clip(self.folder / "call.wav", 60, 10), self.folder / "none.wav", "--no-transcribe", "--json", expect=1)
        printed = json.loads(result.stdout)
        self.assertEqual(printed["summary"], self.report()["summary"])
        self.assertEqual(printed["calls"][1]["error"]["code"], "SYS_DATA_PATH_MISSING")


if __name__ == "__main__":
    unittest.main()
