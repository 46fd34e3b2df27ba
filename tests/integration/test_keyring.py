"""A telephone system's credential in a keyring: gnome-keyring on a bus of its own, for `chat telephony` and all that asks the system."""

import fcntl
import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import tempfile
import termios
import time
import tty
import unittest

from support import PROGRAM, TelephonyTest

# No service is started by being asked for: neither a keyring of its own accord, nor a window that asks for a password.
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir={folder}</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""
SECRET = "pl4nted-s3cret"


def until(condition, what):
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(what)
        time.sleep(0.02)


class KeyringTest(TelephonyTest):
    def setUp(self):
        super().setUp()
        self.desktop = pathlib.Path(tempfile.mkdtemp(prefix="chat-desktop-"))
        self.addCleanup(shutil.rmtree, self.desktop, ignore_errors=True)
        # What every command is given: no desktop session but that of the test.
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY")},
            **{f"XDG_{kind}_HOME": str(self.folder / kind.lower()) for kind in ("CACHE", "DATA")},
            "HOME": str(self.desktop), "XDG_RUNTIME_DIR": str(self.desktop),
        }
        # The server's own copy of the secret lies where nothing of CHAT is looked for.
        self.token = self.desktop / "token"
        self.token.write_text(SECRET)

    def started(self, command, **options):
        process = subprocess.Popen(command, env=self.environment, **options)

        def end():
            process.kill()
            process.wait()

        self.addCleanup(end)
        return process

    def open_bus(self):
        configuration = self.desktop / "bus.conf"
        configuration.write_text(BUS.format(folder=self.desktop))
        self.bus = self.started(
            ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--print-address=1"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(self.bus.stdout.close)
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = self.bus.stdout.readline().strip()

    def open_keyring(self, *options):
        """Begins a keyring; with a password, it is open."""
        own = {"XDG_DATA_HOME": str(self.desktop / "data"), "XDG_CACHE_HOME": str(self.desktop / "cache")}
        self.keyring = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--components=secrets", *options],
            env={**self.environment, **own}, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.keyring.wait)
        self.addCleanup(self.keyring.kill)
        self.keyring.stdin.write(b"password of the test")
        self.keyring.stdin.close()
        # It is there when it says that it does not have what is asked for.
        until(lambda: "has no secret" in self.program("telephony", "logout", "nobodys").stderr, "gnome-keyring-daemon does not start")

    def program(self, *arguments, **options):
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=200, env=self.environment, **options)

    def log_in(self, name="pbx", secret=SECRET, expect=0):
        result = self.program("telephony", "login", name, input=secret)
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result

    def begin(self, *faults):
        """A telephone system that wants the secret, and the telephony file that says where it lies."""
        self.serve("--token-file", self.token, *faults)
        self.configure((self.folder / "telephony.toml").read_text().split('"')[1], '[credential]\nkeyring = "pbx"\n')

    def ask(self, command, *arguments, expect=0):
        result = self.program(command, "--telephony", self.folder / "telephony.toml", *arguments)
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result

    def telephony_check(self, expect):
        result = self.program("doctor", "--json", "--store", self.folder / "store.sqlite", "--telephony", self.folder / "telephony.toml")
        check = {one["name"]: one for one in json.loads(result.stdout)["checks"]}["telephony"]
        self.assertEqual(check["health"], expect, check)
        return check


class Keyring(KeyringTest):
    def setUp(self):
        super().setUp()
        self.open_bus()
        self.open_keyring("--unlock")

    def test_what_was_put_there_opens_the_telephone_system(self):
        self.begin()
        absent = self.ask("chains", expect=3).stderr
        self.assertIn("has no secret pbx", absent)
        self.assertIn("chat telephony login pbx", absent)
        self.assertIn("CFG_PERM_CREDENTIAL", absent)
        self.assertIn("chat telephony login pbx", self.telephony_check("fail")["wayOut"])

        self.log_in(secret="wr0ng-s3cret\n")
        self.assertIn("API_PERM_UNAUTHORIZED", self.ask("chains", expect=3).stderr)
        self.assertIn('keyring = "pbx"', self.log_in(secret=f"  {SECRET}\n").stdout)
        self.assertGreater(len(json.loads(self.ask("chains", "--json").stdout)["chains"]), 2)
        self.assertIn("let CHAT in", self.telephony_check("ok")["what"])

        self.assertEqual(self.program("telephony", "logout", "pbx").returncode, 0)
        self.assertIn("has no secret pbx", self.ask("agents", expect=3).stderr)
        self.assertIn("has no secret pbx", self.program("telephony", "logout", "pbx").stderr)

    def test_recordings_are_fetched_with_it(self):
        self.begin()
        self.log_in()
        store = ["--queue", self.folder / "store.sqlite", "--enqueue", "--batch", "one"]
        self.ask("search", "--any-day", "--limit", "1", *store)
        run = self.program("run", "--batch", "one", "--store", self.folder / "store.sqlite", "--out", self.report_folder,
                           "--no-transcribe", "--quiet")
        self.assertEqual((run.returncode, self.only_call()["status"]), (0, "analyzed"), run.stdout + run.stderr)

    def test_a_secret_stands_in_nothing_that_is_written(self):
        self.begin("--fault", "chains:delay=3000*1")
        self.environment |= {"G_MESSAGES_DEBUG": "all", "SECRET_DEBUG": "all"}  # all that the libraries have to say
        said = self.log_in()
        written = said.stdout + said.stderr
        with subprocess.Popen([PROGRAM, "chains", "--telephony", self.folder / "telephony.toml"], env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as asking:
            process = pathlib.Path(f"/proc/{asking.pid}")
            until(lambda: any((task / "comm").read_text() == "chat-net\n" for task in (process / "task").iterdir()), "nothing was asked")
            written += (process / "cmdline").read_text() + (process / "environ").read_text()
            output, _ = asking.communicate(timeout=100)
            self.assertEqual(asking.returncode, 0, output)
        self.log_in(secret="wr0ng-s3cret")
        refused = self.ask("search", "--any-day", expect=3)
        bundle = self.folder / "support.json"
        self.program("doctor", "--telephony", self.folder / "telephony.toml", "--bundle", bundle)
        self.assertIn("API_PERM_UNAUTHORIZED", bundle.read_text())
        written += output + refused.stdout + refused.stderr
        files = [path for top in (self.folder, self.desktop) for path in top.rglob("*") if path.is_file() and path != self.token]
        self.assertTrue(any(path.suffix == ".keyring" for path in files), files)
        self.assertTrue(any(path.name == "chat.log" for path in files), files)
        for secret in (SECRET, "wr0ng-s3cret"):
            self.assertNotIn(secret, written)
            for path in files:
                self.assertNotIn(secret.encode(), path.read_bytes(), path)

    def test_what_is_no_secret_is_not_kept(self):
        for secret in ("", " \n", "two\nlines", "a" * 5000):
            self.assertIn("one line of at most 4096 bytes", self.log_in(secret=secret, expect=2).stderr)
        self.log_in(name="two words", expect=2)
        self.assertIn("has no secret pbx", self.program("telephony", "logout", "pbx").stderr)

    def typed(self, keys):
        """What a terminal shows of `chat telephony login`, its exit status, and whether typing shows again."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        process = subprocess.Popen(
            [PROGRAM, "telephony", "login", "pbx"], env=self.environment, stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        shown = b""
        while b"not shown): " not in shown:
            shown += os.read(master, 1000)
        os.write(master, keys)
        process.wait(timeout=100)
        echoes = bool(termios.tcgetattr(slave)[tty.LFLAG] & termios.ECHO)
        os.close(slave)
        try:
            while more := os.read(master, 1000):
                shown += more
        except OSError:
            pass  # all has been read
        return shown.decode(), process.returncode, echoes

    def test_what_is_typed_is_not_shown(self):
        shown, status, echoes = self.typed(SECRET.encode() + b"\n")
        self.assertEqual((status, echoes), (0, True), shown)
        self.assertIn("The keyring has it", shown)
        self.assertNotIn(SECRET, shown)
        self.begin()
        self.ask("chains")

    def test_ctrl_c_leaves_the_terminal_as_it_was(self):
        shown, status, echoes = self.typed(b"half a s3cret\x03")
        self.assertEqual((status, echoes), (130, True), shown)
        self.assertNotIn("s3cret", shown)

    def test_a_keyring_that_does_not_answer_holds_nothing_up(self):
        self.begin()
        self.log_in()
        self.keyring.send_signal(signal.SIGSTOP)
        check = self.telephony_check("fail")
        self.assertIn("CFG_PERM_CREDENTIAL", check["what"])
        self.assertIn("did not answer within 5 s", check["wayOut"])

    def test_the_end_of_the_desktop_session_is_not_that_of_the_program(self):
        self.begin()
        self.log_in()
        self.keyring.send_signal(signal.SIGSTOP)
        with subprocess.Popen([PROGRAM, "doctor", "--telephony", self.folder / "telephony.toml"], env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as asking:
            tasks = pathlib.Path(f"/proc/{asking.pid}/task")
            until(lambda: any((task / "comm").read_text() == "gdbus\n" for task in tasks.iterdir()), "the keyring was not asked")
            time.sleep(0.5)  # until it waits for the answer
            self.bus.kill()
            said, _ = asking.communicate(timeout=100)
        self.assertEqual(asking.returncode, 1, said)
        self.assertIn("CFG_PERM_CREDENTIAL", said)


class NoKeyring(KeyringTest):
    def refused(self):
        self.begin()
        kept = self.log_in(expect=3)
        asked = self.ask("chains", expect=3)
        self.assertIn("CFG_PERM_CREDENTIAL", kept.stderr)
        self.assertIn("chmod 600", asked.stderr)
        for said in (kept, asked):
            self.assertEqual(len(said.stderr.splitlines()), 3, said.stderr)
            self.assertNotIn(SECRET, said.stdout + said.stderr)
        return kept.stderr, asked.stderr

    def test_without_a_desktop_session_it_is_said_that_there_is_none(self):
        for said in self.refused():
            self.assertIn("There is no keyring here", said)
        self.assertIn("There is no keyring here", self.telephony_check("fail")["wayOut"])

    def test_where_the_session_has_none_too(self):
        self.open_bus()
        for said in self.refused():
            self.assertIn("There is no keyring here", said)

    def test_one_that_is_locked_is_not_waited_for(self):
        self.open_bus()
        self.open_keyring("--unlock")
        self.log_in()
        self.keyring.kill()
        self.keyring.wait()
        self.open_keyring()  # the password stays unsaid
        kept, asked = self.refused()
        self.assertIn("was not unlocked", kept)
        self.assertIn("The keyring is locked", asked)


if __name__ == "__main__":
    unittest.main()
