"""Scenarios 13, 19 and 20: a suspended account's report, who comes back, and what many reports do."""

from __future__ import annotations

from typing import Final

from events.ledger import ReportFolded
from tests.acceptance.scenarios.specimens import CARD, CURSE_AT
from tests.support.story import (
    Again,
    CaseOf,
    Claim,
    Clock,
    Decide,
    Expect,
    Post,
    Register,
    Report,
    SanctionOf,
    Step,
    Story,
)
from tests.support.view import View

HELD: Final = ("posting_restriction",)


def _weights(view: View, account: str) -> list[int]:
    return [o.weight for e in view.of(account) for o in e.outcomes if isinstance(o, ReportFolded)]


SUSPENDED_REPORTER: Final = Story(
    13,
    "a suspended account's report opens a case and weighs nothing",
    (
        Clock(0),
        Decide("bob", "sanction", sanction_kind="suspension", until_day=9, specimen=CURSE_AT),
        Report("bob", "r1", "ann", "p1"),
        Expect("ann", open_cases=1, hidden_posts=0),
        Claim("it weighs nothing", lambda view: _weights(view, "ann") == [0]),
    ),
)


def _struck(post: str) -> Decide:
    return Decide("ann", "strike", post=post, specimen=CARD)


def _restrictions(view: View, account: str) -> tuple[str, ...]:
    standing = view.standing(account)
    return () if standing is None else tuple(standing.restrictions)


_TERMINATED: Final[tuple[Step, ...]] = (
    Clock(0),
    Register("ann", email="ann", phone="ann"),
    _struck("p1"),
    Clock(2),
    _struck("p2"),
    Clock(4),
    _struck("p3"),
    Expect("ann", confirmed_points=12, termination_proposed=True, suspended=True, terminated=False),
    Decide("ann", "confirm_termination", by="mod-bea"),
    Expect("ann", terminated=True, termination_proposed=False),
    Clock(5),
)

COMES_BACK: Final = Story(
    19,
    "a terminated member who comes back is held, and the reversal lets go",
    (
        *_TERMINATED,
        Register("eve", email="ann", phone="ann"),
        Expect("eve", open_cases=1, suspended=False, active_points=0),
        Claim("it is restricted meanwhile", lambda view: _restrictions(view, "eve") == HELD),
        Decide("ann", "overturn", SanctionOf("ann", "termination"), by="mod-cyd"),
        Expect("ann", terminated=False),
        Expect("eve", open_cases=0),
        Claim("the case is closed", lambda view: view.cases_of("eve")[-1].result == "overturned"),
        Claim("the restriction is lifted", lambda view: _restrictions(view, "eve") == ()),
        Register("fay", email="ann", phone="ann"),
        Claim("the identity is unbarred", lambda view: _restrictions(view, "fay") == ()),
        Again(everything=True),
        Expect("eve", new_entries=0),
    ),
)

SOMEBODY_ELSE: Final = Story(
    19,
    "a number that now is somebody else's bars nobody",
    (
        *_TERMINATED,
        Register("eve", email="eve", phone="ann"),
        Expect("eve", open_cases=0),
        Claim("nothing is restricted", lambda view: _restrictions(view, "eve") == ()),
    ),
)

_MANY: Final = tuple(f"r{n}" for n in range(5))

CLEARED: Final = Story(
    20,
    "a post that a person cleared stays visible, however many report it again",
    (
        Clock(0),
        Post("ann", "p1", (CURSE_AT,)),
        Expect("ann", hidden_posts=1),
        Decide("ann", "dismiss", CaseOf("ann", "strike")),
        Expect("ann", hidden_posts=0, active_points=0),
        *(Report(reporter, f"report-{reporter}", "ann", "p1") for reporter in _MANY),
        Expect("ann", hidden_posts=0, open_cases=1),
    ),
)

REPORTED: Final = Story(
    20,
    "a post that three report is hidden until a person has looked",
    (
        Clock(0),
        *(Report(reporter, f"report-{reporter}", "ann", "p1") for reporter in _MANY[:2]),
        Expect("ann", hidden_posts=0, open_cases=1),
        Report("r2", "report-r2", "ann", "p1"),
        Expect("ann", hidden_posts=1, open_cases=1),
        Decide("ann", "dismiss", CaseOf("ann", "report")),
        Expect("ann", hidden_posts=0, open_cases=0),
        *(Report(reporter, f"again-{reporter}", "ann", "p1") for reporter in _MANY),
        Expect("ann", hidden_posts=0, open_cases=1),
    ),
)

ONE_PERSON: Final = Story(
    20,
    "accounts of one person are one reporter",
    (
        Clock(0),
        Decide("r0", "link", version=0, other="r1"),
        *(Report(reporter, f"report-{reporter}", "ann", "p1") for reporter in _MANY[:3]),
        Expect("ann", hidden_posts=0),
        Report("r3", "report-r3", "ann", "p1"),
        Expect("ann", hidden_posts=1),
    ),
)

STORIES: Final = (SUSPENDED_REPORTER, COMES_BACK, SOMEBODY_ELSE, CLEARED, REPORTED, ONE_PERSON)
