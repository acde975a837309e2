"""What the clock is due: strikes and prices that run out, sanctions and mutes that end, reminders.

And referrals that were made in an emergency, at which no second person has looked in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from events.ledger import (
    CaseUpdated,
    EpisodeLapsed,
    Outcome,
    ReferralOverdue,
    ReporterMuted,
    SanctionLifted,
    StrikeExpired,
)
from services.enforcement.draft import CLOCK, Draft
from services.enforcement.ladder import raises, sure_price
from services.enforcement.profiles import reminder
from services.enforcement.sanctioning import content_removals
from services.enforcement.state import AccountState, Act, Episode, Referral, Sanction

PROFILE: Final = "profile"

Due = tuple[datetime, str, Act | Sanction | Episode | Referral | str | None]
"""When, the id, and what is due then: a strike or a sanction ends, an episode's price falls, somebody should
have looked at a referral; None: a mute; `PROFILE`: a reminder to complete the profile."""


def deadlines(state: AccountState) -> tuple[datetime, ...]:
    """When the clock has something to do here; unordered. At each of them `due` notes something."""
    if state.stuck is not None or not (
        state.acts or state.sanctions or state.reporter_muted or state.profile_due_at or state.referrals
    ):
        return ()
    return tuple([deadline for deadline, _, _ in _pending(state)])


def may_differ(before: AccountState, after: AccountState) -> bool:
    """Whether the deadlines of two states of an account can differ: cheaper than looking."""
    return (
        before.acts is not after.acts
        or before.sanctions is not after.sanctions
        or before.episodes is not after.episodes
        or before.stuck != after.stuck
        or before.reporter_muted != after.reporter_muted
        or before.reporter_muted_until != after.reporter_muted_until
        or before.profile_due_at != after.profile_due_at
        or before.referrals is not after.referrals
    )


def due(draft: Draft) -> None:
    """Note everything whose time has come, in the order of deadline and id."""
    pending = [item for item in _pending(draft.state) if item[0] <= draft.now]
    for at, _, over in sorted(pending, key=lambda item: item[:2]):
        if isinstance(over, Referral):
            _overdue(draft, at, over)
        else:
            draft.note(reminder(draft) if over == PROFILE else _outcome(draft.state, at, over))


def _overdue(draft: Draft, at: datetime, referral: Referral) -> None:
    """Nobody has looked at an emergency's referral: its case is urgent."""
    draft.note(ReferralOverdue(referral.id, referral.case, at))
    case = next((case for case in draft.state.cases if case.id == referral.case), None)
    if case is not None:
        draft.note(CaseUpdated(case.id, case.version + 1, at, escalated=True))


def _outcome(state: AccountState, at: datetime, over: Act | Sanction | Episode | str | None) -> Outcome:
    """What is noted of something whose time has come."""
    match over:
        case Act():
            return StrikeExpired(over.strike, at)
        case Sanction():
            restored = over.post is not None and len(content_removals(state, over.post)) == 1
            return SanctionLifted(
                over.id, over.kind, "ended", over.decision, CLOCK, None, at, over.post, restored
            )
        case Episode():
            return EpisodeLapsed(over.id, at)
        case _:
            return ReporterMuted(False, CLOCK, None, at)


def _pending(state: AccountState) -> Iterator[Due]:
    for act in state.acts:
        at = act.expires_at
        if at is not None and act.survives and not act.expired:
            yield at, act.strike, act
    for sanction in state.sanctions:
        if sanction.ends_at is not None:
            yield sanction.ends_at, sanction.id, sanction
    until = state.reporter_muted_until
    if until is not None and state.reporter_muted:
        yield until, "mute", None
    if state.profile_due_at is not None:
        yield state.profile_due_at, PROFILE, PROFILE
    for referral in state.referrals:
        if referral.review_by is not None:
            yield referral.review_by, referral.id, referral
    if state.acts:
        yield from _lapses(state)


def _lapses(state: AccountState) -> Iterator[Due]:
    episodes: dict[str, list[Act]] = {}
    for act in state.acts:
        if act.survives:
            episodes.setdefault(act.episode, []).append(act)
    for episode in state.episodes:
        members = episodes.get(episode.id, [])
        ends = lapses(members) if len(members) >= episode.acts_to_raise else []
        for at in (*ends, *confirmed_ends(members)):
            if episode.lapsed_at is None or at > episode.lapsed_at:
                yield at, episode.id, episode


def lapses(members: list[Act]) -> list[datetime]:
    """When a raised price of an episode runs out without a higher one that goes on, in either fold."""
    every = [(act, act.prices[-1]) for act in members]
    sure = [(act, priced) for act in members if (priced := sure_price(act)) is not None]
    found: dict[datetime, None] = {}
    for fold in (every, sure):
        raised = raises(fold) if fold else []
        for points, _, until in raised:
            higher = (p for p, _, end in raised if end is None or (until is not None and end > until))
            if until is not None and points > max(higher, default=0):
                found[until] = None
    return list(found)


def confirmed_ends(members: list[Act]) -> list[datetime]:
    """When a confirmed price runs out before the worse one that a rule has found since."""
    found: dict[datetime, None] = {}
    for act in members:
        sure = sure_price(act)
        if sure is not None and sure is not act.prices[-1] and sure.price.days is not None:
            at = act.issued_at + timedelta(days=sure.price.days)
            if at != act.expires_at:
                found[at] = None
    return list(found)
