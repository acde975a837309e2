"""Decisions about sanctions: imposing, lifting, overturning, waiving, reducing and extending; and muting."""

from __future__ import annotations

from typing import Final, get_args

from events.ids import post_act
from events.ledger import ReporterMuted, SanctionAmended, SanctionKind
from events.signals import Decided
from services.enforcement import sanctioning
from services.enforcement.casework import close_cases_of
from services.enforcement.decisions.refusals import Refusal, already_done, sanction_of
from services.enforcement.decisions.strikes import BY_PERSON, fall
from services.enforcement.draft import Draft, notice_of
from services.enforcement.ladder import survivors
from services.enforcement.sanctioning import content_removals, hide, impose, lift, withdraw_termination
from services.enforcement.state import SANCTIONS_MAX, Sanction
from services.enforcement.striking import clear_post, find_act

_BY_HAND: Final[dict[str, SanctionKind]] = {
    kind: kind for kind in get_args(SanctionKind) if kind != "termination"
}


def sanction(draft: Draft, decision: Decided) -> None:
    """Impose a sanction by hand. It stands on its own: overturned strikes don't take it with them."""
    version = draft.state.version
    kind = _BY_HAND.get(decision.sanction_kind or "")
    if kind is None:
        raise Refusal(
            "invalid",
            f"`{decision.sanction_kind}` can't be imposed by hand",
            f"use one of {', '.join(_BY_HAND)}; for a termination, propose it",
            version,
        )
    _check_end(draft, decision)
    guideline = decision.guideline or ""
    _check_guideline(draft, guideline)
    if kind == "content_removal":
        _remove_content(draft, decision, guideline)
    else:
        _impose(draft, decision, kind, guideline)


def _check_end(draft: Draft, decision: Decided) -> None:
    if decision.until is not None and decision.until <= draft.now:
        message = "the sanction would have ended already"
        raise Refusal("invalid", message, "name a later end", draft.state.version)


def _check_guideline(draft: Draft, guideline: str) -> None:
    if draft.policy.guideline(guideline) is None:
        raise Refusal(
            "invalid",
            f"there is no guideline `{guideline}`",
            "see `goodstanding policy show`",
            draft.state.version,
        )


def _remove_content(draft: Draft, decision: Decided, guideline: str) -> None:
    post, actor = decision.post or "", draft.signal.actor
    notice = notice_of(draft, guideline, "removed by a person", BY_PERSON, reason_ref=decision.reason_ref)
    revision = decision.revision or 1
    if not hide(draft, post, revision, "removed", notice, actor, apart=True, ends_at=decision.until):
        raise already_done(f"post `{post}` is removed or deleted already", draft.state.version)


def _check_room(draft: Draft) -> None:
    if sum(1 for s in draft.state.sanctions if s.kind != "content_removal") >= SANCTIONS_MAX:
        raise Refusal(
            "invalid",
            f"{SANCTIONS_MAX} sanctions are in force",
            "extend one of them, or lift those that don't matter",
            draft.state.version,
        )


def _impose(draft: Draft, decision: Decided, kind: SanctionKind, guideline: str) -> None:
    _check_room(draft)
    imported = draft.signal.imported
    starts_at = draft.signal.occurred_at if imported else draft.now
    impose(
        draft,
        f"manual:{kind}",
        kind,
        starts_at if kind == "warning" else decision.until,
        notice_of(draft, guideline, "imposed by a person", BY_PERSON, reason_ref=decision.reason_ref),
        "import" if imported else "manual",
        starts_at,
    )


def lift_by_hand(draft: Draft, decision: Decided) -> None:
    """End a sanction now."""
    held = sanction_of(draft, decision)
    if not _withdrawn(draft, held, decision):
        lift(draft, held, "lifted", draft.signal.actor, decision.reason_ref)


def waive(draft: Draft, decision: Decided) -> None:
    """A sanction was right, and is let go."""
    held = sanction_of(draft, decision)
    if not _withdrawn(draft, held, decision):
        lift(draft, held, "waived", draft.signal.actor, decision.reason_ref)


def _withdrawn(draft: Draft, held: Sanction, decision: Decided) -> bool:
    """A termination, and what holds an account until it is decided, falls as a whole."""
    if held.origin != "termination_proposal":
        return False
    withdraw_termination(draft, "withdrawn", draft.signal.actor, decision.reason_ref)
    return True


def overturn(draft: Draft, decision: Decided) -> None:
    """A sanction was wrong; one of the ladder falls with the strikes that led to it."""
    held, actor = sanction_of(draft, decision), draft.signal.actor
    if _withdrawn(draft, held, decision):
        return
    if held.origin == "ladder":
        fallen = [act for act in survivors(draft.state.acts) if act.strike in held.strikes]
        fall(draft, fallen, "overturned", decision.reason_ref)
        for act in fallen:
            close_cases_of(draft, act.strike, "overturned", decision.reason_ref)
    if any(s.id == held.id for s in draft.state.sanctions):
        lift(draft, held, "overturned", actor, decision.reason_ref)


def reduce(draft: Draft, decision: Decided) -> None:
    """Move a sanction's end to earlier; into the past: end it now."""
    shorten(draft, sanction_of(draft, decision), decision)


def shorten(draft: Draft, held: Sanction, decision: Decided) -> None:
    """Move a sanction's end to when a decision says. Raises `Refusal` where it has none that can be moved."""
    until = decision.until
    _check_timed(held)
    if until is None or (held.ends_at is not None and until >= held.ends_at):
        raise Refusal(
            "invalid",
            "a reduced sanction must end before it would have",
            "name an earlier end",
            held.version,
        )
    if until <= draft.now:
        lift(draft, held, "lifted", draft.signal.actor, decision.reason_ref)
        return
    draft.note(SanctionAmended(held.id, "reduced", until, draft.signal.actor, decision.reason_ref, draft.now))


def extend(draft: Draft, decision: Decided) -> None:
    """Move a sanction's end to later, or until it is lifted."""
    held, until = sanction_of(draft, decision), decision.until
    _check_timed(held)
    if held.ends_at is None or (until is not None and until <= held.ends_at):
        raise Refusal(
            "invalid",
            "an extended sanction must end after it would have",
            "name a later end; one without an end can't be extended",
            held.version,
        )
    acts = [act for act in draft.state.acts if act.strike in held.strikes]
    guideline = decision.guideline or (acts[-1].guideline if acts else "")
    notice = notice_of(draft, guideline, "extended by a person", BY_PERSON, reason_ref=decision.reason_ref)
    actor, reason_ref = draft.signal.actor, decision.reason_ref
    draft.note(SanctionAmended(held.id, "extended", until, actor, reason_ref, draft.now, notice=notice))


def _check_timed(held: Sanction) -> None:
    if held.origin == "termination_proposal":
        raise Refusal(
            "not_allowed",
            "a termination, and what holds an account until it is decided, has no end that could be moved",
            "dismiss its case or overturn it, and impose another sanction",
            held.version,
        )


def restore(draft: Draft, decision: Decided) -> None:
    """Show a post again, whatever kept it away, and clear this revision of it."""
    post = decision.post or decision.target
    hidden = content_removals(draft.state, post)
    if not hidden:
        raise Refusal(
            "unknown_target",
            f"no content of post `{post}` is hidden or removed",
            "look the post's sanctions up",
            draft.state.version,
        )
    for held in hidden:
        lift(draft, held, "restored", draft.signal.actor, decision.reason_ref)
    act = find_act(draft.state, post_act(post))
    seen = decision.revision or (act.revision if act is not None else 1)
    clear_post(draft, post, seen, draft.signal.actor)


def mute(draft: Draft, decision: Decided) -> None:
    """Ignore the account's reports."""
    if draft.state.muted:
        raise already_done("the reporter is muted already", draft.state.version)
    _check_end(draft, decision)
    guideline = decision.guideline or ""
    if guideline:
        _check_guideline(draft, guideline)
    _check_room(draft)
    facts = "a person decided that reports by this account are ignored"
    notice = notice_of(draft, guideline, facts, BY_PERSON, reason_ref=decision.reason_ref)
    sanctioning.mute(draft, decision.until, notice)


def unmute(draft: Draft, decision: Decided) -> None:
    """Hear the account's reports again, whatever they were ignored for."""
    if not draft.state.muted:
        raise already_done("the reporter is not muted already", draft.state.version)
    actor, reason_ref = draft.signal.actor, decision.reason_ref
    for held in draft.state.sanctions:
        if held.kind == "report_restriction":
            lift(draft, held, "lifted", actor, reason_ref)
    if draft.state.reporter_muted:
        draft.note(ReporterMuted(False, actor, reason_ref, draft.now))
