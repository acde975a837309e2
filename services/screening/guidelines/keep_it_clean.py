"""Guideline 4, keep it clean: cursing, threats, violence and sexual content in words.

And signs that somebody may hurt themselves.

Words are graded by the lists that they stand in. Cursing at somebody is a curse with a person addressed
right beside it. Mild expletives count where several crowd a short post, or with "you". One curse at nobody in
a long post, and words that are ordinary speech in a dialect, are for a person. A threat takes a first person,
a violent verb and a person as its object; what people do to processes and queries is none. Words within
quotation marks, and those that somebody is told to have said, may be somebody else's, so a person looks at
them too.
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
MILD_CONFIDENCE: Final = 60
"""A mild word, at somebody."""
ACT_CONFIDENCE: Final = 70
"""A sexual act that is named, and done by nobody."""
LONG_WORDS: Final = 60
LONG_WORDS_LESSER: Final = 30
"""In a post of so many words, one curse at nobody is little: a person looks. Fewer for a lesser word."""
CROWDED_WORDS_MAX: Final = 30
CROWDED_MIN: Final = 3
"""So many different mild expletives in a post of so few words count as cursing."""
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
_YOU_AFTER_MILD: Final = re.compile(r"\A[\s,]+you\b(?:\W*\Z|\s*[.!,;]|\s+(?:all|and your|to hell)\b)")
_REPORTED: Final = re.compile(
    r"\b(?:told|tells?|telling|ask(?:s|ed|ing)?|call(?:s|ed|ing)?|refer(?:s|red|ring)? to|describe[sd]?|"
    r"label(?:s|ed|led)|brand(?:s|ed)|say(?:s|ing)?|said|yell(?:s|ed|ing)?|scream(?:s|ed|ing)?|shout(?:s|ed|ing)?)\s+"
    r"(?:(?:at|to|me|him|her|them|us|here|people|someone|somebody|everyone|everybody|women|girls?|guys|men|any|"
    r"other|another|an?|woman|girl|lady|man|guy|user|editor|person|as|the|such|some|go|just|bad|dirty|stupid|"
    r"little|fat)\s+){1,5}\Z|"
    r"\bcall(?:s|ed|ing)?\s+(?:[\w']+\s+){1,3}(?:an?|the|such an?|some)\s+(?:[\w-]+\s+){0,2}\Z"
)
"""Somebody is told, or called, what follows."""
_OF_A_THING: Final = re.compile(
    r"(?:\b(?:it|this|that|which|what|these|those|sub|thread|idea|rule|law|game|movie|video|show|system|things?)"
    r"(?: is| are| was|'s)|\b(?:its|thats)|\bmost)"
    r"(?:\s+(?:so|just|literally|really|beyond|fucking|absolutely|kinda|pretty|such a|a))*\s+\Z"
)
"""A thing is called so: rude, and nobody is meant."""
_HANDLE: Final = re.compile(r"@[\w.-]*\Z")
"""What follows is somebody's name, which the author didn't choose."""
_DUTCH: Final = re.compile(
    r"\b(?:de|het|een|van|niet|voor|zijn|wat|dat|ik|je|naar|ook|maar|aan|er|ze|en|als|dan|nog)\b"
)
DUTCH_WORDS_MIN: Final = 3
"""In a Dutch text, "hoe" asks how."""
_ASKED: Final = re.compile(r"\A\s*\?(?!\s*!)")
_MAY_YOU: Final = re.compile(r"\b(?:will|would|do|did|can|could|wanna|want to|let|have|should)\s+\Z")
_ABOUT_OTHERS: Final = re.compile(
    r"\b(?:he|she|they|who|it|him|her|somebody|someone|guy|girl)\b[^.!?\n]{0,24}\Z"
)
_PERSON_NEAR: Final = re.compile(r"\b(?:i|i'm|im|me|my|you|u|your|ur|we|us)\b")
_FIRST_PERSON: Final = re.compile(
    r"(?:\b(?:i|we|i'?ll|we'?ll|i'?m|i'?d|let'?s|lemme|imma|ima|someone should|somebody should|someone "
    r"will)\b|"
    r"\A\W*(?:gonna|going to|want to|wanna)\b)"
    r"[^.!?\n;]{0,40}\Z"
)
_NOT_MEANT: Final = re.compile(
    r"\b(?:never|not|n't|wouldn'?t|won'?t|don'?t|didn'?t|can'?t|if (?!you\b|u\b)|unless|feel like|as if|"
    r"thought|joking|had|since|it may|it might|it would|it could|"
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
        version=3,
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
            "mild_persons": 'entries of `mild` that name a person: with "you", they curse at somebody',
            "strong": "strong curses",
            "lesser": "entries of `strong` that others grade as mild: alone in a longer post, a person looks",
            "insults": "strong curses that name a person",
            "gendered": "entries of the other lists that are curses about a gender: they have a class of "
            "their own",
            "addressed": "phrases that curse at whoever reads them",
            "coarse": "words that are slurs or curses to some and ordinary speech in a dialect or among the "
            "young: at nobody, a person looks",
            "advances": "sexual remarks to whoever reads them",
            "sexual": "sexually explicit words and phrases",
            "acts": "entries of `sexual` that name an act: with no person beside it, a person looks",
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
        self._gendered, self._coarse, self._lesser, self._mild_persons, self._acts = (
            frozenset(lists.get(name, ()))
            for name in ("gendered", "coarse", "lesser", "mild_persons", "acts")
        )
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
                if match.zone in {"quoted", "code", "url"} or allowed.holds(match.first, match.last):
                    continue
                if _is_another_word(post, match, hit.reading):
                    continue
                case = self._case(post, hit, match)
                if case is not None:
                    confidence = self._confidence(post, hit, match, case)
                    place = _Place(confidence, match, hit.pattern.term in self._gendered)
                    places.setdefault(case, []).append(place)
        # What is part of cursing at somebody, or of a sexual remark, isn't also cursing at nobody.
        aimed = Cover(
            (place.match.first, place.match.last)
            for case in ("cursing-at-somebody", "sexual-content")
            for place in places.get(case, ())
        )
        alone = [
            place
            for place in places.pop("strong-cursing", ())
            if not aimed.holds(place.match.first, place.match.last)
        ]
        if alone:
            places["strong-cursing"] = self._in_proportion(post, alone)
        elif crowded := _crowded(post, places.get("mild-expletive", ())):
            places["strong-cursing"] = crowded
        return [_found(case, places[case]) for case in self.contract.cases if case in places]

    def _in_proportion(self, post: Post, places: list[_Place]) -> list[_Place]:
        """Curses at nobody; a single one in a long post is less sure to be more than a slip."""
        first, last = places[0].match.first, places[0].match.last
        if any(place.match.first > last or place.match.last < first for place in places):
            return places
        lesser = all(place.match.text in self._lesser for place in places)
        if len(post.text.split()) < (LONG_WORDS_LESSER if lesser else LONG_WORDS):
            return places
        return [
            msgspec.structs.replace(place, confidence=min(place.confidence, SPOKEN_CONFIDENCE))
            for place in places
        ]

    def _case(self, post: Post, hit: Hit, match: Match) -> str | None:
        name = hit.pattern.name
        if name == "insults":
            before, after = post.around(match, BEFORE_CHARS, AFTER_CHARS, hit.reading)
            return (
                "cursing-at-somebody" if _YOU.search(before) or _YOU_AFTER.search(after) else "strong-cursing"
            )
        if name == "mild":
            return self._mild(post, hit, match)
        if name in {"addressed", "advances"} and self._is_no_remark(post, hit, match):
            return "sexual-content" if name == "addressed" else None
        if name == "violence":
            return "threat-of-violence" if self._is_threat(post, match, hit.reading) else None
        if name == "minors_sexual":
            before, after = post.around(match, MINORS_CHARS, MINORS_CHARS, hit.reading)
            near = _SENTENCE_END.split(before)[-1] + " " + _SENTENCE_END.split(after)[0]
            return "child-sexual-content" if self._minors.search(near) else None
        return _CASES.get(name)

    def _confidence(self, post: Post, hit: Hit, match: Match, case: str) -> int:
        """How sure it is that the word is the author's, and means what it says."""
        if match.zone == "cited":
            return CITED_CONFIDENCE
        name = hit.pattern.name
        before, after = post.around(match, BEFORE_CHARS, AFTER_CHARS, hit.reading)
        least = _CONFIDENCES.get(name, CONFIDENCE)
        if name == "coarse" and match.text == "retarded" and _OF_A_THING.search(before):
            return MENTIONED_CONFIDENCE
        if case == "strong-cursing" and hit.pattern.term in self._coarse:
            least = COARSE_CONFIDENCE
        elif case == "cursing-at-somebody" and name == "mild":
            least = MILD_CONFIDENCE
        elif case == "sexual-content" and name == "addressed":
            least = ADVANCE_CONFIDENCE
        elif hit.pattern.term in self._acts and not any(
            map(_PERSON_NEAR.search, (before, match.text, after))
        ):
            least = ACT_CONFIDENCE
        at_nobody = case in {"strong-cursing", "mild-expletive"}
        quoted = quoted_chars(post, match, hit.reading)
        if quoted is not None:
            mentioned = at_nobody and quoted - len(match.text) <= MENTIONED_CHARS_MAX
            return min(MENTIONED_CONFIDENCE if mentioned else SPOKEN_CONFIDENCE, least)
        if at_nobody and _MENTION.search(before):
            return min(MENTIONED_CONFIDENCE, least)
        if case in _CURSING and (_REPORTED.search(before) or (name == "addressed" and _ASKED.match(after))):
            return min(SPOKEN_CONFIDENCE, least)
        return least

    def _mild(self, post: Post, hit: Hit, match: Match) -> str:
        before, after = post.around(match, BEFORE_CHARS, AFTER_CHARS, hit.reading)
        if hit.pattern.term in self._mild_persons:
            aimed = _YOU.search(before) or _YOU_AFTER.search(after)
        else:
            aimed = _YOU_AFTER_MILD.match(after)
        return "cursing-at-somebody" if aimed else "mild-expletive"

    @staticmethod
    def _is_no_remark(post: Post, hit: Hit, match: Match) -> bool:
        """Whether a phrase is a question for something else, or said of others."""
        before, _ = post.around(match, BEFORE_CHARS, 0, hit.reading)
        if hit.pattern.name == "advances":
            return _ABOUT_OTHERS.search(before) is not None
        return match.text.startswith("you fuck") and _MAY_YOU.search(before) is not None

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
_CURSING: Final = frozenset({"strong-cursing", "cursing-at-somebody"})
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


def _is_another_word(post: Post, match: Match, reading: int) -> bool:
    """Whether the match is part of somebody's name, or a word of another language."""
    if match.text == "hoe" and len({*_DUTCH.findall(post.text)}) >= DUTCH_WORDS_MIN:
        return True
    return _HANDLE.search(post.around(match, BEFORE_CHARS, 0, reading)[0]) is not None


def _crowded(post: Post, places: Sequence[_Place]) -> list[_Place]:
    """Mild expletives as cursing, where several crowd a short post."""
    apart = {place.match.text for place in places if place.confidence == CONFIDENCE}
    if len(apart) < CROWDED_MIN or len(post.text.split()) > CROWDED_WORDS_MAX:
        return []
    return [msgspec.structs.replace(place, confidence=SPOKEN_CONFIDENCE) for place in places]


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
