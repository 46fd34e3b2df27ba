"""The queue and its batches from the command line, with real recordings and a store of the test's own."""

import json
import subprocess
import unittest

from support import PROGRAM, ChatTest, clip


class Queue(ChatTest):
    def chat(self, *arguments, expect=0):
        done = subprocess.run(
            [PROGRAM, *map(str, arguments), "--store", str(self.folder / "store.sqlite")],
            capture_output=True, text=True, timeout=200,
        )
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def queue(self, *arguments, expect=0):
        return json.loads(self.chat("queue", *arguments, "--json", expect=expect).stdout)

    def listed(self, *arguments):
        return self.queue("list", *arguments)["jobs"]

    def states(self):
        return {job["sid"]: job["state"] for job in self.listed("--sort", "added")}

    def add_three(self):
        """Three calls of different length, the longest first."""
        calls = self.folder / "calls"
        calls.mkdir()
        for name, length in (("a", 20), ("b", 10), ("c", 2)):
            clip(calls / f"{name}.wav", 0, length)
        manifest = calls / "calls.csv"
        manifest.write_text(
            "file,sid,order_id,chain,store,agent,phone\n"
            "a.wav,CA1,O1,North,Elm Street,Ann,555\n"
            "b.wav,CA2,O1,North,Oak Street,Bob,556\n"
            "c.wav,CA3,O2,South,Elm Street,Ann,557\n"
        )
        return manifest, self.queue("add", "--manifest", manifest, "--batch", "monday")

    def test_added_calls_are_told_from_duplicates_by_their_sid(self):
        manifest, first = self.add_three()
        self.assertEqual((first["added"], first["duplicates"], first["total"]), (3, 0, 3))
        self.assertIsNone(first["expected"], "no call has ended from which to tell")
        again = self.queue("add", "--manifest", manifest, "--batch", "monday")
        self.assertEqual((again["added"], again["duplicates"], again["total"]), (0, 3, 3))
        other = self.queue("add", "--manifest", manifest, "--batch", "tuesday", "--priority", "1")
        self.assertEqual(other["added"], 3)
        self.assertEqual([job["priority"] for job in self.listed()], [1, 1, 1, 3, 3, 3])

    def test_a_call_without_a_sid_is_known_by_its_bytes(self):
        first = clip(self.folder / "first.wav", 0, 2)
        (self.folder / "copy.wav").write_bytes(first.read_bytes())
        added = self.queue("add", first, self.folder / "copy.wav", "--batch", "b")
        self.assertEqual((added["added"], added["duplicates"]), (1, 1))
        self.assertRegex(self.listed()[0]["sid"], "^[0-9a-f]{64}$")

    def test_a_file_that_cannot_be_read_stands_in_the_queue_as_failed(self):
        added = self.queue("add", clip(self.folder / "call.wav", 0, 2), self.folder / "gone.wav", "--batch", "b", expect=1)
        self.assertEqual(added["unreadable"][0]["error"]["code"], "SYS_DATA_PATH_MISSING")
        (failed,) = self.listed("--state", "failed")
        self.assertEqual(failed["error"]["code"], "SYS_DATA_PATH_MISSING")
        (known,) = json.loads(self.chat("errors", "list", "--json").stdout)
        self.assertEqual((known["code"], known["path"], known["job"]), ("SYS_DATA_PATH_MISSING", "gone.wav", failed["id"]))
        self.queue("add", self.folder / "gone.wav", "--batch", "b", expect=1)
        self.assertEqual(len(json.loads(self.chat("errors", "list", "--json").stdout)), 1, "it was added once")
        logged = subprocess.run([PROGRAM, "errors", "list", "--log", "--json"], capture_output=True, text=True, timeout=60)
        self.assertEqual(len(json.loads(logged.stdout)), 1)
        shown = json.loads(self.chat("batch", "show", "b", "--json").stdout)
        self.assertEqual(shown["validation"], {"complete": False, "analyzed": 0, "failed": 0, "absent": 1, "skipped": 0, "open": 1})

    def test_every_filter_chooses(self):
        self.add_three()
        for arguments, expected in (
            (("--sid", "CA2"), {"CA2"}),
            (("--order", "o1"), {"CA1", "CA2"}),
            (("--chain", "South"), {"CA3"}),
            (("--store-name", "elm street"), {"CA1", "CA3"}),
            (("--agent", "Ann"), {"CA1", "CA3"}),
            (("--phone", "556"), {"CA2"}),
            (("--path", "a.w"), {"CA1"}),
            (("--batch", "monday", "--agent", "Bob"), {"CA2"}),
            (("--priority", "2"), set()),
            (("--state", "pending", "--state", "paused"), {"CA1", "CA2", "CA3"}),
            (("--error", "AU_DATA_EMPTY"), set()),
        ):
            self.assertEqual({job["sid"] for job in self.listed(*arguments)}, expected, arguments)
        self.assertIn("Q_DATA_BATCH_MISSING", self.chat("queue", "list", "--batch", "sunday", expect=3).stderr)

    def test_pages_go_on_where_the_last_one_ended(self):
        self.add_three()
        for sort in ("queue", "added", "sid", "chain", "store-name", "agent", "state", "started", "ended"):
            seen, after = [], []
            while True:
                page = self.queue("list", "--sort", sort, "--limit", "2", *after)
                seen += [job["sid"] for job in page["jobs"]]
                if page["next"] is None:
                    break
                after = ["--after", page["next"]]
            self.assertEqual(sorted(seen), ["CA1", "CA2", "CA3"], sort)
        self.chat("queue", "list", "--after", "nonsense", expect=3)

    def test_each_edit_answers_per_job_and_can_be_taken_back(self):
        self.add_three()
        ids = {job["sid"]: str(job["id"]) for job in self.listed()}
        self.assertEqual(self.queue("pause", ids["CA1"])["jobs"][0]["done"], True)
        self.assertEqual(self.states(), {"CA1": "paused", "CA2": "pending", "CA3": "pending"})
        # One of three cannot be paused again: the others are, and the reason is given.
        answer = self.queue("pause", "--all", expect=1)
        self.assertEqual((answer["done"], answer["refused"]), (2, 1))
        (refused,) = [job for job in answer["jobs"] if not job["done"]]
        self.assertIn("paused", refused["reason"])
        self.chat("queue", "undo")
        self.assertEqual(self.states(), {"CA1": "paused", "CA2": "pending", "CA3": "pending"})
        for edit, sid, state in (("resume", "CA1", "pending"), ("cancel", "CA2", "cancelled"), ("retry", "CA2", "pending")):
            self.chat("queue", edit, ids[sid])
            self.assertEqual(self.states()[sid], state)
        self.chat("queue", "remove", "--agent", "Ann")
        self.assertEqual(set(self.states()), {"CA2"})
        self.chat("queue", "undo")
        self.assertEqual(set(self.states()), {"CA1", "CA2", "CA3"})
        self.assertIn("no such job", self.chat("queue", "pause", "999", expect=3).stdout)
        self.chat("queue", "undo", expect=3)

    def test_order_is_priority_then_place(self):
        self.add_three()
        ids = {job["sid"]: str(job["id"]) for job in self.listed()}

        def order():
            return [job["sid"] for job in self.listed()]

        self.chat("queue", "priority", "--to", "1", ids["CA3"])
        self.assertEqual(order()[0], "CA3")
        last = order()[-1]
        self.chat("queue", "move", "--to", "top", ids[last])
        self.assertEqual(order()[:2], ["CA3", last])
        self.chat("queue", "move", "--to", "bottom", ids[last])
        self.assertEqual(order()[-1], last)
        self.queue("add", "--manifest", self.folder / "calls/calls.csv", "--batch", "other")
        self.chat("queue", "cancel", "--batch", "other")
        self.chat("queue", "remove", "--batch", "other", "--sid", "CA1")
        self.chat("queue", "move", "--to-batch", "other", ids["CA1"])
        self.assertEqual(len(self.listed("--batch", "monday")), 2)

    def test_an_edit_of_nothing_in_particular_is_refused(self):
        self.assertIn("--all", self.chat("queue", "remove", expect=2).stderr)
        self.chat("queue", "move", "1", expect=2)
        self.chat("queue", "priority", "--to", "9", "1", expect=2)

    def test_a_batch_is_run_accounted_for_and_its_failures_done_again(self):
        manifest, _ = self.add_three()
        (self.folder / "calls/b.wav").write_bytes(b"no sound")
        self.chat("queue", "cancel", "--sid", "CA3")
        run = ["run", "--batch", "monday", "--no-transcribe", "--audio", "none", "--out", self.report_folder]
        self.chat(*run, expect=1)
        shown = json.loads(self.chat("batch", "show", "monday", "--json").stdout)
        self.assertEqual(shown["validation"], {"complete": True, "analyzed": 1, "failed": 1, "absent": 0, "skipped": 1, "open": 0})
        (failure,) = shown["failures"]
        self.assertEqual((failure["sid"], failure["error"]["code"]), ("CA2", "AU_FMT_UNSUPPORTED"))
        self.assertEqual(shown["work"]["calls"], 1)
        self.assertAlmostEqual(shown["work"]["recordedSeconds"], 20, places=1)
        self.assertGreater(shown["work"]["processingSeconds"], 0)
        text = self.chat("batch", "show", "monday").stdout
        self.assertRegex(text, "0:20 of sound analyzed, [0-9]+ times real time a worker")
        self.assertIn("Every call is accounted for", text)
        self.assertIn("AU_FMT_UNSUPPORTED", text)
        clip(self.folder / "calls/b.wav", 0, 10)
        self.assertIn("1 failed call will be done again", self.chat("batch", "rerun-failed", "monday").stdout)
        self.chat(*run)
        self.assertEqual(self.states(), {"CA1": "completed", "CA2": "completed", "CA3": "cancelled"})
        self.assertIn("Nothing has failed", self.chat("batch", "rerun-failed", "monday").stdout)
        self.assertIn("1 cancelled", self.chat("batch", "list").stdout)
        self.assertIn("model", json.loads(self.chat("batch", "settings", "monday").stdout))

    def test_empty_states_say_what_to_do(self):
        self.assertIn("chat queue add", self.chat("queue", "list").stdout)
        self.assertIn("chat queue add", self.chat("batch", "list").stdout)
        self.assertEqual(json.loads(self.chat("batch", "list", "--json").stdout), [])
        self.assertIn("Q_DATA_BATCH_MISSING", self.chat("batch", "show", "monday", expect=3).stderr)


if __name__ == "__main__":
    unittest.main()
