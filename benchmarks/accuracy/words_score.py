"""Words compared with what was said: text normalized as for Whisper's figures, then aligned.

The normalization follows "Robust Speech Recognition via Large-Scale Weak Supervision" (Radford et al.,
2022, appendix C) where it matters for these texts: case, punctuation, hesitations, contractions and
numbers; these are spelled out here, where Whisper writes digits, which tells the same words apart.
"""
import re

HESITATIONS = {"hmm", "mm", "mhm", "mmm", "uh", "um"}
CONTRACTIONS = [("won't", "will not"), ("can't", "can not"), ("cannot", "can not"), ("let's", "let us"), ("i'm", "i am"),
                ("n't", " not"), ("'re", " are"), ("'ve", " have"), ("'ll", " will"), ("'d", " would")]
WRITTEN = {"mr": "mister", "dr": "doctor", "ok": "okay", "%": "percent", "&": "and", "#": "pound", "*": "star", "+": "plus",
                 "@": "at", "=": "equals",
                 # British and American, one word or two, and slips in the texts.
                 "cancelled": "canceled", "filename": "file name", "fourtieth": "fortieth", "represenatives": "representatives"}
ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen").split()
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
            "twelve": "twelfth"}


def spelled(number):
    for size, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = [] if number % size == 0 else spelled(number % size)
            return [*spelled(number // size), name, *rest]
    if number < 20:
        return [ONES[number]]
    return [TENS[number // 10], *([ONES[number % 10]] if number % 10 else [])]


def ordinal(number):
    *most, last = spelled(number)
    return [*most, ORDINALS.get(last, last[:-1] + "ieth" if last.endswith("y") else last + "th")]


def words(text):
    text = text.lower().replace("’", "'")
    text = re.sub(r"\[[^\]]*\]|\([^)]*\)|<[^>]*>", " ", text)
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    for short, long in CONTRACTIONS:
        text = re.sub(re.escape(short) + r"\b", long, text)
    text = re.sub(r"'s\b", "s", text)
    text = re.sub(r"\b([ap])\.m\b\.?", r"\1m", text)
    found = []
    for piece in re.findall(r"\d+(?:st|nd|rd|th)\b|\d+|[^\W\d_]+(?:'[^\W\d_]+)?|[%&#*+@=]", text):
        if piece[0].isdigit():
            digits = re.match(r"\d+", piece).group()
            spoken = [ONES[int(digit)] for digit in digits] if digits.startswith("0") or len(digits) > 9 else spelled(int(digits))
            found += ordinal(int(digits)) if piece != digits else spoken
        elif piece not in HESITATIONS:
            found += WRITTEN.get(piece, piece).replace("'", "").split()
    return found


def align(said, heard):
    """Errors (substituted, left out, added) of the best alignment, and which words of `said` were heard."""
    rows = [list(range(len(heard) + 1))]
    for i, word in enumerate(said, 1):
        row = [i]
        for j, other in enumerate(heard, 1):
            row.append(min(rows[-1][j - 1] + (word != other), rows[-1][j] + 1, row[j - 1] + 1))
        rows.append(row)
    hits, i, j = set(), len(said), len(heard)
    while i and j:
        if said[i - 1] == heard[j - 1] and rows[i][j] == rows[i - 1][j - 1]:
            hits.add(i - 1)
            i, j = i - 1, j - 1
        elif rows[i][j] == rows[i - 1][j - 1] + 1:
            i, j = i - 1, j - 1
        elif rows[i][j] == rows[i - 1][j] + 1:
            i -= 1
        else:
            j -= 1
    return rows[-1][-1], hits
