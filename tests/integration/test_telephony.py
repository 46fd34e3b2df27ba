"""`chat chains|stores|agents|search` as a person uses them, with chat-demo-server over TLS and with a folder."""

import datetime
import json
import os
import pathlib
import subprocess
import unittest
import zoneinfo

from support import PROGRAM, RECORDINGS, ROOT, ChatTest

SERVER = pathlib.Path(PROGRAM).with_name("chat-demo-server")


class Telephony(ChatTest):
    def serve(self, *arguments):
        """Starts a server over the demo recordings and writes the telephony file that leads to it."""
        server = subprocess.Popen(
            [SERVER, "--manifest", ROOT / "demo/calls.csv", "--authority", self.folder / "ca.pem",
             "--log", self.folder / "requests.jsonl", *map(str, arguments)],
            stdout=subprocess.PIPE, text=True,
        )
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        self.configure(server.stdout.readline().strip())

    def configure(self, address, more=""):
        (self.folder / "telephony.toml").write_text(
            f'address = "{address}"\nca_file = "ca.pem"\nallow_addresses = ["127.0.0.1"]\n{more}'
        )

    def chat(self, *arguments, expect=0, env=None):
        result = subprocess.run(
            [PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60, env={**os.environ, **(env or {})}
        )
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result

    def ask(self, command, *arguments, **options):
        return self.chat(command, "--telephony", self.folder / "telephony.toml", *arguments, **options)

    def test_lists_and_finds_over_tls(self):
        self.serve()
        chains = json.loads(self.ask("chains", "--json").stdout)
        self.assertEqual([chain["name"] for chain in chains][:2], ["Example Lending (invented)", "Example Rewards (invented)"])
        stores = json.loads(self.ask("stores", "--chain", "Platinum Motors (invented)", "--json").stdout)
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

    def test_wrong_use_is_said_before_anything_is_asked(self):
        self.serve()
        self.assertIn("--telephony", self.chat("chains", expect=2).stderr)
        self.assertIn("toDate", self.ask("search", "--from", "2026-11-12", "--to", "2026-11-11", expect=2).stderr)
        self.assertIn("fromDate", self.ask("search", "--from", "2026-02-30", expect=2).stderr)
        self.assertIn("API_DATA_NOT_FOUND", self.ask("stores", "--chain", "Nobody's", expect=3).stderr)
        self.configure("https://127.0.0.1:1", "adress = 1\n")
        self.assertIn("line 4", self.ask("chains", expect=2).stderr)


if __name__ == "__main__":
    unittest.main()
