"""The ladder: from the acts on a record to points, rungs and suspensions.

Everything here is a function of the acts that survive and of an instant, so that an overturned strike is a
refold of the others:

- an act's points run from its issue for as long as its frozen price says;
- an episode costs its dearest act, or, while five of its acts are within the raised price, that price;
- there are two folds over the same episodes, of all strikes and of the confirmed ones, and automation alone
reaches at most the first rung;
- only a rise of the effective rung starts a suspension.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from events.policy import SEVERITY_MAX, SEVERITY_PRICED_MAX, Policy
from services.enforcement.state import AccountState, Act, Priced

GRAVE_SEVERITY_MIN: Final = 2
"""Acts below this severity never terminate, however many."""


class Points(msgspec.Struct, frozen=True, gc=False):
    """Points of one fold. `grave`: of the episodes that hold an act of at least s2 by itself."""

    total: int
    grave: int
    s3_five: bool
    """Whether an episode holds as many s3 acts as raise it: the next severity would be s4."""


class Height(msgspec.Struct, frozen=True, gc=False):
    """How high an account stands: its effective rung.

    And whether termination is due for a reason beside points.
    """

    rung: int
    s4: bool = False
    episode: bool = False

    def terminates(self, policy: Policy) -> bool:
        """Whether a termination is to be proposed at this height."""
        top = bool(self.rung) and policy.suspension(self.rung) is None
        return self.s4 or self.episode or top


class Suspension(msgspec.Struct, frozen=True, gc=False):
    """A suspension that the ladder gives rise to."""

    starts_at: datetime
    ends_at: datetime
    rung: int


class Course(msgspec.Struct, frozen=True, gc=False):
    """What a set of acts leads to over time."""

    suspensions: tuple[Suspension, ...]
    termination_at: datetime | None


GROUND: Final = Height(0)


def survivors(acts: Iterable[Act]) -> list[Act]:
    """The acts that still stand, in the order of their issue."""
    kept = [act for act in acts if act.survives]
    if len(kept) > 1:
        kept.sort(key=lambda act: act.issued_at)
    return kept


def warnings(state: AccountState, acts: Sequence[Act]) -> frozenset[str]:
    """Which of these survivors (in order of issue) are the warning that comes first, by strike id.

    The first s1 under each guideline, the first after as long a strike-free time as an s1 lasts, and whatever
    s1 of the same guideline
    shares the episode of such a warning.
    """
    if not acts:
        return frozenset()
    known = set(state.past_s1)
    last = state.past_act_at
    covered: set[tuple[str, str]] = set()
    found: set[str] = set()
    for act in acts:
        if act.severity == 1:
            if act.warning_first:
                days = act.prices[-1].price.days
                free = last is not None and days is not None and act.issued_at - last >= timedelta(days=days)
                if act.guideline not in known or free or (act.episode, act.guideline) in covered:
                    found.add(act.strike)
                    covered.add((act.episode, act.guideline))
            known.add(act.guideline)
        last = act.issued_at
    return frozenset(found)


def points(
    acts: Iterable[Act], warned: frozenset[str], at: datetime, acts_to_raise: int, *, confirmed: bool
) -> Points:
    """The points of one fold over survivors at an instant."""
    episodes: dict[str, list[Act]] = {}
    for act in acts:
        if act.issued_at > at:
            continue
        if confirmed and (act.confirmed_at is None or act.confirmed_at > at):
            continue
        episodes.setdefault(act.episode, []).append(act)
    total = grave = 0
    s3_five = False
    for members in episodes.values():
        cost, raised_s3 = _episode_points(members, warned, at, acts_to_raise)
        total += cost
        s3_five = s3_five or raised_s3
        if any(priced_at(act, at).severity >= GRAVE_SEVERITY_MIN for act in members):
            grave += cost
    return Points(total, grave, s3_five)


def priced_at(act: Act, at: datetime) -> Priced:
    """What an act cost at an instant at or after its issue."""
    if len(act.prices) == 1:
        return act.prices[0]
    for priced in reversed(act.prices):
        if priced.at <= at:
            return priced
    return act.prices[0]


def _episode_points(
    members: list[Act], warned: frozenset[str], at: datetime, acts_to_raise: int
) -> tuple[int, bool]:
    own = 0
    for act in members:
        if act.strike not in warned:
            own = max(own, _own_points(act, at))
    if len(members) < acts_to_raise:
        return own, False
    top = max(members, key=lambda act: (priced_at(act, at).severity, -act.issued_at.timestamp()))
    raised = priced_at(top, at).raised
    if sum(1 for act in members if _within(act, raised.days, at)) < acts_to_raise:
        return own, False
    return max(own, raised.points), priced_at(top, at).severity == SEVERITY_PRICED_MAX


def _own_points(act: Act, at: datetime) -> int:
    priced = priced_at(act, at)
    if priced.severity == SEVERITY_MAX and act.confirmed_at is not None and act.confirmed_at <= at:
        return 0
    return priced.price.points if _within(act, priced.price.days, at) else 0


def _within(act: Act, days: int | None, at: datetime) -> bool:
    return days is None or at < act.issued_at + timedelta(days=days)


def height(state: AccountState, acts: Sequence[Act], at: datetime, policy: Policy) -> Height:
    """The effective height at an instant.

    The higher of what confirmed strikes earn, and of what all earn up to automation's limit.
    """
    if not acts:
        return GROUND
    warned = warnings(state, acts)
    raise_at = policy.episode.acts_to_raise
    every = points(acts, warned, at, raise_at, confirmed=False)
    sure = points(acts, warned, at, raise_at, confirmed=True)
    rung = policy.rung(sure.total)
    if rung and policy.suspension(rung) is None and policy.rung(sure.grave) < rung:
        rung -= 1
    rung = max(rung, min(policy.rung(every.total), policy.automation_rung_max))
    s4 = any(
        priced_at(act, at).severity == SEVERITY_MAX
        and act.confirmed_at is not None
        and act.confirmed_at <= at
        for act in acts
    )
    return Height(rung, s4, sure.s3_five)


def course(state: AccountState, policies: Mapping[str, Policy], until: datetime) -> Course:
    """What the surviving acts, at the times they had and with their frozen prices, would have led to."""
    acts = survivors(state.acts)
    moments: dict[datetime, str] = {}
    for act in acts:
        moments[act.issued_at] = act.policy_version
        for priced in act.prices[1:]:
            moments[priced.at] = act.policy_version
        if act.confirmed_at is not None:
            moments[act.confirmed_at] = act.confirmed_policy or act.policy_version
    suspensions: list[Suspension] = []
    termination_at = None
    for moment in sorted(m for m in moments if m <= until):
        policy = policies[moments[moment]]
        before = height(state, [_as_before(a, moment) for a in acts if a.issued_at < moment], moment, policy)
        after = height(state, [_as_of(a, moment) for a in acts if a.issued_at <= moment], moment, policy)
        if termination_at is None and after.terminates(policy) and not before.terminates(policy):
            termination_at = moment
        if after.rung > before.rung:
            length = policy.suspension(after.rung)
            if length is not None:
                suspensions.append(Suspension(moment, moment + length, after.rung))
    return Course(tuple(suspensions), termination_at)


def _as_of(act: Act, moment: datetime) -> Act:
    """The act as it was once everything at this moment had happened."""
    prices = tuple(priced for priced in act.prices if priced.at <= moment) or act.prices[:1]
    return act if len(prices) == len(act.prices) else msgspec.structs.replace(act, prices=prices)


def _as_before(act: Act, moment: datetime) -> Act:
    """The act as it was before anything at this moment had happened."""
    prices = tuple(priced for priced in act.prices if priced.at < moment) or act.prices[:1]
    confirmed_at = act.confirmed_at if act.confirmed_at is not None and act.confirmed_at < moment else None
    if len(prices) == len(act.prices) and confirmed_at == act.confirmed_at:
        return act
    return msgspec.structs.replace(act, prices=prices, confirmed_at=confirmed_at)


def lapse_at(members: Sequence[Act], acts_to_raise: int) -> datetime | None:
    """When the raised price of an episode runs out; None where it isn't raised, or never lapses."""
    if len(members) < acts_to_raise:
        return None
    top = max(members, key=lambda act: (act.severity, -act.issued_at.timestamp()))
    days = top.prices[-1].raised.days
    if days is None:
        return None
    issued = sorted(act.issued_at for act in members)
    return issued[-acts_to_raise] + timedelta(days=days)
