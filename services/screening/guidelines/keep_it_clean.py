"""Guideline 4, keep it clean: cursing, threats, violence and sexual content in words.

And signs that somebody may hurt themselves.

Words are graded by the lists that they stand in. Cursing at somebody is a curse with a person addressed
right beside it. A threat takes a first person, a violent verb and a person as its object; what people do to
processes and queries is none. Words within quotation marks may be somebody else's, so a person looks at
them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Final

import msgspec

from events.policy import RuleSettings
from events.signals import Span
from services.screening.post import Match, Post
from services.screening.rule import Found, Hit, RuleContract, as_spans
from services.screening.text.matching import Pattern, term_expression, term_patterns
from services.screening.text.speech import places_of, quoted_chars
from services.screening.text.zones import Cover
from services.screening.window import Window

CONFIDENCE: Final = 95
SPOKEN_CONFIDENCE: Final = 60
"""Within quotation marks: perhaps somebody else's words, so a person looks."""
CITED_CONFIDENCE: Final = 20
"""Behind a `>` that anybody can write: recorded, without effect."""
THREAT_CONFIDENCE: Final = 80
GRAPHIC_CONFIDENCE: Final = 70
TOPIC_CONFIDENCE: Final = 40
COARSE_CONFIDENCE: Final = 55
ADVANCE_CONFIDENCE: Final = 75
MENTIONED_CONFIDENCE: Final = 45
"""A word that is spoken of."""
MENTIONED_CHARS_MAX: Final = 6
"""With so few other characters within quotation marks, it is the word that is spoken of."""
MINORS_CHARS: Final = 40
"""How near a word for children must stand."""
BEFORE_CHARS: Final = 48
AFTER_CHARS: Final = 32

_YOU: Final = re.compile(
    r"(?:\b(?:you|u|ya|yall|y'all|your|ur|youre|you're|you are|u r|thou)|@[\w.-]+)[,:]?\s+(?:(?:a|an|the|"
    r"such|is|are|r|all|just|one|really|"
    r"total|utter|complete|absolute|little|big|stupid|dumb|lazy|worthless|useless|ugly|pathetic|fat|old|sad|"
    r"sorry|filthy|dirty|"
    r"[a-z]*fucking|idiot|moron|fool|loser|clown|damn|goddamn|bloody|piece|of)\s+){0,5}\Z"
)
_YOU_AFTER: Final = re.compile(r"\A[\s,]*(?:like you|@[\w.-]+|you\b)")
_FIRST_PERSON: Final = re.compile(
    r"(?:\b(?:i|we|i'?ll|we'?ll|i'?m|i'?d|let'?s|lemme|imma|ima|someone should|somebody should|someone "
    r"will)\b|"
    r"\A\W*(?:gonna|going to|want to|wanna)\b)"
    r"[^.!?\n;]{0,40}\Z"
)
_NOT_MEANT: Final = re.compile(
    r"\b(?:never|not|n't|wouldn'?t|won'?t|don'?t|didn'?t|can'?t|if (?!you\b|u\b)|unless|feel like|as if|"
    r"thought|joking|"
    r"movie|film|game|novel|character)\b"
    r"[^.!?\n;]{0,40}\Z"
)
_AT_YOU: Final = re.compile(r"\b(?:you|u|your)\b")
_MESSAGE: Final = re.compile(
    r"\A(?: over)? (?:an?|the|some|another|my)\b(?: [a-z]+)? (?:e-?mail|message|note|dm|line|link|text|"
    r"invite|ping|details)"
)
_SENTENCE_END: Final = re.compile(r"[.!?;\n]")


_MENTION: Final = re.compile(
    r"\b(?:words?|term|song|album|film|movie|band|book|titled?|called|named|spell(?:ed)?|f-word|"
    r"lyrics?)\b[\s:'(\"]*"
    r"(?:like |such as )?\Z"
)


class _Place(msgspec.Struct, frozen=True, gc=False):
    """Where a case was found, how surely, and whether by a curse about a gender."""

    confidence: int
    match: Match
    gendered: bool


class KeepItClean:
    """Finds coarse language, threats and cries for help by the policy's lists."""

    contract: ClassVar[RuleContract] = RuleContract(
        name="keep-it-clean.terms",
        version=2,
        guideline="keep-it-clean",
        cases=(
            "mild-expletive",
            "strong-cursing",
            "cursing-at-somebody",
            "sexual-content",
            "graphic-violence",
            "threat-of-violence",
            "self-harm-risk",
            "child-sexual-content",
        ),
        lists={
            "mild": "expletives that count for nothing by themselves",
            "strong": "strong curses",
            "insults": "strong curses that name a person",
            "gendered": "entries of the other lists that are curses about a gender: they have a class of "
            "their own",
            "addressed": "phrases that curse at whoever reads them",
            "coarse": "words that are slurs to some and ordinary speech in a dialect: a person looks",
            "advances": "sexual remarks to whoever reads them",
            "sexual": "sexually explicit words and phrases",
            "sexual_topics": "words about sex that are no offence by themselves",
            "graphic": "graphic violence",
            "violent_verbs": "verbs of a threat, in the base form",
            "persons": "whom a threat may be against",
            "threats": "phrases that threaten by themselves",
            "technical": "words beside which violent verbs are a figure of speech",
            "self_harm": "phrases of somebody who may hurt themselves",
            "minors": "words for children",
            "minors_sexual": "words that are sexual content about children beside one of `minors` in a "
            "sentence",
            "allowed": "phrases in which a listed word is harmless",
        },
    )

    def __init__(self, settings: RuleSettings) -> None:
        lists = settings.lists
        self._technical = _any_of(lists.get("technical", ()))
        self._minors = _any_of(lists.get("minors", ()))
        self._gendered = frozenset(lists.get("gendered", ()))
        self._lists = lists

    def patterns(self) -> Sequence[Pattern]:
        """One pattern for each entry of each list; one for all threats."""
        patterns: list[Pattern] = []
        for name in ("strong", "insults", "addressed", "coarse", "sexual"):
            patterns += term_patterns(name, self._lists.get(name, ()), tricks=True)
        for name in (
            "mild",
            "advances",
            "sexual_topics",
            "graphic",
            "threats",
            "self_harm",
            "minors_sexual",
            "allowed",
        ):
            patterns += term_patterns(name, self._lists.get(name, ()))
        verbs, persons = self._lists.get("violent_verbs", ()), self._lists.get("persons", ())
        if verbs and persons:
            verb = "|".join(map(re.escape, verbs))
            person = "|".join(map(_inner, persons))
            patterns.append(
                Pattern("violence", rf"\b(?:{verb})\s{{1,3}}(?:the\s{{1,3}})?(?:{person})\b", tricks=True)
            )
        return patterns

    def find(self, post: Post, hits: Sequence[Hit], _window: Window) -> list[Found]:
        """At most one finding for each case."""
        allowed = places_of(post, hits, "allowed")
        places: dict[str, list[_Place]] = {}
        for hit in hits:
            for match in post.matches(hit.pattern, hit.reading):
                case = self._case(post, hit, match)
                if (
                    case is None
                    or match.zone in {"quoted", "code", "url"}
                    or allowed.holds(match.first, match.last)
                ):
                    continue
                gendered = hit.pattern.term in self._gendered
                place = _Place(_confidence(post, hit.pattern.name, match, hit.reading), match, gendered)
                places.setdefault(case, []).append(place)
        # What is part of cursing at somebody isn't also cursing at nobody.
        aimed = Cover(
            (place.match.first, place.match.last) for place in places.get("cursing-at-somebody", ())
        )
        alone = [
            place
            for place in places.pop("strong-cursing", ())
            if not aimed.holds(place.match.first, place.match.last)
        ]
        if alone:
            places["strong-cursing"] = alone
        return [_found(case, places[case]) for case in self.contract.cases if case in places]

    def _case(self, post: Post, hit: Hit, match: Match) -> str | None:
        name = hit.pattern.name
        if name == "insults":
            before, after = post.around(match, BEFORE_CHARS, AFTER_CHARS, hit.reading)
            return (
                "cursing-at-somebody" if _YOU.search(before) or _YOU_AFTER.search(after) else "strong-cursing"
            )
        if name == "violence":
            return "threat-of-violence" if self._is_threat(post, match, hit.reading) else None
        if name == "minors_sexual":
            before, after = post.around(match, MINORS_CHARS, MINORS_CHARS, hit.reading)
            near = _SENTENCE_END.split(before)[-1] + " " + _SENTENCE_END.split(after)[0]
            return "child-sexual-content" if self._minors.search(near) else None
        return _CASES.get(name)

    def _is_threat(self, post: Post, match: Match, reading: int) -> bool:
        before, after = _sentence(post, match, reading)
        if self._technical.search(before) or self._technical.search(after):
            return False
        if _MESSAGE.match(after):
            return False
        if not before.strip() and _AT_YOU.search(match.text):
            return True
        return bool(_FIRST_PERSON.search(before)) and not _NOT_MEANT.search(before)


_CASES: Final = {
    "mild": "mild-expletive",
    "strong": "strong-cursing",
    "addressed": "cursing-at-somebody",
    "coarse": "strong-cursing",
    "advances": "sexual-content",
    "sexual": "sexual-content",
    "sexual_topics": "sexual-content",
    "graphic": "graphic-violence",
    "threats": "threat-of-violence",
    "self_harm": "self-harm-risk",
}
_CONFIDENCES: Final = {
    "violence": THREAT_CONFIDENCE,
    "threats": THREAT_CONFIDENCE,
    "graphic": GRAPHIC_CONFIDENCE,
    "sexual_topics": TOPIC_CONFIDENCE,
    "coarse": COARSE_CONFIDENCE,
    "advances": ADVANCE_CONFIDENCE,
}
_WORDS: Final = {
    "mild-expletive": ("mild", "a mild expletive"),
    "strong-cursing": ("curse", "strong cursing"),
    "cursing-at-somebody": ("curse-at", "cursing at the person addressed"),
    "sexual-content": ("sexual", "sexually explicit words"),
    "graphic-violence": ("violence", "graphic violence in words"),
    "threat-of-violence": ("threat", "a first person, a violent verb and a person"),
    "self-harm-risk": ("self-harm", "words of somebody who may hurt themselves"),
    "child-sexual-content": ("child-sexual", "sexual words beside words for children"),
}


def _confidence(post: Post, name: str, match: Match, reading: int) -> int:
    if match.zone == "cited":
        return CITED_CONFIDENCE
    least = _CONFIDENCES.get(name, CONFIDENCE)
    at_nobody = name in {"strong", "insults", "coarse", "mild"}
    quoted = quoted_chars(post, match, reading)
    if quoted is not None:
        mentioned = at_nobody and quoted - len(match.text) <= MENTIONED_CHARS_MAX
        return min(MENTIONED_CONFIDENCE if mentioned else SPOKEN_CONFIDENCE, least)
    if at_nobody and _MENTION.search(post.around(match, BEFORE_CHARS, 0, reading)[0]):
        return min(MENTIONED_CONFIDENCE, least)
    return least


def _found(case: str, places: list[_Place]) -> Found:
    best = max(place.confidence for place in places)
    spans: list[Span] = [place.match.span for place in places if place.confidence == best]
    term_class, reason = _WORDS[case]
    if term_class.startswith("curse") and any(place.gendered for place in places):
        term_class = f"{term_class}-gendered"
    return Found(case, best, as_spans(spans), term_class, reason)


def _sentence(post: Post, match: Match, reading: int) -> tuple[str, str]:
    before, after = post.around(match, 160, 160, reading)
    return _SENTENCE_END.split(before)[-1], _SENTENCE_END.split(after)[0]


def _inner(term: str) -> str:
    return term_expression(term).removeprefix(r"\b").removesuffix(r"\b")


def _any_of(terms: Sequence[str]) -> re.Pattern[str]:
    """One pattern for whole words; it matches nothing where there are none."""
    return re.compile("|".join(map(term_expression, terms)) or r"(?!)")
