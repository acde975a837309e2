"""Finds a list's entries in a text by its words: for lists needed only where something else occurred.

One pass over the words, whatever the length of the list; an entry is found where all its words follow each
other, whatever stands between them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[\u2190-\u2bff\U0001f000-\U0001faff]")

Places = list[tuple[int, int]]
"""Starts and ends in a folded text, in order, none within another."""


class Wordlist:
    """A list of entries; `~` at the end of one stands for more letters of its last word."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        stems: list[str] = []
        for term in terms:
            parts = tuple(_WORD.findall(term.lower()))
            if len(parts) == 1 and term.endswith("~"):
                stems.append(parts[0])
            elif parts:
                self._by_first.setdefault(parts[0], []).append(parts)
        for entries in self._by_first.values():
            entries.sort(key=lambda parts: (-len(parts), parts))
        self._stems = tuple(stems)

    def find(self, text: str) -> Places:
        """Where entries stand in folded text; the longest where several begin."""
        found: Places = []
        words = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
        at, by_first, stems = 0, self._by_first, self._stems
        while at < len(words):
            word, start, end = words[at]
            count = 1 if stems and word.startswith(stems) else 0
            for parts in by_first.get(word, ()):
                if len(parts) <= len(words) - at and all(
                    part == words[at + n][0] for n, part in enumerate(parts)
                ):
                    count = len(parts)
                    end = words[at + count - 1][2]
                    break
            if count:
                found.append((start, end))
            at += max(count, 1)
        return found


def last_within(places: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int] | None:
    """The last of the places that lies within a stretch."""
    at = bisect_left(places, (end, 0))
    while at > 0:
        at -= 1
        if places[at][0] < start:
            return None
        if places[at][1] <= end:
            return places[at]
    return None


def first_within(places: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int] | None:
    """The first of the places that lies within a stretch."""
    at = bisect_left(places, (start, 0))
    return places[at] if at < len(places) and places[at][1] <= end else None
