"""Which everyday words an agent says and a customer does not: prints [[agent]] clauses for rules.toml.

Log-odds of words and pairs of words per turn, over the development parts of tests/data and the dialogues of
roles_fit.jsonl, drawn towards none by two turns of each kind. They count a quarter: words of a call depend on
each other. Held parts are skipped unread.
"""
import json
import math
import pathlib
import re
from collections import Counter

DATA = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data"
SHARE = 0.25
LEAST_TURNS = 5
LEVELS = (0.15, 0.25, 0.35, 0.5)


def lines(name):
    for line in (DATA / name).read_text().splitlines():
        if re.search(r'"part": ?"dev"', line[:60]):
            yield json.loads(line)


def turns():
    """(is the agent, text) of every turn whose speaker is known."""
    for call in lines("patterns.jsonl"):
        for turn in call["before"] + call["after"]:
            if turn["role"] != "someone":
                yield turn["role"] == "agent", turn["text"]
    for name in ("roles.jsonl", "roles_fit.jsonl"):
        for call in lines(name):
            if call["truth"] != "unknown":
                for channel, text in call["turns"]:
                    yield str(channel) == call["truth"], text


def features(text):
    """Words and pairs of adjacent words within a sentence, as the rules see them."""
    found = set()
    for sentence in re.split(r"[.?!]", text.lower().replace("’", "'")):
        words = [word.strip("'") for word in re.sub(r"[^a-z' ]", " ", sentence).split()]
        words = [word for word in words if word and word not in ("um", "uh", "er", "ah", "hm", "hmm", "mm")]
        found.update(words)
        found.update(f"{a} {b}" for a, b in zip(words, words[1:]))
    return found


def main():
    counts = {True: Counter(), False: Counter()}
    total = Counter()
    for agent, text in turns():
        counts[agent].update(features(text))
        total[agent] += 1
    clauses = {}
    for words in counts[True] | counts[False]:
        agent, customer = counts[True][words], counts[False][words]
        if agent + customer < LEAST_TURNS:
            continue
        odds = SHARE * math.log((agent + 1) / (customer + 1) * total[False] / total[True])
        levels = [level for level in LEVELS if level <= abs(odds) + 0.03]
        if levels:
            clauses.setdefault((odds < 0, " " in words, levels[-1]), []).append(words)
    for (customer, _, level), words in sorted(clauses.items()):
        print("[[agent]]" + ('\nsays = "customer"' if customer else "") + f"\nweight = {level}\nphrases = [")
        line = "   "
        for word in sorted(words):
            if len(line) + len(word) > 130:
                print(line)
                line = "   "
            line += f' "{word}",'
        print(line + "\n]\n")


if __name__ == "__main__":
    main()
