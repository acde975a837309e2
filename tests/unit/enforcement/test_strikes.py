"""Strikes, episodes and warnings: what an act costs, and what is left when one falls."""

from __future__ import annotations

import pytest

from events.ledger import SanctionLifted, StrikeAmended, StrikeConfirmed, StrikeIssued
from tests.support.policies import small_policy
from tests.unit.enforcement.desk import GUIDELINE, OTHER, Desk, found, kinds, outcomes


def test_acts_from_before_the_account_was_told_are_one_episode() -> None:
    """Two acts a minute apart cost what the worse one costs; one after the notice is another episode."""
    desk = Desk()
    desk.post("p1", found(2))
    desk.post("p2", found(2))
    assert desk.standing.active_points == 2
    desk.told(desk.row("p1").id)
    desk.clock(0.5)
    desk.post("p3", found(2))
    assert desk.standing.active_points == 4
    assert desk.row("p1").episode == desk.row("p2").episode != desk.row("p3").episode


def test_without_a_notice_the_account_counts_as_told_a_day_later() -> None:
    """So a platform that never answers doesn't stop the ladder; the last instant still belongs."""
    desk = Desk()
    desk.post("p1", found(2))
    desk.clock(1)
    desk.post("p2", found(2))
    assert desk.row("p2").episode == desk.row("p1").episode
    desk.clock(1.01)
    desk.post("p3", found(2))
    assert desk.row("p3").episode != desk.row("p1").episode


def test_an_episode_is_no_longer_full_once_the_account_was_told() -> None:
    """However many acts the last episode lists, what happens after it counts."""
    desk = Desk()
    for n in range(60):
        desk.post(f"p{n}", found(2))
    assert len(desk.state.acts) == 50
    desk.clock(30)
    desk.post("later", found(2))
    assert desk.row("later").status == "active"
    assert desk.standing.active_points == 4 + 2


def test_a_worse_act_is_listed_even_in_a_full_episode() -> None:
    """Many mild ones don't cover what is worse than all of them."""
    desk = Desk()
    for n in range(60):
        desk.post(f"p{n}", found(1))
    desk.post("worse", found(3))
    assert desk.row("worse").severity == 3
    assert desk.standing.active_points == 4


def test_an_overturned_act_still_holds_its_episode_together() -> None:
    """So taking it away doesn't turn one climb into two."""
    desk = Desk()
    desk.post("p1", found(2))
    desk.post("p2", found(2))
    desk.overturn("p1")
    desk.post("p3", found(2))
    assert desk.row("p3").episode == desk.row("p2").episode
    assert desk.standing.active_points == 2


def test_a_raised_episode_takes_the_expiry_of_the_next_severity() -> None:
    """Five s2 cost 4 points for a year; that they run out is an entry of the clock's."""
    desk = Desk()
    for n in range(5):
        desk.post(f"p{n}", found(2))
    desk.clock(200)
    assert desk.standing.active_points == 4
    left = desk.clock(365)
    assert desk.standing.active_points == 0
    assert len(left) == 1


def test_taking_away_the_first_of_acts_priced_apart_never_raises_the_points() -> None:
    """The raised price of each act counts, not just that of the first among equals."""
    cheap, dear = small_policy(), small_policy(name="dear")
    data = dear.model_dump(mode="json")
    data["severities"]["s3"]["points"] = 9
    dear = type(dear).model_validate(data)
    desk = Desk(cheap)
    desk.post("p0", found(2))
    desk.world.activate(dear)
    for n in range(1, 6):
        desk.post(f"p{n}", found(2))
    before = desk.standing.active_points
    desk.overturn("p0")
    assert desk.standing.active_points <= before == 9


def test_the_first_s1_under_each_guideline_is_a_warning() -> None:
    """And so is the first after as long a time without acts as an s1 lasts."""
    desk = Desk()
    desk.strike("p1", 1)
    desk.clock(2)
    desk.strike("p2", 1, OTHER)
    desk.clock(4)
    desk.strike("p3", 1)
    desk.clock(100)
    desk.strike("p4", 1)
    assert [desk.row(f"p{n}").counts_as for n in range(1, 5)] == ["warning", "warning", "strike", "warning"]


def test_a_warning_ends_a_time_without_strikes() -> None:
    """It has no points, and yet it is an act."""
    desk = Desk()
    desk.strike("p1", 1)
    desk.clock(89)
    desk.strike("p2", 1, OTHER)
    desk.clock(95)
    desk.strike("p3", 1)
    assert desk.row("p3").counts_as == "strike"


def test_a_warning_falls_to_the_earliest_survivor_and_the_amendment_is_in_the_same_entry() -> None:
    """And what it had cost is gone."""
    desk = Desk()
    desk.strike("p1", 1)
    desk.clock(2)
    desk.strike("p2", 1)
    assert desk.standing.active_points == 1
    (entry,) = desk.overturn("p1")
    (amended,) = outcomes([entry], StrikeAmended)
    assert (amended.because, amended.counts_as) == ("warning_moved", "warning")
    assert desk.standing.active_points == 0


def test_only_a_warning_that_was_given_is_lifted() -> None:
    """A strike that became the warning later, or was imported as one, has no sanction to lift."""
    desk = Desk()
    desk.post("old", found(1), imported=True)
    desk.clock(2)
    desk.strike("p2", 1)
    fallen = desk.overturn("old")
    assert desk.row("p2").counts_as == "warning"
    fallen += desk.overturn("p2")
    assert [o.sanction_kind for o in outcomes(fallen, SanctionLifted)] == ["content_removal"]


def test_a_worse_revision_amends_the_strike_whatever_the_order() -> None:
    """The most severe finding of an act counts, and a revision that comes late is still one of them."""
    desk = Desk()
    desk.post("p1", found(1), revision=3)
    desk.post("p1", found(3), revision=2)
    assert len(desk.state.acts) == 1
    assert desk.row("p1").severity == 3
    assert desk.state.acts[0].revision == 3


def test_a_revision_that_is_no_worse_changes_nothing_about_the_strike() -> None:
    """Neither its price nor its version."""
    desk = Desk()
    desk.post("p1", found(2))
    version = desk.row("p1").version
    desk.post("p1", found(2), found(1), revision=2)
    assert (desk.row("p1").severity, desk.row("p1").version) == (2, version)


def test_a_rule_can_not_ride_on_a_confirmation() -> None:
    """What a rule finds after a person confirmed counts as automation's, until a person confirms that too."""
    desk = Desk()
    desk.post("p1", found(2))
    desk.confirm("p1")
    desk.post("p1", found(4), revision=2)
    assert desk.standing.confirmed_points == 2
    assert not desk.standing.termination_proposed
    assert (desk.standing.active_points, desk.standing.rung) == (4, 1)
    desk.confirm("p1")
    assert desk.standing.termination_proposed


def test_a_warning_that_a_rule_made_worse_is_no_strike_to_the_confirmed_fold() -> None:
    """A person had confirmed no more than the warning."""
    desk = Desk()
    desk.strike("p1", 1)
    desk.post("p1", found(2), revision=2)
    assert (desk.standing.active_points, desk.standing.confirmed_points) == (2, 0)


def test_a_strike_of_an_act_that_was_cleared_of_another_has_an_id_of_its_own() -> None:
    """So a decision about the one is never one about the other."""
    desk = Desk()
    first = desk.strike("p1", 2)
    desk.overturn("p1")
    second = desk.strike("p1", 2)
    desk.overturn("p1")
    third = desk.strike("p1", 2)
    assert len({first, second, third}) == 3
    assert [act.status for act in desk.state.acts] == ["overturned", "overturned", "active"]


def test_a_notice_says_when_the_content_was_written() -> None:
    """Not when a person decided about it."""
    desk = Desk()
    desk.post("p1", found(2, mode="review"))
    written = desk.at
    desk.clock(3)
    entries = desk.decide("confirm", "case", desk.case_about("p1").id)
    (issued,) = outcomes(entries, StrikeIssued)
    assert issued.notice.content_at == written
    assert issued.notice.content_ref == "post:p1:1"


def test_an_overturned_strike_is_not_among_the_strikes_ever_given() -> None:
    """A waived one is: it was right."""
    desk = Desk()
    desk.strike("p1", 2)
    desk.strike("p2", 2)
    assert desk.standing.total_strikes == 2
    desk.overturn("p1")
    assert desk.standing.total_strikes == 1
    desk.decide("waive", "strike", desk.row("p2").id)
    assert desk.standing.total_strikes == 1


def test_a_reduced_strike_costs_what_the_policy_of_its_issue_says() -> None:
    """A policy that has since become dearer doesn't make a reduction an increase."""
    desk = Desk()
    strike = desk.strike("p1", 3)
    data = desk.policy.model_dump(mode="json")
    data["severities"]["s2"]["points"] = 8
    data["severities"]["s3"]["points"] = 9
    desk.world.activate(type(desk.policy).model_validate(data))
    desk.decide("reduce", "strike", strike, severity=2)
    assert desk.standing.active_points == 2


def test_reclassified_as_worse_counts_from_now_on_and_is_confirmed() -> None:
    """The suspension that it leads to starts now, and another strike that falls doesn't take it away."""
    desk = Desk()
    desk.post("p1", found(1))
    desk.clock(3)
    desk.strike("p2", 1, OTHER)
    desk.clock(10)
    entries = desk.decide("reclassify", "strike", desk.row("p1").id, guideline=GUIDELINE, case="s3")
    assert StrikeConfirmed in kinds(entries)
    assert outcomes(entries, StrikeAmended)[0].notice is not None
    until = desk.standing.suspended_until
    assert until is not None
    desk.overturn("p2")
    assert desk.standing.suspended_until == until


@pytest.mark.parametrize("severity", [1, 2, 3])
def test_the_same_price_runs_out_at_its_end_and_not_before(severity: int) -> None:
    """At the deadline the points are gone."""
    days = {1: 90, 2: 180, 3: 365}[severity]
    desk = Desk()
    if severity == 1:
        desk.post("warning", found(1, OTHER))
        desk.post("p0", found(1))
        desk.clock(2)
    desk.post("p1", found(severity))
    begin = (desk.at - desk.view.entries[0].recorded_at).days
    desk.clock(begin + days - 0.001)
    assert desk.world.part.guard.now is not None
    points = desk.standing.active_points
    desk.clock(begin + days)
    assert points - desk.standing.active_points == {1: 1, 2: 2, 3: 4}[severity]
