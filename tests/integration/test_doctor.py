"""`chat doctor`: what it finds on a machine that is well, and on one that is not; and its support bundle."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

from support import PROGRAM, ROOT, ChatTest, clip
from test_planted import ADDRESS, EVERYTHING, FILE, MANIFEST, SPOKEN, TAG, found

SERVER = pathlib.Path(PROGRAM).with_name("chat-demo-server")


class Doctor(ChatTest):
    def setUp(self):
        super().setUp()
        self.store = self.folder / "store.sqlite"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name == "CHAT_MODELS" or not name.startswith("CHAT_")},
            **{f"XDG_{name}_HOME": str(self.folder / name.lower()) for name in ("CONFIG", "DATA", "STATE")},
        }

    def doctor(self, *arguments, expect=0, program=PROGRAM, **environment):
        result = subprocess.run(
            [program, "doctor", "--store", self.store, *map(str, arguments)],
            capture_output=True, text=True, timeout=100, env={**self.environment, **environment})
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result

    def checks(self, *arguments, expect=0, **environment):
        outcome = json.loads(self.doctor("--json", *arguments, expect=expect, **environment).stdout)
        return {check["name"]: check for check in outcome["checks"]}

    def make_store(self):
        call = clip(self.folder / "call.wav", 0, 3)
        self.analyze(call, "--no-transcribe", "-q")

    def test_all_is_well_where_it_is(self):
        checks = self.checks()
        self.assertEqual(list(checks), ["configuration", "store", "models", "detector", "codecs", "sandbox", "telephony", "disk",
                                        "permissions", "clock", "machine"])
        for name in ("configuration", "store", "detector", "codecs", "sandbox", "telephony"):
            self.assertEqual(checks[name]["health"], "ok", checks[name])
        self.assertFalse(self.store.exists(), "looking makes no store")
        self.make_store()
        self.assertIn("sound", self.checks()["store"]["what"])

    def test_lines_are_aligned_and_fit(self):
        lines = self.doctor().stdout.splitlines()
        for line in lines:
            self.assertTrue(line.startswith(("  ok    ", "  warn  ", "  fail  ", " " * 22)), line)
        self.assertIn("  ok    sandbox       ", self.doctor().stdout)

    def test_a_broken_store_fails_with_the_way_out(self):
        self.make_store()
        content = bytearray(self.store.read_bytes())
        content[4096:4096 * 12] = b"\x5a" * (4096 * 11)
        self.store.write_bytes(content)
        before = self.store.read_bytes()
        check = self.checks(expect=1)["store"]
        self.assertEqual(check["health"], "fail")
        self.assertIn("chat recover", check["wayOut"])
        self.assertEqual(self.store.read_bytes(), before, "looking changes nothing")

    def test_a_missing_model_is_named_with_the_command_that_brings_it(self):
        none = str(self.folder / "none")
        check = self.checks(CHAT_MODELS=none)["models"]
        self.assertEqual((check["health"], check["wayOut"]), ("warn", "chat models pull base"))
        check = self.checks(CHAT_MODELS=none, CHAT_MODEL="small")["models"]
        self.assertEqual(check["wayOut"], "chat models pull small")

    def test_wrong_permissions_are_named_with_the_command_that_rights_them(self):
        self.make_store()
        self.store.chmod(0o644)
        check = self.checks()["permissions"]
        self.assertEqual(check["health"], "warn")
        subprocess.run(check["wayOut"], shell=True, check=True)
        self.assertEqual(self.store.stat().st_mode & 0o777, 0o600)
        self.assertNotIn(str(self.store), self.checks()["permissions"]["wayOut"] or "")

    def test_a_decoder_that_is_not_there_fails(self):
        alone = self.folder / "bin/chat"
        alone.parent.mkdir()
        shutil.copy(PROGRAM, alone)
        output = self.doctor(program=alone, expect=1).stdout
        self.assertIn("  fail  sandbox", output)
        self.assertIn("SYS_STATE_NO_DECODER", output)

    def telephony(self, *faults):
        """A demo-server, and the telephony file that leads to it."""
        server = subprocess.Popen(
            [SERVER, "--manifest", ROOT / "demo/calls.csv", "--authority", self.folder / "ca.pem", *faults],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        file = self.folder / "telephony.toml"
        file.write_text(f'address = "{server.stdout.readline().strip()}"\nca_file = "ca.pem"\nallow_addresses = ["127.0.0.1"]\n')
        return file

    def test_the_telephone_system_is_asked(self):
        file = self.telephony()
        check = self.checks("--telephony", file)["telephony"]
        self.assertEqual(check["health"], "ok", check)
        self.assertRegex(check["what"], "named [0-9]+ chains within [0-9]+ ms")
        configured = self.checks(CHAT_TELEPHONY=str(file))["telephony"]
        self.assertIn("let CHAT in", configured["what"])
        file.write_text(file.read_text().replace('allow_addresses = ["127.0.0.1"]', "retries = 3"))
        check = self.checks("--telephony", file, expect=1)["telephony"]
        self.assertIn("CFG_VAL_SETTING", check["what"])
        self.assertIn("telephony.toml, line 3, column 1", check["wayOut"])

    def test_a_telephone_system_in_trouble_fails_with_the_way_out(self):
        check = self.checks("--telephony", self.telephony("--fault", "chains:status=401"), expect=1)["telephony"]
        self.assertEqual(check["health"], "fail")
        self.assertIn("API_PERM_UNAUTHORIZED", check["what"])
        self.assertIn("credential", check["wayOut"])

    def test_mistakes_in_the_configuration_fail_and_the_rest_is_looked_at(self):
        file = self.folder / "config/chat/config.toml"
        file.parent.mkdir(parents=True)
        file.write_text("beam = 99\nmodels = '/nowhere'\n")
        checks = self.checks(expect=1)
        self.assertIn("1 mistake;", checks["configuration"]["what"])
        self.assertIn("chat config validate", checks["configuration"]["wayOut"])
        self.assertEqual(checks["detector"]["health"], "ok")

    def test_a_bundle_holds_no_personal_data(self):
        """Names, numbers, tokens and words stand in recordings, names, manifest, settings, log and store: none of them in the bundle."""
        home = self.folder / f"{FILE[0]} {FILE[1]}"
        home.mkdir()
        good = clip(home / f"{FILE[2]} {FILE[3]}.wav", 60, 35,
                    *[option for key, value in zip(("title", "artist", "comment", "album"), TAG)
                      for option in ("-metadata", f"{key}={value}")])
        bad = home / f"{FILE[3]}.wav"
        bad.write_text(" ".join(EVERYTHING))
        manifest = home / "calls.csv"
        person = f"{MANIFEST[0]} {MANIFEST[1]}"
        manifest.write_text("file,sid,order,chain,store,agent,call_time,phone\n" + "".join(
            f'"{path.name}",{MANIFEST[2]}{number},{MANIFEST[3]},{person},{person},{person},2026-11-12T09:41:00,{MANIFEST[2]}\n'
            for number, path in enumerate((good, bad))))
        self.store = home / f"{MANIFEST[0]}.sqlite"
        models = os.environ.get("CHAT_MODELS") or str(pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "chat/models")
        environment = {**self.environment, "XDG_STATE_HOME": str(home / "state"), "HOME": str(home), "USER": FILE[0],
                       "CHAT_MODELS": models}
        result = subprocess.run(
            [PROGRAM, "analyze", "--manifest", manifest, "--model", "tiny.en", "--store", self.store, "--out",
             self.report_folder, "-q"], capture_output=True, text=True, timeout=200, env=environment)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        file = self.folder / "config/chat/config.toml"
        file.parent.mkdir(parents=True)
        file.write_text(f'vocabulary = "{home}/{TAG[0]}.txt"\nmodel = "~/{TAG[1]}"\n{TAG[0]} = "{TAG[3]}"\nbeam = 4\n')
        log = home / "state/chat/log/chat.log"
        record = json.loads(log.read_text().splitlines()[0])
        with open(log, "a") as lines:
            lines.write(json.dumps({**record, "code": FILE[0], "cause": " ".join(FILE), "call": FILE[2]}) + "\n")
        telephony = home / f"{ADDRESS[0]}.toml"
        telephony.write_text(f'address = "https://{ADDRESS[1]}.invalid/{ADDRESS[2]}"\n[credential]\nvariable = "TELEPHONY_TOKEN"\n')
        self.store.chmod(0o644)
        target = self.folder / "support.json"
        self.doctor("--bundle", target, expect=1, XDG_STATE_HOME=str(home / "state"), HOME=str(home), USER=FILE[0],
                    CHAT_TELEPHONY=str(telephony), TELEPHONY_TOKEN=ADDRESS[3])
        text = target.read_text()
        self.assertEqual(found(EVERYTHING, text), [], text)
        self.assertEqual(found(SPOKEN + [str(self.folder), "/home", os.uname().nodename], text), [], text)
        self.assertEqual(target.stat().st_mode & 0o777, 0o600)
        bundle = json.loads(text)
        self.assertIn("AU_FMT_UNSUPPORTED", [one["code"] for one in bundle["errors"]])
        self.assertIn("UNKNOWN_TO_THIS_VERSION", [one["code"] for one in bundle["errors"]])
        self.assertEqual(bundle["settings"]["beam"], {"value": "4", "from": "file"})
        self.assertEqual(bundle["settings"]["vocabulary"]["value"], "set")
        self.assertEqual(bundle["settings"]["telephony"], {"value": "set", "from": "environment"})
        self.assertIn("API_CONN_NETWORK_ERROR", [one["what"] for one in bundle["checks"] if one["name"] == "telephony"][0])
        self.assertEqual(bundle["health"], "fail")
        # What was planted did get in where it belongs, so the look had something to find.
        self.assertIn(MANIFEST[1].encode(), self.store.read_bytes())

    def test_help_has_examples(self):
        self.assertIn("chat doctor --bundle", subprocess.run(
            [PROGRAM, "doctor", "--help"], capture_output=True, text=True).stdout)


if __name__ == "__main__":
    unittest.main()
