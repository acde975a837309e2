"""The ladder: from the acts on a record to points and rungs at an instant.

Everything here is a function of the acts that survive and of an instant, so that an overturned strike is a
refold of the others (`course.py`):

- an act's points run from its issue for as long as its frozen price says;
- an episode costs its dearest act, or, while enough of its acts are within a raised price, that price;
- there are two folds over the same episodes: of all strikes, and of the confirmed ones, each at the price
  that a person confirmed. Automation alone reaches at most the first rung;
- only a rise of the effective rung starts a suspension.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from events.ledger import ProposalReason
from events.policy import SEVERITY_MAX, SEVERITY_PRICED_MAX, Policy
from services.enforcement.state import AccountState, Act, Priced

GRAVE_SEVERITY_MIN: Final = 2
"""Acts below this severity never terminate, however many."""


class Points(msgspec.Struct, frozen=True, gc=False):
    """Points of one fold. `grave`: of the episodes that hold an act of at least s2 by itself.

    `s3_raised`: the raised episodes that hold an s3 act: the next severity would be s4.
    """

    total: int
    grave: int
    s3_raised: frozenset[str]


class Height(msgspec.Struct, frozen=True, gc=False):
    """How high an account stands: its effective rung, and what calls for termination beside points.

    `s4`: confirmed strikes of that severity; `episodes`: raised ones of confirmed s3 acts.
    """

    rung: int
    s4: frozenset[str] = frozenset()
    episodes: frozenset[str] = frozenset()

    def at_top(self, policy: Policy) -> bool:
        """Whether the rung is one that proposes termination."""
        return bool(self.rung) and policy.suspension(self.rung) is None


class Fold(msgspec.Struct, frozen=True, gc=False):
    """What one fold goes through: acts in order of issue, with the price of each, and which are warnings."""

    acts: Sequence[tuple[Act, Priced]]
    warned: frozenset[str]


GROUND: Final = Height(0)
NOTHING: Final = Fold((), frozenset())


def new_ground(before: Height, after: Height, policy: Policy) -> ProposalReason | None:
    """Why termination is to be proposed now and wasn't before; None: it isn't."""
    if after.s4 - before.s4:
        return "s4"
    if after.episodes - before.episodes:
        return "episode"
    return "points" if after.at_top(policy) and not before.at_top(policy) else None


def survivors(acts: Iterable[Act]) -> list[Act]:
    """The acts that still stand, in the order of their issue."""
    kept = [act for act in acts if act.survives]
    if len(kept) > 1:
        kept.sort(key=lambda act: act.issued_at)
    return kept


def warnings(state: AccountState, acts: Sequence[Act]) -> frozenset[str]:
    """Which of these survivors (in order of issue) are the warning that comes first, by strike id."""
    return _warnings(state, [(act, act.prices[-1]) for act in acts])


def _warnings(state: AccountState, acts: Sequence[tuple[Act, Priced]]) -> frozenset[str]:
    """The first s1 under each guideline; the first after as long a time without acts as an s1 lasts.

    And whatever s1 of the same guideline shares the episode of such a warning.
    """
    known = set(state.past_s1)
    last = state.past_act_at
    covered: set[tuple[str, str]] = set()
    found: set[str] = set()
    for act, priced in acts:
        if priced.severity == 1:
            if act.warning_first:
                days = priced.price.days
                free = last is not None and days is not None and act.issued_at - last >= timedelta(days=days)
                if act.guideline not in known or free or (act.episode, act.guideline) in covered:
                    found.add(act.strike)
                    covered.add((act.episode, act.guideline))
            known.add(act.guideline)
        last = act.issued_at
    return frozenset(found)


def every(state: AccountState, acts: Sequence[Act], at: datetime) -> Fold:
    """The fold of all strikes: each at what it costs at an instant."""
    priced = [(act, _priced(act, at)) for act in acts if act.issued_at <= at]
    return Fold(priced, _warnings(state, priced))


def confirmed(state: AccountState, acts: Sequence[Act], at: datetime) -> Fold:
    """The fold of what persons stand behind: each at the price that one confirmed last."""
    sure = [(act, price) for act in acts if (price := sure_price(act, at)) is not None]
    if not sure:
        return NOTHING
    priced = [(act, sure_price(act, at) or _priced(act, at)) for act in acts if act.issued_at <= at]
    return Fold(sure, _warnings(state, priced))


def _priced(act: Act, at: datetime) -> Priced:
    if len(act.prices) > 1:
        for priced in reversed(act.prices):
            if priced.at <= at:
                return priced
    return act.prices[0]


def sure_price(act: Act, at: datetime | None = None) -> Priced | None:
    """The last price that a person had confirmed by an instant, or ever; None: none was confirmed."""
    for priced in reversed(act.prices):
        if priced.confirmed_at is not None and (at is None or priced.confirmed_at <= at):
            return priced
    return None


def points(fold: Fold, at: datetime) -> Points:
    """The points of one fold at an instant."""
    episodes: dict[str, list[tuple[Act, Priced]]] = {}
    for item in fold.acts:
        episodes.setdefault(item[0].episode, []).append(item)
    total = grave = 0
    s3_raised: list[str] = []
    for episode, members in episodes.items():
        cost = worst = 0
        for act, priced in members:
            worst = max(worst, priced.severity)
            if act.strike not in fold.warned:
                cost = max(cost, _own_points(act, priced, at))
        for raised, severity, until in raises(members):
            if until is None or at < until:
                cost = max(cost, raised)
                if severity >= SEVERITY_PRICED_MAX:
                    s3_raised.append(episode)
        total += cost
        if worst >= GRAVE_SEVERITY_MIN:
            grave += cost
    return Points(total, grave, frozenset(s3_raised))


def _own_points(act: Act, priced: Priced, at: datetime) -> int:
    """An s4 counts as an s3 until it is confirmed; then it has no points, and proposes termination."""
    if priced.severity == SEVERITY_MAX and priced.confirmed(at):
        return 0
    days = priced.price.days
    return priced.price.points if days is None or at < act.issued_at + timedelta(days=days) else 0


def raises(members: Sequence[tuple[Act, Priced]]) -> list[tuple[int, int, datetime | None]]:
    """What an episode is raised to, as (points, the severity that is raised, until when; None: for ever).

    The raised price of an act counts while enough acts are within it. Each act's is looked at, not just that
    of the most severe: so taking one away can never raise the points, whatever policies priced the others.
    """
    enough = members[0][0].acts_to_raise
    if len(members) < enough:
        return []
    last = sorted(act.issued_at for act, _ in members)[-enough]
    found: dict[tuple[int, int, datetime | None], None] = {}
    for _, priced in members:
        days = priced.raised.days
        until = None if days is None else last + timedelta(days=days)
        found[priced.raised.points, priced.severity, until] = None
    return list(found)


def height(state: AccountState, acts: Sequence[Act], at: datetime, policy: Policy) -> Height:
    """The effective height at an instant.

    Its rung is the higher of what confirmed strikes earn, and of what all earn up to automation's limit.
    """
    if not acts:
        return GROUND
    sure = confirmed(state, acts, at)
    return height_of(points(every(state, acts, at), at), sure, points(sure, at), policy)


def height_of(by_all: Points, sure: Fold, by_persons: Points, policy: Policy) -> Height:
    """The effective height, where both folds were gone through already."""
    rung = policy.rung(by_persons.total)
    if rung and policy.suspension(rung) is None and policy.rung(by_persons.grave) < rung:
        rung -= 1
    s4 = frozenset(act.strike for act, priced in sure.acts if priced.severity == SEVERITY_MAX)
    automatic = min(policy.rung(by_all.total), policy.automation_rung_max)
    return Height(max(rung, automatic), s4, by_persons.s3_raised)
