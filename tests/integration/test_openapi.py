"""schema/telephony.openapi.yaml and chat-demo-server say the same: schemathesis asks the server what the schema allows and what it
does not, and holds each answer against the schema."""

import http.client
import json
import ssl
import subprocess
import unittest

from support import ROOT, TelephonyTest

SCHEMA = ROOT / "schema/telephony.openapi.yaml"
TOKEN = "pl4nted-s3cret"


def schemathesis():
    """Where script/bootstrap --dev has installed it."""
    shown = subprocess.run(
        ["bash", "-c", '. script/deps/env.sh && printf %s "$chat_schemathesis"'], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return shown + "/bin/schemathesis"


class OpenApi(TelephonyTest):
    def test_the_server_is_what_the_schema_says(self):
        token = self.folder / "token"
        token.write_text(TOKEN)
        self.serve("--token-file", token)
        address = (self.folder / "telephony.toml").read_text().split('"')[1]
        summary = self.folder / "summary.json"
        # The seed and no memory of earlier runs: what fails once fails again.
        result = subprocess.run(
            [schemathesis(), "--config-file", ROOT / "tests/integration/schemathesis.toml", "--no-color", "run", SCHEMA,
             "--url", address, "--tls-verify", self.folder / "ca.pem", "--header", f"Authorization: Bearer {TOKEN}",
             "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "30", "--seed", "1",
             "--generation-database", "none", "--continue-on-failure", "--request-timeout", "20",
             "--report", "json", "--report-json-path", summary],
            cwd=self.folder, capture_output=True, text=True, timeout=250,
        )
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(self.server.poll(), None, "the server has ended")
        self.assertNotIn(TOKEN, result.stdout + (self.folder / "requests.jsonl").read_text())
        asked = [json.loads(line) for line in (self.folder / "requests.jsonl").read_text().splitlines()]
        for place in ("/chains", "/stores", "/agents", "/calls", "/recording"):
            here = [request for request in asked if request["path"].endswith(place)]
            self.assertGreater(len(here), 30, place)
            self.assertTrue([request for request in here if not request["credential"]], place)
        self.assertTrue([request for request in asked if request["parameters"].get("cursor")])

    def test_what_the_schema_cannot_say(self):
        self.serve()
        host, port = (self.folder / "telephony.toml").read_text().split('"')[1].split("//")[1].split(":")
        trusted = ssl.create_default_context(cafile=self.folder / "ca.pem")
        connection = http.client.HTTPSConnection(host, int(port), timeout=20, context=trusted)
        self.addCleanup(connection.close)

        def asked(method, path, **headers):
            connection.putrequest(method, path)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()  # without a Content-Length, also for POST
            answer = connection.getresponse()
            return answer, answer.read()

        calls = json.loads(asked("GET", "/calls")[1])["calls"]
        sound = f"/calls/{calls[0]['callSid']}/recording"
        whole = asked("GET", sound)[1]
        size = len(whole)
        for wanted, status, bytes_wanted in (
            ("bytes=5-9", 206, whole[5:10]), ("bytes=7-", 206, whole[7:]), ("bytes=-3", 206, whole[-3:]),
            (f"bytes=9-{size + 100}", 206, whole[9:]), (f"bytes=-{size + 100}", 206, whole),
            ("bytes=0-1,4-5", 200, whole), ("lines=1-2", 200, whole), ("bytes=9-5", 200, whole), ("bytes=-", 200, whole),
            (f"bytes={size}-", 416, b""), ("bytes=-0", 416, b""),
        ):
            with self.subTest(range=wanted):
                answer, body = asked("GET", sound, Range=wanted)
                self.assertEqual((answer.status, body), (status, bytes_wanted))
                self.assertEqual(int(answer.headers["Content-Length"]), len(body))
        answer, body = asked("GET", "/calls/nobody/recording", Range="bytes=0-3")
        self.assertEqual((answer.status, json.loads(body)), (404, {"message": "There is no recording of that call"}))
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
            answer, body = asked(method, "/chains")
            self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET, HEAD"), method)
            self.assertEqual(asked(method, "/nothing")[0].status, 404)


if __name__ == "__main__":
    unittest.main()
