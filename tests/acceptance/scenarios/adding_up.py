"""Stories about what adds up: one text by several accounts, or again and again; hostility at one person."""

from __future__ import annotations

from typing import Final

from events.ledger import StrikeIssued
from events.signals import CampaignFound
from tests.acceptance.scenarios.specimens import INSULT
from tests.support.story import Block, Claim, Clock, Delete, Expect, Post, Register, Step, Story
from tests.support.view import View

SITE: Final = "ponies-and-cats.biz"
PRAISE: Final = "have you seen what they sell these days, it has changed how our whole team works"
MINUTE: Final = 1 / 1440
HOUR: Final = 1 / 24


def _struck(view: View) -> dict[str, list[str]]:
    """Each account's strikes, by case."""
    found: dict[str, list[str]] = {}
    for entry in view.entries:
        for o in entry.outcomes:
            if isinstance(o, StrikeIssued):
                found.setdefault(entry.entity.removeprefix("account:"), []).append(o.case)
    return found


def _subjects(view: View, account: str) -> list[str]:
    return [row.subject for row in view.cases_of(account) if row.open]


def _praise(account: str, post: str, how: str = "") -> Post:
    """`how` tells the praise of one story from that of others, which may be played on the day before."""
    return Post(account, post, says=f"{PRAISE}{how}", link=SITE)


CAMPAIGN: Final = Story(
    24,
    "one text by three accounts within the hour",
    (
        Clock(0),
        _praise("ann", "p1"),
        Clock(10 * MINUTE),
        _praise("bob", "p2"),
        Claim("two are no campaign", lambda view: _struck(view) == {}),
        Clock(20 * MINUTE),
        _praise("cas", "p3"),
        Expect("ann", active_points=2, active_strikes=1, warnings=0, hidden_posts=1, confirmed_points=0),
        Expect("bob", active_points=2, active_strikes=1, hidden_posts=1),
        Expect("cas", active_points=2, active_strikes=1, hidden_posts=1),
        Claim(
            "the campaign is one case",
            lambda view: [row.kind for row in view.cases.values()].count("campaign") == 1,
        ),
        Clock(3 * HOUR),
        _praise("dan", "p4"),
        Expect("dan", active_points=2, hidden_posts=1),
        _praise("ann", "p5"),
        Expect("ann", active_strikes=2, hidden_posts=2),
        Claim(
            "nobody is told of it twice",
            lambda view: sum(isinstance(s.body, CampaignFound) for e in view.entries for s in e.emitted) == 4,
        ),
    ),
)

TAKEN_BACK: Final = Story(
    24,
    "what was deleted is no part of a campaign",
    (
        Clock(0),
        _praise("ann", "p1", " and twice as fast"),
        _praise("bob", "p2", " and twice as fast"),
        Delete("bob", "p2"),
        _praise("cas", "p3", " and twice as fast"),
        Claim("two are left", lambda view: _struck(view) == {}),
    ),
)

AGAIN_AND_AGAIN: Final = Story(
    25,
    "one text three times within a day",
    (
        Clock(0),
        _praise("ann", "p1", " for half the price"),
        Clock(9 * HOUR),
        _praise("ann", "p2", " for half the price"),
        Claim("twice is nothing", lambda view: _struck(view) == {}),
        Clock(18 * HOUR),
        _praise("ann", "p3", " for half the price"),
        Expect("ann", warnings=1, active_points=0, hidden_posts=1),
        Claim("repetition", lambda view: _struck(view) == {"ann": ["repetition"]}),
    ),
)

BOT: Final = Story(
    25,
    "a bot may repeat itself",
    (
        Clock(0),
        Register("bot", "bot"),
        *(step for n in range(4) for step in (Clock(n * HOUR), _praise("bot", f"p{n}", " without a human"))),
        Claim("nothing is found", lambda view: _struck(view) == {}),
    ),
)


def _insults(*hours: float) -> tuple[Step, ...]:
    return tuple(
        step
        for n, hour in enumerate(hours)
        for step in (Clock(hour * HOUR), Post("ann", f"p{n}", (INSULT,), to="bob", thread=f"t{n}"))
    )


BADGERING: Final = Story(
    26,
    "three insults at one person within a day",
    (
        *_insults(0, 3, 6),
        Claim("each insult counts at once", lambda view: _struck(view) == {"ann": ["insult"] * 3}),
        Claim("and a person looks at all of it", lambda view: "badgering:bob" in _subjects(view, "ann")),
        Claim("nothing is struck for it by itself", lambda view: len(view.strikes) == 3),
    ),
)

BLOCKED: Final = Story(
    26,
    "one insult after a block",
    (
        Clock(0),
        Block("bob", "ann"),
        *_insults(3),
        Claim("a person looks", lambda view: "badgering:bob" in _subjects(view, "ann")),
    ),
)

PILE_ON: Final = Story(
    27,
    "five accounts at one within the hour",
    (
        Clock(0),
        *(
            step
            for n, account in enumerate(("ann", "bob", "cas", "dan", "eve"))
            for step in (
                Clock(10 * n * MINUTE),
                Claim("not yet", lambda view: _subjects(view, "zoe") == []),
                Post(account, f"p{n}", (INSULT,), to="zoe", thread="t1"),
            )
        ),
        Expect("zoe", open_cases=1, active_points=0, active_strikes=0, warnings=0, suspended=False),
        Claim("it is about the target", lambda view: _subjects(view, "zoe") == ["pile-on:zoe"]),
    ),
)

STORIES: Final = (CAMPAIGN, TAKEN_BACK, AGAIN_AND_AGAIN, BOT, BADGERING, BLOCKED, PILE_ON)
