"""What the table stands on, checked before each run: the same call twice has the same bytes, the parts share
nothing, and the score and the peers' silences are right on examples worked out by hand."""
import pathlib
import tempfile

import compose
import material
import peers
import score

EVENTS = [(0.0, 2.0), (5.0, 8.0), (10.0, 11.0)]


def same_seed_same_bytes():
    row = compose.Row("check", snr=20, disturbed=True, fills=("music", "tone", "noise"))
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        one, two, other = (compose.compose(row, number, "dev", pathlib.Path(folder))
                           for folder, number in ((first, 0), (second, 0), (first, 1)))
        assert one.path.read_bytes() == two.path.read_bytes()
        assert (one.silences, one.holds) == (two.silences, two.holds)
        assert one.path.read_bytes() != other.path.read_bytes()
        assert one.holds and one.silences[35]


def parts_share_nothing():
    names = {part: {prompt.name for voice in (material.prompts(material.FIRST, part), *material.second_parties(part))
                    for prompt in voice} for part in ("dev", "held")}
    assert names["dev"] and names["held"] and not names["dev"] & names["held"]
    assert not any(name.startswith(material.HELD_SPEAKER) for name in names["dev"])
    assert [len(material.music(part)) for part in ("dev", "held")] == [3, 2]


def score_by_hand():
    assert score.counts(EVENTS, [(0.1, 2.1), (5.0, 8.3)]) == (1, 1, 1)  # the last true one is forgiven
    assert score.counts(EVENTS, EVENTS) == (2, 0, 0)
    assert score.counts(EVENTS, []) == (0, 0, 2)
    assert [round(float(x), 3) for x in score.pooled([(1, 1, 1), (2, 0, 0)])] == [0.75, 0.75, 0.75]
    assert score.lower_bound([(2, 0, 0)] * 9, [(1, 1, 1)] * 9) == 0.5
    assert [round(e, 3) for e in score.edges([(0, 2.0)], [(0, 2.1)], 9)] == [0.1]
    assert score.kinds([(0, 4, "tone")], [(0, 1, "silence"), (1, 4, "tone")]) == [("tone", "tone")]
    assert score.kinds([(0, 4, "tone")], [(0, 1, "silence")]) == [("tone", "speech")]


def peers_by_hand():
    assert peers.outside([(2, 5), (4, 6), (6.5, 7)], 9) == [(0.0, 2), (7, 9)]
    assert peers.complement([(0, 2), (3, 9)], 9) == [(2, 3)]
    chances = [0.0] * 10 + [0.9] * 20 + [0.4] * 5 + [0.0] * 15
    assert peers.speech_timestamps(chances, 50 * 512, 0.5) == [((10 * 512 - 480) / 16000, (35 * 512 + 480) / 16000)]


def all_of_it():
    for check in (same_seed_same_bytes, parts_share_nothing, score_by_hand, peers_by_hand):
        check()
