"""Keeping and forgetting: backups, restored and salvaged stores, calls that leave no trace."""

import json
import os
import sqlite3
import stat
import subprocess
import unittest

from support import PROGRAM, ChatTest, clip


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


if __name__ == "__main__":
    unittest.main()
