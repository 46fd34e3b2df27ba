"""Keeping and forgetting: backups, restored and salvaged stores, calls that leave no trace; and what is left of a run that died."""

import json
import os
import pty
import random
import signal
import sqlite3
import stat
import subprocess
import unittest

from support import PROGRAM, RECORDINGS, ChatTest, clip, without_run


class Recover(ChatTest):
    def setUp(self):
        super().setUp()
        self.store = self.folder / "store.sqlite"
        self.calls = [clip(self.folder / f"{i}.wav", 10 * i, 5) for i in range(3)]
        manifest = self.folder / "calls.csv"
        manifest.write_text("file,sid,agent\n" + "".join(f"{i}.wav,CA-{i},Agent-Planted-{i}\n" for i in range(3)))
        self.analyze("--manifest", manifest, "--no-transcribe")

    def chat(self, *arguments, expect=0):
        result = subprocess.run(
            [PROGRAM, *map(str, arguments), "--store", str(self.store)], capture_output=True, text=True, timeout=100
        )
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return json.loads(result.stdout) if "--json" in arguments else result.stdout

    def damage_a_page(self):
        content = bytearray(self.store.read_bytes())
        pages = [at for at in range(4096, len(content), 4096) if content[at] == 0x0D and b"Agent-Planted" in content[at:at + 4096]]
        at = pages[0]
        content[at:at + 4096] = bytes(4096)
        self.store.write_bytes(content)

    def test_a_backup_is_made_brought_up_to_date_and_restored(self):
        first = self.chat("recover", "backup", self.folder / "backup", "--json")
        self.assertTrue(first["whole"])
        copy = self.folder / "backup"
        self.assertEqual(stat.S_IMODE(os.stat(copy).st_mode), 0o600)
        more = clip(self.folder / "more.wav", 60, 5)
        self.analyze(more, "--no-transcribe")
        second = self.chat("recover", "backup", copy, "--json")
        self.assertFalse(second["whole"])
        self.assertGreater(second["rowsWritten"], 3)
        self.assertTrue(self.chat("recover", "verify", copy, "--json")["sound"])
        self.store.write_bytes(b"rubbish")
        restored = self.chat("recover", "restore", copy, "--json")
        self.assertTrue(restored["aside"].startswith(str(self.store)))
        self.assertIn("Everything is sound", self.chat("recover", "verify"))
        (entry,) = self.chat("recover", "audit", "--json")
        self.assertEqual((entry["action"], entry["call"]), ("restore", None))
        self.assertIn("a backup was put in the store's place", self.chat("recover", "audit", "--limit", "1"))
        self.assertIn("Nothing was done to this call", self.chat("recover", "audit", "--call", "CA-1"))
        self.analyze(more, "--no-transcribe")
        timings = {timing["stage"]: timing for timing in self.report()["run"]["timings"]}
        self.assertEqual(timings["audio"]["calls"], 0, "what was restored is not done again")

    def test_a_damaged_store_is_named_and_salvaged(self):
        self.damage_a_page()
        report = self.chat("recover", "verify", "--json", expect=1)
        self.assertEqual([table["table"] for table in report["tables"] if table["problems"]], ["calls"])
        outcome = self.chat("recover", "salvage", "--json", expect=1)
        self.assertEqual({lost["sid"] for lost in outcome["lost"]}, {"CA-0", "CA-1", "CA-2"})
        self.assertEqual(outcome["lost"][0]["lost"], ["call"])
        self.assertTrue(self.chat("recover", "verify", "--json")["sound"])
        self.assertIn("nothing was done", self.chat("recover", "salvage"))

    def damage_the_header(self):
        content = bytearray(self.store.read_bytes())
        content[:100] = bytes(100)
        self.store.write_bytes(content)

    def test_whoever_only_looks_begins_with_what_can_be_read_too(self):
        self.damage_a_page()
        self.damage_the_header()
        damaged = self.store.read_bytes()
        for command, seen in (("queue", '"sid": "CA-1"'), ("batch", '"completed": 3'), ("errors", '"AU_DATA_ONE_SIDED"')):
            self.store.write_bytes(damaged)
            for log in self.folder.glob("store.sqlite-*"):
                log.unlink()
            result = subprocess.run(
                [PROGRAM, command, "list", "--json", "--store", self.store], capture_output=True, text=True, timeout=100
            )
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("Lost of 3 calls", result.stderr, command)
            self.assertIn("CA-1", result.stderr, command)
            self.assertIn(seen, result.stdout, command)
            json.loads(result.stdout)

    def test_a_run_begins_with_what_can_be_read_of_a_damaged_store(self):
        self.damage_the_header()
        result = self.analyze(self.calls[0], "--no-transcribe")
        self.assertIn("The store was damaged", result.stderr)
        timings = {timing["stage"]: timing for timing in self.report()["run"]["timings"]}
        self.assertEqual((timings["audio"]["calls"], timings["audio"]["reused"]), (0, 1))

    def test_a_forgotten_call_leaves_no_trace_in_the_store(self):
        self.chat("recover", "backup", self.folder / "backup")
        dry = self.chat("forget", "CA-1", "--dry-run", "--json")
        self.assertEqual((dry["forgotten"], dry["rows"]), (1, 0))
        outcome = self.chat("forget", "CA-1", "CA-none", "--json", expect=1)
        self.assertEqual((outcome["forgotten"], outcome["unknown"]), (1, ["CA-none"]))
        self.assertEqual([holder["path"] for holder in outcome["copies"]], [str(self.folder / "backup")])
        for file in self.folder.glob("store.sqlite*"):
            self.assertNotIn(b"CA-1", file.read_bytes(), file)
            self.assertNotIn(b"Agent-Planted-1", file.read_bytes(), file)
        with sqlite3.connect(self.store) as connection:
            self.assertEqual(connection.execute("SELECT count(*) FROM calls").fetchone(), (2,))
        connection.close()
        self.chat("recover", "backup", self.folder / "backup")
        self.assertNotIn(b"Agent-Planted-1", (self.folder / "backup").read_bytes())
        self.chat("forget", "CA-1", expect=3)
        self.chat("forget", expect=2)


class HalfDone(ChatTest):
    """A run is killed with all its processes; what it had in hand is listed, verified, gone on with, or thrown away."""

    def setUp(self):
        super().setUp()
        self.calls = [clip(self.folder / f"{i}.wav", 30 * i, 60) for i in range(6)]
        (self.folder / "calls.csv").write_text("file,sid\n" + "".join(f"{i}.wav,CA-{i}\n" for i in range(6)))
        self.store = self.folder / "store.sqlite"

    def chat(self, *arguments, expect=0):
        result = subprocess.run(
            [PROGRAM, *map(str, arguments), "--store", str(self.store)], capture_output=True, text=True, timeout=200
        )
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return json.loads(result.stdout) if "--json" in arguments else result.stdout

    def begun(self):
        """A run in a session of its own, once its first call has ended."""
        process = subprocess.Popen(
            self.command("--manifest", self.folder / "calls.csv", "--model", "tiny.en", "-j", "2"),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stderr.close)
        self.assertIn("[1/6]", process.stderr.readline())
        return process

    def kill_all(self, process):
        """The run and all below it at one instant, as a power cut would: no worker lives to give its calls back."""
        os.kill(process.pid, signal.SIGSTOP)
        below = [process.pid]
        for parent in below:
            for task in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{task}/children", encoding="ascii") as children:
                    below += [int(child) for child in children.read().split()]
        for one in below[1:] + below[:1]:
            os.kill(one, signal.SIGKILL)
        process.wait()

    def report_of_a_quiet_run(self):
        whole = self.folder / "whole"
        subprocess.run(
            [PROGRAM, "analyze", "--manifest", self.folder / "calls.csv", "--model", "tiny.en", "-q", "--store",
             self.folder / "other.sqlite", "--out", whole],
            check=True, capture_output=True, timeout=200,
        )
        return without_run(whole)

    def test_a_run_that_was_killed_is_gone_on_with(self):
        process = self.begun()
        held = [call for call in self.chat("recover", "list", "--json") if call["heldBy"] == "at work"]
        self.assertTrue(held)
        refused = self.chat("recover", "resume", "--all", "--json", expect=1)
        self.assertIn("is at work on it", json.dumps(refused))
        self.kill_all(process)
        calls = self.chat("recover", "list", "--json")
        self.assertTrue(calls)
        for call in calls:
            self.assertEqual(call["heldBy"], "dead run")
            self.assertLessEqual(call["kept"]["windowsHeard"], call["kept"]["windows"])
        self.assertIn("dead run", self.chat("recover", "list"))
        self.chat("recover", "resume", expect=2)
        self.chat("recover", "resume", "--call", "CA-none", expect=3)
        out = self.folder / "continued"
        self.chat("recover", "resume", "--all", "--out", out, "-q", "--why", "power cut")
        self.assertEqual(without_run(out), self.report_of_a_quiet_run())
        self.assertEqual(self.chat("recover", "list", "--json"), [])
        entries = self.chat("recover", "audit", "--json")
        self.assertEqual({(entry["action"], entry["why"]) for entry in entries}, {("resume", "power cut")})
        self.assertEqual({entry["call"] for entry in entries}, {call["sid"] for call in calls})
        self.assertIn("No call was begun", self.chat("recover", "resume", "--all"))

    def test_what_was_kept_is_thrown_away_when_asked_for(self):
        self.kill_all(self.begun())
        commands = self.chat("recover", "resume", "--all", "--json")["commands"]
        self.assertRegex(commands[0], r"^chat run --batch 'analyze ")
        kept = {call["sid"]: call["kept"]["bytes"] for call in self.chat("recover", "list", "--json")}
        sid = max(kept, key=kept.get)
        self.assertGreater(kept[sid], 0)
        self.assertIn("Say --yes", self.chat("recover", "discard", "--call", sid, expect=2))
        self.assertEqual(self.chat("recover", "discard", "--call", sid, "--json", expect=2)["discarded"], 0)
        gone = self.chat("recover", "discard", "--call", sid, "--yes", "--why", "begun with the wrong file", "--json")
        self.assertGreater(gone["discarded"], 0)
        left = {call["sid"]: call for call in self.chat("recover", "list", "--json")}[sid]
        self.assertEqual((left["stage"], left["kept"]["bytes"]), ("audio", 0))
        self.assertEqual(self.chat("recover", "audit", "--call", sid, "--json")[0]["why"], "begun with the wrong file")
        self.chat("recover", "discard", expect=2)

    def test_a_checkpoint_that_is_not_what_was_stored_is_named_and_made_anew(self):
        self.analyze("--manifest", self.folder / "calls.csv", "--no-transcribe")
        before = without_run(self.report_folder)
        with sqlite3.connect(self.store) as store:
            store.execute("UPDATE stage_results SET result = zeroblob(length(result)) WHERE stage = 'audio' AND recording = "
                          "(SELECT recording FROM calls WHERE sid = 'CA-2')")
        store.close()
        found = self.chat("recover", "verify", "--json", expect=1)
        self.assertEqual(found["wrongCheckpoints"], [{"call": "CA-2", "stage": "audio", "window": False}])
        self.assertIn("CA-2: its sound is not what was stored", self.chat("recover", "verify", expect=1))
        batch = self.chat("batch", "list", "--json")[0]["name"]
        self.chat("run", "--batch", batch, "--out", self.folder / "again", "-q", expect=1)
        self.assertIn("DB_DATA_CHECKPOINT", (self.folder / "again" / "report.json").read_text())
        self.analyze("--manifest", self.folder / "calls.csv", "--no-transcribe")
        self.assertEqual(without_run(self.report_folder), before)
        self.assertTrue(self.chat("recover", "verify", "--json")["sound"])
        noted = [error for error in self.chat("errors", "list", "--json") if error["code"] == "DB_DATA_CHECKPOINT"]
        self.assertEqual([error["outcome"] for error in noted], ["went on"])

    def test_on_a_terminal_it_asks_before_it_throws_away(self):
        self.kill_all(self.begun())
        sid = max(self.chat("recover", "list", "--json"), key=lambda call: call["kept"]["bytes"])["sid"]
        for answer, gone in (("n", False), ("y", True)):
            ours, theirs = pty.openpty()
            process = subprocess.Popen(
                [PROGRAM, "recover", "discard", "--call", sid, "--store", self.store],
                stdin=theirs, stdout=subprocess.PIPE, text=True,
            )
            os.write(ours, (answer + "\n").encode())
            output, _ = process.communicate(timeout=30)
            os.close(ours)
            os.close(theirs)
            self.assertEqual(process.returncode, 0, output)
            self.assertIn("this is lost", output)
            self.assertEqual("thrown away" in output, gone)


class Strategies(ChatTest):
    """A call that failed is tried again in the way that its error calls for, and what came of that is kept."""

    def test_recordings_that_lost_their_beginning_are_read_frame_by_frame(self):
        flac = (RECORDINGS / "auto_loan_mono.flac").read_bytes()
        (self.folder / "cut.flac").write_bytes(flac[5001:])
        clip(self.folder / "whole.mp3", 0, 20)
        junk = random.Random(5).randbytes(1_100_000)
        (self.folder / "joined.mp3").write_bytes(junk + (self.folder / "whole.mp3").read_bytes())
        (self.folder / "text.mp3").write_text("This is no sound at all. " * 400)
        (self.folder / "text.wav").write_text("This is no sound either. " * 400)
        names = ["cut.flac", "joined.mp3", "text.mp3", "text.wav"]
        self.analyze(*(self.folder / name for name in names), "--no-transcribe", expect=1)
        calls = {call["path"]: call for call in self.report()["calls"]}
        self.assertEqual({path: call["status"] for path, call in calls.items()},
                         {"cut.flac": "analyzed", "joined.mp3": "analyzed", "text.mp3": "failed", "text.wav": "failed"})
        for path in ("cut.flac", "joined.mp3"):
            self.assertTrue((self.report_folder / calls[path]["audio"]).exists(), "it can be listened to")
        explained = json.loads(subprocess.run(
            [PROGRAM, "errors", "explain", "au_fmt_unsupported", "--json", "--store", self.folder / "store.sqlite"],
            capture_output=True, text=True, check=True,
        ).stdout)
        (decoding,) = explained["strategies"]
        self.assertEqual((decoding["strategy"], decoding["tried"], decoding["helped"]), ("other decoding", 3, 2))
        text = subprocess.run(
            [PROGRAM, "errors", "explain", "AU_FMT_UNSUPPORTED", "--store", self.folder / "store.sqlite"],
            capture_output=True, text=True, check=True,
        ).stdout
        self.assertRegex(text, r"it helped 2\s+of 3 calls here")


if __name__ == "__main__":
    unittest.main()
