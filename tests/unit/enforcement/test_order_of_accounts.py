"""What adds up across accounts comes to the same, in whatever order the accounts' signals come together.

But for what is taken back: it counts until that is heard, and who was told by then stays told.
"""

from __future__ import annotations

from random import Random

import pytest

from events.ledger import Failed, Standing
from events.signals import Signal
from tests.support.adding_up import HOUR, MINUTE, blocks, deleted, fingerprinted, hostile, registered, world
from tests.support.signals import T0
from tests.support.world import World

NAMES = ("ann", "bob", "cas", "dan", "eve", "fay")
SITE = ("shop",)


def story() -> list[Signal]:
    """A campaign, a repetition, a pile-on, a badgering; each account's own signals in their order."""
    signals = [registered(name, T0) for name in NAMES]
    signals += [fingerprinted(n, f"{n}1", T0 + i * MINUTE, "buy it", SITE) for i, n in enumerate(NAMES[:4])]
    signals += [
        fingerprinted("dan", "dan3", T0 + HOUR, "gone", ("elsewhere",)),
        deleted("dan", "dan3", T0 + HOUR),
    ]
    signals += [fingerprinted("eve", f"eve{n}", T0 + n * HOUR, "look at it", SITE) for n in range(3)]
    signals += [hostile(n, f"{n}2", T0 + (3 * 60 + i) * MINUTE, "zoe") for i, n in enumerate(NAMES)]
    signals += [hostile("fay", f"fay{n}", T0 + (n + 1) * HOUR, "bob") for n in (3, 4, 5)]
    signals.append(blocks("cas", "ann", T0 + 6 * HOUR))
    return signals


def interleaved(signals: list[Signal], seed: int) -> list[Signal]:
    """Another order, in which each account's own signals stand in theirs."""
    left: dict[str, list[Signal]] = {}
    for one in signals:
        left.setdefault(one.entity, []).append(one)
    dice, order = Random(seed), []
    while left:
        entity = dice.choice(sorted(left))
        order.append(left[entity].pop(0))
        if not left[entity]:
            del left[entity]
    return order


def standings(made: World) -> dict[str, Standing]:
    """Of every account and campaign."""
    return dict(sorted(made.view.standings.items()))


def facts(made: World) -> set[tuple[str, str, str, int, str, str]]:
    """Every strike as it stands."""
    return {
        (row.account, row.act, row.guideline, row.severity, row.counts_as, row.status)
        for row in made.view.strikes.values()
    }


@pytest.mark.parametrize("seed", range(25))
def test_the_standings_are_the_same_whatever_the_order(seed: int) -> None:
    """Versions aside, which count what was done on the way."""
    natural = world(*story())
    other = world(*interleaved(story(), seed))
    assert facts(other) == facts(natural)
    for entity, standing in standings(natural).items():
        again = other.view.standings[entity]
        assert {n: getattr(again, n) for n in standing.__struct_fields__ if n != "version"} == {
            n: getattr(standing, n) for n in standing.__struct_fields__ if n != "version"
        }, entity
    kinds = sorted((row.account, row.subject) for row in other.view.cases.values() if row.open)
    assert kinds == sorted((row.account, row.subject) for row in natural.view.cases.values() if row.open)


def test_the_story_has_something_of_everything() -> None:
    """Or the test above would say little."""
    made = world(*story())
    subjects = {row.subject for row in made.view.cases.values()}
    assert {"badgering:bob", "pile-on:zoe"} <= subjects
    assert {row.guideline for row in made.view.strikes.values()} == {"no-spam"}
    assert not [o for e in made.view.entries for o in e.outcomes if isinstance(o, Failed)]
