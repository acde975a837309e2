"""Scenarios 1 to 7: how strikes add up, expire and are taken back, and when suspensions end."""

from __future__ import annotations

from typing import Final

from events.ledger import SanctionLifted, StrikeAmended, StrikeRemoved
from tests.acceptance.scenarios.specimens import CARD, CURSE, CURSE_AT
from tests.support.story import Claim, Clock, Decide, Expect, SanctionOf, Specimen, Step, Story, StrikeOf
from tests.support.view import View


def struck(post: str, specimen: Specimen) -> Decide:
    """A person puts a post of Ann's on the record: a confirmed strike."""
    return Decide("ann", "strike", post=post, specimen=specimen)


def overturned(post: str) -> Decide:
    """A person overturns the strike of a post."""
    return Decide("ann", "overturn", StrikeOf(post))


def liftings(view: View, because: str) -> list[SanctionLifted]:
    """Every lifting for this reason, in order."""
    return [
        o
        for entry in view.entries
        for o in entry.outcomes
        if isinstance(o, SanctionLifted) and o.because == because and o.sanction_kind == "suspension"
    ]


_ADDING_UP: Final[tuple[Step, ...]] = (
    Clock(0),
    struck("p1", CURSE_AT),
    Expect("ann", active_points=2, suspended=False),
    Clock(50),
    struck("p2", CURSE_AT),
    Expect("ann", active_points=4, suspended=True, until_day=51),
    Clock(60),
    struck("p3", CURSE),
    Expect("ann", active_points=4, warnings=1, suspended=False),
    Clock(100),
    struck("p4", CURSE),
    Expect("ann", active_points=5, active_strikes=3, warnings=1, suspended=True, until_day=107),
)

STRIKES_ADD_UP: Final = Story(1, "strikes add up", _ADDING_UP)

NEVER_NEGATIVE: Final = Story(
    2,
    "overturning never goes negative",
    (
        *_ADDING_UP,
        Clock(102),
        overturned("p1"),
        Expect("ann", active_points=3, suspended=False, new_entries=1),
        Claim("the strike shows as overturned", lambda view: view.strike("post:p1").status == "overturned"),
        Claim("the suspension is lifted", lambda view: len(liftings(view, "overturned")) == 1),
        Clock(180),
        Clock(151),
        Clock(180),
        Expect("ann", active_points=3, new_entries=0),
    ),
)


def _moved(view: View) -> bool:
    kinds = {type(outcome) for outcome in view.entries[-1].outcomes}
    return {StrikeRemoved, StrikeAmended} <= kinds and view.strike("post:p2").counts_as == "warning"


WARNING_OVERTURNED: Final = Story(
    3,
    "a warning overturned goes to the next",
    (
        Clock(0),
        struck("p1", CURSE),
        Expect("ann", active_points=0, warnings=1),
        Clock(10),
        struck("p2", CURSE),
        Expect("ann", active_points=1, warnings=1),
        overturned("p1"),
        Expect("ann", active_points=0, warnings=1, new_entries=1),
        Claim("the amendment stands in the same entry", _moved),
    ),
)

EXPIRY: Final = Story(
    4,
    "points expire one by one",
    (
        Clock(0),
        struck("p1", CURSE_AT),
        Clock(50),
        struck("p2", CURSE),
        Clock(91),
        struck("p3", CURSE),
        Expect("ann", active_points=3, total_strikes=2),
        Clock(178),
        Expect("ann", active_points=3, total_strikes=2),
        Clock(180),
        Expect("ann", active_points=1, total_strikes=2, new_entries=1),
        Clock(181),
        Expect("ann", active_points=0, total_strikes=2, new_entries=1),
        Claim(
            "each drop is caused by a tick",
            lambda view: [type(e.cause.body).__name__ for e in view.entries[-2:]] == ["Tick", "Tick"],
        ),
    ),
)

NOTHING_TO_DO: Final = Story(
    5,
    "nothing to do, nothing written",
    (
        Clock(0),
        struck("p1", CARD),
        Expect("ann", active_points=4, suspended=True),
        Clock(1),
        Expect("ann", suspended=False, new_entries=1),
        Clock(1),
        Expect("ann", suspended=False, new_entries=0),
        Clock(1_000),
        Expect("ann", active_points=4, new_entries=0),
        Clock(2_000),
        Expect("ann", active_points=4, active_strikes=1, new_entries=0),
    ),
    policy="lasting",
)

ENDS_ONCE: Final = Story(
    6,
    "a suspension ends once",
    (
        Clock(0),
        struck("p1", CURSE_AT),
        Clock(2),
        struck("p2", CURSE_AT),
        Expect("ann", suspended=True, until_day=3),
        Clock(4),
        Expect("ann", suspended=False, active_points=4, active_strikes=2, new_entries=1),
        Claim(
            "the clock names the decision that imposed it",
            lambda view: (
                [o.decision for o in liftings(view, "ended")]
                == [row.decision for row in view.sanctions_of("ann", "suspension")]
                and all(o.actor.kind == "clock" for o in liftings(view, "ended"))
            ),
        ),
        Clock(5),
        Expect("ann", new_entries=0),
    ),
)

LIFTED_BY_HAND: Final = Story(
    6,
    "a suspension that was lifted by hand does not end again",
    (
        Clock(0),
        struck("p1", CURSE_AT),
        Clock(2),
        struck("p2", CURSE_AT),
        Decide("ann", "lift", SanctionOf("ann")),
        Expect("ann", suspended=False, new_entries=1),
        Clock(4),
        Expect("ann", suspended=False, active_points=4, new_entries=0),
    ),
)

MANUAL_BESIDE_LADDER: Final = Story(
    7,
    "a manual suspension stands beside the ladder's",
    (
        Clock(0),
        struck("p1", CURSE_AT),
        Clock(2),
        Decide("ann", "sanction", sanction_kind="suspension", until_day=9, specimen=CURSE_AT),
        struck("p2", CURSE_AT),
        Expect("ann", suspended=True, until_day=9),
        Claim("both stand", lambda view: len(view.sanctions_of("ann", "suspension")) == 2),
        overturned("p1"),
        overturned("p2"),
        Expect("ann", active_points=0, suspended=True, until_day=9),
        Claim(
            "the ladder's is lifted",
            lambda view: view.sanctions_of("ann", origin="ladder")[0].over == "overturned",
        ),
        Clock(9),
        Expect("ann", suspended=False),
    ),
)

STORIES: Final = (
    STRIKES_ADD_UP, NEVER_NEGATIVE, WARNING_OVERTURNED, EXPIRY, NOTHING_TO_DO, ENDS_ONCE, LIFTED_BY_HAND,
    MANUAL_BESIDE_LADDER,
)  # fmt: skip
