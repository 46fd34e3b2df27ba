"""Backup, restore, salvage and forget, killed wherever they write: nothing is lost, and given again they come to what they come to.

CHAT_FAULT_POINTS=all kills at every point (else at 10 of each).
"""

import contextlib
import functools
import pathlib
import re
import shutil
import signal
import sqlite3
import tempfile
import unittest

from faulty_runs import Batch, Run, kill_at, points_of, scratch, spread
from test_faults import ALL, SEED

POINTS = None if ALL else 10
FORGOTTEN = 3  # the number of a call
# What is noted of the commands themselves, with their times.
NOTES = ("audit", "kept_copies")


class Kept(Run):
    """A store beside a backup, copied from where they were prepared."""

    def __init__(self, batch, prepared, folder):
        super().__init__(batch, folder, made=False)
        shutil.copytree(prepared, folder)

    @property
    def backup(self):
        return self.folder / "backup.sqlite"

    def asides(self):
        return [path for path in self.folder.glob("store.sqlite.*-*") if not path.name.endswith(("-wal", "-shm"))]

    def outcome(self):
        beside = {re.sub(r"-\d{8}-\d{6}(-\d+)?", "-DATE", path.name) for path in self.folder.iterdir() if path.is_file()}
        return {"beside": beside, "store": content(self.store), "backup": content(self.backup)}


def content(database):
    """Rows of each table, of a copy: looking at a database may change it."""
    if not database.exists():
        return None
    with tempfile.TemporaryDirectory() as name:
        for ending in ("", "-wal", "-journal"):
            if (part := database.with_name(database.name + ending)).exists():
                shutil.copy(part, pathlib.Path(name, "copy" + ending))
        with contextlib.closing(sqlite3.connect(pathlib.Path(name, "copy"))) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)], database
            tables = [table for (table,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
            return {table: sorted(map(repr, copy.execute(f'SELECT * FROM "{table}"'))) for table in tables if table not in NOTES}


class BackedUp(Kept):
    """Brought up to date after a call was forgotten and is in the backup still."""

    def commands(self):
        return [["recover", "backup", self.backup, "--store", self.store]]

    def harm(self):
        # Rows go first, then the traces of them; which of these is done the backup says of itself.
        rows = [{**found, "store_identity": None} for found in (content(self.backup), *self.either)]
        return "" if rows[0] in rows[1:] else "the backup is neither the old nor the new one"

    def outcome(self):
        return {**super().outcome(), "traces": self.forgotten in self.backup.read_bytes()}


class BackedUpFirst(Kept):
    """There is no backup yet."""

    commands = BackedUp.commands

    def harm(self):
        return "" if content(self.backup) in (None, content(self.store)) else "half a backup has the name of one"


class Restored(Kept):
    """Over a store whose last user was killed, so that much of it is in its log."""

    def commands(self):
        return [["recover", "restore", self.backup, "--store", self.store]]

    def harm(self):
        # Any command that opens the store begins with a look at it.
        status, said = self.go([["queue", "list", "--store", self.store]])
        if status != 0:
            return said
        return "" if content(self.store) in self.either else "the store is neither the old nor the new one"

    def outcome(self):
        return {**super().outcome(), "kept": any(content(aside) == self.either[0] for aside in self.asides())}


class Salvaged(Kept):
    """Over a damaged store whose last user was killed."""

    fine = (0, 1)  # 1: something was lost, or is lost already

    def commands(self):
        return [["recover", "salvage", "--store", self.store]]

    def damaged(self):
        """Whether the damaged store and its log are there as they were."""
        files = [self.store, *self.asides()]
        logs = [file.with_name(file.name + "-wal") for file in files]
        return all(any(one.exists() and one.read_bytes() == kept for one in ones) for ones, kept in zip((files, logs), self.found))

    def harm(self):
        return "" if self.damaged() else "the damaged store is not kept as it was"

    def outcome(self):
        return {**super().outcome(), "kept": self.damaged()}


class Forgot(Kept):
    fine = (0, 3)  # 3: it is not known any more

    def commands(self):
        return [["forget", self.forgotten.decode(), "--store", self.store]]

    def harm(self):
        return "" if content(self.store) in self.either else "half of a call is forgotten"

    def outcome(self):
        return {**super().outcome(), "traces": [file.name for file in self.folder.glob("store.sqlite*") if self.forgotten in file.read_bytes()]}


class Upkeep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = scratch()
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.batch = Batch(cls.folder)
        cls.analyzed = cls.run_of("analyzed", Run.queued)
        with contextlib.closing(sqlite3.connect(cls.analyzed.store)) as store:
            (sid,) = store.execute("SELECT recording FROM calls WHERE path = ?", (f"{FORGOTTEN}.wav",)).fetchone()
        cls.forgotten = sid.encode()

    @classmethod
    def run_of(cls, name, commands, **how):
        run = Run(cls.batch, cls.folder / name)
        status, said = run.go(commands(run), **how)
        assert status == 0, said
        return run

    def half_run(self, name, backup):
        """The store of a run that was killed with its supervisor, and a backup from before it."""
        run = Run(self.batch, self.folder / name)
        adding, working = run.queued()
        kept = [["recover", "backup", run.folder / "backup.sqlite", "--store", run.store]] if backup else []
        self.assertEqual(run.go([adding, *kept]), (0, ""))
        status, said = run.go([working], run.watched(point=("worker", "store: end of the words", "commit", 6), how="together"))
        self.assertEqual(status, -signal.SIGKILL, said)
        shutil.rmtree(run.report, ignore_errors=True)
        return run

    def killed_everywhere(self, kind, prepared, **known):
        for name, value in known.items():
            setattr(kind, name, value)
        make = functools.partial(kind, self.batch, prepared)
        quiet = make(self.folder / f"{kind.__name__}.quiet")
        log = self.folder / f"{kind.__name__}.points"
        if kind in (BackedUp, Restored, Forgot):
            kind.either = (content(quiet.backup if kind is BackedUp else quiet.store),)
        status, said = quiet.go(quiet.commands(), quiet.watched(log=log))
        self.assertEqual(status, 0, said)
        if kind in (BackedUp, Restored, Forgot):
            kind.either += (content(quiet.backup if kind is BackedUp else quiet.store),)
            self.assertNotEqual(*kind.either)
        wanted = quiet.outcome()
        points = points_of(log)
        self.assertEqual([point for point in points if point.name == "-"], [])
        tally = kill_at(make, self.folder, kind.commands, spread(points, POINTS, SEED), wanted, SEED)
        print(f"\n{kind.__name__}, {len(points)} points, seed {SEED}: {tally.text()}", flush=True)
        self.assertEqual(tally.differences, [])
        self.assertEqual(tally.unreached, [])
        return wanted

    def test_a_first_backup(self):
        wanted = self.killed_everywhere(BackedUpFirst, self.analyzed.folder)
        self.assertEqual(wanted["backup"], wanted["store"])

    def test_a_backup_brought_up_to_date(self):
        prepared = Kept(self.batch, self.analyzed.folder, self.folder / "kept")
        backing = [["recover", "backup", prepared.backup, "--store", prepared.store]]
        self.assertEqual(prepared.go([*backing, ["forget", self.forgotten.decode(), "--store", prepared.store]]), (0, ""))
        wanted = self.killed_everywhere(BackedUp, prepared.folder, forgotten=self.forgotten)
        self.assertEqual((wanted["backup"], wanted["traces"]), (wanted["store"], False))

    def test_restore(self):
        prepared = self.half_run("to restore", backup=True)
        self.assertGreater(prepared.store.with_name("store.sqlite-wal").stat().st_size, 1 << 16)
        wanted = self.killed_everywhere(Restored, prepared.folder)
        self.assertEqual((wanted["store"], wanted["kept"]), (wanted["backup"], True))

    def test_salvage(self):
        prepared = self.half_run("to salvage", backup=False)
        log = prepared.store.with_name("store.sqlite-wal")
        whole = content(prepared.store)
        damage_a_page(prepared.store, log)
        found = (prepared.store.read_bytes(), log.read_bytes())
        wanted = self.killed_everywhere(Salvaged, prepared.folder, found=found)
        self.assertTrue(wanted["kept"])
        self.assertEqual(wanted["store"]["stage_results"], whole["stage_results"], "it was in the log")

    def test_forget(self):
        wanted = self.killed_everywhere(Forgot, self.analyzed.folder, forgotten=self.forgotten)
        self.assertEqual(wanted["traces"], [])
        self.assertEqual(len(wanted["store"]["calls"]), 7)


def damage_a_page(store, log):
    """Zeroes the last page with rows that is not in the log as well (https://www.sqlite.org/fileformat2.html)."""
    size, frame = 4096, 24
    logged = log.read_bytes()
    newer = {int.from_bytes(logged[at:at + 4], "big") for at in range(32, len(logged), frame + size)}
    found = bytearray(store.read_bytes())
    leaf = 0x0D
    at = max(at for at in range(size, len(found), size) if found[at] == leaf and at // size + 1 not in newer)
    found[at:at + size] = bytes(size)
    store.write_bytes(found)


if __name__ == "__main__":
    unittest.main()
