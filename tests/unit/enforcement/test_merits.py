"""Merits: from others, discounted where they are given in return; what they do for the weight of reports."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.ledger import ReportNoted
from events.signals import AccountChanged, MeritEarned
from services.enforcement.state import GIVEN_MAX, GIVERS_MAX
from services.enforcement.weighing import report_weight, standing_merits
from tests.support.policies import community
from tests.support.signals import signal
from tests.unit.enforcement.desk import GUIDELINE, Desk, found, outcomes

POLICY = community()
RULES = POLICY.report_weights


def praise(desk: Desk, account: str, by: str, post: str = "p") -> None:
    """Somebody endorses a post."""
    body = MeritEarned(account, "endorsement", post, by)
    desk.send(signal(f"account:{account}", desk.event(), body, desk.at))


def weight(desk: Desk, account: str) -> int:
    """What a report of the account would weigh."""
    return report_weight(desk.world.states[f"account:{account}"], desk.at, POLICY)


def merits(desk: Desk, account: str) -> int:
    """What the standing shows."""
    return int(desk.view.standing(account).merits)


def test_nobody_earns_a_merit_from_oneself_or_from_an_account_of_ones_own() -> None:
    """The latter while a person has linked them; an unlinking restores all of it."""
    desk = Desk(POLICY)
    praise(desk, "ann", "ann")
    assert desk.view.of("ann") == []
    praise(desk, "ann", "bob")
    praise(desk, "ann", "cat")
    desk.decide("link", other="bob")
    praise(desk, "ann", "bob")
    assert (merits(desk, "ann"), weight(desk, "ann")) == (1, POLICY.reports.weight + RULES.merit)
    desk.decide("unlink", other="bob")
    assert (merits(desk, "ann"), weight(desk, "ann")) == (3, POLICY.reports.weight + 3 * RULES.merit)


def test_praise_between_two_is_discounted_on_both_sides_in_either_order() -> None:
    """Of four merits one is left; what others gave counts as before."""
    for first, second in (("ann", "bob"), ("bob", "ann")):
        desk = Desk(POLICY)
        for n in range(4):
            praise(desk, first, second, f"p{n}")
        assert merits(desk, first) == 4
        for n in range(4):
            praise(desk, second, first, f"q{n}")
        praise(desk, first, "cat")
        praise(desk, first, "dan")
        assert (merits(desk, first), merits(desk, second)) == (1 + 2, 1)


def test_merits_buy_no_points_off() -> None:
    """A power user's strike costs what anybody's does."""
    desk = Desk()
    for n in range(30):
        praise(desk, "ann", f"m{n}")
    desk.post("p1", found(2))
    assert (desk.standing.active_points, desk.standing.merits) == (2, 30)


def test_merits_and_upheld_reports_make_reports_heavier_up_to_a_limit() -> None:
    """One giver's praise counts a few times only."""
    desk = Desk(POLICY)
    for n in range(10):
        praise(desk, "bob", "ann", f"p{n}")
    assert weight(desk, "bob") == POLICY.reports.weight + POLICY.merits.of_one_max * RULES.merit
    for n in range(200):
        praise(desk, "bob", f"m{n}", f"p{n}")
    assert weight(desk, "bob") == POLICY.reports.weight + RULES.bonus_max
    (noted,) = outcomes(desk.report("bob", "p1"), ReportNoted)
    assert noted.weight == POLICY.reports.weight + RULES.bonus_max


def test_a_new_accounts_report_weighs_less() -> None:
    """Until it isn't new any more."""
    desk = Desk(POLICY)
    desk.send(
        signal("account:bob", "joined", AccountChanged("bob", "registered", account_kind="person"), desk.at)
    )
    assert weight(desk, "bob") == RULES.new_account
    desk.clock(POLICY.new_account_days)
    assert weight(desk, "bob") == POLICY.reports.weight


def test_a_suspended_account_weighs_nothing_whatever_its_merits() -> None:
    """It may still report."""
    desk = Desk(POLICY, account="bob")
    praise(desk, "bob", "ann")
    desk.decide("sanction", sanction_kind="suspension", guideline=GUIDELINE)
    assert weight(desk, "bob") == 0


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), max_size=40), st.randoms())
@settings(max_examples=30, deadline=None)
def test_the_order_of_praise_changes_no_merit(given_: list[Any], random: Any) -> None:
    """However it comes, the same is returned and the same is left."""
    found_: list[dict[str, tuple[int, int]]] = []
    for _ in range(2):
        desk = Desk(POLICY)
        for to, by in given_:
            praise(desk, to, by)
        states = desk.world.states
        found_.append(
            {
                name: (standing_merits(states[f"account:{name}"], POLICY), weight(desk, name))
                for name in "abcd"
                if f"account:{name}" in states
            }
        )
        random.shuffle(given_)
    assert found_[0] == found_[1]
    assert all(kept >= 0 for kept, _ in found_[0].values())


def test_what_is_remembered_of_givers_is_bounded_and_returned_praise_stays() -> None:
    """Who was praised in return isn't pushed out by others."""
    desk = Desk(POLICY)
    praise(desk, "ann", "bob")
    praise(desk, "bob", "ann")
    for n in range(2 * GIVERS_MAX):
        praise(desk, "ann", f"m{n}")
    for n in range(2 * GIVEN_MAX):
        praise(desk, f"n{n}", "cat")
    state = desk.state
    assert len(state.givers) == GIVERS_MAX
    assert "bob" in {giver.account for giver in state.givers}
    assert desk.standing.merits == 2 * GIVERS_MAX
    assert len(desk.world.states["account:cat"].given) == GIVEN_MAX
