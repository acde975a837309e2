"""Guideline 9, no bullying: a single insult at a person. What adds up over days isn't seen here.

An insult counts by whom it is about: "you are" before it, "like you" behind it, a name it calls. On its "
"own as
a whole sentence a person looks. What somebody isn't, would be or wonders whether they are is no insult, and
neither is scorn for a thing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Final

from events.policy import RuleSettings
from events.signals import Span
from services.screening.post import Match, Post
from services.screening.rule import Found, Hit, RuleContract, as_spans
from services.screening.text.matching import Pattern, term_patterns
from services.screening.text.speech import is_quoted, places_of, sentence
from services.screening.text.zones import Cover
from services.screening.window import Window

DIRECTED_CONFIDENCE: Final = 95
MILDLY_DIRECTED_CONFIDENCE: Final = 80
DISMISSIVE_CONFIDENCE: Final = 75
ALONE_CONFIDENCE: Final = 65
SPOKEN_CONFIDENCE: Final = 45
CITED_CONFIDENCE: Final = 20
YOU_ARE: Final = "you-are"

_ADVERBS: Final = (
    r"(?:a|an|the|such|so|very|really|just|all|one|too|quite|pretty|kinda|kind of|still|always|being|"
    r"acting|total|totally|complete|completely|utter|utterly|absolute|absolutely|actually|clearly|obviously|"
    r"truly|little|big|stupid|dumb|fat|old|sad|ugly|lazy|pathetic|worthless|useless|fucking|fuckin|freaking|"
    r"goddamn|damn|bloody|poor|silly|most|biggest|dumbest|incredibly|extremely|as|bit of|piece of|bunch of)"
)
_YOU_ARE: Final = re.compile(
    rf"(?:\b(?:you(?:(?:\s+{_ADVERBS})?(?:'re| are|'r| r| 're))?|u(?:'re| are| r)?|youre|(?:your|"
    rf"ur)(?=\s+(?:a|an|such|so|just)\b)|"
    rf"ya|yall|y'all)\b|@[\w.-]+[,:]?)(?:[\s,]+{_ADVERBS}\b)*[\s,]*\Z"
)
_ADDRESSING: Final = (
    r"\byou are\b",
    r"\byou [a-z]{1,12} are\b",
    r"\byou'?re\b",
    r"\byou (?:[a-z]{1,12} )?r\b",
    r"\b(?:u|ya|y'?all) (?:[a-z]{1,12} )?are\b",
    r"\b(?:u|ya|y'?all) (?:[a-z]{1,12} )?r\b",
    r"\b(?:u|ya|y'?all)'?re\b",
    r"\b(?:you|u|ya|y'?all)'r\b",
    r"\bur\b",
)
"""How somebody is told what they are. In one expression, each post would cost half a microsecond more."""
_LIKE_YOU: Final = re.compile(r"\A[\s,]*(?:like you|like u|@[\w.-]+|you are\b|aren't you|aren't ya)")
_CALLED: Final = re.compile(
    r"\A[\s,]*(?:(?:what an?|listen|hey|hi|ok|okay|bye|no|go away|shut it|you)[\s,]+){0,2}\Z"
)
_UNLESS: Final = re.compile(
    r"\b(?:not|never|isn't|aren't|ain't|if|unless|whether|when|whenever|until|would|wouldn't|might|may|could|"
    r"because you think|who says|feel|felt|feels|afraid|think i|did i|am i|was i|makes? (?:you|me)|don't be|"
    r"doesn't mean|no one is saying|nobody said|nobody says|i didn't say|called me|calls me|calling me|"
    r"how is|"
    r"you were|you'll look|look|looks|they say|people say|said that|says that|sorry|"
    r"thank)\b[^.!?;\n]{0,60}\Z|"
    r"\b(?:to|should|could|they|he|she|who|then|her|him|them|us|me|everyone|people)\s+\Z"
)
_THING: Final = re.compile(
    r"\A['\s-]*(?:question|questions|idea|mistake|error|errors|game|bug|thing|things|code|proof|test|"
    r"money|phone|"
    r"simple|easy|fast|cheap|luck|box|next|on|in|there|around|teller|terminal|pipe|down|founded|y|cups?|"
    r"of|about|for|to|that|enough|with|at)\b"
)

_OF_AN_ACT: Final = re.compile(r"\A\s+[a-z]+ing\b")
"""What follows is what somebody does: "I hate you having to wait"."""


class NoBullying:
    """Finds insults at a person by the policy's lists."""

    contract: ClassVar[RuleContract] = RuleContract(
        name="no-bullying.insults",
        version=2,
        guideline="no-bullying",
        cases=("insult",),
        lists={
            "insults": "words that insult whoever is called so",
            "weak": "words that insult only whoever is plainly said to be so",
            "addressed": "phrases that insult whoever reads them",
            "dismissive": "phrases that wave somebody off",
            "harmless": "phrases in which a listed word is harmless",
        },
    )

    def __init__(self, settings: RuleSettings) -> None:
        self._lists = settings.lists

    def patterns(self) -> Sequence[Pattern]:
        """The lists' entries; the weaker ones only where somebody is told what they are."""
        patterns = term_patterns("insults", self._lists.get("insults", ()), tricks=True)
        for name in ("addressed", "dismissive", "harmless"):
            patterns += term_patterns(name, self._lists.get(name, ()))
        patterns += [Pattern(YOU_ARE, expression) for expression in _ADDRESSING]
        return [*patterns, *term_patterns("weak", self._lists.get("weak", ()), given=YOU_ARE)]

    def find(self, post: Post, hits: Sequence[Hit], _window: Window) -> list[Found]:
        """One finding, with the surest places."""
        harmless: Cover | None = None
        places: list[tuple[int, Span, str]] = []
        for hit in hits:
            if hit.pattern.name == "harmless":
                continue
            if harmless is None:
                harmless = places_of(post, hits, "harmless")
            for match in post.matches(hit.pattern, hit.reading):
                if match.zone not in {"quoted", "code", "url"} and not harmless.holds(
                    match.first, match.last
                ):
                    confidence, reason = _told(post, hit, match)
                    if confidence:
                        places.append((confidence, match.span, reason))
        if not places:
            return []
        best = max(confidence for confidence, _, _ in places)
        reason = next(reason for confidence, _, reason in places if confidence == best)
        spans = as_spans([span for confidence, span, _ in places if confidence == best])
        return [Found("insult", best, spans, "insult", reason)]


def _told(post: Post, hit: Hit, match: Match) -> tuple[int, str]:
    """How surely the match is an insult at somebody, and why; 0: it is none."""
    text = post.readings[hit.reading].text
    start, end = sentence(text, match)
    confidence, reason = _aimed(hit.pattern.name, text[start : match.start], text[match.end : end])
    if not confidence:
        return 0, ""
    if match.zone == "cited":
        return CITED_CONFIDENCE, "an insult in what looks like a quotation"
    if is_quoted(post, match, hit.reading):
        return SPOKEN_CONFIDENCE, "an insult within quotation marks"
    return confidence, reason


def _aimed(name: str, before: str, after: str) -> tuple[int, str]:
    if _UNLESS.search(before) or after.startswith("-") or (name == "addressed" and _OF_AN_ACT.match(after)):
        return 0, ""
    if name in _ADDRESSED:
        return _ADDRESSED[name]
    if _YOU_ARE.search(before) and not _THING.match(after):
        return _SAID[name]
    if name == "weak":
        return 0, ""
    if _LIKE_YOU.match(after):
        return DIRECTED_CONFIDENCE, "an insult, and the person addressed"
    if not after.strip(" !,") and _CALLED.match(before):
        return ALONE_CONFIDENCE, "an insult that is all of its sentence"
    return 0, ""


_ADDRESSED: Final = {
    "addressed": (DIRECTED_CONFIDENCE, "a phrase that insults whoever reads it"),
    "dismissive": (DISMISSIVE_CONFIDENCE, "a phrase that waves somebody off"),
}
_SAID: Final = {
    "insults": (DIRECTED_CONFIDENCE, "the person addressed, and an insult"),
    "weak": (MILDLY_DIRECTED_CONFIDENCE, "the person addressed, and a word that may insult"),
}
