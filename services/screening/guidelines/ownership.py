"""Guideline 7, ownership and confidentiality: markers of what somebody had no right to publish.

Whether somebody had the right, no text says; so a rule only ever asks a person to look. A mark such as
`strictly confidential` counts where a document would bear it, at the head of something, and where something
comes with it. Otherwise no word counts by itself, but several kinds of words near each other do: something
is handed over, and it is a customer's record, an internal paper, or a work that others have to pay for.
Asking about confidentiality agreements, the footer of an e-mail, a licence's header and news of a leak are
none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Final

import msgspec

from events.policy import RuleSettings
from services.screening.post import Match, Post
from services.screening.rule import Found, Hit, RuleContract, as_spans, number, params
from services.screening.text.matching import Pattern
from services.screening.text.phrases import any_phrase, phrase_patterns
from services.screening.window import Window

NEAR_CHARS: Final = 200
"""How far from each other words may stand that mean something together."""
BESIDE_CHARS: Final = 40
PLACES_MAX: Final = 30
"""Places of one sort around which it is looked for what belongs to them."""
KEY_WORD_CHARS: Final = 60
"""How far before a key, and half of that behind it, the word may stand that says what it is."""
CONFESSIONS_MIN: Final = 2
"""So many different ones need no paper beside them."""
LONG_KEY_GROUPS: Final = 5
"""From so many groups on, a number of this shape is hardly anything but a licence's key."""

_LICENCE_KEY: Final = Pattern(
    "licence_key",
    r"[a-z0-9]{4,6}-[a-z0-9]{4,6}-[a-z0-9]{4,6}-[a-z0-9]{4,6}",
    exact=re.compile(
        r"(?<![a-z0-9-])(?:[a-z0-9]{5}-){3,5}[a-z0-9]{5}(?![a-z0-9-])|(?<![a-z0-9-])(?:[a-z0-9]{4}-){3,6}[a-z0-9]{4}(?![a-z0-9-])"
    ),
)
_LISTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "confidential": ("confidential-content", "marked as confidential"),
        "breach": ("confidential-content", "said to be under an agreement or from inside"),
        "customer": ("customer-content", "said to be a customer's data"),
        "licence_file": ("licence-key", "a licence's key or file"),
        "pirated": ("pirated-work", "a copy of a protected work"),
    }
)


class _Together(msgspec.Struct, frozen=True):
    """Kinds of words that mean something near each other.

    `beside`: stands close to the first; `near`: at least one of each group of lists stands in the same
    stretch; `unless`: none of that list does.
    """

    first: str
    case: str
    reason: str
    near: tuple[tuple[str, ...], ...]
    beside: str = ""
    unless: str = ""


_TOGETHER: Final = (
    _Together(
        "records",
        "customer-content",
        "hands over what seems to be a customer's data",
        (("handing",),),
        "whose",
        "made_up",
    ),
    _Together(
        "papers",
        "confidential-content",
        "hands over what seems internal",
        (("handing",),),
        "inside",
        "lawful",
    ),
    _Together(
        "works", "pirated-work", "hands on what others pay for", (("copies",), ("evading",)), "", "lawful"
    ),
    _Together(
        "works",
        "pirated-work",
        "hands on the whole of a work",
        (("copies",), ("whole",), ("handing", "address")),
        "",
        "lawful",
    ),
)
_GIVEN: Final[Mapping[str, str]] = MappingProxyType(
    {"records": "handing", "papers": "handing", "works": "copies"}
)
_NUMBERS: Final = re.compile(r"[0-9]")
_COPY: Final = re.compile(
    r"https?://|\battached\b|\battachment\b|\bhere (?:is|are)\b|\bbelow\b|```|\bas follows\b|:\s*\n"
)
_ADDRESS: Final = re.compile(r"https?://[a-z0-9]|\bwww\.[a-z0-9]")
_HEAD: Final = re.compile(
    r"(?:\A|[\n.!?:;|])[^a-z0-9\n]{0,12}(?:(?:this|it|document|deck|memo|report|paper|slide|is|are|marked|"
    r"classification|status|note|draft|company|internal|highly|strictly|private|for|but|and)[^a-z0-9\n]{1,4}){0,4}\Z"
)
"""Before a mark that heads something: the beginning of a sentence, and hardly a word."""
_HEADED: Final = re.compile(
    r"[^a-z0-9\n\"']{0,3}(?:[:.,;*|)\]\n-]|\Z)|(?:(?<=until)|(?<=outside)|(?<=beyond))[^\n.!?:\"']{1,40}[:.]\s"
)
"""Behind such a mark: a sign, not the rest of a sentence."""
_DIGITS_AS_LETTERS: Final = str.maketrans("01345", "oieas")


class Ownership:
    """Looks for markers, and for what comes with them."""

    contract: ClassVar[RuleContract] = RuleContract(
        name="ownership.markers",
        version=2,
        guideline="ownership",
        cases=("confidential-content", "customer-content", "licence-key", "pirated-work"),
        params={"confidence": 60, "long_chars": 280},
        lists={
            "confidential": "marks that documents bear, such as `strictly confidential`",
            "breach": "phrases that say that something is passed on against an agreement",
            "customer": "phrases for a customer's data",
            "licence": "words beside which something of a key's shape is a licence's key",
            "licence_file": "phrases with which a licence is handed on",
            "no_licence": "words beside which something of a key's shape is something else",
            "pirated": "phrases for copies of protected works",
            "excuses": "phrases that ask or report, or stand in footers and headers",
            "asking": "phrases that ask about handing something over, or warn not to",
            "handing": "phrases with which something is handed over",
            "whose": "words for people and companies whose data one is trusted with",
            "records": "words for data about them",
            "made_up": "words that say that nobody's data is in it",
            "papers": "words for what companies keep to themselves",
            "inside": "words that say that it isn't for outsiders",
            "confessing": "phrases with which people say that they shouldn't say something",
            "works": "words for what people have to pay for",
            "copies": "words for how it is copied",
            "evading": "words that say that nothing is paid for it",
            "whole": "words that say that it is all of it",
            "lawful": "words that say that it may be passed on",
        },
    )

    def __init__(self, settings: RuleSettings) -> None:
        values = params(self.contract, settings)
        self._confidence = number(values, "confidence")
        self._long_chars = number(values, "long_chars")
        self._lists = settings.lists
        self._words = {name: any_phrase(settings.lists.get(name, ())) for name in _WORDS}
        self._words["address"] = _ADDRESS

    def patterns(self) -> Sequence[Pattern]:
        """The lists' phrases, what goes together, and the shape of licence keys."""
        lists = self._lists
        return (
            *(pattern for name in _LISTS for pattern in phrase_patterns(name, lists.get(name, ()))),
            *phrase_patterns("confessing", lists.get("confessing", ())),
            *phrase_patterns("handing", lists.get("handing", ())),
            *phrase_patterns("copies", lists.get("copies", ())),
            *(
                pattern
                for name, given in _GIVEN.items()
                for pattern in phrase_patterns(name, lists.get(name, ()), given=given)
            ),
            _LICENCE_KEY,
        )

    def find(self, post: Post, hits: Sequence[Hit], _window: Window) -> list[Found]:
        """At most one finding of each case."""
        found: dict[str, list[Match]] = {}
        for hit in hits:
            matches = [match for match in post.matches(hit.pattern) if match.zone in {"own", "code"}]
            if matches:
                found.setdefault(hit.pattern.name, []).extend(matches)
        if not found:
            return []
        findings: dict[str, Found] = {}
        excused = self._words["excuses"].search(post.text) is not None
        for case, term_class, reason, places in self._all(post, found, excused=excused):
            spans = as_spans([match.span for match in places])
            findings.setdefault(case, Found(case, self._confidence, spans, term_class, reason))
        return list(findings.values())

    def _all(
        self, post: Post, found: Mapping[str, Sequence[Match]], *, excused: bool
    ) -> Iterator[tuple[str, str, str, Sequence[Match]]]:
        """Case, class, reason and places of all that may be somebody else's."""
        keys = [match for match in found.get("licence_key", ()) if self._is_licence(post, match)]
        if keys and not excused:
            yield "licence-key", "licence", "a licence's key or file", keys
        for name, matches in found.items():
            if name not in _LISTS or excused:
                continue
            case, reason = _LISTS[name]
            marks = self._marks(post, matches) if name == "confidential" else matches
            if marks:
                yield case, name, reason, marks
        if self._confesses(post, found.get("confessing", ())):
            yield "confidential-content", "confessing", "said not to be for others", found["confessing"]
        for together in _TOGETHER:
            first = found.get(together.first, ())[:PLACES_MAX]
            places = [match for match in first if self._goes(post, match, together)]
            if places:
                yield together.case, together.first, together.reason, places

    def _marks(self, post: Post, matches: Sequence[Match]) -> list[Match]:
        """Marks at the head of something; a mark within a sentence is talk about the mark."""
        text = post.text
        if len(text) < self._long_chars and not (_NUMBERS.search(text) or _COPY.search(text)):
            return []
        return [
            match
            for match in matches
            if _HEAD.search(text[max(0, match.start - BESIDE_CHARS) : match.start])
            and _HEADED.match(text, match.end)
        ]

    def _confesses(self, post: Post, matches: Sequence[Match]) -> bool:
        """Whether somebody says that they shouldn't, of a paper or the like, or says so twice."""
        if not matches or self._words["asking"].search(post.text):
            return False
        if len({match.text for match in matches}) >= CONFESSIONS_MIN:
            return True
        return any(
            self._words["papers"].search(_around(post, match, NEAR_CHARS)) for match in matches[:PLACES_MAX]
        )

    def _goes(self, post: Post, match: Match, together: _Together) -> bool:
        words = self._words
        if together.beside and not words[together.beside].search(_around(post, match, BESIDE_CHARS)):
            return False
        stretch = _around(post, match, NEAR_CHARS)
        return (
            all(any(words[name].search(stretch) for name in group) for group in together.near)
            and not words[together.unless].search(stretch)
            and not words["asking"].search(_sentence(post.text, match))
        )

    def _is_licence(self, post: Post, match: Match) -> bool:
        """Whether something of a key's shape is one: a word says so, or it is too long for anything else."""
        if not _is_key(match.text):
            return False
        around = " ".join(post.around(match, KEY_WORD_CHARS, KEY_WORD_CHARS // 2))
        if self._words["no_licence"].search(around):
            return False
        if match.text.count("-") + 1 >= LONG_KEY_GROUPS and len(match.text.split("-")[0]) >= LONG_KEY_GROUPS:
            return True
        return self._words["licence"].search(around.translate(_DIGITS_AS_LETTERS)) is not None


_WORDS: Final = (
    "excuses",
    "asking",
    "handing",
    "whose",
    "made_up",
    "papers",
    "inside",
    "copies",
    "evading",
    "whole",
    "lawful",
    "licence",
    "no_licence",
)


def _around(post: Post, match: Match, chars: int) -> str:
    return post.text[max(0, match.start - chars) : match.end + chars]


def _sentence(text: str, match: Match) -> str:
    """The sentence in which a match stands."""
    begin = max(text.rfind(sign, 0, match.start) for sign in ".!?\n")
    ends = [end for sign in ".!?\n" if (end := text.find(sign, match.end)) >= 0]
    return text[begin + 1 : min(ends, default=len(text)) + 1]


def _is_key(text: str) -> bool:
    """Groups of letters and digits mixed, as no date, UUID or telephone number has them."""
    letters = sum(map(str.isalpha, text))
    digits = sum(map(str.isdigit, text))
    return letters >= 4 and digits >= 3
