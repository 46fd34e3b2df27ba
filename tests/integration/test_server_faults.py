"""Each way in which chat-demo-server can misbehave, through a whole run: search, queue, fetch, report."""

import concurrent.futures
import csv
import hashlib
import json
import os
import re
import subprocess
import unittest

from support import PROGRAM, SERVER, ChatTest, clip

CALLS = 3
TOKEN = "pl4nted-s3cret"
OK = None
SHORTER = "AU_DATA_TRUNCATED"  # a warning: who believes the length cannot know that there was more
ELSEWHERE = "redirect=https://elsewhere.example"

# What a search comes to whose answer has the fault, each kind at least once: nothing, or the error's code; and how often it asks.
SEARCHED = {
    "status=401": ("API_PERM_UNAUTHORIZED", 1), "status=403": ("API_PERM_UNAUTHORIZED", 1), "status=404": ("API_DATA_NOT_FOUND", 1),
    "status=500*2": (OK, 3), "status=503*1": (OK, 2), "rate-limit=1*1": (OK, 2), "rate-limit=3600": ("API_RES_RATE_LIMITED", 1),
    ELSEWHERE: ("API_PERM_ADDRESS_REFUSED", 1), "delay=200": (OK, 1), "slow=5": (OK, 1), "cut=100*1": (OK, 2),
    "cut=0": ("API_DATA_INCOMPLETE", 4), "lie=100": ("API_DATA_INCOMPLETE", 4), "lie=-40": ("API_DATA_INCOMPLETE", 1),
    "bomb=64": ("API_RES_TOO_LARGE", 1), "deep=100000": ("API_RES_TOO_LARGE", 1), "empty": ("API_DATA_INCOMPLETE", 1),
    "page": ("API_DATA_INVALID_RESPONSE", 1), "names": (OK, 1), "change": (OK, 1),
}
# What the one call comes to whose recording has it, and how often recordings were asked for beyond once each.
FETCHED = {
    "status=401*1": ("API_PERM_UNAUTHORIZED", 0), "status=403*1": ("API_PERM_UNAUTHORIZED", 0),
    "status=404*1": ("API_DATA_NOT_FOUND", 0), "status=500*1": (OK, 1), "status=503*2": (OK, 2), "rate-limit=1*1": (OK, 1),
    f"{ELSEWHERE}*1": ("API_PERM_ADDRESS_REFUSED", 0), "delay=200": (OK, 0), "slow=5*1": (OK, 0), "cut=50000*1": (OK, 1),
    "cut=0*1": (OK, 1), "lie=500*1": (OK, 3), "lie=-500*1": (SHORTER, 0),
    "bomb=8*1": ("AU_FMT_UNSUPPORTED", 0), "deep=1000*1": ("AU_FMT_UNSUPPORTED", 0),
    "empty*1": ("AU_DATA_EMPTY", 0), "page*1": ("AU_FMT_UNSUPPORTED", 0), "names": (OK, 0), "change": (OK, 0),
}


class Run:
    """A server with a fault, and what a search and a run make of it."""

    def __init__(self, folder, recordings, fault):
        self.folder = folder
        folder.mkdir()
        (folder / "token").write_text(TOKEN)
        (folder / "token").chmod(0o600)
        server = subprocess.Popen(
            [SERVER, "--manifest", recordings / "calls.csv", "--authority", folder / "ca.pem", "--log", folder / "requests.jsonl",
             "--token-file", folder / "token", "--fault", fault],
            stdout=subprocess.PIPE, text=True,
        )
        try:
            address = server.stdout.readline().strip()
            (folder / "telephony.toml").write_text(
                f'address = "{address}"\nca_file = "ca.pem"\nallow_addresses = ["127.0.0.1"]\n[credential]\nfile = "token"\n'
            )
            self.said = ""
            self.search = self.chat("search", "--telephony", folder / "telephony.toml", "--any-day", "--enqueue", "--batch", "found",
                                    "--queue", folder / "store.sqlite", "--json")
            self.work = None
            if self.search.returncode == 0:
                self.work = self.chat("run", "--store", folder / "store.sqlite", "--batch", "found", "--out", folder / "report",
                                      "--no-transcribe", "--audio", "link")
                self.calls = json.loads((folder / "report/report.json").read_text())["calls"]
                self.errors = self.chat("errors", "list", "--store", folder / "store.sqlite", "--json").stdout
        finally:
            server.terminate()
            server.wait()
            server.stdout.close()
        self.requests = [json.loads(line) for line in (folder / "requests.jsonl").read_text().splitlines()]

    def chat(self, *arguments):
        own = {f"XDG_{kind}_HOME": str(self.folder / kind.lower()) for kind in ("CACHE", "DATA", "STATE", "CONFIG")}
        result = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120, env={**os.environ, **own})
        self.said += result.stdout + result.stderr
        return result

    def sums(self):
        return sorted(hashlib.sha256(file.read_bytes()).hexdigest() for file in (self.folder / "store.sqlite.recordings").iterdir())

    def files_with_the_token(self):
        files = [file for file in self.folder.rglob("*") if file.is_file() and file.name != "token"]
        return [file for file in files if TOKEN.encode() in file.read_bytes()]


class ServerFaults(ChatTest):
    def setUp(self):
        super().setUp()
        self.recordings = self.folder / "recordings"
        self.recordings.mkdir()
        with open(self.recordings / "calls.csv", "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["file", "sid", "call_time", "store"])
            for number in range(CALLS):
                clip(self.recordings / f"{number}.flac", 10 * number, 8)
                rows.writerow([f"{number}.flac", f"CA{number}", f"2026-11-1{number}T09:00:00", "Harbor"])
        self.sums = sorted(hashlib.sha256(file.read_bytes()).hexdigest() for file in self.recordings.glob("*.flac"))

    def runs(self, place, faults):
        def one(fault):
            return fault, Run(self.folder / re.sub(r"\W", "_", place + fault), self.recordings, f"{place}:{fault}")

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            return list(pool.map(one, faults))

    def check_secrecy(self, run):
        self.assertNotIn(TOKEN, run.said)
        self.assertEqual(run.files_with_the_token(), [])

    def check_whole(self, run):
        self.assertEqual([(call["sid"], call["status"]) for call in sorted(run.calls, key=lambda call: call["sid"])],
                         [(f"CA{number}", "analyzed") for number in range(CALLS)])
        self.assertEqual(run.sums(), self.sums)
        self.assertEqual(run.work.returncode, 0, run.said)

    def test_every_kind_of_fault_has_an_expectation(self):
        shown = subprocess.run([SERVER, "--help"], capture_output=True, text=True, check=True).stdout
        kinds = re.search(r"KIND one of ([^\n]*)", shown).group(1)
        there_are = {kind.split("=")[0].strip() for kind in kinds.split(",")}
        self.assertGreater(len(there_are), 10)
        for expected in (SEARCHED, FETCHED):
            self.assertEqual({re.split(r"[=*]", fault)[0] for fault in expected}, there_are)

    def test_of_a_search(self):
        for fault, run in self.runs("calls", SEARCHED):
            with self.subTest(fault=fault):
                code, times = SEARCHED[fault]
                self.assertEqual(len([request for request in run.requests if request["path"] == "/calls"]), times)
                self.check_secrecy(run)
                if code is OK:
                    self.assertEqual(run.search.returncode, 0, run.said)
                    self.check_whole(run)
                else:
                    self.assertIn(run.search.returncode, (1, 3), run.said)
                    self.assertIn(code, run.said)

    def test_of_a_recording(self):
        for fault, run in self.runs("recording", FETCHED):
            with self.subTest(fault=fault):
                code, more = FETCHED[fault]
                self.check_secrecy(run)
                asked = [request for request in run.requests if request["path"].endswith("/recording")]
                if code is OK:
                    self.check_whole(run)
                elif code is SHORTER:
                    warned = [call for call in run.calls if code in [warning["code"] for warning in call["warnings"]]]
                    self.assertEqual((run.work.returncode, len(run.calls), len(warned)), (0, CALLS, 1))
                    self.assertEqual(len(set(run.sums()) & set(self.sums)), CALLS - 1)
                else:
                    self.assertEqual(len(run.calls), CALLS)
                    failed = [call["error"]["code"] for call in run.calls if call["status"] == "failed"]
                    self.assertEqual((run.work.returncode, failed), (1, [code]), run.said)
                    self.assertIn(code, run.errors)
                    self.assertEqual(len({call["sid"] for call in run.calls}), CALLS)
                self.assertEqual(len(asked), CALLS + more)


if __name__ == "__main__":
    unittest.main()
