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
    ("code", re.compile(r"(?is)<(pre|code)\b[^>]*>.*?</\1>")),
    ("cited", re.compile(r"(?m)^[ ]{0,3}(?:>|&gt;).*$")),
    ("cited", re.compile(r"(?is)\[quote\b[^\]]*\].*?\[/quote\]|<blockquote\b[^>]*>.*?</blockquote>")),
    ("url", URL),
)


def find_zones(text: str, quoted: Sequence[tuple[int, int]]) -> tuple[Zone, ...]:
    """The zones of a text; `quoted` are the platform's quotations. Where zones overlap, the first counts."""
    zones = [Zone(start, end, "quoted") for start, end in quoted]
    for kind, shape in _SHAPES:
        zones += [Zone(match.start(), match.end(), kind) for match in shape.finditer(text)]
    return tuple(zones)


def kind_at(zones: Sequence[Zone], start: int, end: int) -> Kind:
    """What a stretch belongs to: the first zone that holds all of it.

    Quotations and code come before addresses.
    """
    for zone in zones:
        if zone.start <= start and end <= zone.end:
            return zone.kind
    return "own"
