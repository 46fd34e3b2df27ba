"""What bad input gets: one clear sentence, a catalog code, a way out; the other calls go on."""

import os
import pathlib
import shutil
import struct
import subprocess
import unittest

from support import PROGRAM, ChatTest, clip


class BadInput(ChatTest):
    def setUp(self):
        super().setUp()
        self.good = clip(self.folder / "good.wav", 60, 8)

    def expect_failure(self, path, code):
        """`path` fails with `code`, and a good call beside it is analyzed."""
        result = self.analyze(path, self.good, "--no-transcribe", expect=1)
        calls = self.report()["calls"]
        failed = [call for call in calls if call["status"] == "failed"]
        self.assertEqual([call["error"]["code"] for call in failed], [code])
        self.assertEqual(calls[-1]["status"], "analyzed")
        self.assertTrue(failed[0]["error"]["text"] and failed[0]["error"]["wayOut"])
        self.assertIn(code, result.stdout)
        return failed[0]

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def test_a_playlist_that_calls_itself_a_recording_is_not_followed(self):
        secret = self.good
        for text in (f"ffconcat version 1.0\nfile {secret}\n", f"#EXTM3U\n#EXTINF:8,\n{secret}\n"):
            self.expect_failure(self.file("list.wav", text.encode()), "AU_FMT_PLAYLIST")

    def test_what_is_not_sound(self):
        self.expect_failure(self.file("x.wav", b"this is a text\n" * 100), "AU_FMT_UNSUPPORTED")
        self.expect_failure(self.file("x.wav", os.urandom(5000)), "AU_FMT_UNSUPPORTED")

    def test_an_empty_file(self):
        self.expect_failure(self.file("x.wav", b""), "AU_DATA_EMPTY")

    def test_no_channels_and_too_many(self):
        header = bytearray(self.good.read_bytes()[:4000])
        header[22:24] = struct.pack("<H", 0)
        failed = self.expect_failure(self.file("x.wav", bytes(header)), "AU_VAL_NO_CHANNELS")
        self.assertIn("channel", failed["error"]["text"])
        six = clip(self.folder / "six.wav", 60, 2, "-af", "pan=5.1|c0=c0|c1=c0|c2=c0|c3=c1|c4=c1|c5=c1")
        self.expect_failure(six, "AU_VAL_TOO_MANY_CHANNELS")

    def test_a_cut_recording_is_analyzed_and_marked(self):
        whole = self.good.read_bytes()
        path = self.file("cut.wav", whole[: len(whole) // 2])
        self.analyze(path, "--no-transcribe")
        call = self.only_call()
        self.assertAlmostEqual(call["durationSeconds"], 4, delta=0.2)
        self.assertIn("AU_DATA_TRUNCATED", [warning["code"] for warning in call["warnings"]])

    def test_samples_that_are_not_numbers(self):
        path = clip(self.folder / "nan.wav", 60, 4, "-c:a", "pcm_f32le", "-ac", "1")
        data = bytearray(path.read_bytes())
        start = data.index(b"data") + 8 + 20_000
        data[start:start + 400] = struct.pack("<f", float("nan")) * 100
        path.write_bytes(data)
        self.analyze(path, "--no-transcribe")
        call = self.only_call()
        self.assertIn("AU_DATA_NOT_FINITE", [warning["code"] for warning in call["warnings"]])
        self.assertEqual(call["quality"]["channels"][0]["notFiniteSamples"], 100)

    def test_silence_only(self):
        path = self.folder / "quiet.wav"
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", "12", path], check=True)
        self.analyze(path, "--model", "tiny.en")
        call = self.only_call()
        self.assertIn("AU_DATA_NO_SPEECH", [warning["code"] for warning in call["warnings"]])
        self.assertEqual([(s["start"], s["end"]) for s in call["silences"]], [(0, 12)])
        self.assertEqual(call["metrics"]["words"], 0)

    def test_paths_that_lead_nowhere(self):
        self.expect_failure(self.folder / "missing.wav", "SYS_DATA_PATH_MISSING")
        fifo = self.folder / "fifo.wav"
        os.mkfifo(fifo)
        self.expect_failure(fifo, "SYS_FMT_NOT_A_FILE")
        loop = self.folder / "loop.wav"
        loop.symlink_to("loop.wav")
        self.expect_failure(loop, "SYS_PERM_LINK_REFUSED")
        empty = self.folder / "empty"
        empty.mkdir()
        self.expect_failure(empty, "SYS_DATA_NO_RECORDINGS")

    def test_links_inside_a_folder_are_not_followed(self):
        folder = self.folder / "calls"
        folder.mkdir()
        (folder / "up").symlink_to("..")
        (folder / "other.wav").symlink_to(self.good)
        os.link(self.good, folder / "real.wav")
        self.analyze(folder, "--no-transcribe", expect=1)
        calls = {call["path"]: call for call in self.report()["calls"]}
        self.assertEqual(calls["real.wav"]["status"], "analyzed")
        self.assertEqual(calls["other.wav"]["error"]["code"], "SYS_PERM_LINK_REFUSED")

    def test_nothing_but_bad_input(self):
        self.analyze(self.folder / "missing.wav", "--no-transcribe", expect=3)
        self.assertEqual(self.report()["summary"]["failed"], 1)

    def test_a_file_that_may_not_be_read(self):
        path = self.file("locked.wav", self.good.read_bytes())
        path.chmod(0)
        # Root may read everything: the program is run as a user who may not.
        as_other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        self.folder.chmod(0o755)
        self.good.chmod(0o644)
        work = self.folder / "work"
        work.mkdir()
        work.chmod(0o777)
        program = self.folder / "chat"
        for name in ("chat", "chat-decode"):
            shutil.copy(pathlib.Path(PROGRAM).with_name(name), self.folder / name)
            (self.folder / name).chmod(0o755)
        result = subprocess.run(
            [*as_other, program, "analyze", path, self.good, "--no-transcribe", "--store", work / "s", "--out", work / "r"],
            capture_output=True, text=True, check=False,
        )
        self.assertEqual(result.returncode, 1, result.stderr + result.stdout)
        self.assertIn("SYS_PERM_PATH_UNREADABLE", result.stdout)

    def test_manifest_with_mistakes(self):
        manifest = self.folder / "calls.csv"
        manifest.write_text("file,sid,call_time\ngood.wav,CA1,2026-13-45\nnowhere.wav,CA2,2026-11-12T09:00:00\n")
        result = self.analyze(self.good, "--manifest", manifest, "--no-transcribe")
        call = self.only_call()
        self.assertEqual((call["sid"], call["startedAt"]), ("CA1", None))
        notes = " ".join(self.report()["run"]["notes"])
        self.assertIn("line 2: call_time", notes)
        self.assertIn("nowhere.wav", notes)
        self.assertIn("nowhere.wav", result.stdout)

    def test_manifest_that_cannot_be_read(self):
        manifest = self.folder / "calls.csv"
        manifest.write_text('file,sid\n"good.wav,CA1\n')
        result = self.analyze(self.good, "--manifest", manifest, "--no-transcribe", expect=3)
        self.assertIn("CFG_FMT_MANIFEST", result.stderr)
        manifest.write_text("file\n../../../etc/passwd\n")
        self.analyze("--manifest", manifest, "--no-transcribe", expect=3)
        self.assertEqual(self.only_call()["error"]["code"], "CFG_PERM_MANIFEST_OUTSIDE")

    def test_a_model_that_is_foreign_or_cut(self):
        model = self.folder / "model"
        model.mkdir()
        for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
            (model / name).write_bytes(b"{}")
        result = self.analyze(self.good, "--model", model, expect=3)
        self.assertRegex(result.stderr + result.stdout, "TR_FMT_MODEL_FOREIGN|TR_DATA_MODEL_INCOMPLETE")
        result = self.analyze(self.good, "--model", "no-such-model", expect=3)
        self.assertIn("TR_DATA_MODEL_MISSING", result.stderr)
        self.assertIn("chat models pull", result.stderr)

    def test_rules_with_a_mistake(self):
        rules = self.file("rules.toml", b"[[pattern]]\nid = 'x'\nphrases = [\n")
        result = self.analyze(self.good, "--rules", rules, expect=3)
        self.assertIn("CFG_FMT_RULES", result.stderr)
        self.assertRegex(result.stderr, r"line \d")

    def test_a_full_disk(self):
        own = next((unshare for unshare in (["unshare", "-m"], ["unshare", "-rm"])
                    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode == 0), None)
        if own is None:
            self.skipTest("no file system of one's own can be mounted here")
        disk = self.folder / "disk"
        disk.mkdir()
        for place in ("store", "out"):
            target = {"store": self.folder / "s", "out": self.folder / "r", place: disk / "x"}
            command = [PROGRAM, "analyze", self.good, "--no-transcribe", "--store", target["store"], "--out", target["out"]]
            result = subprocess.run(
                [*own, "sh", "-c", 'mount -t tmpfs -o size=24k tmpfs "$0" && exec "$@"', disk, *command],
                capture_output=True, text=True, check=False,
            )
            self.assertIn(result.returncode, (1, 3), result.stderr)
            self.assertRegex(result.stderr + result.stdout, "(DB|RP|SYS)_RES_DISK_FULL", place)

    def test_a_report_folder_that_is_not_free(self):
        self.report_folder.mkdir()
        (self.report_folder / "thesis.txt").write_text("years of work")
        result = self.analyze(self.good, "--no-transcribe", expect=3)
        self.assertIn("RP_STATE_FOLDER_NOT_EMPTY", result.stderr)
        self.assertEqual(os.listdir(self.report_folder), ["thesis.txt"])
        result = self.analyze(self.good, "--no-transcribe", report="/proc/chat", expect=3)
        self.assertIn("RP_PERM_FOLDER_UNWRITABLE", result.stderr)

    def test_wrong_use(self):
        for arguments in (["analyze"], ["analyze", self.good, "--beam", "0"], ["analyze", self.good, "--audio", "loud"],
                          ["analyze", self.good, "--min-silence", "-1", "--no-transcribe"], ["dance"], []):
            result = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 2, f"{arguments}: {result.stdout}{result.stderr}")
            self.assertTrue(result.stderr)


if __name__ == "__main__":
    unittest.main()
