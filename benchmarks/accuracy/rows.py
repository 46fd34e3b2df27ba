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

# Every row: seconds within 2 %, and not behind any peer.
ROWS = {
    Row("clean"): Must(0.99, edges=CODEC_EDGES),
    Row("mu-law", codec="mulaw"): Must(0.99, edges=CODEC_EDGES),
    Row("GSM", codec="gsm"): Must(0.99, edges=CODEC_EDGES),
    Row("20 dB", snr=20): Must(0.97, edges=NOISY_EDGES),
    Row("10 dB", snr=10): Must(over_best=0.08),
    Row("music and tones", fills=True): Must(0.98, kinds=0.95),
    Row("mono", mono=True): Must(0.96),
}
