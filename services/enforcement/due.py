"""What the clock is due: strikes and raised prices that run out, sanctions and mutes that end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from events.ledger import EpisodeLapsed, Outcome, ReporterMuted, SanctionLifted, StrikeExpired
from services.enforcement.draft import CLOCK, Draft
from services.enforcement.ladder import raises, sure_price
from services.enforcement.sanctioning import content_removals
from services.enforcement.state import AccountState, Act

Due = tuple[datetime, str, Outcome]
"""When, of what (its id), and what is noted then."""


def deadlines(state: AccountState) -> tuple[datetime, ...]:
    """When the clock has something to do here; unordered. At each of them `due` notes something."""
    if state.stuck is not None or not (state.acts or state.sanctions or state.reporter_muted):
        return ()
    return tuple(deadline for deadline, _, _ in _pending(state))


def due(draft: Draft) -> None:
    """Note everything whose time has come, in the order of deadline and id."""
    pending = [item for item in _pending(draft.state) if item[0] <= draft.now]
    for _, _, outcome in sorted(pending, key=lambda item: item[:2]):
        if isinstance(outcome, SanctionLifted) and outcome.post is not None:
            restored = len(content_removals(draft.state, outcome.post)) == 1
            draft.note(msgspec.structs.replace(outcome, restored=restored))
        else:
            draft.note(outcome)


def _pending(state: AccountState) -> Iterator[Due]:
    for act in state.acts:
        at = act.expires_at
        if at is not None and act.survives and not act.expired:
            yield at, act.strike, StrikeExpired(act.strike, at)
    for sanction in state.sanctions:
        at = sanction.ends_at
        if at is not None:
            lifted = SanctionLifted(
                sanction.id, sanction.kind, "ended", sanction.decision, CLOCK, None, at, sanction.post
            )
            yield at, sanction.id, lifted
    until = state.reporter_muted_until
    if until is not None and state.reporter_muted:
        yield until, "mute", ReporterMuted(False, CLOCK, None, until)
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
                yield at, episode.id, EpisodeLapsed(episode.id, at)


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
