"""Parts of a text that aren't plainly the author's own words: quotations, code, addresses.

What the platform says is a quotation counts against nobody here. What only looks like one (`>` before a
line) anybody can write, so it is recorded and has no effect (`cited`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final, Literal

Kind = Literal["own", "quoted", "cited", "code", "url"]


URL: Final = re.compile(
    r"(?i)\b(?:https?://|www\.)[^\s<>\"'`|)\]}]+|\b[a-z][a-z0-9+.-]{1,20}://[^\s<>\"'`|)\]}]+"
)
_SHAPES: Final[tuple[tuple[Kind, str, re.Pattern[str]], ...]] = (
    ("code", "```", re.compile(r"```.*?(?:```|\Z)", re.DOTALL)),
    ("code", "~~~", re.compile(r"~~~.*?(?:~~~|\Z)", re.DOTALL)),
    ("code", "`", re.compile(r"`[^`\n]+`")),
    ("cited", ">", re.compile(r"(?m)^[ ]{0,3}>.*$")),
    ("cited", "&gt;", re.compile(r"(?m)^[ ]{0,3}&gt;.*$")),
)
"""Each with a sign without which it isn't there."""
_TAGS: Final[tuple[tuple[Kind, re.Pattern[str], re.Pattern[str]], ...]] = (
    ("code", re.compile(r"(?i)<pre\b[^<>]*>"), re.compile("(?i)</pre>")),
    ("code", re.compile(r"(?i)<code\b[^<>]*>"), re.compile("(?i)</code>")),
    ("cited", re.compile(r"(?i)<blockquote\b[^<>]*>"), re.compile("(?i)</blockquote>")),
    ("cited", re.compile(r"(?i)\[quote\b[^\[\]]*\]"), re.compile(r"(?i)\[/quote\]")),
)


class Cover:
    """Stretches of a text, asked whether one of them holds another; in little time however many there are."""

    def __init__(self, stretches: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(stretches)
        self._starts = [start for start, _ in ordered]
        self._ends = list(accumulate((end for _, end in ordered), max))

    def holds(self, start: int, end: int) -> bool:
        """Whether one stretch holds all of this one; ends exclusive."""
        before = bisect_right(self._starts, start)
        return before > 0 and self._ends[before - 1] >= end


class Zones:
    """The zones of one text, kind by kind. Where zones overlap, what comes first counts."""

    def __init__(self, zones: Iterable[tuple[Kind, Sequence[tuple[int, int]]]]) -> None:
        self._covers = [(kind, Cover(stretches)) for kind, stretches in zones if stretches]

    def kind_at(self, start: int, end: int) -> Kind:
        """What a stretch belongs to: the first zone that holds all of it."""
        for kind, cover in self._covers:
            if cover.holds(start, end):
                return kind
        return "own"


def find_zones(text: str, quoted: Sequence[tuple[int, int]]) -> Zones:
    """The zones of a text; `quoted` are the platform's quotations.

    Those come first, then code and what looks like a quotation, then addresses.
    """
    zones: list[tuple[Kind, Sequence[tuple[int, int]]]] = [("quoted", quoted)]
    for kind, sign, shape in _SHAPES:
        if sign in text:
            zones.append((kind, [match.span() for match in shape.finditer(text)]))
    for kind, opening, closing in _TAGS:
        if "<" in text or "[" in text:
            zones.append((kind, _between(text, opening, closing)))
    if "://" in text or "www." in text or "WWW." in text:
        zones.append(("url", [match.span() for match in URL.finditer(text)]))
    return Zones(zones)


def _between(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> list[tuple[int, int]]:
    """From each opening tag to the next closing one; without one, there is no zone."""
    zones: list[tuple[int, int]] = []
    at = 0
    while (begin := opening.search(text, at)) is not None:
        end = closing.search(text, begin.end())
        if end is None:
            break
        at = end.end()
        zones.append((begin.start(), at))
    return zones
