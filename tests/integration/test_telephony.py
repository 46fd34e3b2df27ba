"""`chat chains|stores|agents|search` as a person uses them, with chat-demo-server over TLS and with a folder."""

import contextlib
import datetime
import fcntl
import json
import os
import pty
import struct
import subprocess
import termios
import unittest
import zoneinfo
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from support import PROGRAM, RECORDINGS, ROOT, SERVER, TelephonyTest


class Telephony(TelephonyTest):
    def test_lists_and_finds_over_tls(self):
        self.serve()
        chains = json.loads(self.ask("chains", "--json").stdout)["chains"]
        self.assertEqual([chain["name"] for chain in chains][:2], ["Example Lending (invented)", "Example Rewards (invented)"])
        stores = json.loads(self.ask("stores", "--chain", "Platinum Motors (invented)", "--json").stdout)["stores"]
        self.assertEqual([store["name"] for store in stores], ["Harbor Street (invented)", "Northwest (invented)"])
        self.assertIn("Agent M", self.ask("agents", "--chain", "Platinum Motors (invented)", "--store", stores[1]["id"]).stdout)

        found = json.loads(self.ask("search", "--from", "2026-11-11", "--to", "2026-11-12", "--json").stdout)
        self.assertEqual([call["orderId"] for call in found["calls"]], ["INVENTED-20377", "INVENTED-20418", "INVENTED-20106"])
        self.assertEqual((found["total"], found["more"], found["error"]), (3, False, None))
        table = self.ask("search", "--any-day", "--page-size", "2").stdout
        self.assertRegex(table, r"2026-11-10T12:31:00 +\w+")
        self.assertRegex(table, r"5 of 5 calls")

    def test_once_configured_it_needs_no_option(self):
        self.serve()
        home = {"XDG_CONFIG_HOME": str(self.folder / "config")}
        self.chat("config", "set", "telephony", self.folder / "telephony.toml", env=home)
        self.chat("config", "set", "time-zone", "Asia/Tokyo", env=home)
        found = json.loads(self.chat("search", "--any-day", "--json", env=home).stdout)
        self.assertEqual((found["total"], found["timeZone"]), (5, "Asia/Tokyo"))
        today = datetime.datetime.now(zoneinfo.ZoneInfo("Asia/Tokyo")).date()
        self.assertIn(f"0 of 0 calls of today, {today}, time of Asia/Tokyo", self.chat("search", env=home).stdout)
        self.assertIn("1 of 1 calls", self.chat("search", RECORDINGS / "auto_repairs_1.flac", "--any-day", env=home).stdout)
        said = self.chat("search", "--time-zone", "Europe/Atlantis", env=home, expect=2).stderr
        self.assertIn("not a time zone", said)
        both = self.ask("search", "--manifest", ROOT / "demo/calls.csv", expect=2, env=home)
        self.assertIn("either a telephone system or recordings", both.stderr)

    def test_a_folder_is_searched_in_the_same_words(self):
        self.serve()
        filters = ["--any-day", "--chain", "Platinum Motors (invented)", "--to-time", "12:00:00", "--json"]
        over_tls = json.loads(self.ask("search", *filters).stdout)
        on_disk = json.loads(self.chat("search", "--manifest", ROOT / "demo/calls.csv", *filters).stdout)
        self.assertEqual(over_tls, on_disk)
        self.assertEqual(len(on_disk["calls"]), 1)

    def test_found_calls_fit_the_terminal(self):
        for width in (80, 120):
            ours, theirs = pty.openpty()
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, width, 0, 0))
            search = [PROGRAM, "search", "--manifest", ROOT / "demo/calls.csv", "--any-day", "--queue", self.folder / "store.sqlite"]
            subprocess.run(list(map(str, search)), stdout=theirs, stderr=subprocess.DEVNULL, check=True)
            os.close(theirs)
            shown = b""
            with contextlib.suppress(OSError):  # the other end is closed
                while part := os.read(ours, 4096):
                    shown += part
            os.close(ours)
            lines = shown.decode().splitlines()
            self.assertEqual(lines[0].split(), ["began", "sid", "order", "chain", "store", "agent"])
            self.assertIn("2026-11-10T12:31:00", lines[1])
            self.assertLessEqual(max(map(len, lines)), width)

    def test_an_asterisk_machine_is_searched_in_the_same_words(self):
        day = self.folder / "monitor/2013/03/04"
        day.mkdir(parents=True)
        (day / "internal-200-100-20130304-131118-Asterisk-01-1362424276.2.wav").write_bytes(b"sound")
        (self.folder / "telephony.toml").write_text(
            f'kind = "asterisk"\nrecords = "{ROOT}/tests/data/telephony/Master.csv"\nrecordings = "monitor"\n'
            '[numbers]\n"500" = ["Pizza Roma", "Harbor"]\n'
        )
        found = json.loads(self.ask("search", "--from", "2013-03-04", "--to", "2013-03-04", "--store", "Harbor",
                                    "--chain", "Pizza Roma", "--json").stdout)
        self.assertEqual([(call["sid"], call["agent"], call["telId"]) for call in found["calls"]],
                         [("Asterisk-01-1362424276.2", "bob", "500")])
        (self.folder / "monitor").rename(self.folder / "elsewhere")
        self.assertIn("SYS_DATA_PATH_MISSING", self.ask("chains", expect=3).stderr)

    def test_days_and_times_of_twilios_calls_are_the_call_centers(self):
        """Over the night in which New York's clocks go forward, on a machine in Japan."""
        calls = json.loads((ROOT / "tests/data/telephony/twilio_calls.json").read_text())
        first, second = calls["calls"]
        first["start_time"], second["start_time"] = "Sun, 08 Mar 2026 06:59:00 +0000", "Sun, 08 Mar 2026 07:01:00 +0000"
        answer = json.dumps({**calls, "next_page_uri": None}).encode()

        class Twilio(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Twilio)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        Thread(target=server.serve_forever, daemon=True).start()
        (self.folder / "telephony.toml").write_text(
            f'kind = "twilio"\naccount = "AC1"\naddress = "http://127.0.0.1:{server.server_port}"\nallow_http = true\n'
            'allow_addresses = ["127.0.0.1"]\n[credential]\nkind = "basic"\nvariable = "TWILIO"\n')
        japan = {"TZ": "Asia/Tokyo", "TWILIO": "AC1:token"}

        def times(*arguments, **environment):
            found = json.loads(self.ask("search", "--json", *arguments, env={**japan, **environment}).stdout)
            return [call["callTime"] for call in found["calls"]], found["timeZone"]

        new_york = (["2026-03-08T01:59:00", "2026-03-08T03:01:00"], "America/New_York")
        self.assertEqual(times("--any-day", "--time-zone", "America/New_York"), new_york)
        self.assertEqual(times("--any-day", CHAT_TIME_ZONE="America/New_York"), new_york)
        self.assertEqual(times("--any-day"), (["2026-03-08T15:59:00", "2026-03-08T16:01:00"], None))
        night = ["--from", "2026-03-08", "--to", "2026-03-08", "--to-time", "02:30:00"]
        self.assertEqual(times(*night, "--time-zone", "America/New_York")[0], new_york[0][:1])
        self.assertEqual(times(*night)[0], [])

    def test_lists_are_there_when_the_server_is_not(self):
        self.serve()
        chain = ["--chain", "Platinum Motors (invented)"]
        asked = json.loads(self.ask("stores", *chain, "--json").stdout)
        self.assertIsNone(asked["asOf"])
        self.ask("stores", *chain)
        self.assertEqual(len((self.folder / "requests.jsonl").read_text().splitlines()), 2)  # chains and stores, once each
        self.server.terminate()
        self.server.wait()
        self.configure((self.folder / "telephony.toml").read_text().split('"')[1], "cache_minutes = 0\n")
        kept = self.ask("stores", *chain)
        self.assertRegex(kept.stderr, r"^as of (\d{4}-\d\d-\d\d )?\d\d:\d\d$")
        kept = json.loads(self.ask("stores", *chain, "--json").stdout)
        self.assertEqual(kept["stores"], asked["stores"])
        self.assertRegex(kept["asOf"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertIn("API_CONN_NETWORK_ERROR", self.ask("search", "--any-day", expect=3).stderr)
        for path in (self.folder / "cache").rglob("*"):
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)

    def test_searches_are_kept_and_recalled(self):
        calls = ["search", "--manifest", ROOT / "demo/calls.csv"]
        words = ["--any-day", "--chain", "Platinum Motors (invented)", "--to-time", "12:00:00"]
        shown = self.chat(*calls, *words, "--save", "early calls").stdout
        self.assertEqual(self.chat(*calls, "--saved", "early calls").stdout, shown)
        self.assertEqual(self.chat(*calls, "--saved", "last").stdout, shown)
        other_days = self.chat(*calls, "--saved", "early calls", "--from", "2001-01-01", "--to", "2001-01-02").stdout
        self.assertIn("0 of 0 calls", other_days)
        kept = json.loads(self.chat("searches", "--json").stdout)["searches"]
        self.assertEqual([(search["name"], search["anyDay"]) for search in kept], [("early calls", True), ("last", False)])
        self.assertEqual(kept[0]["fields"]["chainId"], "Platinum Motors (invented)")
        self.assertIn("early calls: any day toTime=12:00:00", self.chat("searches").stdout)
        file = self.folder / "data/chat/searches.json"
        self.assertEqual((file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777), (0o600, 0o700))
        self.chat("searches", "--forget", "early calls")
        self.assertIn("no saved search early calls", self.chat(*calls, "--saved", "early calls", expect=2).stderr)

    def test_what_came_before_a_failure_is_shown(self):
        self.serve("--fault", "calls:cut=700")
        cut = self.ask("search", "--any-day", "--json", expect=1)
        found = json.loads(cut.stdout)
        self.assertGreater(len(found["calls"]), 0)
        self.assertTrue(found["more"])
        self.assertEqual(found["error"]["code"], "API_DATA_INCOMPLETE")
        self.assertIn("API_DATA_INCOMPLETE", cut.stderr)

    def test_names_that_would_act_on_a_terminal_do_not(self):
        self.serve("--fault", "any:names")
        for command in (["chains"], ["search", "--any-day"]):
            self.assertNotRegex(self.ask(*command).stdout, "[\x00-\x09\x0b-\x1f\x7f\u202e]")

    def test_a_secret_stands_in_nothing_that_is_written(self):
        token = self.folder / "token"
        token.write_text("pl4nted-s3cret\n")
        token.chmod(0o600)
        self.serve("--token-file", token)
        address = (self.folder / "telephony.toml").read_text().split('"')[1]
        self.configure(address, '[credential]\nfile = "token"\n')
        shown = self.ask("search", "--any-day", "--order", "planted-0rder")
        self.configure(address, '[credential]\nvariable = "TELEPHONY_TOKEN"\n')
        refused = self.ask("search", "--any-day", "--order", "planted-0rder", expect=3, env={"TELEPHONY_TOKEN": "wr0ng-s3cret"})
        self.assertIn("API_PERM_UNAUTHORIZED", refused.stderr)
        written = shown.stdout + shown.stderr + refused.stdout + refused.stderr
        written += "".join(file.read_text() for file in (self.folder / "state").rglob("*") if file.is_file())
        self.assertIn("API_PERM_UNAUTHORIZED", written)
        for secret in ("pl4nted-s3cret", "wr0ng-s3cret", "planted-0rder"):
            self.assertNotIn(secret, written)
        token.chmod(0o644)
        self.configure(address, '[credential]\nfile = "token"\n')
        self.assertIn("CFG_PERM_CREDENTIAL", self.ask("chains", expect=3).stderr)

    def test_the_server_ends_however_soon_it_is_asked_to(self):
        for _ in range(10):
            with subprocess.Popen([SERVER, "--manifest", ROOT / "demo/calls.csv"], stdout=subprocess.PIPE) as server:
                server.stdout.readline()
                server.terminate()
                try:
                    self.assertEqual(server.wait(timeout=60), 0)
                finally:
                    server.kill()

    def test_wrong_use_is_said_before_anything_is_asked(self):
        self.serve()
        self.assertIn("--telephony", self.chat("chains", expect=2).stderr)
        self.assertIn("--chain", self.ask("search", "--any-day", "--store", "Harbor", expect=2).stderr)
        self.assertIn("toDate", self.ask("search", "--from", "2026-11-12", "--to", "2026-11-11", expect=2).stderr)
        self.assertIn("fromDate", self.ask("search", "--from", "2026-02-30", expect=2).stderr)
        self.assertIn("API_DATA_NOT_FOUND", self.ask("stores", "--chain", "Nobody's", expect=3).stderr)
        self.configure("https://127.0.0.1:1", "adress = 1\n")
        self.assertIn("line 4", self.ask("chains", expect=2).stderr)


if __name__ == "__main__":
    unittest.main()
