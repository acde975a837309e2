"""Showing what people wrote: evidence marked and masked, and nothing in it that could act or hide.

Text is cut into runs; the template escapes each. Characters that turn or hide text become visible words, and
every text stands isolated, so that none of it changes what is around it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

MASK: Final = "•"
MASK_SHOWN_CHARS: Final = 2
"""How much of something masked is left at its end, so that two of them can be told apart."""
MASKED_GUIDELINES: Final = frozenset({"privacy"})
"""What is found under these is somebody's number or secret: it is shown to nobody."""
GRAPHIC_CASES: Final = frozenset(
    {
        "sexual-content",
        "graphic-violence",
        "explicit-image",
        "threat-of-violence",
        "self-harm-risk",
        "child-sexual-content",
        "dehumanising",
        "slur",
    }
)
"""Cases whose text is collapsed until it is asked for."""
GRAPHIC_REASONS: Final = frozenset({"child-safety", "self-harm", "illegal-content"})
"""Reasons of reports whose text is collapsed too."""
_NAMES: Final = {
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u061c": "ALM",
    "\ufeff": "BOM",
    "\u00ad": "SHY",
}
_PLAIN: Final = frozenset("\n\t")


class Mark(msgspec.Struct, frozen=True):
    """Where something was found in a text: code points, end exclusive. `masked`: it isn't shown."""

    start: int
    end: int
    what: str
    masked: bool = False


class Run(msgspec.Struct, frozen=True):
    """A stretch of text of one sort: `plain`, `found` (with what), or `control`, a character as its name."""

    sort: str
    text: str
    what: str = ""


def runs(text: str, marks: Iterable[Mark] = ()) -> list[Run]:
    """The text in runs. Marks may overlap; one that reaches beyond the text is cut."""
    found: list[Run] = []
    clear = _kept(len(text), marks)
    begin = 0
    while begin < len(text):
        mark = clear[begin]
        end = begin + 1
        while end < len(text) and clear[end] is mark:
            end += 1
        found += _run(text[begin:end], mark)
        begin = end
    return found


def repeated(text: str, secrets: Mapping[str, str]) -> list[Mark]:
    """Where words that are masked elsewhere stand again, and what each is."""
    return [
        Mark(found.start(), found.end(), what, masked=True)
        for secret, what in secrets.items()
        for found in re.finditer(re.escape(secret), text)
    ]


def shown(text: str) -> str:
    """A short text of somebody's, such as an id, in one line, with nothing in it that turns or hides."""
    return "".join(f"‹{name}›" if (name := _control(char)) else char for char in text.replace("\n", " "))


def _kept(length: int, marks: Iterable[Mark]) -> Sequence[Mark | None]:
    """Per code point the mark that counts: one that masks before one that doesn't."""
    counted: list[Mark | None] = [None] * length
    for mark in sorted(marks, key=lambda one: one.masked):
        for index in range(max(0, mark.start), min(length, mark.end)):
            counted[index] = mark
    return counted


def _run(text: str, mark: Mark | None) -> list[Run]:
    if mark is not None and mark.masked:
        # Of something short its end would tell too much.
        hidden = max(len(text) - MASK_SHOWN_CHARS, 0) if len(text) > 2 * MASK_SHOWN_CHARS else len(text)
        return [Run("found", MASK * hidden + shown(text[hidden:]), mark.what)]
    sort, what = ("plain", "") if mark is None else ("found", mark.what)
    found: list[Run] = []
    kept = ""
    for char in text:
        name = _control(char)
        if not name:
            kept += char
            continue
        if kept:
            found.append(Run(sort, kept, what))
        found.append(Run("control", name, unicodedata.name(char, "a control character").lower()))
        kept = ""
    return [*found, Run(sort, kept, what)] if kept else found


def _control(char: str) -> str:
    """What stands for a character that turns or hides text; empty for all others."""
    if char in _NAMES:
        return _NAMES[char]
    if char in _PLAIN or unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"}:
        return ""
    return f"U+{ord(char):04X}"
