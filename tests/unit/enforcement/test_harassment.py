"""Hostile posts at one person: badgering at their author, pile-ons at the target.

These are made-up histories with known truth, to keep what was decided from changing unseen. How often the
rules are right about people is not measured by them.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.ledger import BadgeringRaised, PileOnRaised
from events.signals import Signal
from services.enforcement.memory import BARRED_MAX, HOSTILE_POSTS_MAX, HOSTILITY_RECEIVED_MAX
from services.enforcement.state import Case
from tests.support.adding_up import (
    DAY,
    HOUR,
    MINUTE,
    asked_to_stop,
    blocks,
    deleted,
    edited,
    hostile,
    insult,
    reviewed,
    strikes,
    world,
)
from tests.support.signals import T0, decided, decision_signal, finding
from tests.support.world import World

CROWD = ("ann", "bob", "cas", "dan", "eve", "fay")


def raised(made: World, kind: type = BadgeringRaised) -> list[Any]:
    """What was put before a person."""
    return [o for entry in made.view.entries for o in entry.outcomes if isinstance(o, kind)]


def case_about(made: World, account: str, subject: str) -> Case:
    """An open case of an account."""
    cases: tuple[Case, ...] = made.states[f"account:{account}"].cases
    return next(case for case in cases if case.subject == subject)


def at_bob(*hours: float) -> list[Signal]:
    """Ann's hostile posts at Bob, so many hours after the beginning."""
    return [hostile("ann", f"p{n}", T0 + hour * HOUR, "bob") for n, hour in enumerate(hours)]


# --- badgering ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "found"),
    [
        ((0, 1), 0),
        ((0, 1, 2), 1),
        ((0, 12, 23.9), 1),
        ((0, 12, 24), 0),
        ((0, 30, 60, 90), 0),
        ((0, 30, 60, 90, 120), 1),
        ((0, 40, 80, 120, 160), 1),
        ((0, 42, 84, 126, 168), 0),
    ],
)
def test_three_hostile_posts_in_a_day_or_five_in_a_week_at_one_person_are_badgering(
    hours: tuple[float, ...], found: int
) -> None:
    """The last hour of a day or week counts, the next doesn't."""
    assert len(raised(world(*at_bob(*hours)))) == found


def test_badgering_goes_to_a_person_with_everything_that_was_collected() -> None:
    """One s3 to confirm, and the earlier posts as evidence; nothing is struck for it by itself."""
    made = world(*at_bob(0, 1, 2))
    assert ("ann", "p2", "badgering") in reviewed(made)
    assert strikes(made) == []
    case = case_about(made, "ann", "badgering:bob")
    assert [(f.post, f.severity) for f in case.findings] == [("p2", 3), ("p0", 0), ("p1", 0)]
    evidence = case.findings[0].evidence
    assert (evidence.rule, evidence.reason) == (
        "no-bullying.over-time",
        "3 hostile posts at one person within a day",
    )
    assert len(evidence.rules_digest) == 64


def test_a_confirmed_case_is_one_strike() -> None:
    """However many posts it rests on."""
    made = world(*at_bob(0, 1, 2, 3))
    case = case_about(made, "ann", "badgering:bob")
    body = decided("ann", "confirm", "case", case.id, case.version)
    made.send(decision_signal("ann", body, T0 + DAY, "confirm"))
    assert strikes(made) == [("ann", "p2", "badgering")]
    assert made.view.standing("ann").confirmed_points == 4  # type: ignore[union-attr]  # it has one


def test_explicit_insults_count_at_once_beside_it() -> None:
    """The rule about single ones needs no third."""
    made = world(*(hostile("ann", f"p{n}", T0 + n * HOUR, "bob", found=insult()) for n in range(3)))
    assert strikes(made) == [("ann", f"p{n}", "insult") for n in range(3)]
    assert len(raised(made)) == 1


def test_further_posts_join_the_open_case_and_open_no_second_one() -> None:
    """Its version rises, since there is more to judge."""
    made = world(*at_bob(0, 1, 2, 3, 4))
    assert [row.subject for row in made.view.cases_of("ann")].count("badgering:bob") == 1
    case = case_about(made, "ann", "badgering:bob")
    assert [f.post for f in case.findings] == ["p2", "p0", "p1", "p3", "p4"]
    assert case.version == 3


def test_what_was_judged_counts_no_second_time() -> None:
    """After the case is closed, it takes as many posts again."""
    made = world(*at_bob(0, 1, 2))
    case = case_about(made, "ann", "badgering:bob")
    body = decided("ann", "dismiss", "case", case.id, case.version)
    made.send(decision_signal("ann", body, T0 + 2 * HOUR, "dismiss"))
    for n in range(3):
        assert len(raised(made)) == 1
        made.send(hostile("ann", f"q{n}", T0 + (3 + n) * HOUR, "bob"))
    assert len(raised(made)) == 2


def test_hostile_posts_at_several_people_are_no_badgering_of_any() -> None:
    """Two at each."""
    signals = [hostile("ann", f"p{n}", T0 + n * MINUTE, f"t{n % 4}") for n in range(8)]
    assert raised(world(*signals)) == []


@pytest.mark.parametrize("take_back", [deleted, edited])
def test_what_was_taken_back_counts_no_more(take_back: Any) -> None:
    """At its author, and at the target."""
    made = world(*at_bob(0, 1), take_back("ann", "p1", T0 + 90 * MINUTE), *at_bob(0, 0, 2)[2:])
    assert raised(made) == []
    assert [h.post for h in made.states["account:ann"].memory.hostile] == ["p0", "p2"]
    assert [r.post for r in made.states["account:bob"].memory.received] == ["p0", "p2"]


def test_an_edit_that_stays_hostile_is_still_one_post() -> None:
    """Whoever polishes an insult has written one."""
    signals = [hostile("ann", "p0", T0 + n * MINUTE, "bob", revision=n + 1) for n in range(4)]
    made = world(*signals)
    assert raised(made) == []
    assert len(made.states["account:bob"].memory.received) == 1


def test_an_edit_of_what_is_before_a_person_already_adds_nothing() -> None:
    """It is the same act."""
    made = world(*at_bob(0, 1, 2), hostile("ann", "p2", T0 + 3 * HOUR, "bob", revision=2))
    assert len(raised(made)) == 1
    assert [f.post for f in case_about(made, "ann", "badgering:bob").findings] == ["p2", "p0", "p1"]


def test_an_edit_that_turns_on_somebody_else_counts_there() -> None:
    """And no more at the first."""
    made = world(*at_bob(0), hostile("ann", "p0", T0 + HOUR, "cas", revision=2))
    assert made.states["account:bob"].memory is None
    assert [r.post for r in made.states["account:cas"].memory.received] == ["p0"]


def test_after_a_block_one_is_enough() -> None:
    """The block reaches the account that was blocked."""
    made = world(blocks("bob", "ann", T0), *at_bob(1))
    (one,) = raised(made)
    assert (one.target, one.posts) == ("bob", ("p0",))


def test_a_block_that_was_taken_back_counts_no_more() -> None:
    """They have made up."""
    made = world(blocks("bob", "ann", T0), blocks("bob", "ann", T0 + MINUTE, refused=False), *at_bob(1))
    assert raised(made) == []


def test_what_was_written_before_the_block_counts_as_before() -> None:
    """Nobody knew of it."""
    assert raised(world(blocks("bob", "ann", T0 + 2 * HOUR), *at_bob(1))) == []


@pytest.mark.parametrize(("days", "found"), [(1, 1), (29, 1), (31, 0)])
def test_after_a_request_to_stop_one_is_enough_for_a_month(days: int, found: int) -> None:
    """Then it takes as many as at first."""
    made = world(asked_to_stop("bob", "b1", T0, "ann"), hostile("ann", "p1", T0 + days * DAY, "bob"))
    assert len(raised(made)) == found
    assert strikes(made) == []


def test_blocking_oneself_means_nothing() -> None:
    """Nor does a block that was never there, taken back."""
    made = world(blocks("ann", "ann", T0), blocks("bob", "ann", T0, refused=False))
    assert "account:ann" not in made.states or made.states["account:ann"].memory is None


@pytest.mark.parametrize("answer_first", [True, False])
def test_a_quarrel_is_put_before_a_person_with_both_sides(answer_first: bool) -> None:
    """Whichever wrote first."""
    answer = hostile("bob", "b1", T0 + (0 if answer_first else 5) * HOUR, "ann")
    mine = at_bob(1, 2, 3)
    made = world(*([answer, *mine] if answer_first else [*mine, answer]))
    about = case_about(made, "ann", "badgering:bob").findings
    assert [f.post for f in about if f.evidence.term_class == "mutual"] == ["b1"]


def test_mild_words_and_doubtful_findings_are_not_hostile() -> None:
    """Which cases are, and from which confidence on, is the policy's."""
    curse = finding("keep-it-clean", "strong-cursing", 1)
    doubtful = insult(40)
    for found in (curse, doubtful):
        made = world(*(hostile("ann", f"p{n}", T0 + n * HOUR, "bob", found=found) for n in range(4)))
        assert raised(made) == []


def test_hostility_at_nobody_in_particular_adds_up_to_nothing() -> None:
    """It has no target."""
    assert raised(world(*(hostile("ann", f"p{n}", T0 + n * HOUR) for n in range(5)))) == []


# --- pile-ons ----------------------------------------------------------------------------------------------


def crowd(count: int, every: Any = MINUTE) -> list[Signal]:
    """So many are hostile to Zoe, one after the other."""
    return [hostile(name, f"{name}1", T0 + n * every, "zoe") for n, name in enumerate(CROWD[:count])]


def test_five_accounts_hostile_to_one_within_the_hour_are_a_case_and_no_strike() -> None:
    """It names them and their posts; what each wrote is judged at their own accounts."""
    made = world(*crowd(5))
    case = case_about(made, "zoe", "pile-on:zoe")
    assert sorted(f.post or "" for f in case.findings) == [f"{name}1" for name in CROWD[:5]]
    assert {f.severity for f in case.findings} == {0}
    assert strikes(made) == []
    standing = made.view.standing("zoe")
    assert standing is not None
    assert (standing.open_cases, standing.active_points, standing.suspended) == (1, 0, False)


def test_four_or_five_over_the_day_are_none() -> None:
    """Nor is one account five times."""
    assert raised(world(*crowd(4)), PileOnRaised) == []
    assert raised(world(*crowd(5, 16 * MINUTE)), PileOnRaised) == []
    alone = [hostile("ann", f"p{n}", T0 + n * MINUTE, "zoe") for n in range(6)]
    assert raised(world(*alone), PileOnRaised) == []


def test_who_joins_a_pile_on_later_joins_the_case() -> None:
    """There is one."""
    made = world(*crowd(6))
    assert len(made.view.cases_of("zoe")) == 1
    assert len(case_about(made, "zoe", "pile-on:zoe").findings) == 6


@given(st.permutations(range(6)), st.integers(0, 12))
@settings(max_examples=40, deadline=None)
def test_a_pile_on_is_seen_whatever_order_its_authors_come_in(order: list[int], spread: int) -> None:
    """And only if it is one: six posts, evenly over so many minutes each."""
    signals = crowd(6, spread * MINUTE)
    made = world(*(signals[n] for n in order))
    is_one = 4 * spread < 60
    assert (len(raised(made, PileOnRaised)) > 0) == is_one
    assert len(made.view.cases_of("zoe")) == is_one
    if is_one:
        found = {f.post for f in case_about(made, "zoe", "pile-on:zoe").findings}
        assert len(found) >= 5


# --- bounds ------------------------------------------------------------------------------------------------


def test_what_is_remembered_is_bounded() -> None:
    """At the author, at the target, and of those who blocked."""
    mine = [hostile("ann", f"p{n}", T0 + n * MINUTE, f"t{n}") for n in range(HOSTILE_POSTS_MAX + 20)]
    theirs = [hostile(f"a{n}", f"q{n}", T0 + n * MINUTE, "ann") for n in range(HOSTILITY_RECEIVED_MAX + 20)]
    refusals = [blocks(f"b{n}", "ann", T0) for n in range(BARRED_MAX + 20)]
    memory = world(*mine, *theirs, *refusals).states["account:ann"].memory
    assert len(memory.hostile) == HOSTILE_POSTS_MAX
    assert len(memory.received) == HOSTILITY_RECEIVED_MAX
    assert len(memory.barred) == BARRED_MAX
    assert (
        max(
            len(case)
            for case in ([c.findings for c in world(*at_bob(*range(60))).states["account:ann"].cases])
        )
        <= 20
    )


def test_a_second_copy_leaves_nothing() -> None:
    """At whichever account."""
    signals = [*at_bob(0, 1, 2), *crowd(6), blocks("bob", "ann", T0)]
    made = world(*signals)
    assert made.send(*signals) == []
