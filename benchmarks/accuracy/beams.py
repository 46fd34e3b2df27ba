"""The narrowest search for words that errs at most half a point more than one of five, and how fast it is. See `../beam`."""
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import words
import words_table

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import measure  # noqa: E402

WIDEST = 5
BEAMS = (1, 2, 3)
POINTS = 0.5
MODEL = "base"
ORDERS = {"dev": 1, "held": words_table.ORDERS}  # there are twice as many prompts for development
ALTERNATIONS = 5
HERE = pathlib.Path(__file__).resolve().parent
CALL = measure.RECORDINGS / "auto_repairs_1.flac"


def scores(part, beams, folder):
    """Of each beam, on the prompts of two words and more."""
    def hearer(beam):
        return lambda calls: words_table.chat_words(calls, MODEL, folder, "--beam", str(beam))
    return words_table.ordered_scores(words_table.spoken_prompts(part, True), ORDERS[part], folder, part, *map(hearer, beams))


def chosen_beam(folder):
    widest, = scores("dev", [WIDEST], folder)
    print(f"word errors on {len(widest.said)} development prompts: beam {WIDEST} {widest.rate():.2f} %", flush=True)
    for beam in BEAMS:
        score, = scores("dev", [beam], folder)
        print(f"  beam {beam} {score.rate():.2f} %", flush=True)
        if score.rate() <= widest.rate() + POINTS:
            return beam
    return WIDEST


def errs_hardly_more(beam, folder):
    ours, widest = scores("held", (beam, WIDEST), folder)
    print(f"beam {beam} on {len(ours.said)} held prompts in {ORDERS['held']} orders: word errors {ours.rate():.2f} %, "
          f"beam {WIDEST} {widest.rate():.2f} %; upper bound of the difference {words_table.difference_bound(ours, widest):.2f} points")
    return measure.verdict("  difference", ours.rate() - widest.rate(), POINTS, "points")


def seconds(command):
    output = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])["run"]


def print_times(program, beam, folder):
    channels = [folder / f"{side}.wav" for side in ("left", "right")]
    for side, path in enumerate(channels):
        subprocess.run(["ffmpeg", "-v", "error", "-i", CALL, "-af", f"pan=mono|c0=c{side}", path], check=True)
    model = words.models() / MODEL
    commands = {}
    for width in sorted({beam, WIDEST}):
        commands[f"CHAT, beam {width}"] = [program, model, width, 2, CALL]
        commands[f"faster-whisper batched, beam {width}"] = [sys.executable, HERE.parent / "speech_peer.py", model, width, 0, *channels]
    took = {name: [] for name in commands}
    for _ in range(ALTERNATIONS):
        for name, command in commands.items():
            took[name].append(seconds(command))
    ours = statistics.median(took[f"CHAT, beam {beam}"])
    print(f"dual call of 245 s, {ALTERNATIONS} alternations:")
    for name, values in took.items():
        print(f"  {name}: {measure.spread(values)} s, {statistics.median(values) / ours:.2f} times that of CHAT with beam {beam}")


def main():
    program, *given = sys.argv[1:]
    held = True
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        beam = int(given[0]) if given else chosen_beam(folder)
        if not given:
            held = errs_hardly_more(beam, folder)
        print_times(program, beam, folder)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
