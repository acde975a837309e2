"""The course: what a set of acts would have led to, at the times that they had and with their frozen prices.

Overturning is a counterfactual: the strikes that are left are gone through again from the beginning, and what
the ladder gave is held against what it would have given.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from events.policy import Policy
from services.enforcement.ladder import height, new_ground, survivors
from services.enforcement.state import AccountState, Act


class Suspension(msgspec.Struct, frozen=True, gc=False):
    """A suspension that the ladder gives rise to.

    `instead`: the rung proposes termination, and this is the longest suspension below it, which would be owed
    where that comes to nothing.
    """

    starts_at: datetime
    ends_at: datetime
    rung: int
    instead: bool


class Course(msgspec.Struct, frozen=True, gc=False):
    """What a set of acts leads to over time. `terminates`: a termination would have been proposed."""

    suspensions: tuple[Suspension, ...]
    terminates: bool

    @property
    def ends_at(self) -> datetime | None:
        """When the last suspension of the ladder ends; None: there is none."""
        return max((s.ends_at for s in self.suspensions if not s.instead), default=None)


def course(state: AccountState, policies: Mapping[str, Policy]) -> Course:
    """What the surviving acts would have led to, entry by entry."""
    acts = survivors(state.acts)
    suspensions: list[Suspension] = []
    terminates = False
    for entry, (at, version) in sorted(_moments(acts).items()):
        policy = policies[version]
        before = height(state, _as_of(acts, entry - 1), at, policy)
        after = height(state, _as_of(acts, entry), at, policy)
        terminates = terminates or new_ground(before, after, policy) is not None
        if after.rung > before.rung:
            instead = after.at_top(policy)
            rung = after.rung - instead
            length = policy.suspension(rung) if rung else None
            if length is not None:
                suspensions.append(Suspension(at, at + length, rung, instead))
    return Course(tuple(suspensions), terminates)


def _moments(acts: list[Act]) -> dict[int, tuple[datetime, str]]:
    """The entries that changed something: when, and whose ladder was climbed. An import climbs none."""
    moments: dict[int, tuple[datetime, str]] = {}
    for act in acts:
        silent = act.prices[0].entry if act.imported else None
        for priced in act.prices:
            if priced.entry != silent:
                moments[priced.entry] = (priced.at, priced.policy)
            if priced.confirmed_at is not None and priced.confirmed_entry != silent:
                policy = priced.confirmed_policy or priced.policy
                moments[priced.confirmed_entry] = (priced.confirmed_at, policy)
    return moments


def _as_of(acts: list[Act], entry: int) -> list[Act]:
    """The acts as they were after an entry."""
    return [_act_as_of(act, entry) for act in acts if act.prices[0].entry <= entry]


def _act_as_of(act: Act, entry: int) -> Act:
    if all(p.entry <= entry and p.confirmed_entry <= entry for p in act.prices):
        return act
    prices = tuple(
        p
        if p.confirmed_entry <= entry
        else msgspec.structs.replace(p, confirmed_at=None, confirmed_policy=None, confirmed_entry=0)
        for p in act.prices
        if p.entry <= entry
    )
    return msgspec.structs.replace(act, prices=prices)
