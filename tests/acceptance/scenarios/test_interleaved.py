"""Scenario 22: the same file twice, and in a fresh run with its accounts interleaved differently."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

import pytest

from events.ledger import Standing
from events.signals import Signal
from tests.acceptance.scenarios.policies import policies
from tests.acceptance.scenarios.specimens import CARD, CURSE, CURSE_AT, SELL
from tests.support.play import PurePlayer
from tests.support.signals import day
from tests.support.story import Clock, Decide, Delete, Post, Register, Report, Step, StrikeOf
from tests.support.world import World

POLICIES = policies()
STEPS: Final[tuple[Step, ...]] = (
    Clock(0),
    Register("ann"),
    Post("ann", "a1", (CURSE,)),
    Post("bob", "b1", (CURSE_AT, SELL)),
    Report("cas", "r1", "ann", "a1"),
    Post("ann", "a2", (CURSE,)),
    Register("sam", "staff"),
    Post("sam", "s1", (CURSE_AT,)),
    Decide("ann", "confirm", StrikeOf("a2")),
    Post("cas", "c1", (CARD,)),
    Report("bob", "r2", "cas", "c1"),
    Post("bob", "b1", (CARD,), revision=2),
    Decide("bob", "overturn", StrikeOf("b1")),
    Delete("cas", "c1"),
    Post("cas", "c2", (CURSE_AT,)),
    Decide("cas", "confirm", StrikeOf("c2")),
    Post("bob", "b2", (CURSE_AT,)),
    Report("ann", "r3", "bob", "b2"),
)
"""No report here races a person's answer about the same post: one that comes after it asks anew."""


@pytest.fixture(scope="module")
def told() -> PurePlayer:
    """The file as it was first sent, and what it came to."""
    player = PurePlayer(POLICIES)
    for number, step in enumerate(STEPS):
        player.play(step, f"step-{number}")
    return player


def interleaved(signals: Sequence[Signal], seed: int) -> list[Signal]:
    """Another order, in which each account's own signals stand in theirs."""
    left: dict[str, list[Signal]] = {}
    for signal in signals:
        left.setdefault(signal.entity, []).append(signal)
    random = Random(seed)
    order: list[Signal] = []
    while left:
        entity = random.choice(sorted(left))
        order.append(left[entity].pop(0))
        if not left[entity]:
            del left[entity]
    return order


def fresh(signals: Sequence[Signal]) -> World:
    """A fresh run of the file, while it stays day 0."""
    world = World(POLICIES["default"])
    world.advance(day(0))
    world.send(*signals)
    return world


def standings(world: World) -> dict[str, Standing]:
    """Every account's standing."""
    return dict(sorted(world.view.standings.items()))


@pytest.mark.acceptance
@pytest.mark.parametrize("seed", range(20))
def test_a_fresh_run_with_accounts_interleaved_differently_comes_to_the_same_standings(
    told: PurePlayer, seed: int
) -> None:
    """Positions aside; and strikes and sanctions are the same to their ids and versions."""
    order = interleaved(told.sent, seed)
    assert order != told.sent
    again = fresh(order)
    assert standings(again) == standings(told.world)
    assert again.view.strikes == told.view.strikes
    assert again.view.sanctions == told.view.sanctions
    assert len(again.ledger) == len(told.world.ledger)


@pytest.mark.acceptance
def test_the_same_file_sent_again_in_another_order_leaves_nothing(told: PurePlayer) -> None:
    """Each event has had its one effect."""
    world = fresh(told.sent)
    before = standings(world)
    assert len({standing.active_points for standing in before.values()}) > 2
    assert world.send(*interleaved(told.sent, 1)) == []
    assert standings(world) == before
