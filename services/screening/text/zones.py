"""Parts of a text that aren't plainly the author's own words: quotations, code, addresses.

What the platform says is a quotation counts against nobody here. What only looks like one (`>` before a
line) anybody can write, so it is recorded and has no effect (`cited`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

Kind = Literal["own", "quoted", "cited", "code", "url"]


class Zone(msgspec.Struct, frozen=True, gc=False):
    """A stretch of the original text, end exclusive."""

    start: int
    end: int
    kind: Kind


URL: Final = re.compile(
    r"(?i)\b(?:https?://|www\.)[^\s<>\"'`|)\]}]+|\b[a-z][a-z0-9+.-]{1,20}://[^\s<>\"'`|)\]}]+"
)
_SHAPES: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("code", re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)),
    ("code", re.compile(r"`[^`\n]+`")),
    ("cited", re.compile(r"(?m)^[ ]{0,3}(?:>|&gt;).*$")),
)
_TAGS: Final[tuple[tuple[Kind, re.Pattern[str], re.Pattern[str]], ...]] = (
    ("code", re.compile(r"(?i)<pre\b[^<>]*>"), re.compile("(?i)</pre>")),
    ("code", re.compile(r"(?i)<code\b[^<>]*>"), re.compile("(?i)</code>")),
    ("cited", re.compile(r"(?i)<blockquote\b[^<>]*>"), re.compile("(?i)</blockquote>")),
    ("cited", re.compile(r"(?i)\[quote\b[^\[\]]*\]"), re.compile(r"(?i)\[/quote\]")),
)


def find_zones(text: str, quoted: Sequence[tuple[int, int]]) -> tuple[Zone, ...]:
    """The zones of a text; `quoted` are the platform's quotations. Where zones overlap, the first counts."""
    zones = [Zone(start, end, "quoted") for start, end in quoted]
    for kind, shape in _SHAPES:
        zones += [Zone(match.start(), match.end(), kind) for match in shape.finditer(text)]
    for kind, opening, closing in _TAGS:
        zones += _between(text, kind, opening, closing)
    zones += [Zone(match.start(), match.end(), "url") for match in URL.finditer(text)]
    return tuple(zones)


def _between(text: str, kind: Kind, opening: re.Pattern[str], closing: re.Pattern[str]) -> list[Zone]:
    """From each opening tag to the next closing one; without one, there is no zone."""
    zones: list[Zone] = []
    at = 0
    while (begin := opening.search(text, at)) is not None:
        end = closing.search(text, begin.end())
        if end is None:
            break
        at = end.end()
        zones.append(Zone(begin.start(), at, kind))
    return zones


def kind_at(zones: Sequence[Zone], start: int, end: int) -> Kind:
    """What a stretch belongs to: the first zone that holds all of it.

    Quotations and code come before addresses.
    """
    for zone in zones:
        if zone.start <= start and end <= zone.end:
            return zone.kind
    return "own"
