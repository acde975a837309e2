"""Normalises a text once: lower case, look-alikes read as what they look like, what nobody sees dropped.

Rules and patterns see only the folded text; `Folded.span` finds the original code points again, so that
evidence points at what the author wrote. ASCII, which most posts are, only changes its case and keeps its
places.

`views` undoes the tricks that folding alone can't: letters written as digits, set apart, or held down. They
are made only for a text that shows a sign of one (`matching.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Final

import msgspec

from services.screening.text.fold_table import CROSS, DROPPED, FOLDS

VIEW_CHARS_MAX: Final = 20_000
"""Longer texts are searched for tricks only in their first part.

In plain writing they are read to the end.
"""

MASKS: Final = "*#%&"
MASKED_CHARS_MIN: Final = 4


def _points(ranges: str) -> list[int]:
    ends = [part.partition("-") for part in ranges.split()]
    return list(chain.from_iterable(range(int(a, 16), int(b or a, 16) + 1) for a, _, b in ends))


_FOLD: Final[dict[int, str]] = {
    **{
        point: chr(point) for point in range(0x80, 0x3000)
    },  # a character that is missing costs ten times as much
    **{point: read for read, ranges in FOLDS.items() for point in _points(ranges)},
    **dict.fromkeys(_points(DROPPED), ""),
    0x130: "i",  # the only letter whose lower case is longer than itself
}
_CROSS: Final[dict[int, str]] = {
    ord(letter): read
    for read, ranges in CROSS.items()
    for point in _points(ranges)
    for letter in (chr(point), chr(point).lower())
}
_CROSS_ANY: Final = re.compile(f"[{''.join(map(chr, _CROSS))}]")
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
_TOKEN: Final = re.compile(r"\w+")
_LATIN: Final = re.compile(r"[a-z]")

_SPACED: Final = re.compile(
    r"(?<![a-z0-9@$])[a-z0-9@$!](?:[\s.,_*/|~+=\-'\"]{1,3}[a-z0-9@$!](?![a-z0-9@$])){2,}"
)
_LEET_TOKEN: Final = re.compile(r"(?<![a-z0-9@$!|+])[a-z0-9@$!|+]*[0134579@$!|+][a-z0-9@$!|+]*(?<![@!|+])")
_LEET_AS_I: Final = str.maketrans("0134579@$!|+", "oieastgasiit")
_LEET_AS_L: Final = str.maketrans("0134579@$!|+", "oleastgasllt")
_MASKED: Final = re.compile(r"(?<![a-z0-9*#%&])[a-z][a-z*#%&]*[*#%&][a-z*#%&]*")
_RUN: Final = re.compile(r"([a-z])\1{2,}")

SIGNS_OF_TRICKS: Final = (
    r"aaa|bbb|ccc|ddd|eee|fff|ggg|hhh|iii|jjj|kkk|lll|mmm|nnn|ooo|ppp|qqq|rrr|sss|ttt|uuu|vvv|xxx|yyy|zzz",
    r"(?:^|[^a-z0-9@$])[a-z0-9@$!](?:[\s.,_*/|~+=\-'\"]{1,3}[a-z0-9@$!]){2}(?:[^a-z0-9@$]|$)",
    r"[a-z][0134579@$!|]{1,2}[a-z]",
    r"[a-z](?:55|[$]|[a-z][a-z][7+](?:\W|$))|(?:^|[\s\"'(])(?:[457$][a-z][a-z]|@ss|@[$])",
    r"[a-z][*#%&]{1,4}[a-z]|[a-z][a-z]?[*][*]",
)
"""Expressions of which one occurs wherever a text may read otherwise than it is written.

The last is about letters behind signs.
"""


class Folded(msgspec.Struct, frozen=True, gc=False):
    """A text as patterns see it.

    `places` holds the original place of each folded character; None: the same.
    """

    text: str
    places: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original code points, end exclusive, of a folded stretch that isn't empty."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def fold(text: str) -> str:
    """The folded text. Where each character came from is worked out only if somebody asks: `located`."""
    if text.isascii():
        return text.lower()
    folded = _BEYOND_ASCII.sub(_folded, text).lower()
    if not folded.isascii() and _CROSS_ANY.search(folded):
        folded = _TOKEN.sub(_uncrossed, folded)
    return folded


def located(text: str, folded: str) -> Folded:
    """The folded text with its places; `folded` must be `fold(text)`."""
    # Mostly one character is read for another, as with typographic quotation marks.
    if len(text) == len(folded) and all(
        len(_FOLD.get(ord(character), character)) == 1
        for run in _BEYOND_ASCII.findall(text)
        for character in run
    ):
        return Folded(folded)
    places: list[int] = []
    for place, character in enumerate(text):
        places.extend([place] * len(_FOLD.get(ord(character), character)))
    return Folded(folded, tuple(places))


class Vocabulary:
    """Words that may stand behind masked letters: those of the terms, longest first."""

    def __init__(self, terms: Iterable[str]) -> None:
        words: set[tuple[str, bool]] = set()
        for term in terms:
            parts = term.lower().split()
            longest = max(parts, key=len)
            word = longest.strip("~")
            if len(word) >= MASKED_CHARS_MIN and word.isalpha():
                words.add((word, longest.endswith("~")))
        # A masked token shows its first letter, and each word has its length.
        self._words: dict[str, list[tuple[str, bool]]] = {}
        for entry in sorted(words, key=lambda entry: (-len(entry[0]), entry)):
            self._words.setdefault(entry[0][0], []).append(entry)

    def unmask(self, token: str) -> str | None:
        """The first word that the token can be, with what follows it where the term has more letters."""
        if sum(map(str.isalpha, token)) < 2 and token[0] != "f":
            return None  # anything could be meant
        length = len(token)
        for word, stem in self._words.get(token[0], ()):
            if (length == len(word) or (stem and length > len(word))) and all(
                masked in (letter, *MASKS) for letter, masked in zip(word, token, strict=False)
            ):
                return word + token[len(word) :]
        return None


def views(folded: Folded, vocabulary: Vocabulary) -> tuple[Folded, ...]:
    """The text with the tricks undone, in the readings that differ from it: at most two.

    Masked letters are those of the vocabulary's words. A digit one is an i in the first reading and an l in
    the second; a held letter is written once, then twice; an article before letters set apart belongs to
    them, then doesn't.
    """
    if len(folded.text) > VIEW_CHARS_MAX:
        folded = Folded(folded.text[:VIEW_CHARS_MAX], folded.places)

    def unmasked(token: re.Match[str]) -> _Piece | None:
        word = vocabulary.unmask(token.group())
        return None if word is None else (word, list(range(token.start(), token.end())))

    folded_again = _replaced(folded, _MASKED, unmasked)
    readings = {}
    for joined, read, held in ((_parted, _read_as_l, _twice), (_joined, _read_as_i, _once)):
        reading = _replaced(
            _replaced(_replaced(folded_again, _SPACED, joined), _LEET_TOKEN, read), _RUN, held
        )
        readings[reading.text] = reading
    readings.pop(folded.text, None)
    return tuple(readings[text] for text in sorted(readings))


_Piece = tuple[str, list[int]]
"""A new text, and for each of its characters the place in the text that it replaces."""


def _replaced(
    folded: Folded, pattern: re.Pattern[str], rewrite: Callable[[re.Match[str]], _Piece | None]
) -> Folded:
    text: list[str] = []
    places: list[int] = []
    at = 0
    for match in pattern.finditer(folded.text):
        piece = rewrite(match)
        if piece is None:
            continue
        text += (folded.text[at : match.start()], piece[0])
        places += range(at, match.start())
        places += piece[1]
        at = match.end()
    if not text:
        return folded
    text.append(folded.text[at:])
    places += range(at, len(folded.text))
    own = folded.places
    return Folded("".join(text), tuple(places) if own is None else tuple([own[place] for place in places]))


def _folded(run: re.Match[str]) -> str:
    return run.group().translate(_FOLD)


def _uncrossed(token: re.Match[str]) -> str:
    word = token.group()
    return word.translate(_CROSS) if _LATIN.search(word) else word


def _joined(run: re.Match[str]) -> _Piece:
    letters = [(c, place) for place, c in enumerate(run.group(), run.start()) if c.isalnum() or c in "@$!"]
    return "".join(c for c, _ in letters), [place for _, place in letters]


def _parted(run: re.Match[str]) -> _Piece:
    word, places = _joined(run)
    if word[0] in "ai" and len(word) > 3:
        return f"{word[0]} {word[1:]}", [places[0], places[0], *places[1:]]
    return word, places


def _read_as_i(token: re.Match[str]) -> _Piece | None:
    return _read(token, _LEET_AS_I)


def _read_as_l(token: re.Match[str]) -> _Piece | None:
    return _read(token, _LEET_AS_L)


def _read(token: re.Match[str], letters: dict[int, int]) -> _Piece | None:
    word = token.group()
    if not _LATIN.search(word):
        return None
    return word.translate(letters), list(range(token.start(), token.end()))


def _once(run: re.Match[str]) -> _Piece:
    return run.group(1), [run.start()]


def _twice(run: re.Match[str]) -> _Piece:
    return run.group(1) * 2, [run.start(), run.end() - 1]
