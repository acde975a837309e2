"""Which script a text is written in, as a BCP 47 tag without a language: `und-Latn`, `und-Cyrl`.

`zxx` where there are no letters.

A script is all that can be told cheaply and surely. A rule says which scripts it reads; what it can't read,
it hasn't cleared.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from typing import Final

LATIN: Final = "und-Latn"
NO_LETTERS: Final = "zxx"
OTHER: Final = "und-Zyyy"
FOREIGN_LETTERS_MIN: Final = 10
FOREIGN_PERCENT_MIN: Final = 25

_BEYOND_LATIN: Final = re.compile(
    "[\u0370-\u1cff\u1f00-\u1fff\u2c00-\u2dff\u3040-\ud7ff\uf900-\ufdff\ufe70-\ufefc\U00020000-\U000323af]"
)
"""Finds most texts without such letters at once."""
_BLOCKS: Final = (
    (0x0000, "Latn"),
    (0x0370, "Grek"),
    (0x0400, "Cyrl"),
    (0x0530, "Armn"),
    (0x0590, "Hebr"),
    (0x0600, "Arab"),
    (0x0700, "Zyyy"),
    (0x0900, "Deva"),
    (0x0980, "Beng"),
    (0x0A00, "Zyyy"),
    (0x0B80, "Taml"),
    (0x0C00, "Telu"),
    (0x0C80, "Zyyy"),
    (0x0E00, "Thai"),
    (0x0E80, "Zyyy"),
    (0x10A0, "Geor"),
    (0x1100, "Kore"),
    (0x1200, "Zyyy"),
    (0x1C80, "Cyrl"),
    (0x1C90, "Zyyy"),
    (0x1D00, "Latn"),
    (0x1F00, "Grek"),
    (0x2000, "Zyyy"),
    (0x3040, "Jpan"),
    (0x3130, "Kore"),
    (0x3190, "Zyyy"),
    (0x31F0, "Jpan"),
    (0x3400, "Hani"),
    (0xA000, "Zyyy"),
    (0xAC00, "Kore"),
    (0xD7FC, "Zyyy"),
    (0xF900, "Hani"),
    (0xFB00, "Zyyy"),
    (0x20000, "Hani"),
)
_STARTS: Final = [start for start, _ in _BLOCKS]


def language(folded: str) -> str:
    """The tag of the script that most letters of a folded text are in."""
    if folded.isascii():
        return LATIN if any(map(str.isalpha, folded)) else NO_LETTERS
    counts = _histogram(folded)
    if not counts:
        return NO_LETTERS
    return f"und-{min(counts, key=lambda script: (-counts[script], script))}"


def foreign(folded: str) -> str | None:
    """The tag of a script other than Latin in which a good part of the text is written.

    None where there is no such part.
    """
    if folded.isascii() or not _BEYOND_LATIN.search(folded):
        return None
    counts = _histogram(folded)
    total = sum(counts.values())
    counts.pop("Latn", None)
    if not counts:
        return None
    script = min(counts, key=lambda script: (-counts[script], script))
    if counts[script] < FOREIGN_LETTERS_MIN or counts[script] * 100 < total * FOREIGN_PERCENT_MIN:
        return None
    return f"und-{script}"


def _histogram(folded: str) -> Counter[str]:
    characters = Counter(folded)
    counts: Counter[str] = Counter()
    for character, count in characters.items():
        if character.isalpha():
            counts[_BLOCKS[bisect_right(_STARTS, ord(character)) - 1][1]] += count
    return counts
