"""Personal data planted in every input is in no log, no record of an error and no crash output.

The store's own tables of calls and jobs hold names and numbers, as they must, and the screen names the file that failed.
"""

import gzip
import os
import pathlib
import resource
import signal
import sqlite3
import subprocess
import time
import unittest

from support import CALL, PROGRAM, ChatTest, clip

# One name, number and token for each way in, so that a find says where it came from.
FILE = ["Zebediah", "Quackenbush", "5550174422", "tok-9f8e7d6c5b4a"]
TAG = ["Wilhelmina", "Abernathy", "5550188311", "tok-1a2b3c4d5e6f"]
MANIFEST = ["Thaddeus", "Pumpernickel", "5550199277", "tok-aabbccddeeff"]
CONTENT = ["Ermintrude", "Featherstone", "5550111993", "tok-001122334455"]
VOCABULARY = ["Balthazar", "Cholmondeley", "5550122884", "tok-667788990011"]
RULES = ["Philippa", "Winterbottom", "5550133775", "tok-abcdef012345"]
MODEL = ["Archibald", "Higginbotham", "5550144666", "tok-fedcba543210"]
ADDRESS = ["Cornelius", "Ravensworth", "5550155557", "tok-135792468024"]
SPOKEN = ["tesla", "wonderful"]  # in the words of the call that is cut below
EVERYTHING = FILE + TAG + MANIFEST + CONTENT + VOCABULARY + RULES + MODEL + ADDRESS + SPOKEN


def found(planted, text):
    text = text.lower()
    return [one for one in planted if one.lower() in text]


class Planted(ChatTest):
    def named(self, ending):
        return self.folder / f"calls/{FILE[0]} {FILE[1]} {FILE[2]} {FILE[3]}{ending}"

    def run_program(self, *arguments, **environment):
        result = subprocess.run(
            [PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=200, errors="replace",
            env={**os.environ, **environment},
        )
        self.screen += result.stdout + result.stderr
        return result

    def call(self, *arguments, expect):
        result = self.run_program(
            "analyze", *arguments, "--store", self.folder / "store.sqlite", "--out", self.report_folder, "-q",
            "--trace", self.folder / "trace.json")
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)

    def setUp(self):
        super().setUp()
        self.screen = ""
        (self.folder / "calls").mkdir()

    def bad_calls(self):
        """Each way in which a recording can fail, its name and content planted."""
        text = " ".join(CONTENT)
        made = {}
        for name, content in {
            "text": text * 20,
            "playlist": f"#EXTM3U\nhttp://{CONTENT[0]}.example/{CONTENT[3]}\n",
            "empty": "",
            "riff": "RIFF" + text * 20,
            "ffconcat": f"ffconcat version 1.0\nfile '{CONTENT[1]}.wav'\n",
        }.items():
            made[name] = self.named(f" {name}.wav")
            made[name].write_text(content)
        made["fifo"] = self.named(" fifo.wav")
        os.mkfifo(made["fifo"])
        made["link"] = self.named(" link.wav")
        made["link"].symlink_to(made["text"])
        made["missing"] = self.named(" missing.wav")
        six = self.named(" six.wav")
        clip(six, 60, 2, "-af", "pan=5.1|c0=c0|c1=c0|c2=c0|c3=c1|c4=c1|c5=c1", *self.tags())
        made["six"] = six
        return made

    def tags(self):
        return [option for key, value in zip(("title", "artist", "comment", "album"), TAG)
                for option in ("-metadata", f"{key}={value}")]

    def manifest(self, *rows):
        path = self.folder / "calls.csv"
        header = "file,sid,order,chain,store,agent,call_time,phone\n"
        path.write_text(header + "".join(rows))
        return path

    def logged(self):
        text = ""
        for folder, _, names in os.walk(self.folder / "state"):
            for name in names:
                path = os.path.join(folder, name)
                with (gzip.open if name.endswith(".gz") else open)(path, "rt") as file:
                    text += name + "\n" + file.read()
        return text

    def table(self, name):
        with sqlite3.connect(self.folder / "store.sqlite") as store:
            return "\n".join(repr(row) for row in store.execute(f"SELECT * FROM {name}"))

    def test_logs_and_records_of_errors_hold_none_of_it(self):
        bad = self.bad_calls()
        good = clip(self.named(" good.wav"), 60, 35, *self.tags())
        cut = self.named(" cut.wav")
        cut.write_bytes(good.read_bytes()[:200_000])
        person = f"{MANIFEST[0]} {MANIFEST[1]}"
        rows = [
            f'"{path.name}",{MANIFEST[2]}{number},{MANIFEST[3]},{person},{person},{person},2026-11-12T09:41:00,{MANIFEST[2]}\n'
            for number, path in enumerate([good, cut, *bad.values()])
        ]
        rows.append(f'"{MANIFEST[0]}.wav",{MANIFEST[3]},,,,,{MANIFEST[2]},{MANIFEST[2]}\n')
        manifest = self.manifest(*rows)
        manifest = manifest.rename(self.folder / "calls" / manifest.name)
        vocabulary = self.folder / "names.txt"
        vocabulary.write_text("\n".join(VOCABULARY))
        rules = self.folder / "rules.toml"
        rules.write_text(subprocess.run([PROGRAM, "rules", "show"], capture_output=True, text=True).stdout)

        self.call("--manifest", manifest, "--model", "tiny.en", "--vocabulary", vocabulary, "--rules", rules, expect=1)
        trace = (self.folder / "trace.json").read_text()
        self.assertIn('"transcribe"', trace)
        self.assertEqual(found(EVERYTHING, trace), [], trace)
        analyzed = self.report()["calls"]

        # Commands that end with an error: each reads something planted and says no.
        broken = self.folder / f"{VOCABULARY[0]}.txt"
        broken.write_text(" ".join(VOCABULARY * 3))
        self.call(good, "--model", "tiny.en", "--vocabulary", broken, expect=3)
        for number, toml in enumerate((f"[[pattern]]\nid = '{RULES[0]}\n", f"[[{RULES[1]}]]\nid = '{RULES[0]}'\n",
                                       f"[[pattern]]\nid = 'x'\nname = 'x'\nregexes = ['({RULES[0]} {RULES[2]}']\n")):
            bad_rules = self.folder / f"{RULES[3]}{number}.toml"
            bad_rules.write_text("format = 1\n" + toml)
            self.call(good, "--rules", bad_rules, "--no-transcribe", expect=3)
        broken_manifest = self.folder / "broken.csv"
        broken_manifest.write_text(f'file,phone\n"{MANIFEST[0]},{MANIFEST[2]}\n')
        self.call("--manifest", broken_manifest, "--no-transcribe", expect=3)
        model = self.folder / "_".join(MODEL)
        model.mkdir()
        for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
            (model / name).write_text(" ".join(MODEL))
        self.call(good, "--model", model, expect=3)
        self.call(good, "--model", f"{MODEL[0]}-{MODEL[3]}", expect=3)
        for server in (f"https://{ADDRESS[0]}:{ADDRESS[3]}@127.0.0.1:1/{ADDRESS[1]}?phone={ADDRESS[2]}",
                       f"https://127.0.0.1:1/{ADDRESS[1]}?name={ADDRESS[0]}&phone={ADDRESS[2]}&token={ADDRESS[3]}"):
            result = self.run_program("models", "pull", "tiny.en", "--server", server, "--allow-host", "127.0.0.1",
                                      "--allow-address", "127.0.0.1", CHAT_MODELS=str(self.folder / "models"))
            self.assertNotEqual(result.returncode, 0)
        self.run_program("errors", "explain", f"{MODEL[0]} {MODEL[3]}")

        log = self.logged()
        records = self.table("errors")
        # What is looked through is what was meant to be: the failures are there, under their names.
        for code in ("AU_FMT_UNSUPPORTED", "AU_FMT_PLAYLIST", "AU_DATA_EMPTY", "SYS_FMT_NOT_A_FILE",
                     "SYS_PERM_LINK_REFUSED", "SYS_DATA_PATH_MISSING", "AU_VAL_TOO_MANY_CHANNELS"):
            self.assertIn(code, records)
            self.assertIn(code, log)
        for code in ("CFG_FMT_VOCABULARY", "CFG_FMT_RULES", "CFG_FMT_MANIFEST", "TR_DATA_MODEL_MISSING"):
            self.assertIn(code, log)
        self.assertRegex(log, "TR_FMT_MODEL_FOREIGN|TR_DATA_MODEL_INCOMPLETE")
        self.assertIn("DL_", log)
        # And what was planted did get in: it stands where it belongs.
        jobs = self.table("jobs")
        self.assertEqual(found(FILE + MANIFEST, jobs), FILE + MANIFEST)
        words = {word["text"].strip(",.?!").lower() for call in analyzed
                 for party in call.get("parties") or [] for word in party["words"]}
        self.assertTrue(words.issuperset(SPOKEN), words)

        self.assertEqual(found(EVERYTHING, log), [], log)
        self.assertEqual(found(EVERYTHING, records), [], records)
        # The screen may name a file; it does not show what is in one, nor words, tags or secrets of an address.
        self.assertEqual(found(TAG + CONTENT + SPOKEN + ADDRESS[3:], self.screen), [], self.screen)

    def hears(self):
        """Whether the sound stage is done, and words are being looked for."""
        try:
            return "'audio'" in self.table("stage_results")
        except sqlite3.Error:
            return False

    def test_a_crash_leaves_nothing(self):
        call = clip(self.named(" long.wav"), 0, 100, *self.tags())
        work = self.folder / "work"
        work.mkdir()
        errors = self.folder / "stderr"

        def unlimited():
            _, hard = resource.getrlimit(resource.RLIMIT_CORE)
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

        with open(errors, "w") as stderr:
            process = subprocess.Popen(
                [PROGRAM, "analyze", call, "--model", "tiny.en", "--store", self.folder / "store.sqlite",
                 "--out", self.report_folder],
                cwd=work, stdout=stderr, stderr=stderr, preexec_fn=unlimited,
            )
            deadline = time.monotonic() + 60
            while not self.hears() and time.monotonic() < deadline and process.poll() is None:
                time.sleep(0.05)
            self.assertTrue(self.hears() and process.poll() is None, errors.read_text())
            limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
            process.send_signal(signal.SIGSEGV)
            _, status = os.waitpid(process.pid, 0)
            process.returncode = status
        self.assertRegex(limits, r"Max core file size +0 +0 ")
        self.assertTrue(os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGSEGV, status)
        self.assertFalse(os.WCOREDUMP(status))
        self.assertEqual(os.listdir(work), [])
        self.assertEqual(found(TAG + SPOKEN, errors.read_text()), [])
        self.assertEqual(found(EVERYTHING, self.logged()), [])


if __name__ == "__main__":
    unittest.main()
