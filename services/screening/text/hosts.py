"""Links: which hosts a text points to, and which domain somebody had to register for one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import msgspec
from publicsuffixlist import PublicSuffixList

from services.screening.text.matching import Pattern

HOST_CHARS_MAX: Final = 253
LINKS: Final = tuple(
    Pattern("link", sign)
    for sign in (
        r"https?://[a-z0-9]",
        r"\bwww\.[a-z0-9]",
        r"[a-z0-9]\.(?:com|net|org|io|co|shop|store|biz|info|online|site|xyz|club)\b",
    )
)
"""Patterns of which one occurs wherever `find_links` finds anything.

The window needs them, and so may rules.
"""

_LINK: Final = re.compile(
    r"\b(?:https?://(?:[^\s/@<>]*@)?|www\.)?"
    r"((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,10}[a-z][a-z0-9-]{1,62})"
    r"(:\d{1,5})?([/?#][^\s<>\"'`|]*)?"
)
_DOTTED: Final = re.compile(r"(?<!\S)[^\s.]+\.\S+")
_BARE_TLD: Final = re.compile(r"\.(?:com|net|org|io|co|shop|store|biz|info|online|site|xyz|club)\Z")
_SUFFIXES: Final = PublicSuffixList()


class LinkFound(msgspec.Struct, frozen=True, gc=False):
    """A link in folded text.

    `rest` is what follows the host; `schemed`: it is written as an address, not as a bare name.
    """

    start: int
    end: int
    host: str
    rest: str
    schemed: bool


def find_links(folded: str) -> list[LinkFound]:
    """Links in a folded text, in order.

    A bare name counts with the usual suffixes only: `readme.md` is a file; an e-mail's domain isn't one.
    """
    links: list[LinkFound] = []
    # Words with a dot first: looking for links at every word costs several times as much.
    for match in (
        m for word in _DOTTED.finditer(folded) for m in _LINK.finditer(folded, word.start(), word.end())
    ):
        host = match.group(1).removeprefix("www.")
        schemed = folded.startswith(("http", "www."), match.start())
        if not schemed and (
            folded[match.start() - 1 : match.start()] in {"@", "/", "-", "_"} or not _BARE_TLD.search(host)
        ):
            continue
        if not schemed and folded[match.end() : match.end() + 1] == "@":
            continue
        rest = (match.group(3) or "").rstrip(".,;:!?)]}")
        links.append(LinkFound(match.start(), match.end(), host, rest, schemed))
    return links


@lru_cache(maxsize=4_096)
def registrable(host: str) -> str:
    """The domain that was registered for a host.

    `shop.example.co.uk` gives `example.co.uk`, `me.github.io` itself.
    """
    return _SUFFIXES.privatesuffix(host[-HOST_CHARS_MAX:]) or host
