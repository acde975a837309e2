"""Scenarios 28 to 30: who may not decide, what only few may see, and a record that goes on elsewhere."""

from __future__ import annotations

from typing import Final

from events.ledger import ReferralOverdue, ReferralSettled, Refused
from tests.acceptance.scenarios.specimens import CARD, CURSE, CURSE_AT
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
    Step,
    Story,
    StrikeOf,
)
from tests.support.view import View


def _refusals(view: View) -> list[str]:
    return [o.code for e in view.entries for o in e.outcomes if isinstance(o, Refused)]


INVOLVED: Final = Story(
    28,
    "who is the target, the reporter or the author does not decide",
    (
        Clock(0),
        Post("ann", "p1", (CURSE_AT,), to="cyd"),
        Report("dan", "r1", "ann", "p1"),
        Expect("ann", active_points=2, confirmed_points=0),
        *(Decide("ann", "confirm", StrikeOf("p1"), own=own) for own in ("cyd", "dan", "ann")),
        Expect("ann", confirmed_points=0),
        Claim("all three are refused", lambda view: _refusals(view) == ["involved"] * 3),
        Decide("ann", "confirm", StrikeOf("p1"), own="eve"),
        Expect("ann", confirmed_points=2),
    ),
)


def _strike(post: str) -> Step:
    return Decide("ann", "strike", post=post, specimen=CARD)


TWO_PERSONS: Final = Story(
    28,
    "a termination needs a second person who has the capability",
    (
        Clock(0),
        _strike("p1"),
        Clock(2),
        _strike("p2"),
        Clock(4),
        _strike("p3"),
        Expect("ann", termination_proposed=True),
        Decide("ann", "confirm_termination", by="mod-ann"),
        Decide("ann", "confirm_termination", by="mod-bea", may=("cases.restricted",)),
        Expect("ann", termination_proposed=True, terminated=False, suspended=True),
        Claim(
            "one is no second person, the other may not",
            lambda view: _refusals(view) == ["second_person_needed", "capability_missing"],
        ),
        Decide("ann", "confirm_termination", by="mod-bea"),
        Expect("ann", terminated=True),
    ),
)

STAFF: Final = Story(
    28,
    "the community's own staff are restricted by few",
    (
        Clock(0),
        Register("sam", "staff"),
        Post("sam", "p1", (CURSE_AT,)),
        Expect("sam", open_cases=1, active_points=0),
        Decide("sam", "confirm", CaseOf("sam", "finding"), may=()),
        Decide("sam", "sanction", sanction_kind="suspension", until_day=9, specimen=CURSE_AT, may=()),
        Expect("sam", open_cases=1, active_points=0, suspended=False),
        Claim("both are refused", lambda view: _refusals(view) == ["capability_missing"] * 2),
        Decide("sam", "confirm", CaseOf("sam", "finding"), may=("accounts.protected",)),
        Expect("sam", open_cases=0, active_points=2),
    ),
)


def _settled(view: View) -> list[str]:
    return [o.result for e in view.entries for o in e.outcomes if isinstance(o, ReferralSettled)]


def _overdue(view: View) -> int:
    return sum(isinstance(o, ReferralOverdue) for e in view.entries for o in e.outcomes)


REFERRED: Final = Story(
    29,
    "a referral is two persons' word, and shows nowhere",
    (
        Clock(0),
        Report("bob", "r1", "ann", "p1"),
        Expect("ann", open_cases=1),
        Decide("ann", "propose_referral", CaseOf("ann", "report")),
        Expect("ann", open_cases=1, suspended=False),
        Decide("ann", "confirm_referral", CaseOf("ann", "referral")),
        Decide(
            "ann", "confirm_referral", CaseOf("ann", "referral"), by="mod-bea", may=("referrals.confirm",)
        ),
        Claim(
            "not by who proposed it, nor unseen",
            lambda view: _refusals(view) == ["second_person_needed", "capability_missing"],
        ),
        Decide("ann", "confirm_referral", CaseOf("ann", "referral"), by="mod-bea"),
        Claim("it is confirmed", lambda view: _settled(view) == ["confirmed"]),
        Expect("ann", open_cases=1, suspended=False),
        Clock(3),
        Claim("nothing was due", lambda view: _overdue(view) == 0),
        Again(everything=True),
        Expect("ann", new_entries=0),
    ),
)

EMERGENCY: Final = Story(
    29,
    "an emergency's referral is looked at within a day, or becomes urgent",
    (
        Clock(0),
        Report("bob", "r1", "ann", "p1"),
        Decide("ann", "propose_referral", CaseOf("ann", "report"), outcome="emergency"),
        Clock(0.5),
        Claim("it isn't late yet", lambda view: _overdue(view) == 0),
        Clock(2),
        Claim("it is late, once", lambda view: _overdue(view) == 1),
        Decide("ann", "dismiss", CaseOf("ann", "referral")),
        Claim("who told it can't take it back", lambda view: _refusals(view) == ["second_person_needed"]),
        Decide("ann", "dismiss", CaseOf("ann", "referral"), by="mod-bea"),
        Claim("it was wrong", lambda view: _settled(view) == ["dismissed"]),
    ),
)

MERGED: Final = Story(
    30,
    "a new address is no clean sheet, and no fault",
    (
        Clock(0),
        Decide("ann", "strike", post="p1", specimen=CURSE),
        Clock(3),
        Decide("ann", "strike", post="p2", specimen=CURSE_AT),
        Clock(20),
        Register("eve"),
        Decide("ann", "merge", other="eve"),
        Expect("eve", active_points=2, active_strikes=1, warnings=1, suspended=False),
        Expect("ann", active_points=2),
        Decide("ann", "overturn", StrikeOf("p2")),
        Claim("it is decided there", lambda view: _refusals(view) == ["not_allowed"]),
        Clock(30),
        Decide("eve", "strike", post="q1", specimen=CURSE),
        Expect("eve", active_points=3, suspended=True, until_day=31),
        Decide("ann", "unlink", other="eve"),
        Expect("eve", active_points=0, warnings=1, suspended=False),
        Expect("ann", active_points=2),
    ),
)

STORIES: Final = (INVOLVED, TWO_PERSONS, STAFF, REFERRED, EMERGENCY, MERGED)
