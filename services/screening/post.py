"""A post as rules see it: what is plainly there, and on demand where in the original it stands.

Made only for posts in which some pattern occurs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import islice
from typing import Final, Literal

import msgspec

from events.posts import PostData
from events.signals import Span
from services.screening.digests import IdentityKey
from services.screening.fast import FastData
from services.screening.text.fold import Folded, located
from services.screening.text.hosts import LinkFound, find_links
from services.screening.text.matching import Pattern, Reading, Scanner
from services.screening.text.zones import Kind, Zones, find_zones

MATCHES_MAX: Final = 100
"""Places at which one pattern is looked at in one post."""

Field = Literal["body", "title", "link", "attachment"]


class Match(msgspec.Struct, frozen=True, gc=False):
    """A pattern at one place.

    `start` and `end` are places in the folded reading, `first` and `last` in the original, ends exclusive.
    """

    start: int
    end: int
    text: str
    first: int
    last: int
    span: Span
    zone: Kind


def text_of(data: PostData | FastData) -> str:
    """All that a reader sees of a post, body first, so that its places stay the same.

    Body, title, links, names of files.
    """
    if data.title is None and not data.links and not data.attachments:
        return data.body
    return "\n".join(text for _, text in _parts(data))


def _parts(data: PostData | FastData) -> list[tuple[Field, str]]:
    parts: list[tuple[Field, str]] = [("body", data.body)]
    if data.title:
        parts.append(("title", data.title))
    for link in data.links:
        if link.url not in data.body:
            parts.append(("link", link.url))
        if link.text and link.text not in data.body:
            parts.append(("link", link.text))
    parts += [("attachment", attachment.name) for attachment in data.attachments]
    return parts


class Post:
    """One revision of a post with a hit in it. `read` must be called before anything is asked of it."""

    def __init__(
        self, author: str, data: PostData | FastData, text: str, at_ms: int, key: IdentityKey
    ) -> None:
        self.author = author
        self.id = data.post
        self.thread = data.thread
        self.reply_to = data.reply_to.account if data.reply_to is not None else None
        self.mentions = data.mentions
        self.is_linking = bool(data.links)
        """Whether the platform says that it bears a link; what its text shows is in `links`."""
        self.at_ms = at_ms
        self.key = key
        self.original = text
        self._data = data
        self.text = ""
        """The folded text as it stands."""
        self.readings: tuple[Reading, ...] = ()
        self._links: list[LinkFound] | None = None

    def read(self, folded: str, scanner: Scanner, hits: Sequence[int]) -> None:
        """Take up the hits of the first pass, and look for more with tricks undone."""
        self.text = folded
        self.readings = scanner.readings(folded, hits, lambda: self._located)

    @property
    def links(self) -> list[LinkFound]:
        """Links, in folded text."""
        if self._links is None:
            self._links = find_links(self.text)
        return self._links

    def matches(self, pattern: Pattern, reading: int = 0) -> list[Match]:
        """Where a pattern stands."""
        text = self.readings[reading].text
        found: list[Match] = []
        for match in pattern.places(text):
            if match.start() < match.end():
                found.append(self.match(match.start(), match.end(), reading))
            if len(found) == MATCHES_MAX:
                break
        return found

    def original_matches(self, pattern: Pattern, keep: Callable[[re.Match[str]], bool]) -> list[Match]:
        """Where a pattern's `exact` stands in the original text, for what depends on capitals.

        `start` and `end` are those of the original; `keep` says which count.
        """
        return [
            Match(
                at.start(), at.end(), at.group(), at.start(), at.end(), self._span(at.start(), at.end()), zone
            )
            for at in islice(pattern.where.finditer(self.original), MATCHES_MAX)
            if keep(at)
            for zone in (self._zones.kind_at(at.start(), at.end()),)
        ]

    def match(self, start: int, end: int, reading: int = 0) -> Match:
        """A folded stretch that isn't empty, led back to the original."""
        folded = self.readings[reading].folded or self._located
        first, last = folded.span(start, end)
        zone = self._zones.kind_at(first, last)
        return Match(start, end, folded.text[start:end], first, last, self._span(first, last), zone)

    def raw(self, match: Match) -> str:
        """What the author wrote there. It never goes on."""
        return self.original[match.first : match.last]

    def around(self, match: Match, before: int, after: int, reading: int = 0) -> tuple[str, str]:
        """Folded text before and after a match, as much as asked for."""
        text = self.readings[reading].text
        return text[max(0, match.start - before) : match.start], text[match.end : match.end + after]

    @cached_property
    def _located(self) -> Folded:
        return located(self.original, self.text)

    @cached_property
    def _zones(self) -> Zones:
        own = self.author
        quotes = [(quote.start, quote.end) for quote in self._data.quotes if quote.author != own]
        return find_zones(self.original, quotes)

    @cached_property
    def _starts(self) -> list[tuple[int, Field]]:
        starts: list[tuple[int, Field]] = []
        at = 0
        for field, text in _parts(self._data):
            starts.append((at, field))
            at += len(text) + 1
        return starts

    def _span(self, start: int, end: int) -> Span:
        for at, field in reversed(self._starts):
            if at <= start:
                return Span(start - at, end - at, field)
        return Span(start, end)
