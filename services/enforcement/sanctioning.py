"""Sanctions: content that goes and comes back, suspensions that rise with the ladder and are refolded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from events.ledger import (
    CaseResult,
    Detection,
    LiftReason,
    Notice,
    ProposalReason,
    SanctionAmended,
    SanctionImposed,
    SanctionKind,
    SanctionLifted,
    SanctionOrigin,
    SettleResult,
    TerminationProposed,
    TerminationSettled,
)
from events.signals import Actor, ContentAction
from services.enforcement.barring import bar
from services.enforcement.casework import close
from services.enforcement.course import Course, course
from services.enforcement.draft import Draft, find_case, notice_of
from services.enforcement.ladder import GROUND, Height, height, new_ground, survivors
from services.enforcement.state import POSTS_HIDDEN_MAX, AccountState, Sanction
from services.enforcement.striking import move_warnings

LADDER_DETECTION: Final = Detection("own_initiative", automated_detection=True, automated_decision=True)


def standing_height(draft: Draft) -> Height:
    """How high the account stands now, in the policy in force."""
    if not draft.state.acts:
        return GROUND
    return height(draft.state, survivors(draft.state.acts), draft.now, draft.policy)


# --- content ----------------------------------------------------------------------------------------------


def hide(
    draft: Draft,
    post: str,
    revision: int,
    action: ContentAction,
    notice: Notice,
    actor: Actor,
    strikes: tuple[str, ...] = (),
    *,
    apart: bool = False,
    ends_at: datetime | None = None,
) -> bool:
    """Take content away, unless it is gone already, at least as far; whether anything changed.

    What is `apart` (somebody's number, or what a person removed) stays away when strikes fall, so it is a
    sanction of its own beside one for the act.
    """
    if action == "none" or post in draft.state.deleted or (draft.signal.imported and actor.kind != "person"):
        return False
    present = next((s for s in content_removals(draft.state, post) if s.apart == apart), None)
    if present is None:
        _make_room(draft)
        origin: SanctionOrigin = "rule" if actor.kind != "person" else "manual"
        draft.note(
            SanctionImposed(
                sanction=draft.sanction_id(f"content:{post}"),
                sanction_kind="content_removal",
                origin="import" if draft.signal.imported else origin,
                starts_at=draft.now,
                ends_at=ends_at,
                rung=0,
                strikes=strikes,
                decision=draft.signal.id,
                actor=actor,
                notice=notice,
                effective_at=draft.now,
                content_action=action,
                post=post,
                revision=revision,
                apart=apart,
            )
        )
        return True
    if action != "removed" or present.content_action == "removed":
        return False
    draft.note(
        SanctionAmended(present.id, "revision", present.ends_at, actor, None, draft.now, action, notice)
    )
    return True


def content_removals(state: AccountState, post: str) -> list[Sanction]:
    """What keeps a post away."""
    return [s for s in state.sanctions if s.post == post and s.kind == "content_removal"]


def _make_room(draft: Draft) -> None:
    """Where one more hidden post pushes the oldest out of what is remembered, let a person know."""
    hidden = sum(1 for s in draft.state.sanctions if s.kind == "content_removal")
    subject = f"hidden:{draft.state.account}"
    if hidden >= POSTS_HIDDEN_MAX and find_case(draft.state, subject) is None:
        summary = (
            f"more than {POSTS_HIDDEN_MAX} posts are hidden: the oldest can't be restored from here any more"
        )
        draft.add_to_case(subject, "finding", summary)


def restore_post(draft: Draft, post: str, because: LiftReason, actor: Actor, reason_ref: str | None) -> None:
    """Give content back that was away for an act, where no strike of that act is left.

    A post that its author deleted has no sanction any more, and so stays gone.
    """
    if any(act.post == post and act.survives for act in draft.state.acts):
        return
    for sanction in content_removals(draft.state, post):
        if not sanction.apart:
            lift(draft, sanction, because, actor, reason_ref)


def lift(draft: Draft, sanction: Sanction, because: LiftReason, actor: Actor, reason_ref: str | None) -> None:
    """End a sanction. Content is restored, unless something else still keeps it away."""
    post = sanction.post if sanction.kind == "content_removal" else None
    restored = post is not None and len(content_removals(draft.state, post)) == 1
    draft.note(
        SanctionLifted(
            sanction.id,
            sanction.kind,
            because,
            sanction.decision,
            actor,
            reason_ref,
            draft.now,
            sanction.post,
            restored and because != "post_deleted",
        )
    )


# --- suspensions ------------------------------------------------------------------------------------------


def climb(draft: Draft, before: Height, notice: Callable[[], Notice]) -> None:
    """Where the effective rung rose, start the suspension that it earns, or propose termination."""
    if draft.signal.imported:
        return
    after = standing_height(draft)
    because = new_ground(before, after, draft.policy)
    if because is not None and draft.state.proposal is None:
        propose_termination(draft, because, notice())
        return
    length = draft.policy.suspension(after.rung) if after.rung > before.rung else None
    if length is not None and not _outlasted(draft.state, draft.now + length):
        suspend(draft, "ladder", draft.now + length, after.rung, notice())


def ladder_suspensions(state: AccountState) -> list[Sanction]:
    """The suspensions in force that the ladder gave rise to."""
    return [s for s in state.sanctions if s.origin == "ladder" and s.kind == "suspension"]


def _outlasted(state: AccountState, ends_at: datetime) -> bool:
    return any(s.ends_at is None or s.ends_at >= ends_at for s in ladder_suspensions(state))


def suspend(
    draft: Draft,
    origin: SanctionOrigin,
    ends_at: datetime | None,
    rung: int,
    notice: Notice,
    starts_at: datetime | None = None,
) -> None:
    """Impose a suspension of the ladder, or one that holds an account until a second person has decided."""
    strikes = tuple(
        act.strike for act in survivors(draft.state.acts) if act.counts_as == "strike" and not act.expired
    )
    draft.note(
        SanctionImposed(
            sanction=draft.sanction_id(f"suspension:{origin}"),
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


def refold(draft: Draft, actor: Actor, reason_ref: str | None) -> None:
    """After strikes fell: warnings move, and what the ladder gave is cut to what the others had earned.

    A sanction whose end the others had earned as well stays as a person may have left it.
    """
    move_warnings(draft, actor)
    led_to = course(draft.state, draft.context.policies)
    for sanction in ladder_suspensions(draft.state):
        _cut(draft, sanction, led_to.ends_at, actor, reason_ref)
    proposal = draft.state.proposal
    if proposal is not None and proposal.because != "person" and not led_to.terminates:
        withdraw_termination(draft, "withdrawn", actor, reason_ref)


def _cut(
    draft: Draft, sanction: Sanction, ends_at: datetime | None, actor: Actor, reason_ref: str | None
) -> None:
    if ends_at is None or ends_at <= draft.now:
        lift(draft, sanction, "overturned", actor, reason_ref)
        return
    less = sanction.earned_until is not None and ends_at < sanction.earned_until
    if less and (sanction.ends_at is None or ends_at < sanction.ends_at):
        draft.note(SanctionAmended(sanction.id, "overturned", ends_at, actor, reason_ref, draft.now))


# --- by a person ------------------------------------------------------------------------------------------


def impose(
    draft: Draft,
    name: str,
    kind: SanctionKind,
    ends_at: datetime | None,
    notice: Notice,
    origin: SanctionOrigin = "manual",
    starts_at: datetime | None = None,
) -> None:
    """Impose what follows from a person's word and rests on no strike. `name` tells its id from others."""
    draft.note(
        SanctionImposed(
            sanction=draft.sanction_id(name),
            sanction_kind=kind,
            origin=origin,
            starts_at=draft.now if starts_at is None else starts_at,
            ends_at=ends_at,
            rung=0,
            strikes=(),
            decision=draft.signal.id,
            actor=draft.signal.actor,
            notice=notice,
            effective_at=draft.now,
        )
    )


def mute(draft: Draft, ends_at: datetime | None, notice: Notice) -> None:
    """Ignore the account's reports; None: until a person hears them again."""
    impose(draft, "mute", "report_restriction", ends_at, notice, "mute")


# --- terminations -----------------------------------------------------------------------------------------


def termination_subject(state: AccountState) -> str:
    """The subject of the case about a proposed termination."""
    return f"termination:{state.account}"


def propose_termination(draft: Draft, because: ProposalReason, notice: Notice) -> None:
    """Propose termination: suspend meanwhile, and open a case for a second person."""
    strikes = tuple(act.strike for act in survivors(draft.state.acts) if act.counts_as == "strike")
    proposal = draft.id("termination")
    draft.note(TerminationProposed(proposal, draft.signal.actor, because, strikes, draft.now))
    suspend(draft, "termination_proposal", None, len(draft.policy.ladder), notice)
    summary = "termination proposed: a second person confirms or dismisses it"
    draft.add_to_case(termination_subject(draft.state), "termination", summary, urgent=True)


def withdraw_termination(draft: Draft, result: SettleResult, actor: Actor, reason_ref: str | None) -> None:
    """A proposed or confirmed termination falls: what held the account is lifted, the case about it closes.

    What the ladder would have given instead takes its place.
    """
    proposal = draft.state.proposal
    if proposal is None:
        return
    settled: SettleResult = "reversed" if proposal.confirmed else result
    dismissed = result == "dismissed"
    draft.note(TerminationSettled(proposal.id, settled, actor, draft.now))
    for sanction in draft.state.sanctions:
        if sanction.origin == "termination_proposal":
            lift(draft, sanction, "dismissed" if dismissed else "overturned", actor, reason_ref)
    case = find_case(draft.state, termination_subject(draft.state))
    if case is not None:
        closed: CaseResult = "dismissed" if dismissed else "overturned"
        close(draft, case, closed, reason_ref, None)
    if settled == "reversed":
        bar(draft, proposal.id, proposal.at, barred=False)
    _owed(draft, course(draft.state, draft.context.policies), proposal.at)


def _owed(draft: Draft, led_to: Course, since: datetime) -> None:
    """The suspension that the account would have had instead of a proposal that fell, if it still runs."""
    owed = max((s for s in led_to.suspensions if s.starts_at >= since), key=lambda s: s.ends_at, default=None)
    if owed is None or owed.ends_at <= draft.now or _outlasted(draft.state, owed.ends_at):
        return
    strikes = [act for act in survivors(draft.state.acts) if act.counts_as == "strike"]
    notice = notice_of(
        draft,
        strikes[-1].guideline if strikes else "",
        "the suspension that the remaining strikes had earned",
        LADDER_DETECTION,
    )
    suspend(draft, "ladder", owed.ends_at, owed.rung, notice, starts_at=owed.starts_at)
