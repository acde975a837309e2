"""Guideline 6, no selling: prospecting, offers, links out for commercial purposes, political campaigning.

Signs of selling are added up as whole points, and the points are the confidence. A link is no offence by
itself: with few signs it counts as a recommendation, which is allowed, unless the domain is the author's
own, and that only the account's profile can tell: a condition. Asking where to buy something isn't selling,
and neither is showing an advertisement in order to complain of it.
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
from services.screening.text.hosts import LINKS, LinkFound, registrable
from services.screening.text.matching import Pattern, term_patterns
from services.screening.window import Window

CONFIDENCE_MAX: Final = 97
POLITICAL_CONFIDENCE: Final = 70
REPEATED_WITHIN: Final = timedelta(minutes=10)
OWN_DOMAIN_POINTS: Final = 45
"""What it adds that the linked domain is the author's own."""

_SIGNS: Final = ("offers", "own", "prospecting", "calls")
_ASKING: Final = re.compile(
    r"\b(?:where can i|where do i|does anyone|has anyone|can anyone|anyone know|any recommendation|"
    r"can you recommend|looking for a recommendation|"
    r"is it worth|how much (?:is|does)|what does)\b[^.!?\n]{0,200}\?"
)
_COMPLAINING: Final = re.compile(
    r"\b(?:spam|spammer|spammers|spamming|scam|scams|scammer|phishing|reported|stop posting|"
    r"advertis\w+ like this|got this (?:e-?mail|message|dm)|beware)\b"
)
_PRICE: Final = r"(?:[$]|eur |usd |gbp )[0-9]{1,6}(?:[.,][0-9]{2})?|\b[0-9]{1,3}% (?:off|discount)"


class NoSelling:
    """Adds up signs of selling by the policy's lists and points."""

    contract: ClassVar[RuleContract] = RuleContract(
        name="no-selling.promotion",
        version=1,
        guideline="no-selling",
        cases=("commercial-link", "prospecting", "recommendation", "political-campaigning"),
        params={
            "points_prospecting": 55,
            "points_offers": 30,
            "points_own": 30,
            "points_calls": 30,
            "points_price": 15,
            "points_referral": 45,
            "points_shortener": 25,
            "points_link": 10,
            "points_repeated": 35,
            "repeated_posts": 3,
            "promotion_from": 55,
        },
        lists={
            "prospecting": "phrases that look for customers",
            "offers": "words of an offer",
            "own": "phrases by which somebody presents their own business",
            "calls": "calls to buy, visit, subscribe",
            "referral_parameters": "names of query parameters that pay whoever posts the link",
            "shorteners": "hosts that hide where a link leads",
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
        self._repeated_posts = number(values, "repeated_posts")
        self._promotion_from = number(values, "promotion_from")
        self._shorteners = frozenset(settings.lists.get("shorteners", ()))
        self._references = frozenset(settings.lists.get("reference_hosts", ()))
        self._contact = re.compile(r"[a-z0-9._+-]{1,64}@[a-z0-9-]{1,63}\.[a-z]|\+[0-9][0-9 ()-]{7}")

    def patterns(self) -> Sequence[Pattern]:
        """The lists' entries, prices, referral parameters, and what may be a link."""
        patterns = list(LINKS)
        for name in (*_SIGNS, "political"):
            patterns += term_patterns(name, self._lists.get(name, ()))
        names = "|".join(map(re.escape, self._lists.get("referral_parameters", ())))
        if names:
            patterns.append(Pattern("referral", rf"[?&](?:{names})=[a-z0-9]"))
        patterns.append(Pattern("price", _PRICE))
        return patterns

    def find(self, post: Post, hits: Sequence[Hit], window: Window) -> list[Found]:
        """At most one finding about selling and one about campaigning."""
        links = [link for link in post.links if not self._is_reference(link.host)]
        # Most links are to something in particular, in a post without a sign of selling.
        if all(hit.pattern.name == "link" for hit in hits) and not any(
            self._is_telling(link) for link in links
        ):
            return []
        found = self._political(post, hits)
        text = post.text
        links = [link for link in links if post.match(link.start, link.end).zone in {"own", "url"}]
        signs, places = self._signs(post, hits)
        asking = bool(_ASKING.search(text)) and "prospecting" not in signs
        if asking or _COMPLAINING.search(text):
            return found
        if not links and not self._contact.search(text) and signs.keys().isdisjoint({"prospecting", "calls"}):
            return found
        points = self._add_up(post, links, signs, window)
        spans = [match.span for match in places] + [post.match(link.start, link.end).span for link in links]
        return self._selling(post, links, signs, points, as_spans(spans)) + found

    def _selling(
        self,
        post: Post,
        links: Sequence[LinkFound],
        signs: dict[str, int],
        points: int,
        spans: tuple[Span, ...],
    ) -> list[Found]:
        if points >= self._promotion_from and signs.keys() - {"price", "shortener"}:
            case = "commercial-link" if links else "prospecting"
            reason = f"signs of selling: {', '.join(sorted(signs))}"
            return [Found(case, min(points, CONFIDENCE_MAX), spans, "promotion", reason)]
        if not links or not (signs or any(self._is_telling(link) for link in links)):
            return []
        domain = registrable(links[0].host)
        condition = Condition("own_domain", post.key.digest("domain", domain), "commercial-link")
        confidence = min(points + OWN_DOMAIN_POINTS, CONFIDENCE_MAX)
        reason = f"a link with few signs of selling: {', '.join(sorted(signs)) or 'none'}"
        return [Found("recommendation", confidence, spans, "link", reason, condition)]

    def _signs(self, post: Post, hits: Sequence[Hit]) -> tuple[dict[str, int], list[Match]]:
        """How many different expressions of each sign there are, and where."""
        signs: dict[str, int] = {}
        places: list[Match] = []
        for hit in hits:
            name = hit.pattern.name
            zones = {"own", "url"} if name == "referral" else {"own"}
            matches = (
                [match for match in post.matches(hit.pattern) if match.zone in zones]
                if name in _POINTED
                else []
            )
            if matches:
                signs[name] = signs.get(name, 0) + 1
                places += matches
        return signs, places

    def _add_up(self, post: Post, links: Sequence[LinkFound], signs: dict[str, int], window: Window) -> int:
        """The points: a second expression of the same sign counts half.

        Adds the signs that only links and the window show.
        """
        if any(link.host in self._shorteners for link in links):
            signs["shortener"] = 1
        if links and signs:
            most = max(
                window.posts_linking(post.author, link.host, post.at_ms, REPEATED_WITHIN) for link in links
            )
            if most >= self._repeated_posts:
                signs["repeated"] = 1
        points = sum(self._points[sign] * (3 if count > 1 else 2) // 2 for sign, count in signs.items())
        return points + (self._points["link"] if links else 0)

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
        return link.rest in {"", "/"} or link.host in self._shorteners

    def _is_reference(self, host: str) -> bool:
        labels = host.split(".")
        return (
            any(".".join(labels[at:]) in self._references for at in range(len(labels)))
            or labels[0] in self._references
        )


_POINTED: Final = frozenset({*_SIGNS, "referral", "price"})
