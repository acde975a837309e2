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


def course(state: AccountState, policies: Mapping[str, Policy], until: datetime) -> Course:
    """What the surviving acts would have led to, up to an instant."""
    acts = survivors(state.acts)
    suspensions: list[Suspension] = []
    terminates = False
    for moment, version in sorted(_moments(acts).items()):
        if moment > until:
            break
        policy = policies[version]
        before = height(state, _before(acts, moment), moment, policy)
        after = height(state, [act for act in acts if _known_at(act) <= moment], moment, policy)
        terminates = terminates or new_ground(before, after, policy) is not None
        if after.rung > before.rung:
            instead = after.at_top(policy)
            rung = after.rung - instead
            length = policy.suspension(rung) if rung else None
            if length is not None:
                suspensions.append(Suspension(moment, moment + length, rung, instead))
    return Course(tuple(suspensions), terminates)


def _moments(acts: list[Act]) -> dict[datetime, str]:
    """When something changed, and the policy whose ladder was climbed then. An import climbs none."""
    moments: dict[datetime, str] = {}
    for act in acts:
        silent = act.issued_at if act.imported_at is not None else None
        for priced in act.prices:
            if priced.at != silent:
                moments[priced.at] = priced.policy
            if priced.confirmed_at is not None and priced.confirmed_at != silent:
                moments[priced.confirmed_at] = priced.confirmed_policy or priced.policy
    return moments


def _known_at(act: Act) -> datetime:
    return act.issued_at if act.imported_at is None else act.imported_at


def _before(acts: list[Act], moment: datetime) -> list[Act]:
    """The acts as they were before anything at this moment had happened, but for what was imported then."""
    found = []
    for act in acts:
        if _known_at(act) < moment:
            found.append(_as_before(act, moment))
        elif act.imported_at == moment:
            found.append(act)
    return found


def _as_before(act: Act, moment: datetime) -> Act:
    if all(p.at < moment and (p.confirmed_at is None or p.confirmed_at < moment) for p in act.prices):
        return act
    prices = tuple(
        p
        if p.confirmed_at is None or p.confirmed_at < moment
        else msgspec.structs.replace(p, confirmed_at=None, confirmed_policy=None)
        for p in act.prices
        if p.at < moment
    )
    return msgspec.structs.replace(act, prices=prices)
