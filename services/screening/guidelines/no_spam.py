"""Guideline 5, no spam: floods, repetition, link drops, shared boilerplate, bait.

What one author did within the last minutes is in the window; what is said over a day, and over several
accounts, is remembered elsewhere. A flood counts threads, not posts: quick short answers in one thread are a
conversation. A new account is allowed half: that it is new only its profile can tell, so that is a
condition. Who answers several people with the same words has been asked the same; that is repetition only
at twice the number, or where the words lead somewhere. What one text shows by itself (a bare link, a chain
letter) is never sure, and goes to a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import ClassVar, Final

from events.policy import RuleSettings
from events.signals import Condition, Span
from services.screening.post import Match, Post
from services.screening.rule import BUSY, Found, Hit, RuleContract, as_spans, number, params
from services.screening.text.hosts import LINKS, LinkFound, is_one_of, registrable
from services.screening.text.matching import Pattern
from services.screening.text.phrases import any_phrase, phrase_patterns
from services.screening.window import LETTERS_MIN, Window

FLOOD_WITHIN: Final = timedelta(seconds=60)
REPEATED_WITHIN: Final = timedelta(minutes=10)
SURE: Final = 95
BAIT_CONFIDENCE: Final = 60
ANSWERS_FACTOR: Final = 2
"""So many times as often may the same words be said in answer to people."""
CROWD_CHARS: Final = 60
_BAITS: Final = ("shared", "bait", "crowd")
_WORDS: Final = re.compile(r"[a-z]{2,}")
_FILE: Final = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|pdf|csv|json|txt|log|md|docx?|xlsx?|zip)\Z")
_LIKE_THIS: Final = r"(?:^|[.!?>\n]|please|plz|pls)[^a-z0-9]{0,8}like this (?:comment|post|status)\b"
"""At the beginning of a sentence, where it is no remark about what one likes."""
_THUMBS_UP: Final = re.compile(
    r"\bthumbs up if(?! (?:(?:you|u|it|this|that|the|we|everyone|anyone|your|they|all)\b[ "
    r"']{0,2}){0,2}(?:can|agree|want|need|"
    r"are|re|would|have|could|will|works?|is|looks|approve|prefer|got|see|saw|read|think we|like "
    r"(?:the|this|that|it)|"
    r"\w+ (?:is|works|looks|goes))\b)"
)
"""But for polls, which ask who can come or agrees."""
_LIKE_BUTTON: Final = re.compile(
    r"(?<!he )(?<!she )(?<!they )(?<!we )(?<!who )(?<!i )\b(?:smash|hit) (?:\w+ ){0,3}like button"
)
_DROP_ONE: Final = r"\b(?:drop|leave|put) an? .{1,12} (?:in the comments?|below) if\b"
_LIKES_FOR: Final = r"\b(?:1|one) (?:like|share|retweet|upvote|comment) ?= ?(?:1|one)\b"
_TAG: Final = re.compile(r"</?[a-z][^<>]{0,300}>|&[a-z]{2,8};|&#[0-9]{2,5};")
_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "shared": "text that a share button writes, and nothing of the author's own",
        "bait": "begs for likes or asks to be passed on",
        "drop": "a link and hardly a word",
        "heavy": "many links and few words",
    }
)


class NoSpam:
    """Looks at what the window shows of the author, and at links and bait."""

    contract: ClassVar[RuleContract] = RuleContract(
        name="no-spam.posts",
        version=2,
        guideline="no-spam",
        cases=("repetition", "flood", "mass-unsolicited", "several-threads", "link-or-bait"),
        params={
            "flood_threads": 6,
            "flood_threads_new": 3,
            "repeated_posts": 3,
            "repeated_posts_new": 2,
            "linked_threads": 3,
            "drop_words_max": 3,
            "promotional_words_max": 12,
            "heavy_links": 4,
            "heavy_words_per_link": 4,
        },
        lists={
            "shared": "phrases that share buttons write",
            "bait": "phrases that beg for likes, or ask to be passed on",
            "passing": "calls to pass something on, or to copy it, …",
            "crowd": "… and words for all to whom chain letters are passed on",
            "pointers": "words with which people point at a source",
            "reference_hosts": "hosts that people link to for reference",
            "promotional_hosts": "hosts where people sell, collect or present themselves",
        },
    )

    def __init__(self, settings: RuleSettings) -> None:
        values = params(self.contract, settings)
        self._limits = {name: number(values, name) for name in values}
        self._lists = settings.lists
        self._passing = any_phrase(settings.lists.get("passing", ()))
        self._pointers = any_phrase(settings.lists.get("pointers", ()))
        self._references = frozenset(settings.lists.get("reference_hosts", ()))
        self._promotional = frozenset(settings.lists.get("promotional_hosts", ()))

    def patterns(self) -> Sequence[Pattern]:
        """The lists' phrases, what may be a link, and what the window shows."""
        return (
            BUSY,
            *LINKS,
            Pattern("bait", _LIKE_THIS),
            Pattern("bait", "thumbs up if", exact=_THUMBS_UP),
            Pattern("bait", r"\b(?:smash|hit) .{0,30}like button", exact=_LIKE_BUTTON),
            Pattern("bait", _LIKES_FOR),
            Pattern("bait", _DROP_ONE),
            *phrase_patterns("shared", self._lists.get("shared", ())),
            *phrase_patterns("bait", self._lists.get("bait", ()), tricks=True),
            *phrase_patterns("passing", self._lists.get("passing", ())),
            *phrase_patterns("crowd", self._lists.get("crowd", ()), given="passing"),
        )

    def find(self, post: Post, hits: Sequence[Hit], window: Window) -> list[Found]:
        """At most one finding of what the author did, and one of what the text shows."""
        links = [link for link in post.links if not self._is_reference(link.host)]
        busy = any(hit.pattern is BUSY for hit in hits)
        found = self._repetition(post, links, window) if busy else None
        found = found or (self._flood(post, window) if busy else None) or self._scattered(post, links, window)
        shown = self._shown(post, hits, links)
        return [one for one in (found, shown) if one is not None]

    def _repetition(self, post: Post, links: Sequence[LinkFound], window: Window) -> Found | None:
        if not links and _is_pointer(post):
            return None
        count = window.same(post.author, post.text, post.at_ms, REPEATED_WITHIN)
        factor = ANSWERS_FACTOR if post.reply_to is not None and not links else 1
        if count >= self._limits["repeated_posts"] * factor:
            return Found("repetition", SURE, (), "repetition", f"the same text {count} times within minutes")
        if count >= self._limits["repeated_posts_new"] * factor:
            return _if_new("repetition", f"the same text {count} times within minutes")
        return None

    def _flood(self, post: Post, window: Window) -> Found | None:
        count = window.threads(post.author, post.at_ms, FLOOD_WITHIN)
        limits = self._limits
        if count >= limits["flood_threads"]:
            return Found("flood", SURE, (), "flood", f"posts in {count} threads within a minute")
        if count >= limits["flood_threads_new"]:
            return _if_new("flood", f"posts in {count} threads within a minute")
        return None

    def _scattered(self, post: Post, links: Sequence[LinkFound], window: Window) -> Found | None:
        """One foreign host in several threads: a new account's is mass posting."""
        for host in sorted({link.host for link in links}):
            count = window.threads_linking(post.author, host, post.at_ms, REPEATED_WITHIN)
            if count >= self._limits["linked_threads"]:
                spans = _spans(post, [link for link in links if link.host == host])
                reason = f"links to one site in {count} threads within minutes"
                return Found(
                    "link-or-bait", BAIT_CONFIDENCE, spans, "scattered", reason, _new("mass-unsolicited")
                )
        return None

    def _shown(self, post: Post, hits: Sequence[Hit], links: Sequence[LinkFound]) -> Found | None:
        for name in _BAITS:
            matches = [
                match
                for hit in hits
                if hit.pattern.name == name
                for match in post.matches(hit.pattern, hit.reading)
                if name != "crowd" or self._is_passed_on(post, match)
            ]
            spans = [match.span for match in matches if match.zone == "own"]
            if spans:
                return _bait("bait" if name == "crowd" else name, as_spans(spans))
        links = [link for link in links if post.match(link.start, link.end).zone in {"own", "url"}]
        if not links:
            return None
        rest = _beside(post.text, links)
        words = len(_WORDS.findall(rest))
        domains = {registrable(link.host) for link in links}
        if (
            len(links) >= self._limits["heavy_links"]
            and words < len(links) * self._limits["heavy_words_per_link"]
        ):
            return _bait("heavy", _spans(post, links))
        # Somebody who answers with a link has been asked for one.
        if post.reply_to is None and len(domains) == 1 and words <= self._words_beside(links):
            pointing = words and self._pointers.search(rest)
            return None if pointing or all(map(_is_file, links)) else _bait("drop", _spans(post, links))
        return None

    def _is_passed_on(self, post: Post, crowd: Match) -> bool:
        """Whether it says just before whom it is to be passed on to, that it is."""
        before, _ = post.around(crowd, CROWD_CHARS, 0)
        return self._passing.search(before + crowd.text) is not None

    def _words_beside(self, links: Sequence[LinkFound]) -> int:
        """How many words may stand beside links that are dropped.

        A name such as `company.com` isn't dropped.
        """
        if not any(link.schemed or link.rest for link in links):
            return -1
        promotional = all(is_one_of(link.host, self._promotional) for link in links)
        return self._limits["promotional_words_max" if promotional else "drop_words_max"]

    def _is_reference(self, host: str) -> bool:
        return is_one_of(host, self._references) or host.partition(".")[0] in self._references


def _is_pointer(post: Post) -> bool:
    """Whether the text is links with hardly a word, which differ by a number as often as not."""
    links = post.links
    return bool(links) and sum(map(str.isalpha, _beside(post.text, links))) < LETTERS_MIN


def _beside(text: str, links: Sequence[LinkFound]) -> str:
    """What stands beside links and mark-up."""
    rest: list[str] = []
    at = 0
    for link in links:
        rest.append(text[at : max(at, link.start)])
        at = max(at, link.end)
    rest.append(text[at:])
    return _TAG.sub(" ", " ".join(rest))


def _is_file(link: LinkFound) -> bool:
    return _FILE.search(link.rest) is not None


def _if_new(case: str, reason: str) -> Found:
    return Found("several-threads", SURE, (), case, reason, _new(case))


def _new(case: str) -> Condition:
    return Condition("new_account", "", case)


def _bait(name: str, spans: tuple[Span, ...]) -> Found:
    return Found("link-or-bait", BAIT_CONFIDENCE, spans, name, _REASONS[name])


def _spans(post: Post, links: Sequence[LinkFound]) -> tuple[Span, ...]:
    return as_spans([post.match(link.start, link.end).span for link in links])
