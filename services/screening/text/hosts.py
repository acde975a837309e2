"""Links: which hosts a text points to, and which domain somebody had to register for one."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final

import msgspec
from publicsuffixlist import PublicSuffixList

from services.screening.text.matching import Pattern

HOST_CHARS_MAX: Final = 253
LINKS_MAX: Final = 200
"""Links of each kind that are looked at in one text."""
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

_HOST: Final = r"((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,10}[a-z][a-z0-9-]{1,62})"
_REST: Final = r"(?::\d{1,5})?([/?#][^\s<>\"'`|]*)?"
# Each begins with plain letters, which the engine looks for first: far quicker than looking at every word.
_SCHEMED: Final = re.compile(r"https?://(?:[^\s/@<>]{0,100}@)?" + _HOST + _REST)
_WWW: Final = re.compile(r"www\." + _HOST + _REST)
_USUAL: Final = re.compile(
    r"\.(?:com|net|org|io|co|shop|store|biz|info|online|site|xyz|club)\b(?!\.[a-z0-9]|@|-)"
)
_BARE: Final = re.compile(r"(?<![@/_a-z0-9.-])" + _HOST + _REST)
_BARE_CHARS_MAX: Final = 100
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
    links = [_link(match, schemed=True) for match in islice(_SCHEMED.finditer(folded), LINKS_MAX)]
    if "www." in folded:
        taken = [(link.start, link.end) for link in links]
        links += [
            _link(match, schemed=True) for match in _WWW.finditer(folded) if _is_free(match.start(), taken)
        ]
    taken = [(link.start, link.end) for link in links]
    for usual in islice(_USUAL.finditer(folded), LINKS_MAX):
        if not _is_free(usual.start(), taken):
            continue
        for match in _BARE.finditer(folded, max(0, usual.start() - _BARE_CHARS_MAX), usual.end()):
            if match.end() == usual.end():
                whole = _BARE.match(folded, match.start())
                assert whole is not None
                links.append(_link(whole, schemed=False))
                taken.append((whole.start(), whole.end()))
    return sorted(links, key=_start)


def _link(match: re.Match[str], *, schemed: bool) -> LinkFound:
    rest = (match.group(2) or "").rstrip(".,;:!?)]}")
    return LinkFound(match.start(), match.end(), match.group(1).removeprefix("www."), rest, schemed)


def _is_free(at: int, taken: Sequence[tuple[int, int]]) -> bool:
    return not any(start <= at < end for start, end in taken)


def _start(link: LinkFound) -> int:
    return link.start


@lru_cache(maxsize=4_096)
def registrable(host: str) -> str:
    """The domain that was registered for a host.

    `shop.example.co.uk` gives `example.co.uk`, `me.github.io` itself.
    """
    return _SUFFIXES.privatesuffix(host[-HOST_CHARS_MAX:]) or host


def is_one_of(host: str, domains: Container[str]) -> bool:
    """Whether a host, or a domain that it is below, is among these."""
    labels = host.split(".")
    return any(".".join(labels[at:]) in domains for at in range(len(labels)))
