"""Sanctions: content that goes and comes back, suspensions that rise with the ladder and are refolded.

Terminations proposed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from events.ledger import (
    CaseClosed,
    CaseResult,
    Detection,
    LiftReason,
    Notice,
    ProposalReason,
    SanctionAmended,
    SanctionImposed,
    SanctionLifted,
    SanctionOrigin,
    SettleResult,
    TerminationProposed,
    TerminationSettled,
)
from events.signals import Actor, ContentAction
from services.enforcement.draft import Draft, find_case, notice_of
from services.enforcement.ladder import GROUND, Height, course, height, survivors
from services.enforcement.state import AccountState, Sanction
from services.enforcement.striking import move_warnings

LADDER_DETECTION: Final = Detection("own_initiative", automated_detection=True, automated_decision=True)


def standing_height(draft: Draft) -> Height:
    """How high the account stands now, in the policy in force."""
    if not draft.state.acts:
        return GROUND
    return height(draft.state, survivors(draft.state.acts), draft.now, draft.policy)


def hide(
    draft: Draft,
    post: str,
    revision: int,
    action: ContentAction,
    notice: Notice,
    actor: Actor,
    strikes: tuple[str, ...] = (),
    ordinal: int = 0,
) -> None:
    """Take content away, unless the post is already hidden at least as much."""
    if action == "none":
        return
    present = next((s for s in draft.state.sanctions if s.post == post and s.kind == "content_removal"), None)
    if present is not None:
        if action == "removed" and present.content_action != "removed":
            draft.note(
                SanctionAmended(
                    present.id, "revision", present.ends_at, actor, None, draft.now, content_action=action
                )
            )
        return
    draft.note(
        SanctionImposed(
            sanction=draft.id(f"content:{post}", ordinal),
            sanction_kind="content_removal",
            origin="manual" if actor.kind == "person" else "rule",
            starts_at=draft.now,
            ends_at=None,
            rung=0,
            strikes=strikes,
            decision=draft.signal.id,
            actor=actor,
            notice=notice,
            effective_at=draft.now,
            content_action=action,
            post=post,
            revision=revision,
        )
    )


def climb(draft: Draft, before: Height, notice: Notice) -> None:
    """Where the effective rung rose, start the suspension that it earns, or propose termination."""
    if draft.signal.imported:
        return
    after = standing_height(draft)
    policy = draft.policy
    if after.terminates(policy) and not before.terminates(policy) and draft.state.proposal is None:
        because: ProposalReason = "s4" if after.s4 else "episode" if after.episode else "points"
        propose_termination(draft, because, notice)
        return
    if after.rung <= before.rung:
        return
    length = policy.suspension(after.rung)
    if length is None:
        return
    ends_at = draft.now + length
    if any(s.ends_at is not None and s.ends_at >= ends_at for s in ladder_suspensions(draft.state)):
        return
    suspend(draft, "ladder", ends_at, after.rung, notice)


def ladder_suspensions(state: AccountState) -> list[Sanction]:
    """The suspensions in force that the ladder gave rise to."""
    return [s for s in state.sanctions if s.origin == "ladder" and s.kind == "suspension"]


def suspend(
    draft: Draft,
    origin: SanctionOrigin,
    ends_at: datetime | None,
    rung: int,
    notice: Notice,
    starts_at: datetime | None = None,
) -> None:
    """Impose a suspension of the ladder.

    Or the one that holds an account until a second person has decided.
    """
    strikes = tuple(
        act.strike for act in survivors(draft.state.acts) if act.counts_as == "strike" and not act.expired
    )
    draft.note(
        SanctionImposed(
            sanction=draft.id(f"suspension:{origin}"),
            sanction_kind="suspension",
            origin=origin,
            starts_at=draft.now if starts_at is None else starts_at,
            ends_at=ends_at,
            rung=rung,
            strikes=strikes,
            decision=draft.signal.id,
            actor=draft.signal.actor,
            notice=notice,
            effective_at=draft.now,
        )
    )


def propose_termination(draft: Draft, because: ProposalReason, notice: Notice) -> None:
    """Propose termination: suspend meanwhile, and open a case for a second person."""
    strikes = tuple(act.strike for act in survivors(draft.state.acts) if act.counts_as == "strike")
    proposal = draft.id("termination")
    draft.note(TerminationProposed(proposal, draft.signal.actor, because, strikes, draft.now))
    suspend(draft, "termination_proposal", None, len(draft.policy.ladder), notice)
    draft.add_to_case(
        f"termination:{draft.state.account}",
        "termination",
        "termination proposed: a second person confirms or dismisses it",
        urgent=True,
    )


def restore_post(draft: Draft, post: str, because: LiftReason, actor: Actor, reason_ref: str | None) -> None:
    """Give content back where nothing else holds it; a post that its author deleted stays gone."""
    if any(act.post == post and act.survives for act in draft.state.acts):
        return
    for sanction in draft.state.sanctions:
        if sanction.post == post and sanction.kind == "content_removal":
            draft.note(
                SanctionLifted(
                    sanction.id,
                    sanction.kind,
                    because,
                    sanction.decision,
                    actor,
                    reason_ref,
                    draft.now,
                    post=post,
                    restored=True,
                )
            )


def refold(draft: Draft, actor: Actor, reason_ref: str | None) -> None:
    """After strikes fell: warnings move.

    And what the ladder gave is cut back to what the survivors would have led to.
    """
    move_warnings(draft, actor)
    led_to = course(draft.state, draft.context.policies, draft.now)
    ends_at = max((s.ends_at for s in led_to.suspensions), default=None)
    for sanction in ladder_suspensions(draft.state):
        if ends_at is None or ends_at <= draft.now:
            _lift(draft, sanction, "overturned", actor, reason_ref)
        elif sanction.ends_at is not None and ends_at < sanction.ends_at:
            draft.note(SanctionAmended(sanction.id, "overturned", ends_at, actor, reason_ref, draft.now))
    proposal = draft.state.proposal
    if proposal is not None and proposal.because != "person" and led_to.termination_at is None:
        withdraw_termination(draft, "withdrawn", actor, reason_ref)


def withdraw_termination(draft: Draft, result: SettleResult, actor: Actor, reason_ref: str | None) -> None:
    """A proposed or confirmed termination falls.

    What held the account is lifted, and the open case about it closes.
    """
    proposal = draft.state.proposal
    if proposal is None:
        return
    settled: SettleResult = "reversed" if proposal.confirmed else result
    draft.note(TerminationSettled(proposal.id, settled, actor, draft.now))
    for sanction in draft.state.sanctions:
        if sanction.origin == "termination_proposal":
            _lift(draft, sanction, "dismissed" if result == "dismissed" else "overturned", actor, reason_ref)
    case = find_case(draft.state, f"termination:{draft.state.account}")
    if case is not None:
        closed: CaseResult = "dismissed" if result == "dismissed" else "overturned"
        draft.note(CaseClosed(case.id, case.version + 1, closed, actor, reason_ref, draft.now))
    _owed(draft, proposal.at)


def _owed(draft: Draft, since: datetime) -> None:
    """The suspension that the account would have had instead of a proposal that fell, if it still runs."""
    led_to = course(draft.state, draft.context.policies, draft.now)
    now_at = standing_height(draft)
    policy = draft.policy
    rung = min(now_at.rung, len([r for r in policy.ladder if r.suspension_hours is not None]))
    length = policy.suspension(rung) if rung else None
    ends = [s.ends_at for s in led_to.suspensions]
    if length is not None and (led_to.termination_at is not None or now_at.terminates(policy)):
        ends.append(since + length)
    ends_at = max(ends, default=None)
    if ends_at is None or ends_at <= draft.now:
        return
    if any(s.ends_at is not None and s.ends_at >= ends_at for s in ladder_suspensions(draft.state)):
        return
    strikes = [act for act in survivors(draft.state.acts) if act.counts_as == "strike"]
    guideline = strikes[-1].guideline if strikes else ""
    notice = notice_of(
        draft, guideline, "the suspension that the remaining strikes had earned", LADDER_DETECTION
    )
    suspend(draft, "ladder", ends_at, rung, notice, starts_at=min(since, draft.now))


def _lift(
    draft: Draft, sanction: Sanction, because: LiftReason, actor: Actor, reason_ref: str | None
) -> None:
    draft.note(
        SanctionLifted(
            sanction.id,
            sanction.kind,
            because,
            sanction.decision,
            actor,
            reason_ref,
            draft.now,
            post=sanction.post,
        )
    )
