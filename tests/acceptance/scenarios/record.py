"""Scenarios 21 to 23: shadow, the same input again, and what stays on record."""

from __future__ import annotations

from typing import Final

from events.ledger import FindingNoted
from tests.acceptance.scenarios.specimens import CURSE, CURSE_AT
from tests.support.story import (
    Again,
    Claim,
    Clock,
    Decide,
    Expect,
    Policy,
    Post,
    Purge,
    Report,
    Shown,
    Story,
    StrikeOf,
)
from tests.support.view import View


def _shadows(view: View) -> int:
    return sum(isinstance(o, FindingNoted) and o.effect == "shadow" for e in view.entries for o in e.outcomes)


SHADOW: Final = Story(
    21,
    "a rule in shadow has no effect, later either",
    (
        Clock(0),
        Post("ann", "p1", (CURSE,)),
        Expect(
            "ann", active_points=0, warnings=0, total_strikes=0, open_cases=0, hidden_posts=0, new_entries=1
        ),
        Claim("it is recorded", lambda view: _shadows(view) == 1),
        Policy("default"),
        Clock(1),
        Expect("ann", warnings=0, total_strikes=0, open_cases=0, new_entries=0),
        Post("ann", "p2", (CURSE,)),
        Expect("ann", warnings=1),
        Claim(
            "the first s1 is the one after",
            lambda view: [r.act for r in view.strikes.values()] == ["post:p2"],
        ),
    ),
    policy="shadowed",
)

SENT_AGAIN: Final = Story(
    22,
    "what is sent again leaves nothing",
    (
        Clock(0),
        Post("ann", "p1", (CURSE_AT,)),
        Again(),
        Expect("ann", active_points=2, new_entries=0),
        Post("ann", "p1", (CURSE, CURSE_AT), revision=2),
        Again(),
        Expect("ann", active_points=2, new_entries=0),
        Decide("ann", "confirm", StrikeOf("p1")),
        Again(),
        Expect("ann", confirmed_points=2, new_entries=0),
        Clock(2),
        Again(everything=True),
        Expect("ann", active_points=2, confirmed_points=2, new_entries=0),
    ),
)

PURGED: Final = Story(
    23,
    "what is purged from the tables stays in the audit",
    (
        Clock(0),
        Post("ann", "p1", (CURSE_AT,)),
        Report("bob", "r1", "ann", "p1"),
        Decide("ann", "confirm", StrikeOf("p1")),
        Shown("ann", rows=True),
        Purge("ann"),
        Shown("ann", rows=False),
        Shown("bob", rows=True),
        Clock(1),
        Post("ann", "p2", (CURSE_AT,)),
        Expect("ann", active_points=4, confirmed_points=2, new_entries=1),
        Shown("ann", rows=True),
    ),
)

STORIES: Final = (SHADOW, SENT_AGAIN, PURGED)
