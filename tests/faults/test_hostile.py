"""Hostile recordings: each fails its own call with a clear code, and nothing but the file that was handed over is opened.

CHAT_FUZZED=10000 damages so many files; CHAT_HOSTILE_SLOW=1 adds the attacks that take minutes.
"""

import collections
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import unittest

from support import PROGRAM, ChatTest, clip

FUZZED = int(os.environ.get("CHAT_FUZZED", "300"))
SLOW = "CHAT_HOSTILE_SLOW" in os.environ

KINDS = {
    "wav": ["-c:a", "pcm_s16le"], "gsm": ["-c:a", "libgsm", "-ac", "1"], "mp3": ["-b:a", "32k"], "m4a": ["-c:a", "aac"],
    "ogg": ["-c:a", "libvorbis"], "opus": ["-c:a", "libopus"], "webm": ["-c:a", "libopus"], "flac": [], "wma": ["-c:a", "wmav2"],
    "aiff": [], "caf": [], "au": [], "ac3": [],
    "mka": ["-c:a", "pcm_s16le"], "spx": ["-c:a", "libspeex", "-ac", "1"],
}  # fmt: skip
PLAYLISTS = {
    "concat.wav": "ffconcat version 1.0\nfile {}\n",
    "hls.wav": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n",
    "hls.mp3": "\ufeff#EXTM3U\n{}\n",
    "session.gsm": "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nm=audio 5004 RTP/AVP 0\r\n",
    "dash.m4a": '<?xml version="1.0"?><MPD><Period><BaseURL>{}</BaseURL></Period></MPD>',
    "list.flac": "[playlist]\nFile1={}\n",
    "asx.wma": '<ASX version="3.0"><entry><ref href="{}"/></entry></ASX>',
}
OPTIONS = ["--no-transcribe", "--audio", "none", "--force"]
OPENING = ("open(", "openat(", "openat2(", "creat(")
REFUSALS = {"AU_DATA_EMPTY", "AU_FMT_UNSUPPORTED", "AU_FMT_PLAYLIST", "AU_FMT_NO_AUDIO", "AU_VAL_NO_CHANNELS",
            "AU_VAL_TOO_MANY_CHANNELS", "AU_RES_DECODER_LIMIT", "AU_STATE_DECODER_DIED"}  # fmt: skip


def damaged(data, chance):
    """One to eight changes, most of them in the header, where they do most harm."""
    data = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        if not data:
            break
        at = chance.randrange(len(data) if chance.random() < 1 / 3 else min(len(data), 256))
        change = chance.randrange(6)
        if change == 0:
            data[at] = chance.randrange(256)
        elif change == 1:
            data[at] = chance.choice([0x00, 0xFF, 0x7F, 0x80, 0x01, 0xFE])
        elif change == 2:
            del data[at : at + chance.randrange(32)]
        elif change == 3:
            start = chance.randrange(len(data))
            data[at:at] = data[start : start + chance.randrange(64)]
        elif change == 4:
            del data[at + 1 :]
        else:
            data[at : at + 4] = b"\xff\xff\xff\x7f"
    return bytes(data)


def box(kind, content):
    return struct.pack(">I4s", 8 + len(content), kind) + content


def greedy():
    """An MP4 of two hundred bytes that claims 67 million packets, for which FFmpeg takes twice four bytes each."""
    entry = box(b"mp4a", struct.pack(">6xH8xHHHHI", 1, 1, 16, 0, 0, 8000 << 16))
    tables = box(b"stsd", struct.pack(">II", 0, 1) + entry) + box(b"stsz", struct.pack(">III", 0, 0, 67_000_000))
    handler = box(b"hdlr", struct.pack(">II4s12xx", 0, 0, b"soun"))
    media = box(b"mdhd", struct.pack(">IIIIII", 0, 0, 0, 8000, 8000, 0)) + handler + box(b"minf", box(b"stbl", tables))
    return box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", box(b"trak", box(b"mdia", media)))


class Hostile(ChatTest):
    def setUp(self):
        super().setUp()
        self.calls = self.folder / "calls"
        self.calls.mkdir()
        good = clip(self.calls / "good.wav", 60, 8)
        self.analyze(good, *OPTIONS)
        self.alone = self.report()["calls"][0]

    def outcomes(self, program=PROGRAM):
        """What became of each file; that of the good one is the same as alone."""
        command = self.command(self.calls, *OPTIONS)
        run = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=3000, check=False)
        self.assertEqual(run.returncode, 1, run.stdout[-2000:] + run.stderr[-2000:])
        calls = {call["path"]: call for call in self.report()["calls"]}
        good = calls.pop("good.wav")
        self.assertEqual({**good, "path": self.alone["path"]}, self.alone)
        return {path: call["error"]["code"] if call["error"] else call["status"] for path, call in calls.items()}

    def write_playlists(self):
        for name, text in PLAYLISTS.items():
            (self.calls / name).write_text(text.format(self.folder / "secret.wav"))
        shutil.copy(self.calls / "good.wav", self.folder / "secret.wav")


class Recordings(Hostile):
    def test_damaged_ones_fail_alone(self):
        chance = random.Random(20261123)
        whole = [(kind, clip(self.folder / f"a.{kind}", 9, 0.5, *options).read_bytes()) for kind, options in KINDS.items()]
        for number in range(FUZZED):
            kind, data = whole[number % len(whole)]
            (self.calls / f"{number:05}.{kind}").write_bytes(damaged(data, chance))
        found = collections.Counter(self.outcomes().values())
        print(dict(found))
        self.assertLessEqual(set(found), REFUSALS | {"analyzed", "skipped"})
        self.assertGreater(found["analyzed"], 0)
        self.assertGreater(found["AU_FMT_UNSUPPORTED"], 0)

    def test_playlists_in_disguise_are_refused(self):
        self.write_playlists()
        self.assertEqual(self.outcomes(), dict.fromkeys(PLAYLISTS, "AU_FMT_PLAYLIST"))

    def test_one_that_wants_all_memory_gets_none(self):
        (self.calls / "greedy.m4a").write_bytes(greedy())
        self.assertEqual(self.outcomes(), {"greedy.m4a": "AU_RES_DECODER_LIMIT"})


class TakenOver(Hostile):
    """Decoders that do what a recording tells them to: a copy of the program, with a host of ours beside it."""

    def attack(self, *attacks):
        place = self.folder / "program"
        place.mkdir()
        shutil.copy(PROGRAM, place / "chat")
        shutil.copy(pathlib.Path(__file__).with_name("hostile_decoder.py"), place / "chat-decode")
        (place / "chat-decode").chmod(0o700)
        (place / "real").symlink_to(pathlib.Path(PROGRAM).with_name("chat-decode"))
        for attack in attacks:
            (self.calls / f"{attack}.wav").write_text(f"HOSTILE {attack}\n")
        return self.outcomes(str(place / "chat"))

    def test_what_it_sends_is_not_believed(self):
        attacks = ["garbage", "channels", "length", "twice", "nan", "loud"]
        self.assertEqual(self.attack(*attacks), {f"{attack}.wav": "AU_PERM_DECODER_BREACH" for attack in attacks})

    def test_its_death_is_its_own(self):
        self.assertEqual(self.attack("dies"), {"dies.wav": "AU_STATE_DECODER_DIED"})

    @unittest.skipUnless(SLOW, "takes minutes: CHAT_HOSTILE_SLOW=1")
    def test_neither_silence_nor_endlessness_holds_anybody_up(self):
        found = self.attack("silent", "endless")
        self.assertEqual(found, {"silent.wav": "AU_RES_DECODER_LIMIT", "endless.wav": "AU_PERM_DECODER_BREACH"})

    def test_without_a_decoder_nothing_is_decoded(self):
        place = self.folder / "program"
        place.mkdir()
        shutil.copy(PROGRAM, place / "chat")
        command = self.command(self.calls, *OPTIONS)
        run = subprocess.run([place / "chat", *command[1:]], capture_output=True, text=True, timeout=100, check=False)
        self.assertIn(run.returncode, (1, 3), run.stdout + run.stderr)
        self.assertIn("SYS_STATE_NO_DECODER", run.stdout + run.stderr)


class Watched(Hostile):
    """What strace sees of a run over playlists in disguise."""

    INSIDE = {"pread64", "fstat", "write", "writev", "mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "futex", "close",
              "rt_sigprocmask", "rt_sigaction", "rt_sigreturn", "tgkill", "getpid", "gettid", "getrandom", "clock_gettime",
              "gettimeofday", "exit_group"}  # fmt: skip

    def trace(self):
        probe = subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
        if probe.returncode != 0:
            self.assertRegex(probe.stderr, "(?i)ptrace|not permitted")
            self.skipTest("this machine forbids ptrace: " + probe.stderr.strip())
        trace = self.folder / "trace"
        command = self.command(self.calls, *OPTIONS)
        subprocess.run(["strace", "-f", "-qq", "-o", trace, *command], capture_output=True, timeout=200, check=False)
        calls, begun = collections.defaultdict(list), {}
        for line in trace.read_text(errors="replace").splitlines():
            process, text = line.split(maxsplit=1)
            if text.endswith("<unfinished ...>"):
                begun[process] = text.removesuffix("<unfinished ...>")
                continue
            if text.startswith("<... "):
                text = begun.pop(process) + text.split("resumed>", 1)[1]
            calls[process].append(text)
        return calls

    def test_nothing_is_opened_but_what_was_handed_over(self):
        self.write_playlists()
        handed = {path.name for path in self.calls.iterdir()}
        calls = self.trace()
        host = next(process for process, made in calls.items() if any("execve" in call and "chat-decode" in call for call in made))
        serving = calls[host][next(i for i, call in enumerate(calls[host]) if call.startswith("recvmsg(")) :]
        decoders = {re.search(r"= (\d+)$", call)[1] for call in serving if re.match("clone|v?fork", call)}
        self.assertGreaterEqual(len(decoders), len(handed))

        # The host opens nothing any more, and a decoder nothing ever; what one does inside the filter is a short list.
        for made in (serving, *(calls[decoder] for decoder in decoders)):
            self.assertEqual([call for call in made if call.startswith(OPENING)], [])
        for decoder in decoders:
            made = calls[decoder]
            inside = made[next(i for i, call in enumerate(made) if "SECCOMP_" in call and "FILTER" in call) + 1 :]
            self.assertLessEqual({re.match(r"\w+|", call)[0] for call in inside} - {""}, self.INSIDE)
            for call in inside:
                self.assertNotRegex(call, r"^(pread64|fstat)\([^0]|^writev?\([^12]")

        # Of the folder, the program opened what is in it and nothing that a playlist names.
        opened = [re.search(r'"([^"]*)"', call)[1] for made in calls.values() for call in made if call.startswith(OPENING)]
        self.assertEqual([path for path in opened if path.endswith("secret.wav")], [])
        self.assertEqual({pathlib.Path(path).name for path in opened if path.startswith(f"{self.calls}/")}, handed)


if __name__ == "__main__":
    unittest.main()
