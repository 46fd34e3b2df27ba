"""Telephone systems that speak HTTP/2: Node.js's own server, with what only that protocol can do to an answer."""

import json
import pathlib
import subprocess
import unittest

from support import ROOT, TelephonyTest, clip

SERVER = pathlib.Path(__file__).with_name("http2_server.mjs")
CALLS = 6


def node():
    return subprocess.run(
        ["bash", "-c", ". script/deps/env.sh && command -v node"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


class Http2(TelephonyTest):
    def serve(self, plan, more=""):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
             "-subj", "/CN=CHAT test", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", self.folder / "key.pem", "-out", self.folder / "ca.pem"],
            check=True, capture_output=True,
        )
        clip(self.folder / "sound.wav", 0, 12, "-ar", "8000")
        (self.folder / "sound.wav").rename(self.folder / "sound")
        self.sound = (self.folder / "sound").read_bytes()
        (self.folder / "plan.json").write_text(json.dumps(plan))
        server = subprocess.Popen([node(), SERVER, self.folder, str(CALLS)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        self.configure(server.stdout.readline().strip(), more)

    def requests(self, ending=""):
        lines = (self.folder / "requests.jsonl").read_text().splitlines()
        return [request for request in map(json.loads, lines) if request["path"].endswith(ending)]

    def work(self):
        """Fetches and analyzes all calls; gives the requests for recordings."""
        store = self.folder / "store.sqlite"
        self.ask("search", "--any-day", "--enqueue", "--batch", "found", "--queue", store)
        self.chat("run", "--store", store, "--batch", "found", "--out", self.report_folder, "--no-transcribe", "--quiet",
                  "--audio", "link")
        calls = self.report()["calls"]
        self.assertEqual(sorted(call["sid"] for call in calls), [f"CA{i}" for i in range(CALLS)])
        fetched = sorted(file.read_bytes() for file in (self.folder / "store.sqlite.recordings").iterdir())
        self.assertTrue(fetched == [self.sound[:-1] + bytes([number]) for number in range(CALLS)], "not what the server has")
        return self.requests("/recording")

    def test_many_requests_share_a_connection(self):
        self.serve({})
        self.assertIn("Platinum Motors", self.ask("chains").stdout)
        self.ask("search", "--any-day", "--page-size", "1")
        asked = self.requests()
        self.assertEqual([(one["path"], one["session"]) for one in asked], [("/chains", 0)] + [("/calls", 1)] * CALLS)
        self.work()
        self.assertEqual({one["version"] for one in self.requests()}, {"2.0"})
        self.assertEqual(len({one["session"] for one in self.requests("/recording")}), 1)

    def ranges(self, number):
        return [one["range"] for one in self.requests(f"/calls/CA{number}/recording")]

    def test_what_breaks_off_goes_on_where_it_was(self):
        self.serve({
            "/calls": [{"status": 429, "retryAfter": 1}],
            "/calls/CA1/recording": [{"reset": 60000}, {"reset": 70000}],
            "/calls/CA2/recording": [{"status": 503, "retryAfter": 1}, {"reset": 0}],
        })
        self.work()
        self.assertEqual(self.ranges(1), ["", "bytes=60000-", "bytes=130000-"])
        self.assertEqual(self.ranges(2), ["", "", ""])
        self.assertEqual(len(self.requests("/calls")), 2)
        self.assertEqual(len({one["session"] for one in self.requests("/recording")}), 1, "a stream's end is not its connection's")

    def test_a_server_that_goes_away_is_asked_over_another_connection(self):
        self.serve({"/calls/CA3/recording": [{"goaway": 60000}], "/calls/CA4/recording": [{"goaway": 0}]})
        asked = self.work()
        self.assertGreater(len({one["session"] for one in asked}), 1)
        self.assertGreater(len(self.ranges(3)), 1)
        self.assertGreater(len(self.ranges(4)), 1)

    def test_the_bound_of_requests_at_once_holds(self):
        self.serve({"*": {"pause": 30}}, "connections = 2\n")
        asked = self.work()
        self.assertEqual(max(one["underway"] for one in asked), 2)


if __name__ == "__main__":
    unittest.main()
