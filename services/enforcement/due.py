"""What the clock is due: strikes that expire, suspensions that end, episodes whose raised price lapses.

Mutes that run out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from events.ledger import EpisodeLapsed, Outcome, ReporterMuted, SanctionLifted, StrikeExpired
from services.enforcement.draft import CLOCK, Draft
from services.enforcement.ladder import lapse_at
from services.enforcement.state import AccountState, Act

ACTS_TO_RAISE_MIN = 2
"""The least number of acts by which a policy may raise an episode.

Below it there is nothing that could lapse.
"""


def deadlines(state: AccountState) -> tuple[datetime, ...]:
    """When the clock has something to do here; unordered."""
    if state.stuck:
        return ()
    return tuple(deadline for deadline, _, _ in _pending(state, None))


def due(draft: Draft) -> None:
    """Note everything whose time has come, in the order of deadline and id."""
    raise_at = draft.policy.episode.acts_to_raise
    pending = [item for item in _pending(draft.state, raise_at) if item[0] <= draft.now]
    for _, _, outcome in sorted(pending, key=lambda item: item[:2]):
        draft.note(outcome)


def _pending(state: AccountState, raise_at: int | None) -> Iterator[tuple[datetime, str, Outcome]]:
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
    if len(state.acts) >= ACTS_TO_RAISE_MIN:
        yield from _lapses(state, raise_at)


def _lapses(state: AccountState, raise_at: int | None) -> Iterator[tuple[datetime, str, Outcome]]:
    episodes: dict[str, list[Act]] = {}
    for act in state.acts:
        if act.survives:
            episodes.setdefault(act.episode, []).append(act)
    for episode in state.episodes:
        members = episodes.get(episode.id, [])
        if episode.lapsed or len(members) < (raise_at or ACTS_TO_RAISE_MIN):
            continue
        at = lapse_at(members, min(raise_at or 5, len(members)))
        if at is not None:
            yield at, episode.id, EpisodeLapsed(episode.id, at)
