"""Guideline 8, privacy: other people's numbers, addresses and passwords; and secrets, whoever's they are.

What looks like a number is held against what such numbers must satisfy. Whose it is the text rarely says:
where it does, the finding is sure; where it doesn't, a person looks, unless the profile shows that it is the
author's own, which is a condition. Evidence is the kind of thing, its place and a keyed digest, never the
thing itself. What is quoted counts against nobody, and is hidden all the same.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Final, Literal

import msgspec

from events.policy import RuleSettings
from events.signals import Condition
from services.screening.digests import Kind, email_form
from services.screening.post import Match, Post
from services.screening.rule import Found, Hit, RuleContract, as_spans, params
from services.screening.text import identifiers
from services.screening.text.matching import Pattern, term_expression
from services.screening.text.secrets import PASSWORD, SECRETS, is_secret, password_certainty
from services.screening.window import Window

Whose = Literal["somebody", "own", "unsaid"]

CONTEXT_CHARS: Final = 60
LEAD_CHARS: Final = 40
LABEL_CHARS: Final = 12
SURE: Final = 95
DOUBTFUL: Final = 60
UNLIKELY: Final = 30


class _Thing(msgspec.Struct, frozen=True, gc=False):
    """Something found, in its one form. `shape`: how sure it is that it is such a thing, in percent.

    `reserved`: kept for documentation and fiction, so that it counts only where the text says that it is
    somebody's.
    """

    kind: str
    form: str
    match: Match
    shape: int
    reserved: bool = False


class _Sort(msgspec.Struct, frozen=True):
    """How a kind of thing is dealt with.

    The case of somebody else's and of one's own, and the profile's fact that can tell.
    """

    case: str
    own: str
    unsaid: int
    words: str
    digest: Kind
    fact: Literal["own_email", "own_phone"] | None = None


_SORTS: Final[Mapping[str, _Sort]] = MappingProxyType(
    {
        "secret": _Sort("secret", "secret", SURE, "a secret", "secret"),
        "card": _Sort("card", "own-contact", SURE, "a payment card's number", "card"),
        "iban": _Sort("card", "own-contact", DOUBTFUL, "a bank account's number", "card"),
        "ssn": _Sort("national-id", "own-contact", SURE, "a national identity number", "ssn"),
        "password": _Sort("password", "secret", SURE, "a password", "password"),
        "email": _Sort("email", "own-contact", DOUBTFUL, "an e-mail address", "email", "own_email"),
        "phone": _Sort("phone", "own-contact", DOUBTFUL, "a telephone number", "phone", "own_phone"),
        "street": _Sort("home-address", "own-contact", DOUBTFUL, "a street address", "address"),
    }
)
_KIN: Final = (
    r"\b(?:my|our) (?:\w+ )?(?:colleague|boss|friend|manager|wife|husband|partner|client|customer|"
    r"neighbou?r|ex|brother|sister|"
    r"mother|father|mom|mum|dad|co-?worker|teammate|landlord|teacher|doctor|roommate|assistant|employee|user|vendor|ceo|cto)s?\b"
)
_SOMEBODYS: Final = re.compile(
    rf"(?:{_KIN}|\b(?:his|her|hers|their|theirs|him|he|she|they|them)\b|"
    r"(?<!\bit)(?<!\bthat)(?<!\bhere)(?<!\bwhat)(?<!\bthere)'s\b)"
    r"(?!.*\b(?:his|her|hers|their|theirs|him|he|she|they|them)\b)[^!?\n]{0,40}\Z"
)
_OWN: Final = re.compile(
    rf"(?!{_KIN})\b(?:my|mine|our|(?<!gave )(?<!give )(?<!gives )(?<!sent )(?<!send )(?<!told "
    rf")(?<!tell )(?<!showed )me|i'm|"
    r"i am|us)\b(?!.*\b(?:my|mine|our|me|us)\b)[^!?\n]{0,40}\Z"
)


class Privacy:
    """Finds personal numbers, addresses and secrets."""

    contract: ClassVar[RuleContract] = RuleContract(
        name="privacy.identifiers",
        version=3,
        guideline="privacy",
        cases=("card", "national-id", "password", "phone", "email", "home-address", "own-contact", "secret"),
        params={"phone_region": "US"},
        lists={
            "role_names": "names before the @ that are nobody's own, such as `support`",
            "example_domains": "domains for documentation and tests",
            "phone_words": "words beside which digits are a telephone number",
            "phone_labels": "words that stand after a telephone number, such as `office`",
            "card_words": "words beside which digits are a card's number",
            "identity_words": "words beside which digits are a national identity number",
            "number_words": "words beside which digits are some other number, such as an order's",
            "home_words": "words beside which a street address is somebody's home",
        },
    )

    def __init__(self, settings: RuleSettings) -> None:
        self._region = str(params(self.contract, settings)["phone_region"])
        self._roles = frozenset(settings.lists.get("role_names", ()))
        self._examples = tuple(settings.lists.get("example_domains", ()))
        self._words = {
            name: _any_of(settings.lists.get(name, ()))
            for name in self.contract.lists
            if name.endswith(("_words", "_labels"))
        }

    def patterns(self) -> Sequence[Pattern]:
        """The shapes of identifiers."""
        i = identifiers
        return (i.EMAIL, i.IBAN, i.PHONE, i.STREET, PASSWORD, *SECRETS)

    def find(self, post: Post, hits: Sequence[Hit], _window: Window) -> list[Found]:
        """One finding for each case, kind and owner."""
        found: dict[tuple[str, str, str], list[Found]] = {}
        patterns = [hit.pattern for hit in hits if hit.reading == 0]
        if identifiers.PHONE in patterns:
            # Whatever has a card's or an identity number's digits has a telephone number's too.
            patterns += (identifiers.CARD, identifiers.SSN)
        for thing in self._things(post, patterns):
            finding = self._judge(post, thing)
            if finding is None:
                continue
            digest = finding.condition.digest if finding.condition is not None else ""
            found.setdefault((finding.case, thing.kind, digest), []).append(finding)
        return [_merged(same) for same in found.values()]

    def _things(self, post: Post, patterns: Sequence[Pattern]) -> list[_Thing]:
        """What was found, surest first; what overlaps something surer is left out."""
        things: list[_Thing] = []
        taken: list[tuple[int, int]] = []
        for kind in ("secret", "iban", "card", "ssn", "email", "password", "phone", "street"):
            for pattern in patterns:
                if pattern.name != kind:
                    continue
                things += [
                    thing
                    for thing in self._of(post, kind, pattern)
                    if _take(taken, thing.match.first, thing.match.last)
                ]
        return things

    def _of(self, post: Post, kind: str, pattern: Pattern) -> list[_Thing]:
        if kind == "secret":
            matches = post.original_matches(pattern, lambda match: is_secret(pattern, match))
            return [_Thing(kind, post.raw(at), at, SURE) for at in matches]
        things = [self._thing(kind, post, match) for match in post.matches(pattern)]
        return [thing for thing in things if thing is not None]

    def _thing(self, kind: str, post: Post, at: Match) -> _Thing | None:
        match kind:
            case "email":
                return self._email(post, at)
            case "phone":
                return self._phone(post, at)
            case "street":
                return self._street(post, at)
            case "password":
                return _password(at)
            case _:
                return self._number(kind, post, at)

    def _number(self, kind: str, post: Post, match: Match) -> _Thing | None:
        """A card's, an account's or an identity's number."""
        form = None if match.zone == "url" else _NUMBERS[kind](match.text)
        if form is None:
            return None
        around = " ".join(post.around(match, CONTEXT_CHARS, CONTEXT_CHARS))
        said = self._words[_NAMES[kind]].search(around) if kind in _NAMES else None
        if kind == "card" and not said and not identifiers.is_branded(form):
            return None
        other = self._words["number_words"].search(around) and not said
        return _Thing(kind, form, match, UNLIKELY if other else SURE)

    def _email(self, post: Post, match: Match) -> _Thing | None:
        parts = identifiers.EMAIL.where.fullmatch(match.text)
        before, _ = post.around(match, 8, 0)
        if parts is None or (match.zone == "url" and "mailto" not in before):
            return None
        domain = re.sub(r"[ (\[{<]*(?:\bdot\b|\.|%2e)[ )\]}>]*", ".", parts["domain"])
        local = parts["local"]
        if local in self._roles:
            return None
        plain = any(sign in match.text for sign in _AT_SIGNS)
        if not plain and " dot " not in match.text:
            return None
        reserved = any(domain == end or domain.endswith(f".{end}") for end in self._examples)
        return _Thing("email", email_form(f"{local}@{domain}"), match, SURE if plain else DOUBTFUL, reserved)

    def _phone(self, post: Post, match: Match) -> _Thing | None:
        text = match.text
        before, after = post.around(match, LEAD_CHARS, LABEL_CHARS)
        said = bool(self._words["phone_words"].search(before) or self._words["phone_labels"].match(after))
        written = text.startswith(("+", "00")) or identifiers.PHONE_WRITTEN.fullmatch(text)
        shaped = identifiers.PHONE_SHAPED.fullmatch(text)
        if match.zone == "url" or not (said or written or shaped) or identifiers.NO_PHONE.search(text):
            return None
        if not said and self._words["number_words"].search(before[-24:]):
            return None
        form = identifiers.phone_number(text, self._region)
        if form is not None:
            return _Thing("phone", form, match, SURE, identifiers.is_fictional(form))
        # Numbers of countries that nobody named: digits beside a word for telephones, and a person looks.
        digits = re.sub(r"[^0-9]", "", text)
        foreign = (said or shaped) and identifiers.is_foreign_number(digits, self._region, said=said)
        return _Thing("phone", digits, match, DOUBTFUL) if foreign else None

    def _street(self, post: Post, match: Match) -> _Thing | None:
        around = " ".join(post.around(match, CONTEXT_CHARS, CONTEXT_CHARS))
        return _Thing(
            "street", match.text, match, SURE if self._words["home_words"].search(around) else DOUBTFUL
        )

    def _judge(self, post: Post, thing: _Thing) -> Found | None:
        sort = _SORTS[thing.kind]
        whose = _whose(post, thing.match)
        if thing.reserved and whose == "unsaid":
            return None
        digest = post.key.digest(sort.digest, thing.form)
        spans = (thing.match.span,)
        reason = f"{sort.words}, {_WHOSE[whose]}"
        if thing.match.zone == "quoted" or whose == "own":
            return Found(sort.own, thing.shape, spans, thing.kind, f"{reason} ({digest})")
        if thing.kind == "password" and whose == "unsaid":
            return Found("secret", thing.shape, spans, thing.kind, f"{reason} ({digest})")
        confidence = min(SURE if whose == "somebody" else sort.unsaid, thing.shape)
        if sort.fact is None:
            return Found(sort.case, confidence, spans, thing.kind, f"{reason} ({digest})")
        condition = Condition(sort.fact, digest, sort.own)
        return Found(sort.case, confidence, spans, thing.kind, reason, condition)


_AT_SIGNS: Final = ("@", "%40", "&", "(", "[", "{", "<")
_NAMES: Final[Mapping[str, str]] = MappingProxyType({"card": "card_words", "ssn": "identity_words"})
_NUMBERS: Final[Mapping[str, Callable[[str], str | None]]] = MappingProxyType(
    {"card": identifiers.card_number, "ssn": identifiers.ssn_number, "iban": identifiers.iban_number}
)
_WHOSE: Final[Mapping[Whose, str]] = MappingProxyType(
    {
        "somebody": "said to be somebody else's",
        "own": "said to be the author's own",
        "unsaid": "whose isn't said",
    }
)


def _password(match: Match) -> _Thing | None:
    found = PASSWORD.where.search(match.text)
    if found is None:
        return None
    certainty = password_certainty(found["word"], quoted=bool(found["quote"]))
    return _Thing("password", found["word"], match, certainty) if certainty else None


def _whose(post: Post, match: Match) -> Whose:
    """Whose the text says that it is: the nearest word before it decides."""
    before, _ = post.around(match, CONTEXT_CHARS, 0)
    theirs, own = _SOMEBODYS.search(before), _OWN.search(before)
    if theirs and own:
        return "somebody" if theirs.start() > own.start() else "own"
    if theirs:
        return "somebody"
    return "own" if own else "unsaid"


def _merged(findings: Sequence[Found]) -> Found:
    best = max(findings, key=lambda finding: finding.confidence)
    spans = [span for finding in findings for span in finding.spans]
    return Found(best.case, best.confidence, as_spans(spans), best.term_class, best.reason, best.condition)


def _take(taken: list[tuple[int, int]], first: int, last: int) -> bool:
    """Take a stretch, end exclusive, unless a part of it is taken. `taken` is kept in order."""
    at = bisect_left(taken, (first, last))
    if (at and taken[at - 1][1] > first) or (at < len(taken) and taken[at][0] < last):
        return False
    taken.insert(at, (first, last))
    return True


def _any_of(terms: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(term_expression, terms)) or r"(?!)")
