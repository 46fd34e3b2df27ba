"""What befalls a run from outside: a full disk, damage to what was kept, another time of day, a download that is cut.

Once the trouble is over, the same command comes to what an undisturbed run comes to.
"""

import contextlib
import hashlib
import http.server
import itertools
import os
import pathlib
import shutil
import signal
import sqlite3
import ssl
import subprocess
import threading
import time
import unittest

from faulty_runs import Run, differences
from support import PROGRAM
from test_faults import ALL, Faults

FAKETIME = next(iter(sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


class Trouble(Faults):
    def run_of(self, name):
        return Run(self.batch, self.folder / f"{self.id()}.{name}")

    def ends_well(self, run, commands, **how):
        status, said = run.go(commands, **how)
        self.assertEqual(status, 0, said)
        self.assertEqual(differences(self.wanted, run.outcome()), {})

    def ends_well_anew(self, run, program=None):
        """As a batch of its own beside the one that was killed, which is not waited for."""
        status, said = run.go(run.analyzed(), program=program)
        self.assertEqual(status, 0, said)
        self.is_whole(run)

    def is_whole(self, run, note=""):
        found = run.outcome()
        for part in ("report", "files", "integrity", "results", "recordings", "calls", "windows"):
            self.assertEqual(found[part], self.wanted[part], f"{note} {part}")

    def killed_at(self, run, name, call, number, role="worker"):
        """A run that was killed there, its supervisor with it, so that nobody gave back what it had in hand."""
        status, said = run.go(run.queued(), run.watched(point=(role, name, call, number), how="together"))
        self.assertEqual(status, -signal.SIGKILL, said)


class FullDisk(Trouble):
    """A small tmpfs, in a mount namespace of its own, that is enlarged after the first try."""

    SCRIPT = """
        disk=$1 size=$2 kept=$3 said=$4; shift 4
        mount -t tmpfs -o size="$size" tmpfs "$disk" && mkdir "$disk/run" || exit 77
        timeout --signal INT 20 "$@" 2>"$said"; echo "$?" >>"$said"
        mount -o remount,size=256m "$disk" && "$@" && cp -a "$disk/run/." "$kept"
    """

    def setUp(self):
        self.own = next((unshare for unshare in (["unshare", "-m"], ["unshare", "-rm"])
                         if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode == 0), None)
        if self.own is None:
            self.skipTest("no file system of one's own can be mounted here")

    def test_with_room_again_the_run_ends_well(self):
        full = 0
        for kib in range(40, 2600, 80 if ALL else 320):
            run, disk, said = self.run_of(kib), self.folder / f"disk.{kib}", self.folder / f"said.{kib}"
            disk.mkdir()
            on_disk = Run(self.batch, disk / "run", made=False)
            (command,) = on_disk.analyzed()
            done = subprocess.run(
                [*self.own, "sh", "-c", self.SCRIPT, "sh", disk, f"{kib}k", run.folder, said, run.batch.program, *map(str, command)],
                env=on_disk.environment(), capture_output=True, text=True, timeout=200, check=False,
            )  # fmt: skip
            self.assertEqual(done.returncode, 0, f"{kib} KiB: {said.read_text()}\n{done.stderr}")
            first = said.read_text().split()[-1]
            full += first != "0"
            self.is_whole(run, f"{kib} KiB:")
            shutil.rmtree(run.folder)
        self.assertGreater(full, 2, "the disk was never full")


class Damage(Trouble):
    def test_a_log_of_which_half_is_gone_costs_what_stood_there(self):
        run = self.run_of("log")
        self.killed_at(run, "store: end of the words", "commit", 6)
        log = run.store.with_name(run.store.name + "-wal")
        os.truncate(log, log.stat().st_size // 2)
        self.ends_well_anew(run)

    def test_a_damaged_store_is_salvaged_and_the_run_ends_well(self):
        run = self.run_of("store")
        self.killed_at(run, "store: end of the words", "commit", 6)
        with contextlib.closing(sqlite3.connect(run.store)) as store:
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (page,) = store.execute("PRAGMA page_size").fetchone()
            (root,) = store.execute("SELECT rootpage FROM sqlite_master WHERE name = 'stage_results'").fetchone()
        with open(run.store, "r+b") as file:
            file.seek((root - 1) * page)
            file.write(os.urandom(page))
        (command,) = run.analyzed()
        self.assertEqual(run.go([command])[0], 3)
        self.assertEqual(run.go([["recover", "salvage", "--store", run.store], command]), (0, ""))
        self.is_whole(run)

    def damaged_window(self, change):
        run = self.run_of("window")
        self.killed_at(run, "store: end of the words", "commit", 2)
        with contextlib.closing(sqlite3.connect(run.store)) as store, store:
            rowid, heard = store.execute("SELECT rowid, result FROM heard_windows").fetchone()
            store.execute("UPDATE heard_windows SET result = ? WHERE rowid = ?", (change(heard), rowid))
        self.ends_well_anew(run)

    def test_a_kept_window_that_cannot_be_read_is_heard_again(self):
        self.damaged_window(lambda heard: heard[: len(heard) // 2])

    def test_so_is_one_that_says_something_else(self):
        self.damaged_window(lambda heard: heard.replace(b"word", b"sword"[:4]))


class AnotherTime(Trouble):
    """The time of day moves by an hour; what measures durations does not."""

    def setUp(self):
        if FAKETIME is None:
            self.skipTest("libfaketime is not installed")
        # Decoders may make no system call that libfaketime makes.
        self.place = self.folder / self.id()
        self.place.mkdir()
        program = pathlib.Path(self.batch.program)
        shutil.copy(program, self.place / "chat")
        (self.place / "chat-decode").write_text(f'#!/bin/sh\nunset LD_PRELOAD\nexec "{program.with_name("chat-decode")}" "$@"\n')
        (self.place / "chat-decode").chmod(0o700)

    def moved(self, run, by):
        """An environment in which it is `by` later, and a file that says so."""
        file = self.place / "time"
        file.write_text(by)
        return run.environment(
            LD_PRELOAD=FAKETIME, FAKETIME_TIMESTAMP_FILE=file, FAKETIME_NO_CACHE=1, FAKETIME_DONT_FAKE_MONOTONIC=1,
        )  # fmt: skip

    def test_between_a_killed_run_and_the_next(self):
        for by in ("+1h", "-1h") if ALL else ("+1h",):  # back, a lease of a minute is waited for
            with self.subTest(by):
                run = self.run_of(by)
                self.killed_at(run, "store: end of a stage", "pwrite64", 40)
                began = time.monotonic()
                self.ends_well(run, run.queued(), environment=self.moved(run, by), program=self.place / "chat")
                print(f"\nby {by}: {time.monotonic() - began:.1f} s", flush=True)

    def test_in_the_middle_of_a_run(self):
        for by, after in itertools.product(("+1h", "-1h"), (0.1, 0.15, 0.2, 0.3)):
            with self.subTest(by, after=after):
                run = self.run_of(f"{by}.{after}")
                environment = self.moved(run, "+0")
                add, work = run.queued()
                self.assertEqual(run.go([add], environment, program=self.place / "chat")[0], 0)
                mover = threading.Timer(after, (self.place / "time").write_text, [by])
                mover.start()
                self.ends_well(run, [work], environment=environment, program=self.place / "chat")
                mover.join()


class CutDownload(Trouble):
    """A mirror whose connections end after some bytes."""

    def setUp(self):
        self.home = self.folder / self.id()
        self.home.mkdir()
        self.installed = pathlib.Path(os.environ.get("CHAT_MODELS", pathlib.Path.home() / ".cache/chat/models")) / "tiny.en"
        self.authority = self.home / "authority.pem"
        key = self.home / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", self.authority],
            check=True, capture_output=True,
        )  # fmt: skip
        test = self

        class Mirror(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                content = (test.installed / pathlib.Path(self.path).name).read_bytes()
                begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
                test.asked.append((pathlib.Path(self.path).name, begin))
                self.send_response(206 if begin else 200)
                if begin:
                    self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
                self.send_header("ETag", '"v1"')
                self.send_header("Content-Length", str(len(content) - begin))
                self.end_headers()
                whole = content[begin:]
                sent = whole if test.left is None else whole[: max(test.left, 0)]
                with contextlib.suppress(OSError):
                    self.wfile.write(sent)
                if test.left is not None:
                    test.left -= len(sent)
                if len(sent) < len(whole):
                    self.close_connection = True

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.authority, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.command = [PROGRAM, "models", "pull", "tiny.en", "--server", f"https://localhost:{server.server_port}",
                        "--ca-file", str(self.authority), "--allow-host", "localhost", "--allow-address", "127.0.0.1"]  # fmt: skip
        self.left, self.asked = None, []

    def pull(self, models, **more):
        environment = {**os.environ, "CHAT_MODELS": str(models), **more}
        return subprocess.run(self.command, env=environment, capture_output=True, text=True, timeout=200, check=False)

    def test_it_goes_on_where_it_was_cut(self):
        size = (self.installed / "model.bin").stat().st_size
        for cut in (size // 2, size - 1) if not ALL else (1, 1000, size // 4, size // 2, 3 * size // 4, size - 1):
            with self.subTest(cut):
                models = self.home / f"models.{cut}"
                self.left = cut
                first = self.pull(models)
                self.assertNotEqual(first.returncode, 0, first.stdout)
                self.left, self.asked = None, []
                second = self.pull(models)
                self.assertEqual(second.returncode, 0, second.stderr)
                self.assertTrue(cut < 1000 or any(begin > 0 for _, begin in self.asked), "it began anew")
                self.same_as_installed(models)

    def test_it_goes_on_where_it_was_killed(self):
        log = self.home / "points"
        run = Run(self.batch, self.home / "run")
        for name, call, number in (("download: more of a file", "write", 40), ("download: end of a file", "fsync", 2),
                                   ("download: end of a file", "rename", 1), ("models: into its place", "rename", 1)):  # fmt: skip
            with self.subTest(f"{name} {call}"):
                models = self.home / f"models.{name}.{call}"
                first = self.pull(models, **{**run.watched(log=log, point=("models", name, call, number)), "CHAT_MODELS": str(models)})
                self.assertEqual(first.returncode, -signal.SIGKILL, first.stderr)
                run.killed.unlink()
                second = self.pull(models)
                self.assertEqual(second.returncode, 0, second.stderr)
                self.same_as_installed(models)
        self.assertNotIn("\t-\t", log.read_text())

    def same_as_installed(self, models):
        self.assertEqual([path.name for path in models.iterdir()], ["tiny.en"])
        for file in (models / "tiny.en").iterdir():
            self.assertEqual(*(hashlib.sha256(one.read_bytes()).hexdigest() for one in (file, self.installed / file.name)), file.name)
        shutil.rmtree(models)


if __name__ == "__main__":
    unittest.main()
