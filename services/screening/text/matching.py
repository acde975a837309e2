"""Finds the patterns of all rules in one pass over a folded text.

Every pattern is written twice over in one expression: hyperscan reads it to say quickly *that* it occurs
somewhere, Python's `re` then says *where*, and only for the few posts in which something occurs. So
expressions keep to what both understand: no look-around and no back-references, except in `exact`, which
only `re` sees.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

import hyperscan
import msgspec

from events.ids import digest
from services.screening.text.fold import SIGNS_OF_TRICKS, Folded, Vocabulary, views

PATTERNS_MAX: Final = 20_000
FIRST_LETTERS_MIN: Final = 2
MODE: Final = hyperscan.HS_MODE_BLOCK
FLAG: Final = hyperscan.HS_FLAG_SINGLEMATCH
"""That it occurs is enough: `re` finds the places."""
_BEGINNING: Final = re.compile(r"\\b([a-z0-9]+)")
_QUANTIFIERS: Final = frozenset("?*+{")
_ESCAPES: Final = re.compile(r"\\.")
_CLASSES: Final = re.compile(r"\[[^\]]*\]")
_GAP: Final = r"[\s_'.,-]{1,3}"


class Pattern(msgspec.Struct, frozen=True, eq=False):
    """Something to look for in folded text, for one rule.

    `name` is the list or shape that it stands for, which a rule decides by. `term` is the entry of the
    policy's list, if it came from one. `exact`, where given, says where it is, more strictly than
    `expression` can. `tricks`: it is also looked for with tricks undone. `given`: it is looked for only where
    a pattern of that name occurs, which is no hit by itself; so what many posts hold costs next to nothing.
    """

    name: str
    expression: str
    term: str = ""
    exact: re.Pattern[str] | None = None
    tricks: bool = False
    given: str = ""

    @property
    def where(self) -> re.Pattern[str]:
        """What finds the places."""
        return self.exact or _compiled(self.expression)

    def places(self, text: str) -> Iterator[re.Match[str]]:
        """As `where.finditer`. Where an expression begins with plain letters, those are looked for first.

        `re` looks at each character in turn when an expression begins with a word boundary, several
        nanoseconds each; thousands of patterns that occur in one long text would take seconds.
        """
        first = "" if self.exact else _first_letters(self.expression)
        if not first:
            yield from self.where.finditer(text)
            return
        match_at = self.where.match
        at = text.find(first)
        while at >= 0:
            found = match_at(text, at)
            if found is not None:
                yield found
            at = text.find(first, at + 1 if found is None else max(found.end(), at + 1))


@lru_cache(maxsize=PATTERNS_MAX)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


@lru_cache(maxsize=PATTERNS_MAX)
def _first_letters(expression: str) -> str:
    """The plain letters that every match begins with, after a word boundary; "" where there are no two."""
    begun = _BEGINNING.match(expression)
    if begun is None or _has_branches(expression):
        return ""
    letters = begun.group(1)
    if expression[begun.end() : begun.end() + 1] in _QUANTIFIERS:
        letters = letters[:-1]
    return letters if len(letters) >= FIRST_LETTERS_MIN else ""


def _has_branches(expression: str) -> bool:
    """Whether the expression as a whole is one of several."""
    bare = _CLASSES.sub("", _ESCAPES.sub("", expression))
    depth = 0
    for sign in bare:
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and not depth:
            return True
    return False


def term_expression(term: str) -> str:
    """The expression of a list's entry: whole words.

    A space stands for any small gap, `~` at either end for more letters.
    """
    words = [re.escape(word) for word in term.lower().strip("~").split()]
    start = "[a-z]*" if term.startswith("~") else ""
    end = "[a-z]*" if term.endswith("~") else ""
    # A term that begins or ends with a sign has no word boundary there.
    before = r"\b" if start or words[0][0].isalnum() else ""
    after = r"\b" if end or words[-1][-1].isalnum() else ""
    return f"{before}{start}{_GAP.join(words)}{end}{after}"


def term_patterns(name: str, terms: Sequence[str], *, tricks: bool = False, given: str = "") -> list[Pattern]:
    """A pattern for each entry of a list."""
    return [Pattern(name, term_expression(term), term, tricks=tricks, given=given) for term in terms]


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One way of reading a text, and the numbers of the patterns that occur in it.

    The first reading is the folded text itself; its places are found on demand (`folded` None).
    """

    text: str
    hits: tuple[int, ...]
    folded: Folded | None = None


class Compiled(Protocol):
    """Keeps what was compiled from one process to the next, under names that say what it was made of."""

    def get(self, name: str) -> bytes | None:
        """What is kept under a name; None: nothing. Whoever asks checks it: it may be damaged."""

    def put(self, name: str, data: bytes) -> None:
        """Keep this. It may be forgotten at any time."""


class Scanner:
    """All patterns of a policy, compiled. Numbers are places in `patterns`.

    Compiling takes one or two milliseconds a pattern, unless `compiled` still has the outcome; a scan one or
    two microseconds for a post of ordinary length.
    """

    def __init__(self, patterns: Sequence[Pattern], compiled: Compiled | None = None) -> None:
        self.patterns = tuple(patterns)
        self.sign = len(self.patterns)
        """The number that stands for a sign of tricks."""
        conditions = sorted({pattern.given for pattern in patterns if pattern.given})
        first: list[tuple[str, int]] = []
        second: dict[str, list[tuple[str, int]]] = {condition: [] for condition in conditions}
        for number, pattern in enumerate(patterns):
            if pattern.name in second:
                first.append((pattern.expression, self.sign + 1 + conditions.index(pattern.name)))
            else:
                (second[pattern.given] if pattern.given else first).append((pattern.expression, number))
        tricky = [(pattern.expression, number) for number, pattern in enumerate(patterns) if pattern.tricks]
        signs = [(sign, self.sign) for sign in SIGNS_OF_TRICKS] if tricky else []
        self._found: list[int] = []
        self._first = _Database([*first, *signs], self._found, compiled)
        self._second = [_Database(second[condition], self._found, compiled) for condition in conditions]
        self._undone: list[int] = []
        self._tricky = _Database(tricky, self._undone, compiled)
        self._vocabulary = Vocabulary(pattern.term for pattern in patterns if pattern.tricks and pattern.term)

    def scan(self, folded: str) -> list[int]:
        """Numbers of the patterns that occur in a folded text, and `sign`.

        In no order, and empty for most posts. The list is the scanner's own: it holds until the next scan.
        """
        found = self._found
        found.clear()
        text = folded.encode()
        self._first.scan(text)
        if found and max(found) > self.sign:
            conditions = {number - self.sign - 1 for number in found if number > self.sign}
            found[:] = [number for number in found if number <= self.sign]
            for condition in sorted(conditions):
                self._second[condition].scan(text)
        return found

    def readings(self, folded: str, hits: Sequence[int], locate: Callable[[], Folded]) -> tuple[Reading, ...]:
        """The text as it stands, then with its tricks undone, each with its hits in order.

        `locate` gives the folded text with its places, if they are needed.
        """
        plain = Reading(folded, tuple(sorted({*hits} - {self.sign})))
        if self.sign not in hits:
            return (plain,)
        readings = [plain]
        for view in views(locate(), self._vocabulary):
            self._undone.clear()
            self._tricky.scan(view.text.encode())
            more = sorted({*self._undone})
            if more:
                readings.append(Reading(view.text, tuple(more), view))
        return tuple(readings)


class _Database:
    """Expressions with their numbers; each scan adds those that occur to a list."""

    def __init__(
        self, expressions: Sequence[tuple[str, int]], found: list[int], compiled: Compiled | None
    ) -> None:
        self._scan: Any = None
        if not expressions:
            return
        add = found.append

        def on_match(number: int, _start: int, _end: int, _flags: int, _context: Any) -> None:
            add(number)

        self._on_match = on_match
        self._scan = _database(expressions, compiled).scan

    def scan(self, text: bytes) -> None:
        """Find what occurs in a text in UTF-8."""
        if self._scan is not None:
            self._scan(text, self._on_match)


def _database(expressions: Sequence[tuple[str, int]], compiled: Compiled | None) -> Any:
    """The compiled expressions: as they were kept, if that can be used here; made and kept otherwise."""
    name = digest(msgspec.json.encode([MODE, FLAG, expressions]))
    data = None if compiled is None else compiled.get(name)
    if data is not None:
        # Another processor's or another library's, and whatever is damaged, isn't taken.
        with contextlib.suppress(hyperscan.HyperscanError):
            kept = hyperscan.loadb(data, MODE)
            kept.scratch = hyperscan.Scratch(kept)
            return kept
    database = hyperscan.Database(mode=MODE)
    database.compile(
        expressions=[expression.encode() for expression, _ in expressions],
        ids=[number for _, number in expressions],
        elements=len(expressions),
        flags=[FLAG] * len(expressions),
    )
    if compiled is not None:
        compiled.put(name, hyperscan.dumpb(database))
    return database
