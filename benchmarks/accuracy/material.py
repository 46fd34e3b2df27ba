"""The sounds that calls are composed of, from Debian's packages, and which part of them is held out.

Held material appears in the printed report alone: a third of the prompts, two of the five tracks of
music and one whole speaker, by the hash of their names, so that no choice of seed can let it leak.
Every function takes part="dev" or part="held"; the two never share a sound.
"""
import dataclasses
import functools
import gzip
import hashlib
import pathlib
import subprocess
import wave

import numpy as np

RATE = 8000
FRAME = RATE // 100
LIMITS = (30, 35, 40)  # dB below its loudest frame up to which a prompt speaks; 35 is the definition
LONGEST_INNER_PAUSE = 0.5
LONGEST_PROMPT = 10.0
QUIET_ROOM = 40  # dB that the noise in a recording must lie below its speech, else its edges are the noise's

SOUNDS = pathlib.Path("/usr/share/asterisk/sounds")
TEXTS = pathlib.Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
MUSIC = pathlib.Path("/usr/share/asterisk/moh")
RECORDINGS = pathlib.Path("/usr/share/pocketsphinx/test/data")
FIRST = "en"
SECOND = ("es", "fr", "it", "ru")
FOLDERS = {"en": "en_US_f_Allison", "es": "es_MX_f_Allison", "fr": "fr_CA_f_June", "it": "it_IT_m_Carlo",
           "ru": "ru_RU_f_IvrvoiceRU"}


def digest(name):
    return int(hashlib.sha256(name.encode()).hexdigest(), 16)


# The Spanish prompts are spoken by the English voice, so a new speaker is one of the others.
HELD_SPEAKER = min(("fr", "it", "ru"), key=digest)


@dataclasses.dataclass(frozen=True)
class Prompt:
    name: str
    sound: np.ndarray  # -1..1 at RATE, the whole file
    spans: dict  # dB limit -> first and one past the last sample that speaks

    def active(self):
        """Its level while it speaks: root mean square."""
        first, last = self.spans[35]
        return float(np.sqrt(np.mean(self.sound[first:last] ** 2)))


def levels(sound):
    frames = sound[:len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    return 10 * np.log10(np.mean(frames ** 2, axis=1) + 1e-12)


def make_prompt(name, sound):
    """None where the truth would not be known: nothing in it, too long, or a pause inside."""
    level = levels(sound)
    if len(level) < 10 or len(sound) > LONGEST_PROMPT * RATE:
        return None
    speaking = {limit: np.flatnonzero(level >= level.max() - limit) for limit in LIMITS}
    if np.diff(speaking[LIMITS[0]]).max(initial=1) - 1 > LONGEST_INNER_PAUSE * 100:
        return None
    return Prompt(name, sound, {k: (int(v[0]) * FRAME, (int(v[-1]) + 1) * FRAME) for k, v in speaking.items()})


def read_wav(path):
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


@functools.cache
def texts():
    """What the English prompts say, by name; those in brackets are sounds, not speech."""
    lines = gzip.open(TEXTS, "rt", encoding="utf-8", errors="replace").read().splitlines()
    pairs = (line.split(":", 1) for line in lines if ":" in line and not line.startswith(";"))
    return {name.strip(): text.strip() for name, text in pairs}


def is_speech(name):
    text = texts().get(name)
    return text is None or not (text.startswith(("[", "<", "(")) or "tone sound" in text)


def in_part(name, part):
    return (digest(name) % 3 == 0) == (part == "held")


@functools.cache
def prompts(speaker, part):
    """The prompts of one speaker in one part; the held speaker has none for development."""
    if speaker == HELD_SPEAKER and part == "dev":
        return ()
    found = []
    root = SOUNDS / FOLDERS[speaker]
    for path in sorted(root.rglob("*.wav")):
        name = str(path.relative_to(root).with_suffix(""))
        if is_speech(name) and (speaker == HELD_SPEAKER or in_part(name, part)):
            found.append(make_prompt(f"{speaker}/{name}", read_wav(path)))
    return tuple(prompt for prompt in found if prompt)


@functools.cache
def recordings(part):
    """Sentences read by other people, in rooms: pocketsphinx's test data, brought to RATE."""
    paths = sorted([*RECORDINGS.glob("*.raw"), *RECORDINGS.glob("cards/*.wav"), *RECORDINGS.glob("librivox/*.wav")])
    found = []
    for path in (path for path in paths if in_part(path.stem, part)):
        raw = ["-f", "s16le", "-ar", "16000", "-ac", "1"] if path.suffix == ".raw" else []
        sound = subprocess.run(["ffmpeg", "-v", "error", *raw, "-i", path, "-ar", str(RATE), "-f", "s16le", "-"],
                               check=True, stdout=subprocess.PIPE).stdout
        found.append(make_prompt(f"recordings/{path.stem}", np.frombuffer(sound, "<i2") / 32768))
    return tuple(prompt for prompt in found if prompt and np.ptp(np.percentile(levels(prompt.sound), (5, 100))) > QUIET_ROOM)


def second_parties(part):
    """The voices that answer the English ones: a set of prompts each, the few recordings among them."""
    voices = [prompts(speaker, part) for speaker in SECOND]
    if part == "held":
        voices.append(prompts(HELD_SPEAKER, part))  # twice: it is the new voice
    return tuple(voice + recordings(part) for voice in voices if voice)


@functools.cache
def music(part):
    """Tracks of hold music: two of the five are held out."""
    paths = sorted(MUSIC.glob("*.wav"), key=lambda path: digest(path.stem))
    return tuple(read_wav(path) for path in (paths[:2] if part == "held" else paths[2:]))
