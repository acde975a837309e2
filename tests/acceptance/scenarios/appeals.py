"""Scenarios 8 to 13: who may appeal what until when, and what follows from the answers."""

from __future__ import annotations

from typing import Final

from events.ledger import AppealFiled, PostCleared, Refused, ReportSettled, SanctionLifted, StrikeRemoved
from tests.acceptance.scenarios.ladder import struck
from tests.acceptance.scenarios.specimens import CARD, CURSE, CURSE_AT
from tests.support.story import (
    Again,
    Appeal,
    CaseOf,
    Claim,
    Clock,
    Decide,
    Delete,
    Expect,
    Post,
    Register,
    Report,
    SanctionOf,
    Step,
    Story,
    StrikeOf,
    Told,
)
from tests.support.view import View

APPEAL: Final = CaseOf("ann", "appeal")


def answered(outcome: str, by: str = "mod-bea", strikes: tuple[StrikeOf, ...] = ()) -> Decide:
    """Somebody answers Ann's last appeal."""
    return Decide("ann", "decide_appeal", APPEAL, by=by, outcome=outcome, strikes=strikes)


def _refused(view: View, account: str = "ann") -> list[str]:
    return [o.code for e in view.of(account) for o in e.outcomes if isinstance(o, Refused)]


def _taken_in(view: View) -> list[str]:
    return [o.filed_as for e in view.entries for o in e.outcomes if isinstance(o, AppealFiled)]


def _last(view: View, kind: type) -> list[object]:
    """The outcomes of a kind in Ann's last entry."""
    return [o for o in view.of("ann")[-1].outcomes if isinstance(o, kind)]


ONLY_THE_AUTHOR: Final = Story(
    8,
    "only the author appeals, or the platform for it",
    (
        Clock(0),
        Register("bob"),
        Post("ann", "p1", (CURSE_AT,)),
        Expect("ann", active_points=2, open_cases=1),
        Appeal("bob", StrikeOf("p1"), "a1"),
        Expect("bob", new_entries=1, open_cases=0),
        Claim("it isn't known there", lambda view: _refused(view, "bob") == ["unknown_target"]),
        Expect("ann", active_points=2, open_cases=1),
        Appeal("ann", StrikeOf("p1"), "a2", by="platform"),
        Expect("ann", new_entries=1, open_cases=2),
        Claim("the platform's is heard", lambda view: _taken_in(view) == ["a2"]),
    ),
)

ONE_PER_DECISION: Final = Story(
    9,
    "one appeal about each decision",
    (
        Clock(0),
        Post("ann", "p1", (CURSE_AT,)),
        Clock(2),
        Post("ann", "p2", (CURSE,)),
        Appeal("ann", StrikeOf("p1"), "a1"),
        Appeal("ann", StrikeOf("p2"), "a2"),
        Claim("another while one is pending is heard", lambda view: _taken_in(view) == ["a1", "a2"]),
        Appeal("ann", StrikeOf("p1"), "a3"),
        Claim("the same twice isn't", lambda view: _refused(view) == ["already_done"]),
        answered("denied"),
        Appeal("ann", StrikeOf("p2"), "a4"),
        Claim("nor after it was answered", lambda view: _refused(view) == ["already_done"] * 2),
        Claim("and two were heard", lambda view: _taken_in(view) == ["a1", "a2"]),
    ),
)

WINDOW: Final = Story(
    10,
    "three days from the notice, the last one included",
    (
        Clock(0.5),
        Post("ann", "p1", (CURSE_AT,)),
        Post("ann", "p2", (CURSE_AT,)),
        Clock(2),
        Told("ann", StrikeOf("p1")),
        Told("ann", StrikeOf("p2")),
        Clock(5.99),
        Appeal("ann", StrikeOf("p1"), "a1", text=""),
        Expect("ann", new_entries=0),
        Appeal("ann", StrikeOf("p1"), "a1", text="   "),
        Expect("ann", new_entries=0, open_cases=2),
        Appeal("ann", StrikeOf("p1"), "a2"),
        Expect("ann", new_entries=1, open_cases=3),
        Again(),
        Expect("ann", new_entries=0),
        Claim("whoever may answer it sees it once", lambda view: len(view.cases_of("ann", "appeal")) == 1),
        Clock(6),
        Appeal("ann", StrikeOf("p2"), "a3"),
        Expect("ann", new_entries=1, open_cases=3),
        Claim("the day after is too late", lambda view: _refused(view) == ["too_late"]),
    ),
    policy="brief",
)

NEVER_TOLD: Final = Story(
    10,
    "without a notice the days count from when the account counts as told",
    (
        Clock(0.5),
        Post("ann", "p1", (CURSE_AT,)),
        Post("ann", "p2", (CURSE_AT,)),
        Clock(4.99),
        Appeal("ann", StrikeOf("p1"), "a1"),
        Clock(5),
        Appeal("ann", StrikeOf("p2"), "a2"),
        Claim("a day later than otherwise", lambda view: _taken_in(view) == ["a1"]),
        Claim("and no longer", lambda view: _refused(view) == ["too_late"]),
    ),
    policy="brief",
)

_SUSPENDED: Final[tuple[Step, ...]] = (
    Clock(0),
    Register("bob"),
    struck("p1", CURSE_AT),
    Clock(2),
    Post("ann", "p2", (CURSE_AT,)),
    Report("bob", "r1", "ann", "p2"),
    Decide("ann", "confirm", CaseOf("ann", "strike"), by="mod-cyd"),
    Clock(4),
    struck("p3", CURSE_AT),
    Expect("ann", active_points=6, suspended=True, until_day=11, hidden_posts=3, open_cases=0),
    Clock(4.5),
    Appeal("ann", SanctionOf("ann"), "a1"),
    Expect("ann", suspended=True, open_cases=1),
)


def _told(view: View) -> list[tuple[str, str | None]]:
    return [
        (o.outcome, o.instead_of) for e in view.of("bob") for o in e.outcomes if isinstance(o, ReportSettled)
    ]


def _by_whom(view: View) -> set[str]:
    return {o.actor.id for e in view.of("ann") for o in e.outcomes if isinstance(o, StrikeRemoved)}


GRANTED: Final = Story(
    11,
    "an appeal about a suspension is granted",
    (
        *_SUSPENDED,
        answered("granted", by="mod-ann"),
        answered("granted", by="mod-cyd"),
        Expect("ann", suspended=True, open_cases=1, new_entries=1),
        Claim(
            "who struck or confirmed may not answer",
            lambda view: _refused(view) == ["second_person_needed"] * 2,
        ),
        answered("granted"),
        Expect("ann", active_points=0, suspended=False, hidden_posts=0, open_cases=0, total_strikes=0),
        Claim("it is one entry", lambda view: len(_last(view, StrikeRemoved)) == 3),
        Claim("in the name of who answered", lambda view: _by_whom(view) == {"mod-bea"}),
        Claim("the content is back", lambda view: [o.restored for o in _liftings(view)] == [True] * 3),
        Claim("its reporter is told", lambda view: _told(view)[-1] == ("dismissed_in_good_faith", "upheld")),
        Claim("the case says so", lambda view: view.cases_of("ann", "appeal")[-1].result == "granted"),
        answered("denied"),
        Claim("and that was that", lambda view: _refused(view)[2:] == ["stale"]),
    ),
)


def _liftings(view: View) -> list[SanctionLifted]:
    return [
        o
        for o in view.of("ann")[-1].outcomes
        if isinstance(o, SanctionLifted) and o.sanction_kind == "content_removal"
    ]


PARTLY: Final = Story(
    11,
    "an appeal about a suspension is granted in part",
    (
        *_SUSPENDED,
        answered("partly_granted", strikes=(StrikeOf("p1"),)),
        Expect("ann", active_points=4, suspended=True, until_day=5, hidden_posts=2, open_cases=0),
        Claim("the named strike falls", lambda view: view.strike("post:p1").status == "overturned"),
        Claim("the others stand", lambda view: view.strike("post:p3").status == "active"),
        Claim("nobody's report was wrong", lambda view: _told(view) == [("upheld", None)]),
    ),
)

DENIED: Final = Story(
    11,
    "an appeal about a suspension is denied",
    (
        *_SUSPENDED,
        answered("denied"),
        Expect("ann", active_points=6, suspended=True, until_day=11, hidden_posts=3, open_cases=0),
        Claim(
            "there is a reason to read",
            lambda view: [row.reason_ref is not None for row in view.appeals.values()] == [True],
        ),
    ),
)

WHAT_IS_LEFT: Final = Story(
    12,
    "what its author has deleted isn't restored",
    (
        Clock(0),
        Post("ann", "p1", (CURSE_AT,)),
        Post("ann", "p2", (CARD,)),
        Expect("ann", active_points=4, suspended=True, until_day=1, hidden_posts=2),
        Claim("one episode", lambda view: len({row.episode for row in view.strikes.values()}) == 1),
        Delete("ann", "p1", revision=2),
        Expect("ann", hidden_posts=1),
        Appeal("ann", SanctionOf("ann"), "a1"),
        answered("granted"),
        Expect("ann", active_points=0, suspended=False, hidden_posts=0, open_cases=0),
        Claim(
            "the other is back",
            lambda view: [(o.post, o.restored) for o in _liftings(view)] == [("p2", True)],
        ),
        Claim("both are cleared", lambda view: len(_last(view, PostCleared)) == 2),
    ),
)

TERMINATED: Final = Story(
    13,
    "a suspended and then terminated account may appeal",
    (
        Clock(0),
        struck("p1", CARD),
        Clock(2),
        struck("p2", CARD),
        Clock(4),
        struck("p3", CARD),
        Expect("ann", suspended=True, termination_proposed=True),
        Appeal("ann", StrikeOf("p1"), "a1"),
        Decide("ann", "confirm_termination", by="mod-cyd"),
        Expect("ann", terminated=True),
        Appeal("ann", SanctionOf("ann", "termination"), "a2"),
        Claim("both are heard", lambda view: _taken_in(view) == ["a1", "a2"]),
        answered("granted", by="mod-cyd"),
        Expect("ann", terminated=True),
        Claim("not by who confirmed it", lambda view: _refused(view) == ["second_person_needed"]),
        answered("granted"),
        Expect("ann", terminated=False, suspended=False, active_points=0, open_cases=1),
    ),
)

STORIES: Final = (
    ONLY_THE_AUTHOR, ONE_PER_DECISION, WINDOW, NEVER_TOLD, GRANTED, PARTLY, DENIED, WHAT_IS_LEFT, TERMINATED,
)  # fmt: skip
