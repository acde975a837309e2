"""Suspensions and terminations: what the ladder gives, and what is left of it when strikes fall."""

from __future__ import annotations

from datetime import timedelta

from events.ledger import (
    CaseOpened,
    SanctionAmended,
    SanctionImposed,
    SanctionLifted,
    TerminationProposed,
    TerminationSettled,
)
from tests.support.signals import day
from tests.unit.enforcement.desk import GUIDELINE, Desk, found, outcomes


def confirmed_points(desk: Desk, points: int) -> None:
    """Confirmed strikes of s3, four points each, from separate episodes."""
    for n in range(points // 4):
        desk.strike(f"c{n}", 3)
        desk.clock((desk.at - day(0)).days + 2)


def test_only_a_rise_starts_a_suspension() -> None:
    """More points at the same rung start none, and points that run out end none."""
    desk = Desk()
    desk.strike("p1", 3)
    assert len(desk.suspensions()) == 1
    desk.clock(2)
    desk.strike("p2", 1)
    assert desk.standing.active_points == 4
    assert len(desk.suspensions()) == 1


def test_automation_alone_reaches_the_first_rung() -> None:
    """Whatever a rule finds."""
    desk = Desk()
    for n in range(8):
        desk.clock(n * 2)
        desk.post(f"p{n}", found(4))
    assert desk.standing.rung == 1
    assert not desk.standing.termination_proposed
    assert [(row.ends_at or day(0)) - row.starts_at for row in desk.suspensions()] == [timedelta(days=1)]


def test_a_manual_suspension_stands_when_the_ladder_falls() -> None:
    """And a post that a person removed stays away when its strike falls."""
    desk = Desk()
    desk.decide("sanction", sanction_kind="suspension", guideline=GUIDELINE, until=day(7))
    desk.strike("p1", 3)
    desk.decide("sanction", sanction_kind="content_removal", guideline=GUIDELINE, post="p1", revision=1)
    entries = desk.overturn("p1")
    assert desk.standing.suspended_until == day(7)
    assert desk.hidden() == {"p1"}
    assert [o.restored for o in outcomes(entries, SanctionLifted) if o.post] == [False]


def test_what_a_person_made_of_a_suspension_stays_when_an_unrelated_strike_falls() -> None:
    """The others had earned it as well, so nothing is recomputed."""
    desk = Desk()
    desk.strike("other", 1)
    desk.clock(2)
    desk.strike("p1", 3)
    (row,) = desk.suspensions()
    desk.decide("extend", "sanction", row.id, until=day(20))
    entries = desk.overturn("other")
    assert not outcomes(entries, SanctionAmended)
    assert desk.standing.suspended_until == day(20)


def test_a_suspension_without_an_end_outlasts_every_other() -> None:
    """So a rise adds none."""
    desk = Desk()
    desk.strike("p1", 3)
    desk.decide("extend", "sanction", desk.suspensions()[0].id, until=None)
    desk.clock(2)
    desk.strike("p2", 3)
    assert desk.standing.rung == 3
    assert len(desk.suspensions()) == 1


def test_an_extension_freezes_what_its_notice_must_say() -> None:
    """It is an adverse outcome like any other."""
    desk = Desk()
    desk.strike("p1", 3)
    entries = desk.decide("extend", "sanction", desk.suspensions()[0].id, until=day(9))
    (amended,) = outcomes(entries, SanctionAmended)
    assert amended.notice is not None
    assert amended.notice.guideline == GUIDELINE


def test_overturning_a_ladder_suspension_overturns_what_led_to_it_and_lifts_it() -> None:
    """All in one entry."""
    desk = Desk()
    desk.strike("p1", 3)
    entries = desk.decide("overturn", "sanction", desk.suspensions()[0].id)
    assert len(entries) == 1
    assert (desk.row("p1").status, desk.standing.suspended) == ("overturned", False)


def test_imports_climb_no_ladder_then_or_in_hindsight() -> None:
    """A strike that falls later finds nothing that an import would have led to."""
    desk = Desk()
    desk.clock(2)
    desk.post("old", found(3), days_ago=1, imported=True)
    assert not desk.standing.suspended
    assert not desk.hidden()
    desk.strike("p1", 2)
    assert not desk.suspensions()
    desk.overturn("p1")
    assert not desk.suspensions()


def test_an_import_does_not_keep_what_a_fallen_strike_had_led_to() -> None:
    """It climbed nothing when it came, so it would have led to nothing."""
    desk = Desk()
    desk.strike("p1", 3)
    desk.clock(0.5)
    desk.post("old", found(3), imported=True)
    desk.overturn("p1")
    assert not desk.standing.suspended


def test_a_worse_revision_counts_from_when_it_came() -> None:
    """What it led to stands when an unrelated strike falls."""
    desk = Desk()
    desk.strike("other", 1)
    desk.clock(5)
    desk.post("p1", found(2))
    desk.clock(10)
    desk.post("p1", found(3), revision=2)
    assert desk.standing.suspended_until == day(11)
    desk.overturn("other")
    assert desk.standing.suspended_until == day(11)


def test_what_is_imported_between_two_signals_of_one_instant_keeps_its_place() -> None:
    """Many signals have the same time, so the counterfactual goes by entries."""
    desk = Desk()
    desk.post("w", found(1))
    desk.post("p1", found(3))
    desk.post("p2", found(3), imported=True)
    desk.overturn("w")
    assert desk.standing.suspended_until == day(1)


def test_twelve_confirmed_points_propose_and_a_second_person_confirms() -> None:
    """Who led to the proposal may not confirm it."""
    desk = Desk()
    confirmed_points(desk, 12)
    assert (desk.standing.suspended, desk.standing.termination_proposed) == (True, True)
    (refused,) = desk.decide("confirm_termination")
    assert desk.view.entries[-1].outcomes[0].code == "second_person_needed"
    assert refused.standing.termination_proposed
    desk.decide("confirm_termination", by="mod-bob")
    assert desk.standing.terminated
    assert [row.over for row in desk.suspensions("termination_proposal")] == ["replaced"]


def test_a_termination_that_is_overturned_lets_another_be_proposed() -> None:
    """Nothing of it is left: neither sanction, nor hold, nor case."""
    desk = Desk()
    desk.decide("propose_termination", guideline=GUIDELINE)
    desk.decide("confirm_termination", by="mod-bob")
    (row,) = desk.view.sanctions_of("ann", "termination")
    entries = desk.decide("overturn", "sanction", row.id)
    assert [o.result for o in outcomes(entries, TerminationSettled)] == ["reversed"]
    assert (desk.standing.terminated, desk.standing.suspended, desk.standing.open_cases) == (False, False, 0)
    desk.decide("propose_termination", guideline=GUIDELINE)
    assert desk.standing.termination_proposed


def test_a_hold_or_termination_has_no_end_that_could_be_moved() -> None:
    """It would run out while the proposal stood."""
    desk = Desk()
    desk.decide("propose_termination", guideline=GUIDELINE)
    (hold,) = desk.suspensions("termination_proposal")
    desk.decide("reduce", "sanction", hold.id, until=day(5))
    assert desk.view.entries[-1].outcomes[0].code == "not_allowed"
    desk.decide("waive", "sanction", hold.id)
    assert (desk.standing.suspended, desk.standing.termination_proposed) == (False, False)


def test_each_confirmed_s4_proposes_termination() -> None:
    """One that was dismissed is no licence for the next."""
    desk = Desk()
    desk.strike("p1", 4)
    desk.decide("dismiss", "case", desk.case("termination").id)
    desk.clock(3)
    entries = desk.decide("strike", guideline=GUIDELINE, case="s4", post="p2", revision=1)
    assert [o.because for o in outcomes(entries, TerminationProposed)] == ["s4"]


def test_a_dismissed_proposal_leaves_the_suspension_that_was_owed_instead() -> None:
    """The longest below it, from when it was proposed."""
    desk = Desk()
    confirmed_points(desk, 12)
    (hold,) = desk.suspensions("termination_proposal")
    entries = desk.decide("dismiss", "case", desk.case("termination").id)
    (owed,) = outcomes(entries, SanctionImposed)
    assert (owed.starts_at, owed.ends_at) == (hold.starts_at, hold.starts_at + timedelta(days=30))


def test_a_proposal_falls_with_the_strike_that_led_to_it() -> None:
    """And the hold with it."""
    desk = Desk()
    desk.strike("p1", 4)
    desk.overturn("p1")
    assert (desk.standing.suspended, desk.standing.termination_proposed) == (False, False)


def test_a_proposal_has_a_case_of_its_own_however_many_are_open() -> None:
    """It isn't folded into another question."""
    desk = Desk()
    for n in range(105):
        desk.post(f"p{n}", found(1, mode="review"))
    entries = desk.decide("propose_termination", guideline=GUIDELINE)
    assert [o.case_kind for o in outcomes(entries, CaseOpened)] == ["termination"]


def test_a_suspension_ends_once_and_names_the_decision_that_imposed_it() -> None:
    """Lifted by hand before, its planned end adds nothing."""
    desk = Desk()
    desk.strike("p1", 3)
    (row,) = desk.suspensions()
    (lifted,) = outcomes(desk.clock(3), SanctionLifted)
    assert (lifted.because, lifted.decision, lifted.actor.kind) == ("ended", row.decision, "clock")
    assert not desk.clock(4)


def test_a_clock_that_has_nothing_to_lapse_does_not_lose_what_comes_after() -> None:
    """Two acts of an episode that never was raised, and a suspension that ends long after their prices."""
    desk = Desk()
    desk.post("p1", found(1))
    desk.post("p2", found(1))
    desk.clock(170)
    desk.decide("sanction", sanction_kind="suspension", guideline=GUIDELINE, until=day(300))
    desk.clock(299)
    assert desk.standing.suspended
    assert desk.clock(301)
    assert not desk.standing.suspended
