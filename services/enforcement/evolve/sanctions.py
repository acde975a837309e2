"""The fold of sanctions and of a proposed termination."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from events.ledger import (
    SanctionAmended,
    SanctionImposed,
    SanctionLifted,
    TerminationProposed,
    TerminationSettled,
)
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
    if o.sanction_kind == TOLD_ONCE:
        return _warned(state, o)
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
    )
    sanctions = state.sanctions
    if o.sanction_kind == "content_removal":
        hidden = [s for s in sanctions if s.kind == "content_removal"]
        if len(hidden) >= POSTS_HIDDEN_MAX:
            sanctions = tuple(s for s in sanctions if s is not hidden[0])
    return replace(state, sanctions=(*sanctions, sanction), version=state.version + 1)


def _warned(state: AccountState, o: SanctionImposed) -> AccountState:
    acts = tuple(replace(act, warned_by=o.decision) if act.strike in o.strikes else act for act in state.acts)
    return replace(state, acts=acts, ended=_ended(state, o.sanction, o.strikes), version=state.version + 1)


def _ended(state: AccountState, sanction: str, strikes: tuple[str, ...]) -> tuple[EndedSanction, ...]:
    others = tuple(item for item in state.ended if item.id != sanction)
    return (*others, EndedSanction(sanction, strikes))[-SANCTIONS_ENDED_MAX:]


def sanction_amended(state: AccountState, o: SanctionAmended) -> AccountState:
    """Another end, or content that goes further away."""
    sanctions = tuple(
        replace(
            s,
            ends_at=o.ends_at,
            earned_until=o.ends_at if o.because == "overturned" else s.earned_until,
            content_action=s.content_action if o.content_action is None else o.content_action,
            version=s.version + 1,
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
    ended = state.ended if over is None else _ended(state, over.id, over.strikes)
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
