"""From a search to the report: calls of a telephone system are put into the queue, fetched by the run that works on them, and gone
from the disk when the report is written."""

import contextlib
import json
import signal
import sqlite3
import subprocess
import time
import unittest

from support import PROGRAM, ROOT, TelephonyTest, without_run

CALLS = 5


class Enqueue(TelephonyTest):
    def setUp(self):
        super().setUp()
        self.store = self.folder / "store.sqlite"
        self.recordings = self.folder / "store.sqlite.recordings"

    def enqueue(self, *arguments, **options):
        return json.loads(self.ask("search", "--any-day", "--enqueue", "--queue", self.store, "--json", *arguments, **options).stdout)

    def run_arguments(self, *arguments, out="report"):
        return ["run", "--store", self.store, "--out", self.folder / out, "--no-transcribe", "--quiet", *arguments]

    def work(self, *arguments, expect=0, out="report"):
        return self.chat(*self.run_arguments(*arguments, out=out), expect=expect)

    def fetched(self):
        return sorted(file.name for file in self.recordings.iterdir()) if self.recordings.exists() else []

    def requests(self):
        lines = (self.folder / "requests.jsonl").read_text().splitlines()
        return [request for request in map(json.loads, lines) if request["path"].endswith("/recording")]

    def jobs(self):
        return json.loads(self.chat("queue", "list", "--store", self.store, "--json").stdout)["jobs"]

    def call(self, report, code):
        return [call for call in report["calls"] if (call.get("error") or {}).get("code") == code]

    def comparable(self, folder):
        """A report without what tells where the recordings lay and in which order they came."""
        report = without_run(folder)
        for call in report["calls"]:
            for key in ("path", "otherPaths"):
                call.pop(key, None)
        report["calls"].sort(key=lambda call: call["sid"])
        return report

    def test_the_report_is_that_of_the_same_recordings_in_a_folder(self):
        self.serve("--fault", "recording:cut=100000*3", "--fault", "recording:status=503*2", "--fault", "recording:rate-limit=1*1")
        found = self.enqueue("--batch", "found")
        self.assertEqual((found["enqueued"]["added"], found["enqueued"]["known"]), (CALLS, []))
        self.work("--batch", "found")
        self.analyze("--manifest", ROOT / "demo/calls.csv", "--no-transcribe", "--quiet", report=self.folder / "of-folder")
        ours, theirs = self.comparable(self.report_folder), self.comparable(self.folder / "of-folder")
        self.assertEqual(len(ours["calls"]), CALLS)
        self.assertEqual(ours, theirs)
        self.assertEqual(len(list((self.report_folder / "audio").iterdir())), CALLS)
        self.assertEqual(self.fetched(), [])
        stages = [stage["stage"] for stage in self.report()["run"]["timings"]]
        self.assertEqual(stages[0], "fetch")

    def test_what_the_queue_has_is_said_and_not_added_again(self):
        self.serve()
        self.assertEqual(self.enqueue("--order", "INVENTED-20418")["enqueued"]["added"], 1)
        second = self.enqueue("--batch", "second", "--priority", "2")
        self.assertEqual(second["enqueued"]["added"], CALLS - 1)
        self.assertEqual([call["state"] for call in second["enqueued"]["known"]], ["queued"])
        self.assertEqual({call["state"] for call in second["calls"]}, {"queued"})
        self.work("--batch", "second")
        shown = self.ask("search", "--any-day", "--queue", self.store).stdout
        self.assertEqual((shown.count("  analyzed\n"), shown.count("  queued\n")), (CALLS - 1, 1))
        again = self.enqueue("--batch", "third", "--again")
        self.assertEqual(again["enqueued"]["added"], CALLS)
        self.work("--batch", "third", out="third")
        self.assertEqual(len(self.report(self.folder / "third")["calls"]), CALLS)

    def test_calls_of_a_folder_go_into_the_queue_in_the_same_words(self):
        self.chat("search", "--manifest", ROOT / "demo/calls.csv", "--any-day", "--chain", "Platinum Motors (invented)",
                  "--enqueue", "--batch", "found", "--queue", self.store)
        self.work("--batch", "found")
        self.assertEqual(len(self.report()["calls"]), 2)
        self.assertEqual(self.fetched(), [])
        self.analyze("--manifest", ROOT / "demo/calls.csv", "--no-transcribe", "--quiet", report=self.folder / "all")
        added = self.chat("search", "--manifest", ROOT / "demo/calls.csv", "--any-day", "--enqueue", "--queue", self.store).stdout
        self.assertIn("0 of 5 calls added", added)
        self.assertIn("5 analyzed", added)

    def test_each_fault_of_a_download_has_its_code_and_the_others_go_on(self):
        for fault, code in (
            ("status=404*1", "API_DATA_NOT_FOUND"),
            ("status=403*1", "API_PERM_UNAUTHORIZED"),
            ("redirect=https://elsewhere.example*1", "API_PERM_ADDRESS_REFUSED"),
        ):
            with self.subTest(fault=fault):
                name = code.lower()
                server = self.serve("--fault", "recording:" + fault)
                self.store = self.folder / f"{name}.sqlite"
                self.enqueue("--batch", "found")
                self.work("--batch", "found", expect=1, out=name)
                report = self.report(self.folder / name)
                self.assertEqual(len(self.call(report, code)), 1)
                self.assertEqual(sum(call["status"] == "analyzed" for call in report["calls"]), CALLS - 1)
                failed = [job for job in self.jobs() if job["state"] == "failed"]
                self.assertEqual([(job["stage"], job["attempts"]) for job in failed], [("fetch", 1)])
                # Once the fault is over, the same call is had by hand.
                self.chat("queue", "retry", "--state", "failed", "--store", self.store)
                self.work("--batch", "found", out=name)
                self.assertTrue(all(call["status"] == "analyzed" for call in self.report(self.folder / name)["calls"]))
                server.terminate()

    def test_faults_that_pass_cost_nothing_but_time(self):
        for fault in ("status=500*3", "rate-limit=1*2", "delay=300", "cut=200000*4", "change*2"):
            with self.subTest(fault=fault):
                name = fault.split("=")[0].split("*")[0]
                server = self.serve("--fault", "recording:" + fault)
                self.store = self.folder / f"{name}.sqlite"
                self.enqueue("--batch", "found")
                self.work("--batch", "found", out=name)
                calls = self.report(self.folder / name)["calls"]
                self.assertEqual([call["status"] for call in calls], ["analyzed"] * CALLS)
                self.assertEqual(len({call["sid"] for call in calls}), CALLS)
                server.terminate()

    def test_a_run_that_is_killed_loses_nothing_and_goes_on_where_it_was(self):
        self.serve("--fault", "recording:slow=5")
        self.enqueue("--batch", "found")
        run = subprocess.Popen([PROGRAM, *map(str, self.run_arguments("--batch", "found"))], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        arrived = self.recordings.glob
        for _ in range(600):
            if any(part.stat().st_size > 50_000 for part in arrived("*.part")):
                break
            time.sleep(0.05)
        run.send_signal(signal.SIGKILL)
        run.wait()
        self.assertTrue(list(arrived("*.part")))
        self.chat("recover", "resume", "--store", self.store, "--batch", "found", "--no-run")
        self.work("--batch", "found")
        calls = self.report()["calls"]
        self.assertEqual([call["status"] for call in calls], ["analyzed"] * CALLS)
        self.assertEqual(len({call["sid"] for call in calls}), CALLS)
        self.assertTrue([request for request in self.requests() if request.get("range")], "none went on where it was cut off")
        self.assertEqual(self.fetched(), [])

    def test_recordings_stay_as_long_as_a_report_is_to_be_made_from_them(self):
        self.serve()
        self.enqueue("--batch", "found")
        with contextlib.closing(sqlite3.connect(self.store)) as store, store:
            store.execute("UPDATE batches SET settings = ?", (json.dumps({"no-transcribe": True}),))
        self.chat("worker", "--store", self.store, "--batch", "found")
        self.assertEqual(len(self.fetched()), CALLS)
        for file in self.recordings.iterdir():
            self.assertRegex(file.name, "^[0-9a-f]{64}$")
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.recordings.stat().st_mode & 0o777, 0o700)
        sid = self.jobs()[0]["sid"]
        self.chat("forget", sid, "--store", self.store)
        self.assertEqual(len(self.fetched()), CALLS - 1)
        (self.recordings / ("7" * 64)).write_text("nobody's")
        self.work("--batch", "found")
        self.assertEqual(len(list((self.report_folder / "audio").iterdir())), CALLS - 1)
        self.assertEqual(self.fetched(), [])

    def test_no_secret_is_written_anywhere(self):
        token = self.folder / "token"
        token.write_text("pl4nted-s3cret\n")
        token.chmod(0o600)
        self.serve("--token-file", token)
        address = (self.folder / "telephony.toml").read_text().split('"')[1]
        self.configure(address, '# the token is pl4nted-s3cret\n[credential]\nfile = "token"\n')
        self.enqueue("--batch", "found")
        self.work("--batch", "found")
        self.configure(address, '[credential]\nvariable = "TELEPHONY_TOKEN"\n')
        self.enqueue("--batch", "again", "--again", env={"TELEPHONY_TOKEN": "pl4nted-s3cret"})
        self.work("--batch", "again", expect=3, out="again")
        report = self.report(self.folder / "again")
        self.assertEqual(len(self.call(report, "CFG_PERM_CREDENTIAL")), CALLS)
        token.unlink()
        (self.folder / "telephony.toml").unlink()
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        self.assertGreater(len(files), 10)
        for file in files:
            self.assertNotIn(b"pl4nted-s3cret", file.read_bytes(), file)


if __name__ == "__main__":
    unittest.main()
