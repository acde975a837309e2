"""Tables of weighted words: whole numbers added up over the words, and pairs of words, of a folded text.

A table is data of the policy, learned once and auditable term by term (`tools/learn_lexicons.py`). Integers
add up to the same sum in any order and on any machine, so a decision comes out the same on replay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

WEIGHT_MAX: Final = 127
WORDS_MAX: Final = 2_000
"""Words of one text that are added up; what comes later adds nothing."""

WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)?|[\u2190-\u2bff\U0001f000-\U0001faff]")
"""A word in Latin letters, or one emoji or other symbol."""
SKIPPED: Final = frozenset({"rt", "http", "https", "co", "t", "amp", "user", "url", "www", "com"})
"""What platforms and addresses leave in a text; it says nothing."""


def words(folded: str) -> list[str]:
    """The words of a folded text, at most `WORDS_MAX`."""
    return [word for word in WORD.findall(folded) if word not in SKIPPED][:WORDS_MAX]


def terms(of: Sequence[str]) -> set[str]:
    """Every word, and every pair of words that follow each other: each counts once."""
    return {*of, *map(" ".join, pairwise(of))}


def read_table(name: str, entries: Sequence[str]) -> dict[str, int]:
    """A table out of a policy's list, whose entries are a weight and its terms: `12: kitchen; go back`.

    Raises:
        ValueError: where an entry isn't one.
    """
    table: dict[str, int] = {}
    for entry in entries:
        weight, colon, listed = entry.partition(":")
        if not colon or not re.fullmatch(r"\s*-?[0-9]{1,3}\s*", weight) or abs(int(weight)) > WEIGHT_MAX:
            raise ValueError(
                f"list `{name}`: expected a weight from -{WEIGHT_MAX} to {WEIGHT_MAX}, a colon and terms "
                f"apart by semicolons, found `{entry[:60]}`"
            )
        for term in listed.split(";"):
            if term.strip():
                table[term.strip()] = int(weight)
    return table


class Lexicon:
    """Several tables, added up in one go."""

    def __init__(self, tables: Mapping[str, Mapping[str, int]]) -> None:
        self.names: Final = tuple(tables)
        listed = dict.fromkeys(term for table in tables.values() for term in table)
        self._weights: Final = {
            term: tuple(table.get(term, 0) for table in tables.values()) for term in listed
        }
        self._nothing: Final = (0,) * len(self.names)

    def sums(self, found: set[str]) -> dict[str, int]:
        """The sum of each table over terms of a text."""
        rows = [self._weights[term] for term in self._weights.keys() & found]
        return dict(
            zip(self.names, map(sum, zip(*rows, strict=True)) if rows else self._nothing, strict=True)
        )

    def weight(self, name: str, term: str) -> int:
        """What a term adds to a table."""
        return self._weights.get(term, self._nothing)[self.names.index(name)]
