"""The fold of sanctions and of a proposed termination."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from events.ledger import (
    LiftReason,
    SanctionAmended,
    SanctionImposed,
    SanctionLifted,
    TerminationProposed,
    TerminationSettled,
)
from services.enforcement.evolve.appeals import judged, told_anew
from services.enforcement.state import (
    POSTS_HIDDEN_MAX,
    SANCTIONS_ENDED_MAX,
    AccountState,
    EndedSanction,
    Proposal,
    Sanction,
)

TOLD_ONCE: Final = "warning"
"""Told once and over: a warning is on record as the act that counts as one, not as something in force."""


def sanction_imposed(state: AccountState, o: SanctionImposed) -> AccountState:
    """A further sanction in force."""
    sanction = Sanction(
        id=o.sanction,
        kind=o.sanction_kind,
        origin=o.origin,
        starts_at=o.starts_at,
        ends_at=o.ends_at,
        decision=o.decision,
        rung=o.rung,
        strikes=o.strikes,
        content_action=o.content_action,
        post=o.post,
        apart=o.apart,
        earned_until=o.ends_at,
        judges=judged((), o.actor),
        appeal_days=o.notice.appeal_days,
        worse_since=o.effective_at if o.effective_at > o.starts_at else None,
    )
    if o.sanction_kind == TOLD_ONCE:
        return _warned(state, o, sanction)
    sanctions = state.sanctions
    if o.sanction_kind == "content_removal":
        hidden = [s for s in sanctions if s.kind == "content_removal"]
        if len(hidden) >= POSTS_HIDDEN_MAX:
            sanctions = tuple(s for s in sanctions if s is not hidden[0])
    return replace(state, sanctions=(*sanctions, sanction), version=state.version + 1)


def _warned(state: AccountState, o: SanctionImposed, warning: Sanction) -> AccountState:
    acts = tuple(replace(act, warned_by=o.decision) if act.strike in o.strikes else act for act in state.acts)
    return replace(state, acts=acts, ended=_ended(state, warning, None), version=state.version + 1)


def _ended(state: AccountState, over: Sanction, because: LiftReason | None) -> tuple[EndedSanction, ...]:
    others = tuple(item for item in state.ended if item.id != over.id)
    ended = EndedSanction(over.id, over.strikes, replace(over, strikes=()), because)
    return (*others, ended)[-SANCTIONS_ENDED_MAX:]


def sanction_amended(state: AccountState, o: SanctionAmended) -> AccountState:
    """Another end, or content that goes further away."""
    sanctions = tuple(
        replace(
            told_anew(state, s, o.notice, o.effective_at),
            ends_at=o.ends_at,
            earned_until=o.ends_at if o.because == "overturned" else s.earned_until,
            content_action=s.content_action if o.content_action is None else o.content_action,
            version=s.version + 1,
            judges=judged(s.judges, o.actor) if o.because != "overturned" else s.judges,
        )
        if s.id == o.sanction
        else s
        for s in state.sanctions
    )
    return replace(state, sanctions=sanctions, version=state.version + 1)


def sanction_lifted(state: AccountState, o: SanctionLifted) -> AccountState:
    """A sanction is over."""
    over = next((s for s in state.sanctions if s.id == o.sanction), None)
    sanctions = tuple(s for s in state.sanctions if s.id != o.sanction)
    if over is None:  # a warning, which was over as soon as it was told
        ended = tuple(
            replace(item, because=o.because) if item.id == o.sanction else item for item in state.ended
        )
    else:
        ended = _ended(state, over, o.because)
    return replace(state, sanctions=sanctions, ended=ended, version=state.version + 1)


def termination_proposed(state: AccountState, o: TerminationProposed) -> AccountState:
    """A termination awaits a second person."""
    proposal = Proposal(o.proposal, o.proposer, o.because, o.effective_at)
    return replace(state, proposal=proposal, version=state.version + 1)


def termination_settled(state: AccountState, o: TerminationSettled) -> AccountState:
    """It was confirmed, or there is none any more."""
    proposal = state.proposal
    stands = None if proposal is None or o.result != "confirmed" else replace(proposal, confirmed=True)
    return replace(state, proposal=stands, version=state.version + 1)
