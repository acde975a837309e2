"""The reference model's own arithmetic: slow, obvious, and written apart from `services/enforcement`.

Nothing is kept that could be counted again. An account is the list of changes to its acts, in the order
in which they were made; the acts as they were at some moment are found by going through that list, and
points, rungs and suspensions by going through the acts. An overturned act is left out of the list, and
everything is counted from the beginning.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from events.policy import Policy

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cost:
    """Points for so many days; None: for ever."""

    points: int
    days: int | None


def cost(policy: Policy, severity: int) -> Cost:
    """What a severity costs by the policy's table. An s4 has the points of an s3 and no expiry."""
    if severity == 0:
        return Cost(0, None)
    if severity == 4:
        return Cost(policy.severities["s3"].points, None)
    row = policy.severities[f"s{severity}"]  # type: ignore[index]  # 1 to 3 here
    return Cost(row.points, row.expiry_days)


def next_cost(policy: Policy, severity: int) -> Cost:
    """What the next severity costs, s3 at most."""
    return cost(policy, {0: 1, 1: 2, 2: 3, 3: 3, 4: 3}[severity])


@dataclass(frozen=True)
class Sure:
    """What a person confirmed an act to be. A worse revision that a rule finds later isn't."""

    severity: int
    own: Cost
    next: Cost


@dataclass(frozen=True)
class Act:
    """An act as it was at some moment. `order` is that of its issue; `sure` None: nobody has confirmed it."""

    name: str
    order: int
    issued: datetime
    guideline: str
    severity: int
    own: Cost
    next: Cost
    warning_first: bool
    sure: Sure | None
    episode: int

    def confirmed(self) -> Act:
        """The same, as a person confirmed it last; as it is, where nobody has."""
        if self.sure is None:
            return self
        return replace(self, severity=self.sure.severity, own=self.sure.own, next=self.sure.next)


@dataclass(frozen=True)
class Change:
    """Something that happened to an act, at the `order`-th signal; `fields` are new from then on."""

    order: int
    at: datetime
    kind: Literal["issued", "changed", "removed"]
    act: str
    policy: Policy
    """The one in force then: its ladder is the one that was climbed."""
    made: Act | None = None
    fields: tuple[tuple[str, object], ...] = ()
    silent: bool = False
    """Imported: no suspension follows from it."""


def acts_as_of(changes: Sequence[Change], order: int, without: Collection[str] = ()) -> list[Act]:
    """The acts that survive after the `order`-th signal, in the order of issue; `without` never happened."""
    acts: dict[str, Act] = {}
    for change in changes:
        if change.order > order or change.act in without:
            continue
        if change.kind == "issued":
            assert change.made is not None
            acts[change.act] = change.made
        elif change.kind == "changed":
            fields: Any = dict(change.fields)
            acts[change.act] = replace(acts[change.act], **fields)
        else:
            del acts[change.act]
    return sorted(acts.values(), key=lambda act: (act.issued, act.order))


def warnings(acts: Sequence[Act], expiry_days: int) -> set[str]:
    """Which of the surviving acts are warnings: `acts` are in the order of issue."""
    warned: set[str] = set()
    for place, act in enumerate(acts):
        if act.severity != 1 or not act.warning_first:
            continue
        earlier = acts[:place]
        first = not any(a.guideline == act.guideline and a.severity == 1 for a in earlier)
        quiet = not any(act.issued - a.issued < expiry_days * DAY for a in earlier)
        covered = any(
            a.name in warned and a.guideline == act.guideline and a.episode == act.episode for a in earlier
        )
        if first or quiet or covered:
            warned.add(act.name)
    return warned


def _runs(act: Act, days: int | None, t: datetime) -> bool:
    return act.issued <= t and (days is None or t < act.issued + days * DAY)


def _episode_points(
    policy: Policy, fold: Sequence[Act], warned: Collection[str], t: datetime, confirmed: bool
) -> int:
    """Points of one episode: `fold` are its acts in this fold."""
    candidates = [0]
    for act in fold:
        if act.name in warned:
            continue
        if act.severity == 4 and (confirmed or (act.sure is not None and act.sure.severity == 4)):
            continue  # a confirmed s4 has no points: it proposes termination
        if _runs(act, act.own.days, t):
            candidates.append(act.own.points)
    if _raised(policy, fold, t):
        candidates.append(_worst(fold).next.points)
    return max(candidates)


def _worst(fold: Sequence[Act]) -> Act:
    """The most severe act, the earliest among equals."""
    worst = fold[0]
    for act in fold[1:]:
        if act.severity > worst.severity:
            worst = act
    return worst


def _raised(policy: Policy, fold: Sequence[Act], t: datetime) -> bool:
    if not fold:
        return False
    days = _worst(fold).next.days
    return sum(1 for act in fold if _runs(act, days, t)) >= policy.episode.acts_to_raise


def _by_episode(acts: Sequence[Act]) -> dict[int, list[Act]]:
    found: dict[int, list[Act]] = {}
    for act in acts:
        found.setdefault(act.episode, []).append(act)
    return found


def s1_days(policy: Policy) -> int:
    """How long a period without acts must be for a warning to come first again."""
    days = policy.severities["s1"].expiry_days
    assert days is not None
    return days


def points(policy: Policy, acts: Sequence[Act], t: datetime, *, confirmed: bool, severe: bool = False) -> int:
    """Points at `t` over all acts, or the confirmed ones.

    `severe`: only of episodes that hold an act that is s2 or worse by itself.
    """
    if confirmed:
        acts = [act.confirmed() for act in acts]
    warned = warnings(acts, s1_days(policy))
    total = 0
    for members in _by_episode(acts).values():
        fold = [act for act in members if act.sure is not None] if confirmed else members
        if severe and all(act.severity < 2 for act in fold):
            continue
        total += _episode_points(policy, fold, warned, t, confirmed)
    return total


def _reached(policy: Policy, have: int) -> int:
    reached = 0
    for number, rung in enumerate(policy.ladder, start=1):
        if have >= rung.points:
            reached = number
    return reached


def _terminal(policy: Policy, rung: int) -> bool:
    return rung > 0 and policy.ladder[rung - 1].suspension_hours is None


def _rung(policy: Policy, acts: Sequence[Act], t: datetime, confirmed: bool) -> int:
    reached = _reached(policy, points(policy, acts, t, confirmed=confirmed))
    if _terminal(policy, reached):
        severe = _reached(policy, points(policy, acts, t, confirmed=confirmed, severe=True))
        if not _terminal(policy, severe):
            return reached - 1
    return reached


def effective_rung(policy: Policy, acts: Sequence[Act], t: datetime) -> int:
    """The higher of what confirmed acts earn and what automation may earn at most."""
    by_person = _rung(policy, acts, t, confirmed=True)
    by_anybody = _rung(policy, acts, t, confirmed=False)
    return max(by_person, min(by_anybody, policy.automation_rung_max))


def termination_grounds(policy: Policy, acts: Sequence[Act], t: datetime) -> set[str]:
    """Why termination would be proposed, each ground by a name of its own."""
    sure = [act.confirmed() for act in acts if act.sure is not None]
    grounds = {f"s4 {act.name}" for act in sure if act.severity == 4}
    if _terminal(policy, effective_rung(policy, acts, t)):
        grounds.add("points")
    for number, fold in _by_episode(sure).items():
        if _worst(fold).severity >= 3 and _raised(policy, fold, t):
            grounds.add(f"episode {number}")
    return grounds


@dataclass(frozen=True)
class Span:
    """A suspension from `start` to `end`."""

    start: datetime
    end: datetime


def _moments(changes: Sequence[Change], removed: Collection[str]) -> list[Change]:
    """One change for each signal that changed a survivor, in order."""
    first: dict[int, Change] = {}
    for change in changes:
        if change.act not in removed:
            first.setdefault(change.order, change)
    return [first[order] for order in sorted(first)]


def ladder_spans(changes: Sequence[Change], removed: Collection[str], *, mild: bool = False) -> list[Span]:
    """Which suspensions the survivors would have led to, from the beginning, at the times that they had.

    `mild`: as if the rung that proposes termination gave the longest suspension instead.
    """
    spans: list[Span] = []
    for moment in _moments(changes, removed):
        before = effective_rung(moment.policy, acts_as_of(changes, moment.order - 1, removed), moment.at)
        after = effective_rung(moment.policy, acts_as_of(changes, moment.order, removed), moment.at)
        if moment.silent or after <= before:
            continue
        if mild and _terminal(moment.policy, after):
            after -= 1
        hours = moment.policy.ladder[after - 1].suspension_hours
        if hours is None:
            continue
        end = moment.at + timedelta(hours=hours)
        if not any(span.end >= end for span in spans):
            spans.append(Span(moment.at, end))
    return spans


def termination_arises(changes: Sequence[Change], removed: Collection[str]) -> bool:
    """Whether the survivors, at the times that they had, would have led to a proposal of termination."""
    return any(
        termination_grounds(moment.policy, acts_as_of(changes, moment.order, removed), moment.at)
        - termination_grounds(moment.policy, acts_as_of(changes, moment.order - 1, removed), moment.at)
        for moment in _moments(changes, removed)
        if not moment.silent
    )
