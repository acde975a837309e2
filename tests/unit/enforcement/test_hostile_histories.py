"""Seeded histories of a small community, with who badgers whom and who is piled on planted in them.

What must be found is worked out from the plain definition, post by post. The histories are made up: they keep
decisions from changing unseen, and say nothing about how often the rules are right about people.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import pytest

from events.ledger import BadgeringRaised, PileOnRaised
from events.signals import Signal
from tests.support.adding_up import DAY, HOUR, MINUTE, blocks, hostile, world
from tests.support.signals import T0
from tests.support.world import World

MEMBERS = 40
WEEKS = 3
SCATTERED = 120
"""Hostile posts of whoever at whoever: the noise of a community."""


@dataclass
class History:
    """Hostile posts as (time, author, target), and blocks as (time, who, whom)."""

    posts: list[tuple[datetime, str, str]] = field(default_factory=list)
    refusals: list[tuple[datetime, str, str]] = field(default_factory=list)
    planted: set[tuple[str, str]] = field(default_factory=set)
    crowded: set[str] = field(default_factory=set)


def history(seed: int) -> History:
    """A history of its own for each seed."""
    dice, made = Random(seed), History()
    names = [f"m{n}" for n in range(MEMBERS)]

    def moment() -> datetime:
        return T0 + timedelta(seconds=dice.randrange(WEEKS * 7 * 86_400))

    for _ in range(SCATTERED):
        author, target = dice.sample(names, 2)
        made.posts.append((moment(), author, target))
    for spread, count in ((20 * HOUR, 3), (6 * DAY, 5), (2 * HOUR, 4)):
        author, target = dice.sample(names, 2)
        start = moment()
        made.posts += [(start + dice.random() * spread, author, target) for _ in range(count)]
        made.planted.add((author, target))
    author, target = dice.sample(names, 2)
    refused = moment()
    made.refusals.append((refused, target, author))
    made.posts.append((refused + HOUR, author, target))
    made.planted.add((author, target))
    for _ in range(2):
        victim, *crowd = dice.sample(names, dice.randint(6, 10))
        start = moment()
        made.posts += [(start + dice.random() * 55 * MINUTE, one, victim) for one in crowd]
        made.crowded.add(victim)
    made.posts.sort()
    return made


def played(made: History) -> World:
    """The history as it happened, post by post."""
    signals: list[tuple[datetime, Signal]] = [
        (at, hostile(author, f"post-{n}", at, target)) for n, (at, author, target) in enumerate(made.posts)
    ]
    signals += [(at, blocks(who, whom, at)) for at, who, whom in made.refusals]
    return world(*(signal for _, signal in sorted(signals, key=lambda one: one[0])))


def badgerers(made: History) -> set[tuple[str, str]]:
    """By the definition: three within a day, five within a week, one after a block."""
    found = set()
    for at, author, target in made.posts:
        before = [t for t, a, b in made.posts if (a, b) == (author, target) and t <= at]
        day, week = ([t for t in before if at - t < span] for span in (DAY, 7 * DAY))
        blocked = any(t <= at and (who, whom) == (target, author) for t, who, whom in made.refusals)
        if len(day) >= 3 or len(week) >= 5 or blocked:
            found.add((author, target))
    return found


def crowded(made: History) -> set[str]:
    """By the definition: five accounts within an hour."""
    return {
        target
        for at, _, target in made.posts
        if len({a for t, a, b in made.posts if b == target and timedelta() <= t - at < HOUR}) >= 5
    }


@pytest.mark.parametrize("seed", range(12))
def test_just_those_are_found_of_whom_it_is_true(seed: int) -> None:
    """All that were planted, whatever else came together by chance, and nobody besides."""
    made = history(seed)
    played_out = played(made)
    raised = {
        (entry.entity.removeprefix("account:"), o.target)
        for entry in played_out.view.entries
        for o in entry.outcomes
        if isinstance(o, BadgeringRaised)
    }
    piled_on = {
        entry.entity.removeprefix("account:")
        for entry in played_out.view.entries
        for o in entry.outcomes
        if isinstance(o, PileOnRaised)
    }
    assert raised == badgerers(made) >= made.planted
    assert piled_on == crowded(made) >= made.crowded
    assert played_out.view.strikes == {}
