"""Guideline 6, no selling: prospecting, offers, links out for commercial purposes, political campaigning.

Signs of selling are added up as whole points, and the points are the confidence. A link is no offence by
itself: with few signs it counts as a recommendation, which is allowed, unless the domain is the author's
own, and that only the account's profile can tell: a condition. Asking where to buy something isn't selling,
and neither is showing an advertisement in order to complain of it: both take points away. What stands in a
question of the author's, or between quotation marks in a sentence of theirs, is no sign of anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar, Final

from events.policy import RuleSettings
from events.signals import Condition, Span
from services.screening.post import Match, Post
from services.screening.rule import Found, Hit, RuleContract, as_spans, number, params
from services.screening.text.hosts import LINKS, LinkFound, is_one_of, registrable
from services.screening.text.matching import Pattern
from services.screening.text.phrases import any_phrase, phrase_patterns
from services.screening.window import Window

CONFIDENCE_MAX: Final = 97
UNASKED_MAX: Final = 85
"""What is sure at most where hardly anybody is asked for anything: see `_is_plain`."""
ASKED_ALONE_MIN: Final = 2
BESIDE_QUOTES_WORDS_MIN: Final = 3
POLITICAL_CONFIDENCE: Final = 70
REPEATED_WITHIN: Final = timedelta(minutes=10)
OWN_DOMAIN_POINTS: Final = 45
"""What it adds that the linked domain is the author's own."""

_SIGNS: Final = (
    "prospecting",
    "subscriptions",
    "calls",
    "contacts",
    "urges",
    "own",
    "business",
    "work",
    "offers",
    "money",
)
_ALONE: Final = frozenset(
    {"prospecting", "subscriptions", "calls", "contacts", "urges", "work", "money", "hidden"}
)
"""Signs that ask for something, or promise it; the others only add to them, or to a link."""
_COUNTED_MAX: Final = 3
"""Expressions of one sign beyond that count for nothing more."""
_BEGGING: Final = frozenset({"subscriptions", "money"})
"""Signs that no question excuses."""
_SURE: Final = frozenset({"prospecting", *_BEGGING})
"""Signs that a question before them doesn't excuse."""
_ASKING: Final = re.compile(
    r"\b(?:where can i|where do i|does any(?:one|body)|has any(?:one|body)|can any(?:one|body)|"
    r"any(?:one|body) know|"
    r"any recommendation|can you recommend|looking for a recommendation|what do you (?:use|recommend)|"
    r"is it worth|how much (?:is|does)|what does|how (?:do|can|would|should) (?:i|we|you)|why (?:is|"
    r"does|do|are)|"
    r"should (?:i|we))\b[^.!?\n]{0,200}\?"
)
_NO_COMPLAINT: Final = re.compile(
    r"\b(?:no|not|isn'?t|sorry for(?: the| my)?|don'?t (?:see|mark|flag|report)(?: this| it)? as|"
    r"without|as) (?:a )?spam\w*"
)
_COMPLAINING: Final = re.compile(
    r"\b(?:spam|spammer|spammers|spamming|spammed|scam|scams|scammer|phishing|reported|stop posting|"
    r"advertis\w+ like this|got this (?:e-?mail|message|dm|invite|text)|beware|fake ad|ban (?:this|"
    r"them|him|her))\b"
)
_CAPITALS: Final = re.compile(r"[A-Z]{2}")
_LOUD_WORDS: Final = re.compile(r"(?:\b[A-Z]{2,}\b[^A-Za-z0-9\n]{1,3}){3}")
_FIRST_PERSON: Final = re.compile(
    r"\b(?:where (?:can|do) (?:i|we)|(?:does|has|can) any(?:one|body)|any(?:one|body) know|"
    r"what do you (?:use|recommend)|is it worth|how much (?:is|does)|how (?:do|can|would|should) (?:i|we)|"
    r"should (?:i|we))\b[^.!?\n]{0,200}\?"
)
"""Questions that somebody asks who wants to know; the others of `_ASKING` an advertisement may ask too."""
_IN_QUOTES: Final = re.compile(
    r"\"[^\"\n]{3,200}\"|(?<![a-z0-9])'(?:[^'\n]|(?<=[a-z])'(?=[a-z])){3,200}'(?![a-z0-9])"
)
_TOLD: Final = re.compile(
    r"\b(?:i|we|he|she|they)(?:'d|'ll| would| will| had to| have to| tried to| want(?:ed)? to)? (?:just )?"
    r"(?:book|schedule|request)(?:ed)?\b[^.!?\n]{0,60}"
)
"""Somebody tells that they are customers."""
_WORD: Final = re.compile(r"[a-z]{2,}")
_PRICE: Final = (
    r"(?:[$£]|\be|eur |usd |gbp )[0-9]{1,6}(?:[.,][0-9]{2})?\b|\b[0-9]{1,3}% (?:off|discount)|"
    r"\bsave (?:up to )?[0-9]{1,3} ?%|\b[0-9]{1,6} (?:euros?|pounds|quid|bucks|dollars)\b"
)
_SELLING: Final = (
    r"(?:^|[.!?\n]|\bam |i'm )[^a-z0-9]{0,3}selling (?:my|our|two|three|four|an?|some|these|this|[0-9]{1,3}) "
)
"""At the beginning of a sentence, where somebody sells, and isn't said to."""

_HIDDEN: Final = r"\b[a-z0-9-]{3,40}(?: \. ?|\. {1,2}| ?[(\[]dot[)\]] ?)(?:com|net|org)\b[^a-z0-9]"
"""A host that is written so as not to be a link."""
_SUBSCRIBE: Final = (
    r"(?:^|[.!?>\n])[^a-z0-9]{0,4}subscribe[^a-z0-9]*$",
    r"\bfollow (?:me|us) ?(?:[@+]|[-=>:]{1,5}[ >]{0,3}https?:)",
    (
        r"\b[0-9][0-9.,]{0,8}k? (?:more )?(?:subs|subscribers|followers) "
        r"(?:before|by|this|tonight|today|please|plz|pls)\b"
    ),
)
"""Calls that only signs, digits and the end of the text show."""


class NoSelling:
    """Adds up signs of selling by the policy's lists and points."""

    contract: ClassVar[RuleContract] = RuleContract(
        name="no-selling.promotion",
        version=3,
        guideline="no-selling",
        cases=("commercial-link", "prospecting", "recommendation", "political-campaigning"),
        params={
            "points_prospecting": 60,
            "points_subscriptions": 60,
            "points_calls": 35,
            "points_contacts": 20,
            "points_urges": 30,
            "points_own": 30,
            "points_business": 35,
            "points_work": 45,
            "points_offers": 30,
            "points_money": 45,
            "points_pleas": 10,
            "points_price": 15,
            "points_referral": 45,
            "points_shortener": 25,
            "points_promotional": 30,
            "points_shop": 40,
            "points_hidden": 40,
            "points_answer": -15,
            "points_link": 15,
            "points_loud": 15,
            "points_repeated": 35,
            "points_asking": -40,
            "points_complaining": -45,
            "points_technical": -50,
            "repeated_posts": 3,
            "promotion_from": 55,
        },
        lists={
            "prospecting": "phrases that look for customers",
            "subscriptions": "phrases that ask for followers, subscribers or votes",
            "calls": "phrases that ask to look at something of the author's",
            "technical": "phrases about subscribing to something that isn't a person's",
            "urges": "calls to buy, click or sign up",
            "contacts": "phrases that ask to get in touch",
            "own": "phrases by which somebody presents their own work or site",
            "business": "phrases by which somebody presents their own trade",
            "work": "phrases by which artists present what they made",
            "offers": "words of an offer",
            "money": "promises of money or prizes",
            "pleas": "words that go with a request; they count only beside another sign",
            "referral_parameters": "names of query parameters that pay whoever posts the link",
            "shorteners": "hosts that hide where a link leads",
            "promotional_hosts": "hosts where people present themselves",
            "shop_hosts": "hosts where people sell or collect",
            "reference_hosts": "hosts that people link to for reference, such as documentation and code",
            "political": "phrases that campaign",
        },
    )

    def __init__(self, settings: RuleSettings) -> None:
        self._lists = settings.lists
        values = params(self.contract, settings)
        self._points = {
            name.removeprefix("points_"): number(values, name)
            for name in values
            if name.startswith("points_")
        }
        self._most = {sign: max(0, self._points[sign]) for sign in _POINTED}
        self._most_beside = sum(max(0, self._points[sign]) for sign in _BESIDE)
        self._repeated_posts = number(values, "repeated_posts")
        self._promotion_from = number(values, "promotion_from")
        self._shorteners = frozenset(settings.lists.get("shorteners", ()))
        self._promotional = frozenset(settings.lists.get("promotional_hosts", ()))
        self._shops = frozenset(settings.lists.get("shop_hosts", ()))
        self._references = frozenset(settings.lists.get("reference_hosts", ()))
        self._pleas = any_phrase(settings.lists.get("pleas", ()))
        self._technical = any_phrase(settings.lists.get("technical", ()))
        self._contact = re.compile(r"[a-z0-9._+-]{1,64}@[a-z0-9-]{1,63}\.[a-z]|\+[0-9][0-9 ()-]{7}")

    def patterns(self) -> Sequence[Pattern]:
        """The lists' entries, prices, referral parameters, and what may be a link."""
        patterns = list(LINKS)
        for name in _SIGNS:
            patterns += phrase_patterns(name, self._lists.get(name, ()))
        patterns += phrase_patterns("political", self._lists.get("political", ()))
        names = "|".join(map(re.escape, self._lists.get("referral_parameters", ())))
        if names:
            patterns.append(Pattern("referral", rf"[?&;](?:{names})=[a-z0-9]"))
        patterns.append(Pattern("price", _PRICE))
        patterns.append(Pattern("hidden", _HIDDEN))
        patterns.append(Pattern("prospecting", _SELLING))
        patterns += [Pattern("subscriptions", expression) for expression in _SUBSCRIBE]
        return patterns

    def find(self, post: Post, hits: Sequence[Hit], window: Window) -> list[Found]:
        """At most one finding about selling and one about campaigning."""
        named = {hit.pattern.name for hit in hits}
        if named <= {"own", "business", "price", "offers"}:
            return []  # of themselves, people may speak
        links = [link for link in post.links if not self._is_reference(link.host)]
        # Most links are to something in particular, in a post without a sign of selling.
        if named <= {"link"} and not any(self._is_telling(link) for link in links):
            return []
        found = self._political(post, hits) if "political" in named else []
        if not links and not self._can_be_selling(post, hits):
            return found
        links = [link for link in links if post.match(link.start, link.end).zone in {"own", "url"}]
        signs, places = self._signs(post, hits)
        if not links and signs.keys().isdisjoint(_ALONE) and not self._contact.search(post.text):
            return found
        points = self._add_up(post, links, signs, window)
        spans = [match.span for match in places] + [post.match(link.start, link.end).span for link in links]
        return self._selling(post, links, signs, points, as_spans(spans)) + found

    def _can_be_selling(self, post: Post, hits: Sequence[Hit]) -> bool:
        """Whether the points of a post without links can come to enough: asked before signs are located.

        Every expression counts as if it were meant, in full, and nothing takes points away.
        """
        signs = sum(self._most.get(hit.pattern.name, 0) for hit in hits)
        least = self._promotion_from - signs - self._most_beside
        return least <= 0 or (least <= self._points["loud"] and _is_loud(post.original))

    def _selling(
        self,
        post: Post,
        links: Sequence[LinkFound],
        signs: dict[str, int],
        points: int,
        spans: tuple[Span, ...],
    ) -> list[Found]:
        named = sorted(sign for sign in signs if self._points[sign] > 0)
        if points >= self._promotion_from and set(named) - {
            "price",
            "shortener",
            "promotional",
            "pleas",
            "loud",
        }:
            case = "commercial-link" if links else "prospecting"
            reason = f"signs of selling: {', '.join(named)}"
            most = CONFIDENCE_MAX if _is_plain(signs, linked=bool(links)) else UNASKED_MAX
            return [Found(case, min(points, most), spans, "promotion", reason)]
        if not links or not (set(named) - {"pleas", "loud"} or any(self._is_telling(link) for link in links)):
            return []
        domain = registrable(links[0].host)
        condition = Condition("own_domain", post.key.digest("domain", domain), "commercial-link")
        confidence = max(0, min(points + OWN_DOMAIN_POINTS, CONFIDENCE_MAX))
        reason = f"a link with few signs of selling: {', '.join(named) or 'none'}"
        return [Found("recommendation", confidence, spans, "link", reason, condition)]

    def _signs(self, post: Post, hits: Sequence[Hit]) -> tuple[dict[str, int], list[Match]]:
        """How many different expressions of each sign there are, and where.

        Where one holds another of the same sign, they are one, unless it begs for something.
        """
        signs: dict[str, int] = {}
        places: list[Match] = []
        taken: dict[str, list[Match]] = {}
        quoted, told = _quoted(post.text), _told(post.text)
        for hit in hits:
            name = hit.pattern.name
            if name not in _POINTED:
                continue
            zones = {"own", "url"} if name == "referral" else {"own"}
            unmeant = quoted if name in _BEGGING else quoted + told
            matches = [
                match
                for match in post.matches(hit.pattern)
                if match.zone in zones
                and not any(start <= match.start and match.end <= end for start, end in unmeant)
            ]
            before = taken.setdefault(name, [])
            known = all(any(_one_in_other(match, old) for old in before) for match in matches)
            if not matches or (known and name not in _BEGGING):
                continue
            signs[name] = signs.get(name, 0) + 1
            before += matches
            places += matches
        return signs, places

    def _add_up(self, post: Post, links: Sequence[LinkFound], signs: dict[str, int], window: Window) -> int:
        """The points: a second and a third expression of the same sign count half each.

        Adds the signs that only links, the window and the rest of the text show.
        """
        if links:
            self._add_links(post, links, signs, window)
        if signs:
            self._add_words(post, signs)
        if signs.keys().isdisjoint(_SURE) and _ASKING.search(post.text):
            signs["asking"] = 1
        if _COMPLAINING.search(_NO_COMPLAINT.sub("", post.text)):
            signs["complaining"] = 1
        points = sum(
            self._points[sign] * (min(count, _COUNTED_MAX) + 1) // 2 for sign, count in signs.items()
        )
        return points + (self._points["link"] if links else 0)

    def _add_links(
        self, post: Post, links: Sequence[LinkFound], signs: dict[str, int], window: Window
    ) -> None:
        """What the links show."""
        if any(link.host in self._shorteners for link in links):
            signs["shortener"] = 1
        if any(is_one_of(link.host, self._promotional) for link in links):
            signs["promotional"] = 1
        if any(map(self._is_shop, links)):
            signs["shop"] = 1
        if signs and self._repeated_posts <= max(
            window.posts_linking(post.author, link.host, post.at_ms, REPEATED_WITHIN) for link in links
        ):
            signs["repeated"] = 1
        if signs and post.reply_to is not None:
            signs["answer"] = 1

    def _add_words(self, post: Post, signs: dict[str, int]) -> None:
        """What the rest of the text shows."""
        if self._pleas.search(post.text):
            signs["pleas"] = 1
        if _is_loud(post.original):
            signs["loud"] = 1
        if self._technical.search(post.text):
            signs["technical"] = 1

    def _political(self, post: Post, hits: Sequence[Hit]) -> list[Found]:
        matches = [
            match for hit in hits if hit.pattern.name == "political" for match in post.matches(hit.pattern)
        ]
        spans = [match.span for match in matches if match.zone == "own"]
        if not spans:
            return []
        return [
            Found(
                "political-campaigning",
                POLITICAL_CONFIDENCE,
                as_spans(spans),
                "political",
                "a call to support a campaign",
            )
        ]

    def _is_telling(self, link: LinkFound) -> bool:
        """A link that may be an advertisement by itself: to a site as a whole, or hiding where it leads."""
        return link.rest in {"", "/"} or link.host in self._shorteners or self._is_shop(link)

    def _is_shop(self, link: LinkFound) -> bool:
        """A link to something that is sold; a shop's bare name is no more than its name."""
        return link.rest not in {"", "/"} and is_one_of(link.host, self._shops)

    def _is_reference(self, host: str) -> bool:
        if is_one_of(host, self._shops):
            return False
        return is_one_of(host, self._references) or host.partition(".")[0] in self._references


_BESIDE: Final = frozenset({"pleas", "technical", "asking", "complaining"})
"""Signs that the rest of a text shows; whether it is loud is found out most quickly."""
_POINTED: Final = frozenset({*_SIGNS, "referral", "price", "hidden"})
_ASKED: Final = frozenset(_SIGNS) - {"offers", "own", "business"}
_OWN: Final = frozenset({"own", "business"})


def _is_plain(signs: dict[str, int], *, linked: bool) -> bool:
    """Whether the signs together can be sure: what is offered is the author's own, or is asked for.

    A link that pays, or the word of somebody that looks for work, may be harmless however many points it has.
    """
    asked = sum(count for sign, count in signs.items() if sign in _ASKED)
    offered = bool(asked or _OWN & signs.keys()) and "offers" in signs
    return offered or bool(_BEGGING & signs.keys()) or asked >= (1 if linked else ASKED_ALONE_MIN)


def _is_loud(text: str) -> bool:
    """Whether there are exclamation marks in a row, or three words in capitals."""
    # Most texts have no two capitals in a row, which is found out in a fraction of the time.
    return "!!" in text or (_CAPITALS.search(text) and _LOUD_WORDS.search(text)) is not None


def _quoted(text: str) -> list[tuple[int, int]]:
    """Stretches between quotation marks, where words of the author's stand around them."""
    stretches = [match.span() for match in _IN_QUOTES.finditer(text)]
    if stretches and len(_WORD.findall(_IN_QUOTES.sub(" ", text))) < BESIDE_QUOTES_WORDS_MIN:
        return []
    return stretches


def _told(text: str) -> list[tuple[int, int]]:
    """Stretches in which somebody wants to know something, or tells what they did as a customer."""
    return [match.span() for what in (_FIRST_PERSON, _TOLD) for match in what.finditer(text)]


def _one_in_other(one: Match, other: Match) -> bool:
    return (other.start <= one.start and one.end <= other.end) or (
        one.start <= other.start and other.end <= one.end
    )
