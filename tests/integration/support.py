"""What the tests of the whole program share."""

import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("CHAT_PROGRAM", str(ROOT / "build/bin/chat"))
SERVER = pathlib.Path(PROGRAM).with_name("chat-demo-server")
RECORDINGS = ROOT / "demo/recordings"
CALL = RECORDINGS / "auto_repairs_1.flac"
SCHEMAS = {name: json.loads((ROOT / "schema" / f"{name}.schema.json").read_text()) for name in ("report", "dashboard")}


def clip(target, start, length, *options, source=CALL):
    """Cuts a piece of a demo recording into `target`, in the format that its name says."""
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-ss", str(start), "-t", str(length), "-i", source, *options, target],
        check=True,
    )
    return target


def without_run(folder):
    report = json.loads((folder / "report.json").read_text())
    del report["run"]
    return report


def problems(data, schema, definition=None):
    """What JSON Schema finds wrong with data; the dashboard's schema refers to the report's."""
    store = {"report.schema.json": SCHEMAS["report"], SCHEMAS["report"]["$id"]: SCHEMAS["report"]}
    root = SCHEMAS[schema]
    part = root if definition is None else {**root["definitions"][definition], "definitions": root["definitions"]}
    resolver = jsonschema.RefResolver(base_uri=root["$id"], referrer=part, store={**store, root["$id"]: root})
    return [error.message for error in jsonschema.Draft7Validator(part, resolver=resolver).iter_errors(data)]


class ChatTest(unittest.TestCase):
    """A private folder for each test, and the program run with a store of its own in it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="chat-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.report_folder = self.folder / "report"
        os.environ["XDG_STATE_HOME"] = str(self.folder / "state")  # nothing goes into the log of whoever tests
        os.environ["XDG_CONFIG_HOME"] = str(self.folder / "config")  # and nothing comes from their settings

    def command(self, *arguments, report=None):
        return [
            PROGRAM, "analyze", *map(str, arguments),
            "--store", str(self.folder / "store.sqlite"), "--out", str(report or self.report_folder),
        ]

    def analyze(self, *arguments, report=None, expect=0, env=None, **options):
        result = subprocess.run(
            self.command(*arguments, report=report),
            capture_output=True, text=True, timeout=200, env={**os.environ, **(env or {})}, **options,
        )
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result

    def report(self, folder=None):
        return json.loads(((folder or self.report_folder) / "report.json").read_text())

    def only_call(self):
        calls = self.report()["calls"]
        self.assertEqual(len(calls), 1)
        return calls[0]

    def rows(self, name):
        with open(self.report_folder / name, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def dashboard_index(self):
        page = (self.report_folder / "index.html").read_text()
        found = re.search(r'<script type="application/json" id="chat-index">(.*?)</script>', page, re.DOTALL)
        return json.loads(found.group(1))

    def dashboard_call(self, detail):
        script = (self.report_folder / "calls" / f"{detail}.js").read_text()
        self.assertTrue(script.startswith("chatCall(") and script.endswith(");\n"))
        return json.loads(json.loads(script[len("chatCall("):-len(");\n")]))


class TelephonyTest(ChatTest):
    """With chat-demo-server in place of a telephone system, and the telephony file that leads to it."""

    def serve(self, *arguments):
        """Starts a server over the demo recordings and writes the telephony file that leads to it."""
        server = subprocess.Popen(
            [SERVER, "--manifest", ROOT / "demo/calls.csv", "--authority", self.folder / "ca.pem",
             "--log", self.folder / "requests.jsonl", *map(str, arguments)],
            stdout=subprocess.PIPE, text=True,
        )
        self.server = server
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        self.configure(server.stdout.readline().strip())
        return server

    def configure(self, address, more=""):
        (self.folder / "telephony.toml").write_text(
            f'address = "{address}"\nca_file = "ca.pem"\nallow_addresses = ["127.0.0.1"]\n{more}'
        )

    def chat(self, *arguments, expect=0, env=None):
        own = {f"XDG_{kind}_HOME": str(self.folder / kind.lower()) for kind in ("CACHE", "DATA")}
        result = subprocess.run(
            [PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=200, env={**os.environ, **own, **(env or {})}
        )
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result

    def ask(self, command, *arguments, **options):
        return self.chat(command, "--telephony", self.folder / "telephony.toml", *arguments, **options)
