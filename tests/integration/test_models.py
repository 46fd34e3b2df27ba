"""`chat models`: what is there, checked and removed; and a pull through TLS from a server of this machine."""

import hashlib
import http.server
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import threading
import unittest

from support import PROGRAM, ChatTest

INSTALLED = pathlib.Path(
    os.environ.get("CHAT_MODELS")
    or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "chat/models"
)


class Models(ChatTest):
    def models(self, *arguments, expect=0, env=None):
        result = subprocess.run(
            [PROGRAM, "models", *map(str, arguments)],
            capture_output=True, text=True, env={**os.environ, "CHAT_MODELS": str(self.folder / "models"), **(env or {})},
        )
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result

    def install(self, name):
        shutil.copytree(INSTALLED / name, self.folder / "models" / name)
        return self.folder / "models" / name

    def test_lists_what_can_be_had_and_what_is_there(self):
        self.install("tiny.en")
        listed = {model["name"]: model for model in json.loads(self.models("list", "--json").stdout)}
        self.assertTrue(listed["tiny.en"]["installed"])
        self.assertFalse(listed["base"]["installed"])
        self.assertIn("large-v3-turbo", listed)
        self.assertRegex(self.models("list").stdout, r"tiny\.en +78\.1 MB +installed")

    def test_verifies_names_and_removes(self):
        folder = self.install("tiny.en")
        self.assertIn("tiny.en", self.models("verify").stdout)
        self.assertEqual(self.models("path", "tiny.en").stdout.strip(), str(folder))
        with open(folder / "model.bin", "r+b") as file:
            file.seek(1000)
            file.write(b"changed")
        self.assertIn("TR_DATA_MODEL_SUM_MISMATCH", self.models("verify", "tiny.en", expect=3).stderr)
        self.assertIn("TR_DATA_MODEL_SUM_MISMATCH", self.models("path", "tiny.en", expect=3).stderr)
        os.truncate(folder / "model.bin", 5000)
        self.assertIn("TR_DATA_MODEL_INCOMPLETE", self.models("verify", "tiny.en", expect=3).stderr)
        self.models("remove", "tiny.en")
        self.assertFalse(folder.exists())
        self.assertIn("TR_DATA_MODEL_MISSING", self.models("path", "tiny.en", expect=3).stderr)

    def test_a_model_that_nobody_knows(self):
        self.assertIn("large-v3", self.models("pull", "huge", expect=2).stderr, "the names that there are")

    def test_pulls_over_tls_from_a_mirror_that_is_allowed(self):
        certificate = self.folder / "server.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost", "-keyout", certificate, "-out", self.folder / "ca.pem"],
            check=True, capture_output=True,
        )
        with open(certificate, "a", encoding="ascii") as file:
            file.write((self.folder / "ca.pem").read_text())
        asked = []

        class Mirror(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                content = (INSTALLED / "tiny.en" / pathlib.Path(self.path).name).read_bytes()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        address = f"https://localhost:{server.server_port}"

        trusted = ["--server", address, "--ca-file", self.folder / "ca.pem"]
        refused = self.models("pull", "tiny.en", *trusted, expect=3)
        self.assertIn("DL_PERM_ADDRESS_REFUSED", refused.stderr)
        self.assertEqual(asked, [], "nothing is asked of a host that is not allowed")
        allowed = [*trusted, "--allow-host", "localhost", "--allow-address", "127.0.0.1"]
        self.models("pull", "tiny.en", *allowed)
        pulled = self.folder / "models" / "tiny.en" / "model.bin"
        self.assertEqual(
            hashlib.sha256(pulled.read_bytes()).hexdigest(),
            "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        )
        self.assertEqual(pulled.stat().st_mode & 0o777, 0o600)


if __name__ == "__main__":
    unittest.main()
