"""Word errors with and without a high-pass filter and noise reduction, at several distances of the noise, on
development prompts: what docs/decisions/0001-noise-reduction.md decides by. Usage: noise_reduction.py [MODEL [PROMPTS]]"""
import pathlib
import subprocess
import sys
import tempfile

import compose
import words_table

NOISE = {"clean": None, "20 dB": 20, "10 dB": 10, "5 dB": 5}
FILTERS = {"as it is": None, "high-pass 80 Hz": "highpass=f=80", "afftdn": "afftdn", "both": "highpass=f=80,afftdn"}


def noisy(snr):
    """Noise of a room and of a line by turns, as in the table of silences."""
    def effect(rng, sound):
        if snr is None:
            return sound
        make = compose.room_noise if rng.integers(2) else compose.line_noise
        return sound + make(rng, len(sound)) * 10 ** ((words_table.LEVEL - snr) / 20)
    return effect


def filtered(calls, folder, chain):
    if chain is None:
        return calls
    result = []
    for call in calls:
        path = folder / call.path.name
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", call.path, "-af", chain, "-c:a", "pcm_s16le", path], check=True)
        result.append(words_table.Call(path, call.said))
    return result


def main():
    model = sys.argv[1] if len(sys.argv) > 1 else "base"
    prompts = words_table.spoken_prompts("dev", True)[:int(sys.argv[2]) if len(sys.argv) > 2 else None]
    print(f"word errors, %, model {model}, {len(prompts)} development prompts of two words and more")
    print("| noise | " + " | ".join(FILTERS) + " |\n|---|" + "---|" * len(FILTERS))
    with tempfile.TemporaryDirectory() as name:
        for noise, snr in NOISE.items():
            calls = words_table.sequences(prompts, pathlib.Path(name), f"noise{snr}-", noisy(snr))
            rates = []
            for number, chain in enumerate(FILTERS.values()):
                folder = pathlib.Path(name, f"{snr}-{number}")
                folder.mkdir()
                heard = words_table.chat_words(filtered(calls, folder, chain), model, folder)
                rates.append(words_table.scored(calls, heard).rate())
            print(f"| {noise} | " + " | ".join(f"{rate:.1f}" for rate in rates) + " |", flush=True)


if __name__ == "__main__":
    main()
