"""Guideline 7, ownership and confidentiality: markers of what somebody had no right to publish.

Whether somebody had the right, no text says; so a rule only ever asks a person to look. A marker counts where
something comes with it: the marked text itself, a dump, a key, a link to where the copy is. Asking about
confidentiality agreements, the footer of an e-mail, a licence's header and news of a leak are none of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Final

from events.policy import RuleSettings
from services.screening.post import Match, Post
from services.screening.rule import Found, Hit, RuleContract, as_spans, number, params
from services.screening.text.matching import Pattern
from services.screening.text.phrases import any_phrase, phrase_patterns
from services.screening.window import Window

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
        "licence": ("licence-key", "a licence's key or file"),
        "licence_file": ("licence-key", "a licence's key or file"),
        "pirated": ("pirated-work", "a copy of a protected work"),
    }
)
_NUMBERS: Final = re.compile(r"[0-9]")
_COPY: Final = re.compile(
    r"https?://|\battached\b|\battachment\b|\bhere (?:is|are)\b|\bbelow\b|```|\bas follows\b|:\s*\n"
)


class Ownership:
    """Looks for markers, and for what comes with them."""

    contract: ClassVar[RuleContract] = RuleContract(
        name="ownership.markers",
        version=1,
        guideline="ownership",
        cases=("confidential-content", "customer-content", "licence-key", "pirated-work"),
        params={"confidence": 60, "long_chars": 280},
        lists={
            "confidential": "marks that documents bear, such as `strictly confidential`",
            "breach": "phrases that say that something is passed on against an agreement",
            "customer": "phrases for a customer's data",
            "licence": "phrases for keys of licences",
            "licence_file": "phrases with which a licence is handed on",
            "pirated": "phrases for copies of protected works",
            "excuses": "phrases that ask or report, or stand in footers and headers",
        },
    )

    def __init__(self, settings: RuleSettings) -> None:
        values = params(self.contract, settings)
        self._confidence = number(values, "confidence")
        self._long_chars = number(values, "long_chars")
        self._lists = settings.lists
        self._excuses = any_phrase(settings.lists.get("excuses", ()))

    def patterns(self) -> Sequence[Pattern]:
        """The lists' phrases, and the shape of licence keys."""
        return (
            *(pattern for name in _LISTS for pattern in phrase_patterns(name, self._lists.get(name, ()))),
            _LICENCE_KEY,
        )

    def find(self, post: Post, hits: Sequence[Hit], _window: Window) -> list[Found]:
        """At most one finding of each case."""
        found: dict[str, list[Match]] = {}
        for hit in hits:
            matches = [match for match in post.matches(hit.pattern) if match.zone in {"own", "code"}]
            if matches:
                found.setdefault(hit.pattern.name, []).extend(matches)
        keys = [match for match in found.pop("licence_key", []) if _is_key(match.text)]
        if not found or self._excuses.search(post.text):
            return []
        findings: dict[str, Found] = {}
        for name, matches in found.items():
            case, reason = _LISTS[name]
            places = matches + (keys if name == "licence" else [])
            if case not in findings and self._comes_with(post, name, keys):
                spans = as_spans([match.span for match in places])
                findings[case] = Found(case, self._confidence, spans, name, reason)
        return list(findings.values())

    def _comes_with(self, post: Post, name: str, keys: Sequence[Match]) -> bool:
        """Whether what the marker speaks of is there too, or is offered."""
        text = post.text
        if name == "licence":
            return bool(keys)
        if name == "confidential":
            # A mark in a short remark is talk about the mark.
            return len(text) >= self._long_chars or bool(_NUMBERS.search(text) or _COPY.search(text))
        return True


def _is_key(text: str) -> bool:
    """Groups of letters and digits mixed, as no date, UUID or telephone number has them."""
    letters = sum(map(str.isalpha, text))
    digits = sum(map(str.isdigit, text))
    return letters >= 4 and digits >= 3
