"""The kinds of calls in the table and what CHAT must reach on each."""
import dataclasses

from compose import Row


@dataclasses.dataclass(frozen=True)
class Must:
    f1: float = 0.0
    over_best: float | None = None  # F1 above the best peer's
    edges: tuple | None = None  # ms: median, 95th percentile
    kinds: float | None = None  # share of holds told by kind


CODEC_EDGES = (10, 40)
NOISY_EDGES = (25, 140)
HOLDS = ("music", "tone")

# Every row: seconds within 2 %, and not behind any peer.
ROWS = {
    Row("clean"): Must(0.99, edges=CODEC_EDGES),
    Row("mu-law", codec="mulaw"): Must(0.99, edges=CODEC_EDGES),
    Row("GSM", codec="gsm"): Must(0.99, edges=CODEC_EDGES),
    Row("G.722", codec="g722"): Must(edges=CODEC_EDGES),
    Row("G.723.1 6.3k", codec="g723"): Must(edges=CODEC_EDGES),
    Row("Speex 6k", codec="speex"): Must(edges=CODEC_EDGES),
    Row("MP3 16k", codec="mp3"): Must(edges=CODEC_EDGES),
    Row("Opus 16k", codec="opus"): Must(edges=CODEC_EDGES),
    Row("20 dB", snr=20): Must(0.97, edges=NOISY_EDGES),
    Row("10 dB", snr=10): Must(over_best=0.08),
    Row("5 dB", snr=5): Must(),
    Row("20 dB GSM", snr=20, codec="gsm"): Must(),
    Row("level -12 dBFS", level=-12): Must(),
    Row("level -40 dBFS", level=-40): Must(),
    Row("clipped", clipped=True): Must(),
    Row("DC offset", offset=0.05): Must(),
    Row("one dropped", channels="dropped"): Must(),
    Row("swapped", channels="swapped"): Must(),
    Row("duplicated", channels="duplicated"): Must(),
    Row("cross-talk", cross_talk=True): Must(),
    Row("breaths and keys", disturbed=True): Must(),
    Row("music and tones", fills=HOLDS): Must(0.98, kinds=0.95),
    Row("the same 20 dB", fills=HOLDS, snr=20): Must(),
    Row("mono", mono=True): Must(0.96),
    Row("mono 20 dB", mono=True, snr=20): Must(),
    Row("mono music", mono=True, fills=HOLDS): Must(),
    Row("passing noise", fills=("noise",)): Must(),
}

# Rows on which transcript gaps are measured too.
WORDS = ("clean", "GSM", "20 dB", "music and tones", "the same 20 dB", "mono", "mono music", "passing noise")
