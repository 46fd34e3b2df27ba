"""Calls whose truth is known to the sample, composed of the sounds of `material`.

The same row, number and part give the same bytes: everything that is chosen comes from one generator
seeded with their names. Truth: a prompt speaks from its first to its last 10 ms frame within 35 dB of
its loudest one; silences are what speech and holds leave of the call, from 0 to its end. A ringback or
busy signal is one hold from its first to its last tone, the gaps of its cadence included.
"""
import dataclasses
import pathlib
import subprocess
import wave

import numpy as np

import material
from material import RATE

SHORTEST_EVENT = 0.9  # events up to 1.1 s are there for the score to forgive
CODED_WAV = {"mulaw": (".wav", ["-c:a", "pcm_mulaw"]), "mp3": (".mp3", ["-c:a", "libmp3lame", "-b:a", "16k"]),
             "opus": (".opus", ["-c:a", "libopus", "-b:a", "16k", "-ar", "16000"])}
# One channel each, because that is all they can: format, codec options, rate.
CODED_CHANNEL = {"gsm": ("gsm", ["-c:a", "libgsm"], 8000), "g722": ("g722", ["-c:a", "g722"], 16000),
                 "g723": ("g723_1", ["-c:a", "g723_1", "-b:a", "6300"], 8000),
                 "speex": ("ogg", ["-c:a", "libspeex", "-b:a", "6000"], 8000)}


@dataclasses.dataclass(frozen=True)
class Row:
    """One kind of call. Levels are dBFS (root mean square while somebody speaks)."""
    name: str
    snr: float | None = None  # dB; noise of a room and of a line by turns
    codec: str | None = None
    mono: bool = False
    level: float | None = None  # drawn from -30..-20 when None
    clipped: bool = False
    offset: float = 0.0
    channels: str = ""  # dropped, swapped, duplicated
    cross_talk: bool = False
    disturbed: bool = False  # breaths and typing in the pauses
    fills: tuple = ()  # what long pauses hold: music, tone, noise


@dataclasses.dataclass
class Call:
    name: str
    path: pathlib.Path
    duration: float
    silences: dict  # dB limit -> [(start, end, kind)], kind silence or noise
    holds: list  # [(start, end, kind)], kind music or tone


def write_wav(path, samples, rate):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(to_bytes(samples))


def to_bytes(samples):
    return np.clip(np.round(samples * 32767), -32768, 32767).astype("<i2").tobytes()


def ffmpeg(options, data):
    return subprocess.run(["ffmpeg", "-v", "error", *map(str, options)], input=data, check=True,
                          stdout=subprocess.PIPE).stdout


def through_channel_codec(samples, name):
    """Each channel coded and decoded; the codec's delay, found by correlation, is taken out again."""
    form, options, rate = CODED_CHANNEL[name]
    exact = ["-fflags", "+bitexact", "-flags", "+bitexact"]
    decoded = []
    for channel in samples.T:
        source = ["-f", "s16le", "-ar", RATE, "-ac", 1, "-i", "-"]
        coded = ffmpeg([*source, *exact, "-ar", rate, *options, "-f", form, "-"], to_bytes(channel))
        sound = np.frombuffer(ffmpeg(["-f", form, "-i", "-", "-ar", rate, "-f", "s16le", "-"], coded), "<i2") / 32768
        plain = ffmpeg([*source, "-ar", rate, "-f", "s16le", "-"], to_bytes(channel))
        decoded.append(aligned(sound, np.frombuffer(plain, "<i2") / 32768))
    return np.stack(decoded, axis=1), rate


def aligned(sound, reference):
    size = 1 << (len(reference) + len(sound)).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(reference, size)))
    reach = 800  # samples; codecs delay by less
    delay = int(np.argmax(np.concatenate([correlation[-reach:], correlation[:reach]]))) - reach
    moved = np.zeros(len(reference))
    part = sound[max(delay, 0):][:len(reference) - max(-delay, 0)]
    moved[max(-delay, 0):][:len(part)] = part
    return moved


def write(folder, name, samples, codec):
    if codec in CODED_WAV:
        ending, options = CODED_WAV[codec]
        path = folder / (name + ending)
        ffmpeg(["-y", "-f", "s16le", "-ar", RATE, "-ac", samples.shape[1], "-i", "-", "-fflags", "+bitexact", "-flags",
                "+bitexact", *options, path], to_bytes(samples))
        return path
    path, rate = folder / (name + ".wav"), RATE
    if codec:
        samples, rate = through_channel_codec(samples, codec)
    write_wav(path, samples, rate)
    return path


def room_noise(rng, count):
    """Falls with frequency (between pink and brown) above 80 Hz; of unit level, like all sounds here."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / RATE)
    noise = np.fft.irfft(spectrum * (frequency > 80) * np.maximum(frequency, 80) ** -0.7, count)
    return noise / np.std(noise)


def line_noise(rng, count):
    """White noise and the hum of the mains with its harmonics, in equal parts."""
    time = np.arange(count) / RATE
    hum = sum(np.sin(2 * np.pi * 50 * k * time + rng.uniform(0, 6)) / k for k in (1, 2, 3))
    return (rng.standard_normal(count) + hum / np.std(hum)) / np.sqrt(2)


def ramped(sound, seconds=0.01):
    ramp = np.minimum(1, (np.arange(len(sound)) + 1) / (seconds * RATE))
    return sound * ramp * ramp[::-1]


def hold_music(rng, part, count):
    """A stretch of a track that is nowhere quiet for long; a switchboard starts anywhere in it."""
    tracks = material.music(part)
    while True:
        track = tracks[rng.integers(len(tracks))]
        start = rng.integers(len(track) - count)
        sound = track[start:start + count]
        level = material.levels(sound)
        loud = np.flatnonzero(level > level.max() - 35)
        if loud[0] == 0 and loud[-1] == len(level) - 1 and np.diff(loud).max() < 30:
            return ramped(sound / np.std(sound))


def cadence(frequencies, on, off, count):
    time = np.arange(count) / RATE
    heard = ramped(np.ones(int(on * RATE)), 0.003)
    gate = np.resize(np.concatenate([heard, np.zeros(int(off * RATE))]), count)
    return gate * sum(np.sin(2 * np.pi * f * time) for f in frequencies) / np.sqrt(len(frequencies) / 2)


def signal_tones(rng, longest):
    """Ringback or busy as in America or Europe, or dialled digits; ends with a tone."""
    kind = rng.integers(3)
    if kind == 2:
        pairs = [((697, 770, 852, 941)[rng.integers(4)], (1209, 1336, 1477)[rng.integers(3)])
                 for _ in range(rng.integers(6, 12))]
        gap = np.zeros(int(0.08 * RATE))
        return np.concatenate([x for pair in pairs for x in (cadence(pair, 0.12, 0, int(0.12 * RATE)), gap)][:-1])
    european = rng.integers(2)
    if kind == 0:
        on, off, frequencies = (1.0, 4.0, (425,)) if european else (2.0, 4.0, (440, 480))
    else:
        on, off, frequencies = (0.5, 0.5, (425,) if european else (480, 620))
    rounds = max(1, int((longest / RATE - on) / (on + off)) + 1)
    return cadence(frequencies, on, off, int(((rounds - 1) * (on + off) + on) * RATE))


def breath(rng):
    count = int(rng.uniform(0.3, 0.6) * RATE)
    frequency = np.fft.rfftfreq(count, 1 / RATE)
    shape = np.exp(-((np.log(np.maximum(frequency, 1)) - np.log(900)) ** 2) / 0.8)
    sound = np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) * shape, count) * np.hanning(count)
    return sound / np.std(sound)


def typing(rng, count):
    """Keys pressed 3 to 8 times a second: clicks of some milliseconds."""
    sound = np.zeros(count)
    at = 0
    while True:
        at += int(rng.uniform(0.1, 0.35) * RATE)
        click = rng.standard_normal(80) * np.exp(-np.arange(80) / rng.uniform(8, 25)) * rng.uniform(0.4, 1)
        if at + len(click) > count:
            return sound
        sound[at:at + len(click)] += click


class Composer:
    """Puts one call together: turns first, then what lies in the pauses, then what the line does to it."""

    def __init__(self, row, number, part):
        self.row, self.part = row, part
        self.rng = np.random.default_rng(material.digest(f"{part}/{row.name}/{number}"))
        english = 1 if row.channels == "swapped" else 0
        others = material.second_parties(part)
        self.voices = [None, None]
        self.voices[english] = material.prompts(material.FIRST, part)
        self.voices[1 - english] = others[self.rng.integers(len(others))]
        levels = self.rng.uniform(-30, -20, 2) if row.level is None else (row.level, row.level)
        self.levels = [10 ** (level / 20) for level in levels]
        self.turns = []  # (side, prompt, first sample of its file)
        self.wide = []  # (end of speech, start of the next) where a long pause was made
        self.holds = []
        self.noises = []

    def pause(self):
        """Seconds to the next turn: as often short as long, 0.2 to 15."""
        return float(np.exp(self.rng.uniform(np.log(0.2), np.log(15))))

    def arrange(self):
        rng = self.rng
        target = rng.uniform(90, 150) * RATE
        side, at, until = int(rng.integers(2)), int(rng.uniform(0.2, 6) * RATE), 0
        last_wide = 0
        while at < target:
            voice = self.voices[side]
            prompt = voice[rng.integers(len(voice))]
            first, last = prompt.spans[35]
            start = max(at - first, 0)
            self.turns.append((side, prompt, start))
            until = max(until, start + last)
            changes = rng.random() < 0.75
            if self.row.fills and until - last_wide > 10 * RATE:
                at = last_wide = until + int(rng.uniform(8, 20) * RATE)
                self.wide.append((until, at))
            elif changes and rng.random() < 0.1:
                at = until - int(min(rng.uniform(0.3, 1.0) * RATE, 0.6 * (last - first)))
            else:
                at = until + int(self.pause() * RATE)
            side = 1 - side if changes else side
        files_end = max(start + len(prompt.sound) for _, prompt, start in self.turns)
        self.count = max(files_end, until + int(rng.uniform(0.3, 6) * RATE))
        self.channels = np.zeros((self.count, 2))
        for side, prompt, start in self.turns:
            gain = self.levels[side] / prompt.active()
            self.channels[start:start + len(prompt.sound), side] += prompt.sound * gain

    def spoken(self, limit, side=None):
        """Merged stretches of speech in samples, of one side or of both."""
        stretches = sorted((start + prompt.spans[limit][0], start + prompt.spans[limit][1])
                           for owner, prompt, start in self.turns if side in (None, owner))
        return merged(stretches)

    def fill(self):
        """Music, tones or noise into the long pauses; quiet before and after the first two."""
        rng = self.rng
        for number, (begin, end) in enumerate(self.wide):
            if end > self.count:
                continue
            kind = self.row.fills[(number + int(rng.integers(2))) % len(self.row.fills)]
            before, after = (int(x * RATE) for x in rng.uniform(0.3, 2.5, 2))
            longest = end - begin - before - after
            if kind == "noise":
                before, after, longest = 0, 0, end - begin
                sound = ramped(room_noise(rng, longest), 0.05)
            else:
                sound = hold_music(rng, self.part, longest) if kind == "music" else signal_tones(rng, longest)
            level = 10 ** (rng.uniform(-34, -26 if kind == "noise" else -22) / 20)
            sides = ((0,), (1,), (0, 1))[rng.integers(3)]
            for side in sides:
                self.channels[begin + before:begin + before + len(sound), side] += sound * level
            place = (begin + before, begin + before + len(sound), kind)
            (self.noises if kind == "noise" else self.holds).append(place)

    def disturb(self):
        rng = self.rng
        for (_, begin), (end, _) in zip(self.spoken(35), self.spoken(35)[1:]):
            if end - begin < RATE:
                continue
            side = int(rng.integers(2))
            if rng.random() < 0.6:
                sound = breath(rng) * self.levels[side] * 10 ** (rng.uniform(-30, -20) / 20)
                at = int(rng.integers(begin, end - len(sound)))
                self.channels[at:at + len(sound), side] += sound
            if rng.random() < 0.5:
                sound = typing(rng, end - begin) * self.levels[1 - side] * 10 ** (rng.uniform(-12, 0) / 20)
                self.channels[begin:end, 1 - side] += sound

    def transmit(self, number):
        """What microphones and the line do. Clean calls: nothing, or a hiss that is hardly heard."""
        rng, row = self.rng, self.row
        if row.cross_talk:
            self.channels = self.channels + 0.1 * self.channels[:, ::-1]
        for side in (0, 1):
            if row.snr is not None:
                make = (room_noise, line_noise)[number % 2]
                self.channels[:, side] += make(rng, self.count) * self.levels[side] * 10 ** (-row.snr / 20)
            elif number % 2:
                self.channels[:, side] += rng.standard_normal(self.count) * 10 ** (-70 / 20)
        if row.clipped:
            for side in (0, 1):
                loud = np.abs(self.channels[np.abs(self.channels[:, side]) > self.levels[side] / 10, side])
                self.channels[:, side] = np.clip(self.channels[:, side] / np.quantile(loud, 0.95), -1, 1)
        self.channels += row.offset

    def heard(self):
        """The channels as recorded, and the side whose speech is all that can be heard (None: both)."""
        both = self.channels.sum(axis=1, keepdims=True)
        if self.row.mono:
            return both, None
        if self.row.channels == "duplicated":
            return np.repeat(both, 2, axis=1), None
        if self.row.channels == "dropped":
            side = int(self.rng.integers(2))
            kept = self.channels.copy()
            kept[:, 1 - side] = 0
            return kept, side
        return self.channels, None

    def silences(self, limit, side):
        busy = merged(sorted([*self.spoken(limit, side), *((a, b) for a, b, _ in self.holds)]))
        edges = [0, *(edge for stretch in busy for edge in stretch), self.count]
        found = []
        for begin, end in zip(edges[::2], edges[1::2]):
            noisy = sum(min(end, b) - max(begin, a) for a, b, _ in self.noises if a < end and b > begin)
            if end - begin >= SHORTEST_EVENT * RATE:
                found.append((begin / RATE, end / RATE, "noise" if noisy > (end - begin) / 2 else "silence"))
        return found


def merged(stretches):
    result = []
    for begin, end in stretches:
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((begin, end))
    return result


def compose(row, number, part, folder):
    """Writes one call of `row` into `folder`."""
    composer = Composer(row, number, part)
    composer.arrange()
    if row.fills:
        composer.fill()
    if row.disturbed:
        composer.disturb()
    composer.transmit(number)
    samples, side = composer.heard()
    name = f"{number:03}"
    return Call(name, write(folder, name, samples, row.codec), composer.count / RATE,
                {limit: composer.silences(limit, side) for limit in material.LIMITS},
                [(begin / RATE, end / RATE, kind) for begin, end, kind in composer.holds])
