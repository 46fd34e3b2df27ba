"""`chat config`, and what the other commands make of the file, the environment and a batch's settings."""

import json
import os
import pathlib
import subprocess
import unittest

from support import CALL, PROGRAM, ChatTest, clip


class Config(ChatTest):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "home/.config/chat/config.toml"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("CHAT_", "XDG_CONFIG"))},
            "HOME": str(self.folder / "home"),
        }

    def chat(self, *arguments, expect=0, cwd=None, **environment):
        result = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=200, cwd=cwd,
                                env={**self.environment, **environment})
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result

    def write(self, text):
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(text)
        return self.file

    def shown(self, *arguments, expect=0, **environment):
        shown = json.loads(self.chat(*arguments, "config", "show", "--json", expect=expect, **environment).stdout)
        return {one["name"]: one for one in shown["settings"]}

    def test_without_a_file_everything_is_as_it_ships(self):
        self.assertEqual({one["from"] for one in self.shown().values()}, {"default"})
        self.assertEqual(self.chat("config", "path").stdout.strip(), str(self.file))
        self.assertEqual(self.shown()["store"]["value"], str(self.folder / "home/.local/share/chat/store.sqlite"))
        self.assertFalse(self.file.exists())
        for line in self.chat("config", "show").stdout.splitlines()[:-1]:
            self.assertLessEqual(len(line), 100, line)

    def test_set_get_and_show_agree_and_comments_stay(self):
        self.write("# for the Monday batch\nbeam = 3  # enough\n")
        self.chat("config", "set", "beam", "2")
        self.chat("config", "set", "rules", "my.toml", cwd=self.folder)
        self.assertEqual(self.file.read_text(),
                         f'# for the Monday batch\nbeam = 2  # enough\nrules = "{self.folder}/my.toml"\n')
        self.assertEqual(self.chat("config", "get", "beam").stdout, "2\n")
        beam = self.shown()["beam"]
        self.assertEqual((beam["value"], beam["from"], beam["line"], beam["default"]), (2, "file", 2, 5))
        self.assertIn("file, line 2", self.chat("config", "show").stdout)
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)

    def test_set_writes_nothing_that_cannot_be_used(self):
        before = self.write("beam = 3\n").read_text()
        self.assertIn("a whole number from 1 to 20", self.chat("config", "set", "beam", "21", expect=2).stderr)
        self.assertIn('did you mean "beam"', self.chat("config", "set", "beem", "2", expect=2).stderr)
        self.assertIn("CFG_VAL_SETTING", self.chat("config", "get", "nothing", expect=2).stderr)
        self.assertEqual(self.file.read_text(), before)

    def test_a_file_that_cannot_be_used_stops_what_would_use_it_and_can_be_repaired(self):
        self.write("audio = \"link\"\nbeam = 99\nlangauge = 'en'\n")
        said = self.chat("queue", "list", expect=3).stderr
        self.assertIn(f'{self.file}, line 2, column 8: "beam" must be a whole number from 1 to 20', said)
        validated = self.chat("config", "validate", expect=3).stderr
        self.assertIn("line 2, column 8", validated)
        self.assertIn('line 3, column 1: "langauge" is not a setting; did you mean "language"?', validated)
        self.assertEqual(self.shown(expect=3)["audio"]["value"], "link")
        self.chat("--version")
        self.assertIn("--beam", self.chat("analyze", "--help").stdout)
        self.write("beam = 99\n")
        self.chat("config", "set", "beam", "9")
        self.assertIn("1 setting", self.chat("config", "validate").stdout)

    def test_the_environment_goes_before_the_file_and_its_mistakes_are_named(self):
        self.write("beam = 3\n")
        self.assertEqual(self.shown(CHAT_BEAM="4")["beam"]["from"], "environment")
        self.assertEqual(self.chat("config", "get", "beam", CHAT_BEAM="4").stdout, "4\n")
        said = self.chat("queue", "list", expect=3, CHAT_BEAM="many").stderr
        self.assertIn("CHAT_BEAM must be a whole number from 1 to 20", said)

    def test_another_file_can_be_named(self):
        self.write("beam = 3\n")
        other = self.folder / "other.toml"
        other.write_text("beam = 6\n")
        self.assertEqual(self.shown("--config", other)["beam"]["value"], 6)
        self.assertEqual(self.chat("config", "get", "beam", "--config", other).stdout, "6\n")
        self.assertEqual(self.shown(CHAT_CONFIG=str(other))["beam"]["value"], 6)
        self.assertIn("SYS_DATA_PATH_MISSING", self.chat("config", "show", "--config", "none.toml", expect=3).stderr)

    def test_import_and_export_carry_settings_to_another_machine(self):
        self.write("beam = 3\naudio = \"link\"\n")
        exported = self.folder / "settings.toml"
        self.chat("config", "export", exported, CHAT_LANGUAGE="de")
        self.assertEqual(exported.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.chat("config", "export", CHAT_LANGUAGE="de").stdout, exported.read_text())
        self.write("workers = 1\n")
        self.chat("config", "import", exported)
        self.assertEqual({name: one["value"] for name, one in self.shown().items() if one["from"] == "file"},
                         {"beam": 3, "audio": "link", "language": "de"})
        self.assertEqual((self.file.parent / "config.toml.old").read_text(), "workers = 1\n")
        exported.write_text("beam = 0\n")
        self.assertIn("settings.toml, line 1", self.chat("config", "import", exported, expect=3).stderr)
        self.assertEqual(self.shown()["beam"]["value"], 3)

    def test_help_shows_what_holds_and_has_examples(self):
        self.write("beam = 3\n")
        self.assertRegex(self.chat("run", "--help").stdout, r"--beam N:1-20=3\b")
        self.assertIn("chat config validate", self.chat("config", "--help").stdout)
        self.assertIn("chat config set", self.chat("config", "set", "--help").stdout)

    def kept(self, store):
        return json.loads(self.chat("batch", "settings", "b", "--store", store).stdout)

    def test_flag_environment_batch_file_default(self):
        """In this order they hold; what is not said when a batch is begun stays as it was then."""
        call = clip(self.folder / "call.wav", 0, 3)
        store = self.folder / "own.sqlite"
        self.write(f'beam = 2\ncontext = 3\nprofile = "pause"\nstore = "{store}"\n')
        self.chat("queue", "add", call, "--batch", "b")
        self.assertTrue(store.exists())
        run = ["run", "--batch", "b", "--no-transcribe", "--out", self.folder / "report", "-q"]
        self.chat(*run, "--min-silence", "2", CHAT_CONTEXT="4")
        first = self.kept(store)
        self.assertEqual((first["min-silence"], first["context"], first["profile"], first["beam"], first["audio"]),
                         (2, 4, "pause", 2, "copy"))
        self.write(f'beam = 7\ncontext = 1\nprofile = "dead-air"\nstore = "{store}"\n')
        other = clip(self.folder / "other.wav", 5, 3)
        self.chat("queue", "add", other, "--batch", "b")
        self.chat(*run, CHAT_BEAM="8")
        report = json.loads((self.folder / "report/report.json").read_text())
        self.assertEqual(len(report["calls"]), 2)
        settings = report["run"]["settings"]
        self.assertEqual((settings["minSilenceSeconds"], settings["contextSeconds"], settings["profile"]), (2, 4, "pause"))
        # Another batch begins as the file says now.
        third = clip(self.folder / "third.wav", 9, 3)
        self.chat("queue", "add", third, "--batch", "c")
        self.chat("run", "--batch", "c", "--no-transcribe", "--out", self.folder / "c", "-q")
        settings = json.loads(self.chat("batch", "settings", "c").stdout)
        self.assertEqual((settings["beam"], settings["profile"]), (7, "dead-air"))

    def test_every_setting_is_an_option_with_the_same_range(self):
        """The table of settings and the options of `chat analyze` cannot come apart."""
        help_text = self.chat("analyze", "--help").stdout + self.chat("search", "--help").stdout
        for name, one in self.shown().items():
            if name == "models":
                continue
            self.assertIn(f"--{name}", help_text)
            if "from" not in one["allowed"] or "number" not in one["allowed"]:
                continue
            words = one["allowed"].split()
            least, most = float(words[-3]), float(words[-1])
            whole = "whole" in words
            for value, allowed in ((least, True), (most, True), (least - (1 if whole else 0.001), False),
                                   (most + 1, False)):
                if name == "long-hold" and value == least - 0.001:
                    continue  # the option takes any length above 0
                text = str(int(value)) if whole else str(value)
                # With the long values the three borders of silences contradict each other unless all rise.
                more = ["--medium-from=86400", "--long-from=86400"] if name in ("min-silence", "medium-from") else []
                more = [option for option in more if not option.startswith(f"--{name}=")]
                if name == "long-from" and value == least:
                    more = ["--min-silence=0.1", "--medium-from=0.1"]
                if name == "medium-from" and value == least:
                    more.append("--min-silence=0.1")
                result = subprocess.run(
                    [PROGRAM, "analyze", self.folder / "none", "--no-transcribe", f"--{name}={text}", *more],
                    capture_output=True, text=True, env=self.environment, cwd=self.folder)
                self.assertEqual(result.returncode, 3 if allowed else 2, f"{name} {text}: {result.stderr}")

    def test_an_option_that_has_the_name_but_not_the_meaning_is_left_alone(self):
        call = clip(self.folder / "call.wav", 0, 3)
        self.write(f'store = "{self.folder}/own.sqlite"\n')
        self.assertIn("1 of 1 calls", self.chat("search", call, "--any-day").stdout)

    def test_models_are_looked_for_where_the_file_says(self):
        self.write(f'models = "{self.folder}/elsewhere"\n')
        self.assertEqual(self.chat("models", "path").stdout.strip(), f"{self.folder}/elsewhere")
        self.assertEqual(self.chat("models", "path", CHAT_MODELS="/here").stdout.strip(), "/here")


if __name__ == "__main__":
    unittest.main()
