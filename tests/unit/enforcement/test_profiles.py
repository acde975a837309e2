"""Whether an account says who it is: visible from the start, one reminder after the grace, no strike."""

from __future__ import annotations

from typing import Any

import pytest

from events.ledger import ProfileReminded, StrikeIssued
from events.policy import Policy
from events.publish import public_events
from events.signals import AccountChanged, ProfileSaid
from tests.support.policies import community, small_policy
from tests.support.signals import signal
from tests.unit.enforcement.desk import Desk, outcomes

GRACE = community().profile.grace_days
EMPTY = ProfileSaid(company=False, title=False, photo=False, business_address=False)
WHOLE = ProfileSaid(company=True, title=True, photo=False, business_address=True)


def joined(profile: ProfileSaid | None = EMPTY, policy: Policy | None = None, **said: Any) -> Desk:
    """Ann has registered."""
    desk = Desk(policy or community())
    said = {"account_kind": "person", **said}
    desk.signal(AccountChanged("ann", "registered", profile=profile, **said))
    return desk


def updated(desk: Desk, **said: Any) -> None:
    """Ann changes her profile."""
    desk.signal(AccountChanged("ann", "updated", profile=ProfileSaid(**said)))


def missing(desk: Desk) -> list[str]:
    """What Ann's profile lacks."""
    return list(desk.standing.profile_missing)


def reminders(desk: Desk) -> list[ProfileReminded]:
    """Every reminder of Ann."""
    return outcomes(desk.view.of("ann"), ProfileReminded)


def test_what_a_profile_lacks_shows_in_the_standing_from_the_start() -> None:
    """In the order of the policy; a photo is only encouraged."""
    desk = joined()
    assert missing(desk) == ["company", "title", "business_address"]
    updated(desk, title=True)
    assert missing(desk) == ["company", "business_address"]


def test_one_reminder_comes_when_the_grace_period_is_over_and_never_a_strike() -> None:
    """It says what is missing and what would be welcome, and the platform can deliver it."""
    desk = joined()
    desk.clock(GRACE - 0.01)
    assert reminders(desk) == []
    (entry,) = desk.clock(GRACE)
    (reminder,) = reminders(desk)
    assert reminder.missing == ("company", "title", "business_address")
    assert reminder.encouraged == ("photo",)
    told = [(topic, value) for topic, _, value in public_events(entry) if b"profile.reminded" in value]
    assert [topic for topic, _ in told] == ["sanctions"]
    desk.clock(10 * GRACE)
    assert len(reminders(desk)) == 1
    assert desk.standing.profile_missing == reminder.missing
    assert (desk.standing.active_points, outcomes(desk.view.of("ann"), StrikeIssued)) == (0, [])


def test_a_profile_that_is_completed_in_time_is_not_reminded() -> None:
    """Whatever it says of the photo."""
    desk = joined()
    desk.clock(1)
    updated(desk, company=True, title=True)
    updated(desk, business_address=True)
    assert desk.standing.profile_missing == ()
    assert desk.clock(10 * GRACE) == []


def test_a_profile_that_is_emptied_again_has_the_whole_grace_period() -> None:
    """Counted from then."""
    desk = joined(WHOLE)
    assert desk.standing.profile_missing == ()
    desk.clock(100)
    updated(desk, title=False)
    assert desk.clock(100 + GRACE - 0.01) == []
    assert len(desk.clock(100 + GRACE)) == 1


@pytest.mark.parametrize("said", [{"account_kind": "bot"}, {"account_kind": "staff"}, {"profile": None}])
def test_who_has_nothing_to_say_is_not_reminded(said: dict[str, Any]) -> None:
    """Bots, staff, and accounts of whose profile nothing is known."""
    desk = joined(**said)
    assert desk.standing.profile_missing == ()
    assert desk.clock(10 * GRACE) == []


def test_a_closed_account_is_not_reminded() -> None:
    """Nobody is there."""
    desk = joined()
    desk.know("closed")
    assert desk.clock(10 * GRACE) == []


def test_an_imported_account_is_not_reminded_and_shows_what_is_missing() -> None:
    """Imports notify nobody."""
    desk = Desk(community())
    body = AccountChanged("ann", "registered", account_kind="person", profile=EMPTY)
    desk.send(signal("account:ann", "e", body, desk.at, imported=True))
    assert desk.standing.profile_missing
    assert desk.clock(10 * GRACE) == []


def test_a_policy_without_the_case_asks_for_nothing() -> None:
    """Reminding is the policy's wish."""
    desk = joined(policy=small_policy())
    assert desk.standing.profile_missing == ()
    assert desk.clock(10 * GRACE) == []
