"""Guideline 10, no hate speech: slurs, dehumanising and demeaning statements about protected groups.

A slur counts by how it is used: aimed at somebody it is one, on its own a person looks. A statement takes a
group and something said of it in the same sentence, or in the next one by "they". Words that only name a
group never count. Beyond that, tables of weighted words send what they add up to, no further than to review.

Condemning, denying, quoting, and speaking of one's own group lower what follows. The worst words are never
erased by them: a person looks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Final

import msgspec

from events.policy import RuleSettings
from events.signals import Span
from services.screening.post import Match, Post
from services.screening.rule import Found, Hit, RuleContract, as_spans, number, params
from services.screening.text.lexicon import Lexicon, read_table, terms, words
from services.screening.text.matching import Pattern, term_expression, term_patterns
from services.screening.text.speech import NEGATED, is_quoted, places_of, sentence
from services.screening.text.wordlist import Places, Wordlist, first_within, last_within
from services.screening.text.zones import Cover
from services.screening.window import Window

AIMED_CONFIDENCE: Final = 96
"""A slur aimed at somebody, or a group said to be vermin in so many words."""
PLAIN_CONFIDENCE: Final = 80
DOUBTFUL_CONFIDENCE: Final = 70
TABLE_CONFIDENCE: Final = 60
LOWERED_CONFIDENCE: Final = 55
"""The worst words, quoted or condemned: a person looks."""
CITED_CONFIDENCE: Final = 20
ALLOWED_CONFIDENCE: Final = 50
OWN_CHARS: Final = 60
"""How far before a word its being of the author's own group may be said."""
STRUCK_CHARS_MAX: Final = 60
"""How far behind a verb or a word of contempt a group may stand."""

GROUPS: Final = "groups"

_TABLES: Final = ("demeaning", "hateful", "signs")
_SCORN: Final = (
    r"stupid|dumb|dirty|filthy|fuckin|fucking|f'ing|ugly|little|nasty|damn|goddamn|disgusting|bloody|"
    r"lazy|sick|"
    r"old|fat|worthless|pathetic"
)
_AIMED_BEFORE: Final = re.compile(
    rf"(?:\b(?:you|u|ya|ur|you're|youre|yall|y'all|these|those|all|every|{_SCORN}|hate|kill|shut up|stfu|"
    rf"fuck|"
    rf"bunch of|such an?|more|another|he's an?|she's an?|he is an?|she is an?|they're|they are|ok|okay|"
    rf"bye)\b|"
    rf"@[\w.-]+|\A)[\s,:!]*(?:(?:a|an|the|of|are|is|all|ass|{_SCORN})\b[\s,]*){{0,4}}\Z"
)
_AIMED_CLOSELY: Final = re.compile(
    rf"(?:\b(?:you|u|you're|youre|ur|yall|y'all|you are|fucking|fuckin|filthy|dirty|shut up|stfu)\b|@[\w.-]+)"
    rf"[\s,:!]*(?:(?:a|an|are|such|just|all|ass|{_SCORN})\b[\s,]*){{0,4}}\Z"
)
_AIMED_AFTER: Final = re.compile(
    r"\A\W*(?:are\b|should\b|need to\b|get out|go back|go home|like you|deserve)"
)
_OWN: Final = re.compile(
    r"\b(?:we|us|as an?|i'?m an?|i am an?|im an?|being an?|my fellow|fellow|proud(?:ly)?|identify as|we're|"
    r"myself|ourselves)\b[^.!?\n]{0,24}\Z"
)
_LINK: Final = re.compile(
    r"\A(?:\W+[\w']+){0,3}?[\s,]*"
    r"(?:\b(?:are|r|is|were|was|be|being|become|act like|behave like|look like|smell like|just|all|"
    r"always|only|nothing but|re)\b|'re|'s|=)(?:[\s,]+[\w'-]+){0,4}[\s,]*\Z"
)
_NEAR: Final = re.compile(r"\A(?:[\s,]+[\w'-]+){0,3}[\s,]*\Z")
_VERB: Final = re.compile(
    r"(?:should|shouldn't|must|deserves?|don't|dont|doesn't|can't|cannot|belongs?|ruins?|makes?|needs?|"
    r"ought|will|"
    r"spread|breed|breeding|smell|stink|are|have|has|never|always|only|disgusts?|destroy|invade|steal|"
    r"want|worship|"
    r"carry|control|run|take|taking|ruined|live|multiply|do|look|hate)\b"
)
_SPEAKER: Final = re.compile(r"\b(?:i|we|you|he|she|people|they)\b(?:\W+\w+){0,2}\W*\Z")
_CARRIED: Final = re.compile(
    r"\A\W*(?:(?:and|but|so|because|honestly|frankly|all of|i think|most of|to me|i swear|"
    r"clearly)[\s,]+){0,2}"
    r"(?:they|them|these|those|they're|theyre)\b"
)
_WHY: Final = re.compile(r"\bwhy (?:are|do|must|is)\s+(?:(?:all|the|these|those|so many|most)\s+)*\Z")
"""A question that takes for granted what it says."""
_TREATED: Final = re.compile(r"\A\s+(?:being|getting|having to|bashing|jokes|haters|hate)\b")
"""Behind a group that something is done to, what is hated is that."""
_DYING: Final = re.compile(
    r"\s+(?:trying|for|protecting|saving|defending|before|because|of|in|with|at|from)\b"
)
"""What follows says what somebody dies of or for, which isn't wished upon them."""
_PICKED: Final = re.compile(r"men|males|women|woman|girls|females|ladies|mothers|wives|husbands|americans")
"""Of so large a group, an adjective before it picks out some: "evil men" are those men who are."""
_NO_GROUP: Final = re.compile(r"\b(?:no|not all|not every|neither)\s+\Z")
_STRIKING: Final = re.compile(
    r"(?:\A[\s\"(]*|[,:\"(-]\s*|\b(?:i|we|i'd|let's|lets|should|must|gotta|need to|have to|going to|"
    r"gonna|want to|"
    r"wanna|just|really|fucking|fuckin|i'll|we'll|please|time to|can we|truly|absolutely|would love to|"
    r"love to)\s+"
    r"(?:all\s+|just\s+|fucking\s+|really\s+)?)\Z"
)
_BETWEEN_STRUCK: Final = re.compile(
    r"\A\s+(?:(?:all|every|each|the|those|these|that|any|of|them|you|u|fucking|fuckin|damn|dirty|filthy|"
    r"stupid|"
    r"goddamn|bloody|disgusting|such|when|how|off|more|single|lot of|away from|some|a|an)\s+){0,4}\Z"
)
_SIGN: Final = re.compile(r"[\u2190-\u2bff\U0001f000-\U0001faff]")
_SHOWS_ONE_LETTER: Final = re.compile(r"\A\W*\w[*#@$%-]{2,}\w?\W*\Z")
"""So much starred out may be any word, and is a curse more often than a slur."""
_STATEMENTS: Final = frozenset({"dehumanising", "demeaning", "denied"})
_STRIKES: Final = frozenset({"attacks", "hostile", "epithets"})


class _Place(msgspec.Struct, frozen=True, gc=False):
    """Something found, before it is known what else was."""

    case: str
    confidence: int
    span: Span
    term_class: str
    reason: str


class _Reading(msgspec.Struct, gc=False):
    """One reading of the post, and where groups and words of condemnation stand in it."""

    number: int
    text: str
    groups: Places
    condemning: Places
    reporting: Places


class NoHate:
    """Finds slurs and hostile statements by the policy's lists and tables."""

    contract: ClassVar[RuleContract] = RuleContract(
        name="no-hate.groups",
        version=2,
        guideline="no-hate",
        cases=("slur", "dehumanising", "demeaning", "counter-speech"),
        params={
            "demeaning_from": 72,
            "hateful_from": 50,
            "signs_from": 40,
            "trigger_demeaning": 25,
            "trigger_hateful": 25,
            "trigger_signs": 25,
        },
        lists={
            "slurs": "words that are slurs and nothing else",
            "slurs_doubtful": "slurs that are also other words, or a group's own: only where they are aimed",
            "shaming": "words that demean a gender by themselves, whoever uses them",
            "homonyms": "phrases in which a listed word is harmless",
            "groups": "words for protected groups, of whom something may be said",
            "dehumanising": "what makes people less than human; said of a group",
            "demeaning": "lesser contempt; said of a group",
            "denied": "what everybody has, which denying to a group dehumanises",
            "attacks": "calls for violence, before a group",
            "hostile": "verbs of contempt and exclusion, before a group",
            "epithets": "words of contempt right before a group",
            "condemning": "words of somebody who condemns or studies such statements, anywhere in the "
            "sentence",
            "reporting": "words of somebody who reports such a statement, before it",
            "gendered": "entries of `slurs`, `slurs_doubtful` and `groups` that are about a gender: what is "
            "found by them has a class of its own",
            "weights_demeaning": "table of weighted words: demeaning statements about a gender",
            "weights_hateful": "table of weighted words: hate in coarse speech",
            "weights_signs": "table of weighted words: hate told by emoji",
        },
    )

    def __init__(self, settings: RuleSettings) -> None:
        lists = settings.lists
        values = params(self.contract, settings)
        self._lists = lists
        self._from = {name: number(values, f"{name}_from") for name in ("demeaning", "hateful", "signs")}
        self._gendered = frozenset(lists.get("gendered", ()))
        tables = {name: read_table(f"weights_{name}", lists.get(f"weights_{name}", ())) for name in _TABLES}
        self._lexicon = Lexicon(tables)
        least = {name: number(values, f"trigger_{name}") for name in _TABLES}
        self._triggers = sorted(
            {term for name in _TABLES for term, weight in tables[name].items() if weight >= least[name]}
        )
        self._groups = Wordlist(lists.get("groups", ()))
        self._condemning = Wordlist(lists.get("condemning", ()))
        self._reporting = Wordlist(lists.get("reporting", ()))

    def patterns(self) -> Sequence[Pattern]:
        """The lists' entries, and the words without which no table comes to enough."""
        patterns: list[Pattern] = []
        for name in ("slurs", "slurs_doubtful", "shaming"):
            patterns += term_patterns(name, self._lists.get(name, ()), tricks=True)
        patterns += term_patterns("homonyms", self._lists.get("homonyms", ()))
        # Without a group, nothing can be said of one; by "they", it stands in the same post too.
        groups = self._lists.get("groups", ())
        if groups:
            patterns.append(Pattern(GROUPS, "|".join(map(term_expression, groups))))
            for name in (*sorted(_STATEMENTS), *sorted(_STRIKES)):
                patterns += term_patterns(name, self._lists.get(name, ()), given=GROUPS)
        return [*patterns, *term_patterns("trigger", self._triggers)]

    def find(self, post: Post, hits: Sequence[Hit], _window: Window) -> list[Found]:
        """At most one finding for each case."""
        places: list[_Place] = []
        harmless: Cover | None = None
        readings: dict[int, _Reading] = {}
        for hit in hits:
            name = hit.pattern.name
            if name in {"homonyms", "trigger"}:
                continue
            reading = readings.get(hit.reading)
            if reading is None:
                reading = readings[hit.reading] = self._read(post, hit.reading)
            if harmless is None:
                harmless = places_of(post, hits, "homonyms")
            for match in post.matches(hit.pattern, hit.reading):
                if match.zone not in {"quoted", "code", "url"} and not harmless.holds(
                    match.first, match.last
                ):
                    place = self._place(post, reading, hit.pattern, match)
                    if place is not None:
                        places.append(place)
        if any(hit.pattern.name == "trigger" for hit in hits):
            places += self._added_up(post, hits)
        by_case = {case: [place for place in places if place.case == case] for case in self.contract.cases}
        return [_found(case, found) for case, found in by_case.items() if found]

    def _read(self, post: Post, number: int) -> _Reading:
        text = post.readings[number].text
        lists = (self._groups, self._condemning, self._reporting)
        groups, condemning, reporting = (one.find(text) for one in lists)
        return _Reading(number, text, groups, condemning, reporting)

    def _place(self, post: Post, reading: _Reading, pattern: Pattern, match: Match) -> _Place | None:
        name, term = pattern.name, pattern.term
        if name in _STRIKES:
            return self._struck(post, reading, name, match)
        if name in _STATEMENTS:
            return self._said(post, reading, name, match)
        if _SHOWS_ONE_LETTER.search(post.raw(match)):
            return None
        if name == "shaming":
            return self._shaming(post, reading, match)
        place = self._slur(post, reading, match, doubtful=name == "slurs_doubtful")
        return self._classed(place, term)

    def _classed(self, place: _Place | None, about: str) -> _Place | None:
        """The place, with a class of its own where it is about a gender."""
        if place is None or about not in self._gendered:
            return place
        return msgspec.structs.replace(place, term_class=f"{place.term_class}-gendered")

    # --- slurs ----------------------------------------------------------------------------------------------

    def _slur(self, post: Post, reading: _Reading, match: Match, *, doubtful: bool) -> _Place | None:
        start, end = sentence(reading.text, match)
        before, after = reading.text[start : match.start], reading.text[match.end : end]
        aimed = (
            bool(_AIMED_CLOSELY.search(before))
            if doubtful
            else bool(_AIMED_BEFORE.search(before) or _AIMED_AFTER.match(after))
        )
        if doubtful and not aimed:
            return None
        if match.zone == "cited":
            return _Place(
                "slur", CITED_CONFIDENCE, match.span, "slur", "a slur in what looks like a quotation"
            )
        if _spoken_of(post, reading, match, start, end):
            case, confidence = (
                ("counter-speech", ALLOWED_CONFIDENCE) if doubtful else ("slur", LOWERED_CONFIDENCE)
            )
            return _Place(case, confidence, match.span, "slur", "a slur, quoted or spoken of")
        if _OWN.search(before):
            own = "a slur, perhaps of the author's own group"
            return None if doubtful else _Place("slur", LOWERED_CONFIDENCE, match.span, "slur", own)
        if doubtful:
            return _Place(
                "slur", DOUBTFUL_CONFIDENCE, match.span, "slur", "a doubtful word, aimed like a slur"
            )
        if aimed:
            return _Place("slur", AIMED_CONFIDENCE, match.span, "slur", "a slur, aimed at somebody")
        return _Place("slur", PLAIN_CONFIDENCE, match.span, "slur", "a slur")

    @staticmethod
    def _shaming(post: Post, reading: _Reading, match: Match) -> _Place | None:
        start, end = sentence(reading.text, match)
        if _OWN.search(reading.text[start : match.start]):
            return None
        if match.zone == "cited" or _spoken_of(post, reading, match, start, end):
            reason = "a word that demeans a gender, quoted or spoken of"
            return _Place("counter-speech", ALLOWED_CONFIDENCE, match.span, "demeaning-gendered", reason)
        reason = "a word that demeans a gender by itself"
        return _Place("demeaning", TABLE_CONFIDENCE, match.span, "demeaning-gendered", reason)

    # --- statements about groups ----------------------------------------------------------------------------

    def _said(self, post: Post, reading: _Reading, name: str, match: Match) -> _Place | None:
        """A group, and after it what is said of it."""
        start, end = sentence(reading.text, match)
        if match.text.endswith(" die") and _DYING.match(reading.text[match.end : end]):
            return None
        group = last_within(reading.groups, start, match.start)
        if group is not None:
            between = reading.text[group[1] : match.start]
            denied = bool(NEGATED.search(between) or _NO_GROUP.search(reading.text[start : group[0]]))
            asked = _WHY.search(reading.text[start : group[0]]) and _NEAR.match(between)
            if not (asked or _links(between, match)) or denied is not (name == "denied"):
                return None
            said = self._statement(post, reading, name, match, (start, end), AIMED_CONFIDENCE)
            return self._classed(said, reading.text[slice(*group)])
        before = reading.text[start : match.start]
        carried = _CARRIED.match(before)
        if carried is None or not _links(before[carried.end() :] or " ", match):
            return None
        earlier, _ = sentence(reading.text, match, before=2)
        if bool(NEGATED.search(before)) is not (name == "denied"):
            return None
        group = last_within(reading.groups, earlier, start)
        if group is None:
            return None
        said = self._statement(post, reading, name, match, (earlier, end), PLAIN_CONFIDENCE)
        return self._classed(said, reading.text[slice(*group)])

    def _struck(self, post: Post, reading: _Reading, name: str, match: Match) -> _Place | None:
        """A group right behind a verb or a word of contempt."""
        group = first_within(reading.groups, match.end, match.end + STRUCK_CHARS_MAX)
        if group is None or not _BETWEEN_STRUCK.match(reading.text[match.end : group[0]]):
            return None
        if _TREATED.match(reading.text[group[1] : group[1] + STRUCK_CHARS_MAX]):
            return None
        if name == "epithets" and _PICKED.fullmatch(reading.text[slice(*group)]):
            return None
        start, end = sentence(reading.text, match)
        before = reading.text[start : match.start]
        if NEGATED.search(before) or (name != "epithets" and not _STRIKING.search(before)):
            return None
        said = self._statement(post, reading, name, match, (start, end), AIMED_CONFIDENCE)
        return self._classed(said, reading.text[slice(*group)])

    @staticmethod
    def _statement(
        post: Post, reading: _Reading, name: str, match: Match, within: tuple[int, int], confidence: int
    ) -> _Place:
        case = "dehumanising" if name in {"dehumanising", "denied", "attacks"} else "demeaning"
        if match.zone == "cited":
            return _Place(case, CITED_CONFIDENCE, match.span, case, "in what looks like a quotation")
        if _spoken_of(post, reading, match, *within):
            reason = "a hostile statement that is quoted, condemned or asked about"
            return _Place("counter-speech", ALLOWED_CONFIDENCE, match.span, case, reason)
        confidence = min(confidence, AIMED_CONFIDENCE if case == "dehumanising" else PLAIN_CONFIDENCE)
        return _Place(
            case, confidence, match.span, case, f"a protected group, and a {case} statement about it"
        )

    # --- tables ---------------------------------------------------------------------------------------------

    def _added_up(self, post: Post, hits: Sequence[Hit]) -> list[_Place]:
        text = _without_homonyms(post, hits)
        found = terms(words(text))
        sums = self._lexicon.sums(found)
        over = [name for name, least in self._from.items() if sums[name] >= least]
        # What emoji say can't be told from a text without any.
        if "signs" in over and not _SIGN.search(text):
            over.remove("signs")
        if not over or self._condemning.find(text):
            return []
        name = max(over, key=lambda name: (sums[name] - self._from[name], name))
        reason = f"weighted words of the table `{name}` come to {sums[name]}, {self._from[name]} is the least"
        term_class = "demeaning-gendered" if name == "demeaning" else "demeaning"
        return [
            _Place(
                "demeaning",
                CITED_CONFIDENCE if match.zone == "cited" else TABLE_CONFIDENCE,
                match.span,
                term_class,
                reason,
            )
            for match in self._shown(post, name, found)
            if match.zone not in {"quoted", "code", "url"}
            and not _OWN.search(post.around(match, OWN_CHARS, 0)[0])
        ]

    def _shown(self, post: Post, name: str, found: set[str]) -> list[Match]:
        """Places of the words that weigh most in a table."""
        weight = {term: self._lexicon.weight(name, term) for term in found if " " not in term}
        shown = sorted((term for term in weight if weight[term] > 0), key=lambda term: (-weight[term], term))
        return [
            match
            for pattern in term_patterns("shown", shown[:SHOWN_WORDS])
            for match in post.matches(pattern)
        ]


SHOWN_WORDS: Final = 3
"""Words of a table that are pointed at: those with the most weight."""


def _without_homonyms(post: Post, hits: Sequence[Hit]) -> str:
    text = post.text
    homonyms = [hit.pattern for hit in hits if hit.pattern.name == "homonyms" and not hit.reading]
    kept, at = [], 0
    for start, end in sorted(found.span() for homonym in homonyms for found in homonym.places(text)):
        if start >= at:
            kept.append(text[at:start])
        at = max(at, end)
    return " ".join([*kept, text[at:]])


def _links(between: str, match: Match) -> bool:
    """Whether what stands between a group and what may be said of it makes it be said of it."""
    if _VERB.match(match.text) and _NEAR.match(between):
        return not _SPEAKER.search(between)
    return _LINK.match(between) is not None


def _spoken_of(post: Post, reading: _Reading, match: Match, start: int, end: int) -> bool:
    return (
        first_within(reading.condemning, start, end) is not None
        or first_within(reading.reporting, start, match.start) is not None
        or is_quoted(post, match, reading.number)
    )


def _found(case: str, places: Sequence[_Place]) -> Found:
    best = max(places, key=lambda place: place.confidence)
    spans = [place.span for place in places if place.confidence == best.confidence]
    return Found(case, best.confidence, as_spans(spans), best.term_class, best.reason)
