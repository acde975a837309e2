"""Enforcement and the reference model agree on every history, step by step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.ledger import SanctionImposed, TerminationSettled
from services.enforcement.account import ACCOUNT
from services.enforcement.partition import DECIDERS, Partition
from services.enforcement.state import encode_state
from services.enforcement.worker import EnforcementCore
from services.replay.verify import verify
from tests.model.account import Picture
from tests.model.histories import Play, Step, from_seed, histories
from tests.verifier.rerun import rerun

SEEDS = range(60)
LENGTH = 60


def seen(play: Play) -> dict[str, Any]:
    """What enforcement says, in the model's words."""
    state = play.world.states.get(f"account:{play.account}")
    standing = ACCOUNT.standing(
        state if state is not None else ACCOUNT.initial(f"account:{play.account}"), play.at, play.world.policy
    )
    episodes: dict[str, int] = {}
    for row in play.strikes:
        episodes.setdefault(row.episode, len(episodes))
    return {
        "strikes": {
            row.act: (row.status, row.counts_as, row.severity, row.confirmed, episodes[row.episode])
            for row in play.strikes
        },
        "points": standing.active_points,
        "confirmed_points": standing.confirmed_points,
        "rung": standing.rung,
        "suspended": standing.suspended,
        "suspended_until": standing.suspended_until,
        "ladder": rises(play),
        "proposals": len(play.world.view.proposals),
        "proposed": standing.termination_proposed,
        "terminated": standing.terminated,
        "warnings": standing.warnings,
        "hidden": standing.hidden_posts,
    }


def rises(play: Play) -> list[datetime]:
    """When the ladder started suspensions, other than in place of a termination that came to nothing."""
    return [
        outcome.starts_at
        for entry in play.world.view.entries
        if not any(isinstance(outcome, TerminationSettled) for outcome in entry.outcomes)
        for outcome in entry.outcomes
        if isinstance(outcome, SanctionImposed) and outcome.origin == "ladder"
    ]


def told(picture: Picture) -> dict[str, Any]:
    """What the model says, in the same words."""
    return {
        "strikes": picture.strikes,
        "points": picture.points,
        "confirmed_points": picture.confirmed_points,
        "rung": picture.rung,
        "suspended": picture.suspended,
        "suspended_until": picture.suspended_until,
        "ladder": [start for start, kind in picture.spans if kind == "ladder"],
        "proposals": picture.proposals,
        "proposed": picture.proposed,
        "terminated": picture.terminated,
        "warnings": picture.warnings,
        "hidden": len(picture.hidden),
    }


def agree(play: Play, where: str) -> None:
    """Raise `AssertionError` where the two differ, naming what."""
    is_so, must_be = seen(play), told(play.model.picture(play.at))
    for act, row in is_so["strikes"].items():
        if row[0] != "active":  # what a removed act once counted as is history
            must_be["strikes"][act] = (must_be["strikes"][act][0], row[1], *must_be["strikes"][act][2:])
    wrong = {
        key: f"enforcement {is_so[key]}, model {must_be[key]}" for key in is_so if is_so[key] != must_be[key]
    }
    assert not wrong, f"{where}, day {(play.at - play.world.view.entries[0].recorded_at).days}: {wrong}"


def whole(play: Play) -> None:
    """The ledger that a history left verifies, and its entries are decided again byte for byte."""
    entries = [(0, offset, data) for offset, data in enumerate(play.world.ledger)]
    report = verify(entries, play.world.policies, DECIDERS)
    assert report.fault is None, str(report.fault)
    assert report.decided_again == len(entries)


@settings(max_examples=200, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
@given(histories)
def test_every_history_comes_out_as_the_model_says(history: list[Step]) -> None:
    """After each step of a random history, standing, strikes and suspensions are the model's."""
    play = Play(check=agree)
    play.run(history)
    whole(play)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_long_history_comes_out_as_the_model_says(seed: int) -> None:
    """The same for histories too long to be shrunk; the seed is the parameter."""
    play = Play(check=agree)
    play.run(from_seed(seed, LENGTH))
    whole(play)


@settings(max_examples=100, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
@given(histories)
def test_overturning_never_raises_points_or_lengthens_a_suspension(history: list[Step]) -> None:
    """Whatever an account did, taking one strike away helps it or changes nothing."""
    play = Play()
    play.run(history)
    live = [row for row in play.strikes if row.status == "active"]
    if not live:
        return
    before = seen(play)
    play.number = len(history)
    play._decide("overturn", "strike", live[0].id, live[0].version, 0)
    after = seen(play)
    assert after["points"] <= before["points"]
    assert after["confirmed_points"] <= before["confirmed_points"]
    assert after["rung"] <= before["rung"]
    assert not after["suspended"] or before["suspended"]
    if after["suspended_until"] is not None and before["suspended_until"] is not None:
        assert after["suspended_until"] <= before["suspended_until"]


@settings(max_examples=50, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
@given(histories)
def test_the_same_history_leaves_the_same_bytes(history: list[Step]) -> None:
    """Two worlds that see the same are equal, byte for byte."""
    first, second = Play(), Play()
    first.run(history)
    second.run(history)
    assert first.world.ledger == second.world.ledger


@settings(max_examples=50, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
@given(histories, st.integers(1, 50))
def test_batches_of_any_size_leave_the_same_bytes(history: list[Step], size: int) -> None:
    """How signals fall into batches changes nothing that is written, and nothing of the state."""
    play = Play()
    play.run(history)
    world = play.world
    made = rerun(EnforcementCore(Partition(0, "", world.policies)), "signals", world.records, size)
    assert [output.value for output in made.outputs if output.topic == "ledger"] == world.ledger
    assert made.state == {
        entity.encode(): encode_state(state) for entity, state in world.states.items() if state.sequence
    }
