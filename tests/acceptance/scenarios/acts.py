"""Scenarios 14 to 18: versions, acts and episodes, order, and what automation may do by itself."""

from __future__ import annotations

from typing import Final

from events.ledger import Refused, StrikeAmended
from tests.acceptance.scenarios.specimens import CARD, CURSE, CURSE_AT, SELL
from tests.support.story import (
    Claim,
    Clock,
    Decide,
    Expect,
    Post,
    Register,
    Report,
    Specimen,
    Step,
    Story,
    StrikeOf,
    Told,
)
from tests.support.view import View

MANY: Final = 20


def _refusals(view: View) -> list[tuple[str, int | None]]:
    return [(o.code, o.current_version) for e in view.entries for o in e.outcomes if isinstance(o, Refused)]


STALE: Final = Story(
    14,
    "the first of two decisions wins",
    (
        Clock(0),
        Post("ann", "p1", (CURSE_AT,)),
        Decide("ann", "confirm", StrikeOf("p1"), by="mod-ann"),
        Expect("ann", confirmed_points=2),
        Decide("ann", "overturn", StrikeOf("p1"), by="mod-bob", version=-1),
        Expect("ann", confirmed_points=2, active_strikes=1, new_entries=1),
        Claim("the second is told the new version", lambda view: _refusals(view) == [("stale", 2)]),
        Decide("ann", "overturn", StrikeOf("p1"), by="mod-bob", version=None),
        Expect("ann", confirmed_points=2, active_strikes=1, new_entries=1),
        Claim("none is refused too", lambda view: _refusals(view)[1:] == [("version_missing", 2)]),
    ),
)


def _amendments(view: View) -> list[str]:
    return [o.because for e in view.entries for o in e.outcomes if isinstance(o, StrikeAmended)]


ONE_ACT: Final = Story(
    15,
    "one act, one strike",
    (
        Clock(0),
        Post("ann", "p1", (CURSE, CURSE_AT, SELL)),
        Expect("ann", active_points=2, active_strikes=1, total_strikes=1, warnings=0),
        Post("ann", "p1", (CURSE, CURSE_AT, SELL), revision=2),
        Expect("ann", active_points=2, active_strikes=1, total_strikes=1),
        Claim("nothing is amended", lambda view: _amendments(view) == []),
        Post("ann", "p1", (CURSE, CURSE_AT, CARD), revision=3),
        Expect("ann", active_points=4, active_strikes=1, total_strikes=1),
        Claim("a worse revision amends it", lambda view: _amendments(view) == ["revision"]),
    ),
)


def _many(specimen: Specimen) -> tuple[Step, ...]:
    return (Clock(0), *(Post("ann", f"p{n}", (specimen,)) for n in range(MANY)))


def _ladder(view: View) -> int:
    return len(view.sanctions_of("ann", "suspension", "ladder"))


MANY_S2: Final = Story(
    16,
    "twenty s2 in one batch are one episode of s3",
    (
        *_many(CURSE_AT),
        Expect("ann", active_points=4, confirmed_points=0, suspended=True, until_day=1, rung=1),
        Claim("one suspension", lambda view: _ladder(view) == 1),
        Claim("one episode", lambda view: len({row.episode for row in view.strikes.values()}) == 1),
        Claim("every act is listed", lambda view: len(view.strikes) == MANY),
    ),
)

MANY_S1: Final = Story(
    16,
    "twenty s1 in one batch are one episode of s2",
    (
        *_many(CURSE),
        Expect("ann", active_points=2, suspended=False),
        Claim("none", lambda view: _ladder(view) == 0),
    ),
)

MANY_S3: Final = Story(
    16,
    "twenty s3 in one batch propose termination once a person confirms",
    (
        *_many(CARD),
        Expect("ann", active_points=4, suspended=True, until_day=1, termination_proposed=False),
        Claim("one suspension", lambda view: _ladder(view) == 1),
        *(Decide("ann", "confirm", StrikeOf(f"p{n}")) for n in range(4)),
        Expect("ann", confirmed_points=4, termination_proposed=False),
        Decide("ann", "confirm", StrikeOf("p4")),
        Expect("ann", confirmed_points=4, suspended=True, termination_proposed=True, terminated=False),
    ),
)

_REPORTED: Final = Expect(
    "ann", active_points=0, warnings=1, total_strikes=0, hidden_posts=1, suspended=False
)

NATURAL_ORDER: Final = Story(
    17,
    "account, post, report",
    (
        Clock(0),
        Register("ann"),
        Register("bob"),
        Post("ann", "p1", (CURSE,)),
        Report("bob", "r1", "ann", "p1"),
        _REPORTED,
        Claim("a case is open", lambda view: any(case.open for case in view.cases_of("ann"))),
    ),
)

OUT_OF_ORDER: Final = Story(
    17,
    "report, post, account",
    (
        Clock(0),
        Report("bob", "r1", "ann", "p1"),
        Post("ann", "p1", (CURSE,)),
        Register("ann"),
        Register("bob"),
        _REPORTED,
        Claim("a case is open", lambda view: any(case.open for case in view.cases_of("ann"))),
    ),
)

_STAFF: Final = Expect("sam", active_points=0, warnings=0, active_strikes=0, open_cases=1, suspended=False)

STAFF_FIRST: Final = Story(
    17, "staff, then its post", (Clock(0), Register("sam", "staff"), Post("sam", "p1", (CURSE_AT,)), _STAFF)
)

STAFF_LATER: Final = Story(
    17,
    "a post, then the news that its author is staff",
    (
        Clock(0),
        Post("sam", "p1", (CURSE_AT,)),
        Expect("sam", active_points=2),
        Register("sam", "staff"),
        _STAFF,
    ),
)

UNCONFIRMED: Final = Story(
    18,
    "automation alone reaches the first rung",
    (
        *(
            step
            for n in range(6)
            for step in (Clock(n), Post("ann", f"p{n}", (CURSE_AT,)), Told("ann", StrikeOf(f"p{n}")))
        ),
        Expect("ann", active_points=12, confirmed_points=0, rung=1, termination_proposed=False),
        Claim("one suspension, at the second", lambda view: _ladder(view) == 1),
        Claim("there are cases", lambda view: any(case.open for case in view.cases_of("ann"))),
        *(Decide("ann", "confirm", StrikeOf(f"p{n}")) for n in range(3)),
        Expect("ann", confirmed_points=6, rung=2, suspended=True, until_day=5 + 7),
    ),
)

STORIES: Final = (
    STALE, ONE_ACT, MANY_S2, MANY_S1, MANY_S3, NATURAL_ORDER, OUT_OF_ORDER, STAFF_FIRST, STAFF_LATER,
    UNCONFIRMED,
)  # fmt: skip
