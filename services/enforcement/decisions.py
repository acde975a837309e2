"""What a person decides: each decision has one function here.

And a decision that can't be carried out is a refused outcome.

A decision names the version of what it saw. Two people at the same version: the first one wins, the second
one is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, get_args

from events.ids import post_act
from events.ledger import (
    CaseUpdated,
    Detection,
    LiftReason,
    NoteAdded,
    RefusalCode,
    Refused,
    RemovalStatus,
    ReporterMuted,
    SanctionAmended,
    SanctionImposed,
    SanctionKind,
    SanctionLifted,
    StrikeConfirmed,
    TerminationSettled,
)
from events.signals import Decided, ReportOutcome
from services.enforcement.casework import answer_reports, close, close_cases_of
from services.enforcement.draft import Draft, find_case, notice_of, worst
from services.enforcement.ladder import Height, survivors
from services.enforcement.sanctioning import (
    climb,
    hide,
    propose_termination,
    refold,
    restore_post,
    standing_height,
    withdraw_termination,
)
from services.enforcement.state import Act, Case, Sanction
from services.enforcement.striking import (
    Violation,
    amend,
    clear_post,
    find_act,
    find_strike,
    issue,
    remove,
    reprice,
)

BY_PERSON: Final = Detection("own_initiative", automated_detection=False, automated_decision=False)
FOUND_BY_RULE: Final = Detection("own_initiative", automated_detection=True, automated_decision=False)
UNVERSIONED: Final = frozenset({"note"})
"""Decisions that change nothing, and so need not name what they saw."""


_OUTCOMES: Final[dict[str, ReportOutcome]] = {
    "dismissed_in_good_faith": "dismissed_in_good_faith",
    "ignored": "ignored",
    "manifestly_unfounded": "manifestly_unfounded",
}
_BY_HAND: Final[dict[str, SanctionKind]] = {
    kind: kind for kind in get_args(SanctionKind) if kind != "termination"
}


class Refusal(Exception):
    """A decision has no effect; becomes a `Refused` outcome."""

    def __init__(
        self, code: RefusalCode, message: str, remedy: str, current_version: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy
        self.current_version = current_version


def decided(draft: Draft, decision: Decided) -> None:
    """Carry a decision out, or refuse it with nothing changed."""
    try:
        handler = _HANDLERS.get(decision.decision)
        if handler is None:
            raise Refusal(
                "not_supported",
                f"decision `{decision.decision}` is not carried out by this build",
                "its contract is a draft; use another decision, or ask the community's staff to act by hand",
            )
        _check_version(draft, decision)
        handler(draft, decision)
    except Refusal as refusal:
        draft.note(
            Refused(
                decision.decision,
                refusal.code,
                refusal.message,
                refusal.remedy,
                draft.now,
                refusal.current_version,
            )
        )


def _check_version(draft: Draft, decision: Decided) -> None:
    current = _current_version(draft, decision)
    if decision.decision in UNVERSIONED:
        return
    if decision.version is None:
        raise Refusal(
            "version_missing",
            f"the decision names no version of the {decision.target_kind} that it saw",
            f"look at it again, and send version {current} if you still decide so",
            current,
        )
    if decision.version != current:
        raise Refusal(
            "stale",
            f"the decision saw version {decision.version} of the {decision.target_kind}, now at {current}",
            "look at what changed, and decide again",
            current,
        )


def _current_version(draft: Draft, decision: Decided) -> int:
    if decision.target_kind == "strike":
        return _strike(draft, decision).version
    if decision.target_kind == "sanction":
        return _sanction(draft, decision).version
    if decision.target_kind == "case":
        return _case(draft, decision).version
    return draft.state.version


def _strike(draft: Draft, decision: Decided) -> Act:
    act = find_strike(draft.state, decision.target)
    if act is None:
        raise Refusal(
            "unknown_target",
            f"this account has no strike `{decision.target}` that can still be decided about",
            "look the strike up, and check that its account is the subject",
        )
    return act


def _sanction(draft: Draft, decision: Decided) -> Sanction:
    for sanction in draft.state.sanctions:
        if sanction.id == decision.target:
            return sanction
    raise Refusal(
        "unknown_target",
        f"this account has no sanction `{decision.target}` in force",
        "look the sanction up: it may have ended, or been lifted, or belong to another account",
    )


def _case(draft: Draft, decision: Decided) -> Case:
    for case in draft.state.cases:
        if case.id == decision.target:
            return case
    for closed in draft.state.closed_cases:
        if closed.id == decision.target:
            raise Refusal(
                "stale", "the case has been answered already", "look at its outcome", closed.version
            )
    raise Refusal(
        "unknown_target",
        f"this account has no open case `{decision.target}`",
        "look the case up, and check that its account is the subject",
    )


def _surviving(act: Act) -> Act:
    if not act.survives:
        raise Refusal(
            "already_done", f"the strike is {act.status} already", "nothing is left to do", act.version
        )
    return act


# --- strikes and cases
# -----------------------------------------------------------------------------------------------


def _confirm(draft: Draft, decision: Decided) -> None:
    before = standing_height(draft)
    if decision.target_kind == "case":
        _confirm_case(draft, decision, _case(draft, decision))
    else:
        act = _surviving(_strike(draft, decision))
        if act.confirmed_at is not None:
            raise Refusal(
                "already_done", "the strike is confirmed already", "nothing is left to do", act.version
            )
        _confirm_strike(draft, act)
        close_cases_of(draft, act.strike, "confirmed", decision.reason_ref)
    _climb(draft, before)


def _confirm_strike(draft: Draft, act: Act) -> None:
    draft.note(StrikeConfirmed(act.strike, draft.signal.actor, draft.now, draft.policy.version))


def _confirm_case(draft: Draft, decision: Decided, case: Case) -> None:
    if case.kind == "termination":
        raise Refusal(
            "not_allowed",
            "a proposed termination is not confirmed as a case",
            "use `confirm_termination`",
            case.version,
        )
    confirmed = False
    for strike in case.strikes:
        act = find_strike(draft.state, strike)
        if act is not None and act.survives:
            confirmed = True
            if act.confirmed_at is None:
                _confirm_strike(draft, act)
    for act_id in dict.fromkeys(f.act for f in case.findings if f.severity > 0):
        finding = worst([f for f in case.findings if f.act == act_id])
        pricing = draft.context.policies[finding.pricing_version]
        confirmed = True
        _put_on_record(
            draft,
            Violation(
                act=act_id,
                post=finding.post,
                revision=finding.revision,
                guideline=decision.guideline or finding.guideline,
                case=decision.case or finding.case,
                severity=decision.severity or finding.severity,
                occurred_at=finding.occurred_at,
                evidence=finding.evidence,
                pricing=pricing,
                detection=FOUND_BY_RULE,
                facts=finding.evidence.reason,
                confirmed=True,
                reason_ref=decision.reason_ref,
            ),
        )
    if not confirmed and decision.guideline is None:
        raise Refusal(
            "invalid",
            "the case holds no finding that a strike could be made of",
            "name the guideline and its case, or dismiss the case",
            case.version,
        )
    if not confirmed:
        _put_on_record(draft, _by_hand(draft, decision, case.subject))
    close(draft, case, "confirmed", decision.reason_ref, "upheld")


def _put_on_record(draft: Draft, violation: Violation) -> None:
    """A person's strike for an act: a new one, or the act's own one, made worse if it is, and confirmed."""
    act = find_act(draft.state, violation.act)
    if act is None or not act.survives:
        act = issue(draft, violation)
    else:
        if violation.severity > act.severity:
            amend(draft, act, violation)
        if act.confirmed_at is None:
            _confirm_strike(draft, act)
    if violation.post is not None:
        case = violation.pricing.case(violation.guideline, violation.case)
        notice = notice_of(draft, violation.guideline, violation.facts, violation.detection)
        action = "none" if case is None else case.content
        hide(
            draft, violation.post, violation.revision or 1, action, notice, draft.signal.actor, (act.strike,)
        )


def _by_hand(draft: Draft, decision: Decided, subject: str | None = None) -> Violation:
    case = draft.policy.case(decision.guideline or "", decision.case or "")
    if case is None:
        raise Refusal(
            "invalid",
            f"the policy in force has no case `{decision.case}` under guideline `{decision.guideline}`",
            "see `goodstanding policy show` for the guidelines and their cases",
        )
    severity = decision.severity or case.severity
    if severity == 0:
        raise Refusal(
            "invalid",
            f"case `{case.id}` has no severity, so nothing can be struck for it",
            "name a severity, or another case",
        )
    act = f"decision:{draft.signal.id}"
    post = decision.post
    if post is None and subject is not None and subject.startswith("post:"):
        post = subject.removeprefix("post:")
    if post is not None:
        act = post_act(post)
    occurred_at = decision.act_at or draft.signal.occurred_at
    return Violation(
        act=act,
        post=post,
        revision=decision.revision or (1 if post is not None else None),
        guideline=decision.guideline or "",
        case=case.id,
        severity=severity,
        occurred_at=min(occurred_at, draft.signal.received_at),
        evidence=None,
        pricing=draft.policy,
        detection=BY_PERSON,
        facts=f"a person found: {case.title.lower()}",
        confirmed=True,
        reason_ref=decision.reason_ref,
    )


def _strike_by_hand(draft: Draft, decision: Decided) -> None:
    before = standing_height(draft)
    violation = _by_hand(draft, decision)
    act = find_act(draft.state, violation.act)
    if (
        act is not None
        and act.survives
        and act.confirmed_at is not None
        and violation.severity <= act.severity
    ):
        raise Refusal(
            "already_done",
            f"the post has a confirmed strike of severity s{act.severity} already",
            "one act, one strike: reclassify that strike instead",
            draft.state.version,
        )
    _put_on_record(draft, violation)
    case = find_case(draft.state, violation.act)
    if case is not None:
        close(draft, case, "confirmed", decision.reason_ref, "upheld")
    _climb(draft, before)


def _climb(draft: Draft, before: Height) -> None:
    acts = survivors(draft.state.acts)
    if acts:
        notice = notice_of(draft, acts[-1].guideline, "active points rose with this decision", BY_PERSON)
        climb(draft, before, notice)


def _overturn(draft: Draft, decision: Decided) -> None:
    if decision.target_kind == "strike":
        act = _surviving_of(draft, decision)
        _fall(draft, [act], "overturned", decision.reason_ref)
        close_cases_of(draft, act.strike, "overturned", decision.reason_ref)
        return
    sanction = _sanction(draft, decision)
    if sanction.origin == "ladder":
        fallen = [act for act in survivors(draft.state.acts) if act.strike in sanction.strikes]
        _fall(draft, fallen, "overturned", decision.reason_ref)
        for act in fallen:
            close_cases_of(draft, act.strike, "overturned", decision.reason_ref)
    elif sanction.origin == "termination_proposal":
        withdraw_termination(draft, "withdrawn", draft.signal.actor, decision.reason_ref)
    else:
        _lift_sanction(draft, sanction, "overturned", decision.reason_ref)


def _surviving_of(draft: Draft, decision: Decided) -> Act:
    return _surviving(_strike(draft, decision))


def _fall(draft: Draft, acts: list[Act], status: RemovalStatus, reason_ref: str | None) -> None:
    """Strikes fall, their content comes back, and what they had led to is refolded: all in this one entry."""
    actor = draft.signal.actor
    for act in acts:
        remove(draft, act, status, actor, reason_ref)
    for act in acts:
        if act.post is not None and status == "overturned":
            restore_post(draft, act.post, "overturned", actor, reason_ref)
            clear_post(draft, act.post, act.revision, actor)
    refold(draft, actor, reason_ref)


def _waive(draft: Draft, decision: Decided) -> None:
    if decision.target_kind == "strike":
        act = _surviving_of(draft, decision)
        _fall(draft, [act], "waived", decision.reason_ref)
        close_cases_of(draft, act.strike, "settled", decision.reason_ref)
    else:
        _lift_sanction(draft, _sanction(draft, decision), "waived", decision.reason_ref)


def _reduce(draft: Draft, decision: Decided) -> None:
    if decision.target_kind == "strike":
        act = _surviving_of(draft, decision)
        severity = decision.severity or 0
        if not 1 <= severity < act.severity:
            raise Refusal(
                "invalid",
                f"severity s{severity} is not below the strike's s{act.severity}",
                "name a lower severity, or reclassify the strike",
                act.version,
            )
        reprice(draft, act, "reduced", act.guideline, act.case, severity, draft.policy)
        refold(draft, draft.signal.actor, decision.reason_ref)
        return
    sanction = _sanction(draft, decision)
    until = decision.until
    if until is None or (sanction.ends_at is not None and until >= sanction.ends_at):
        raise Refusal(
            "invalid",
            "a reduced sanction must end before it would have",
            "name an earlier end",
            sanction.version,
        )
    if until <= draft.now:
        _lift_sanction(draft, sanction, "lifted", decision.reason_ref)
        return
    draft.note(
        SanctionAmended(sanction.id, "reduced", until, draft.signal.actor, decision.reason_ref, draft.now)
    )


def _reclassify(draft: Draft, decision: Decided) -> None:
    before = standing_height(draft)
    act = _surviving_of(draft, decision)
    case = draft.policy.case(decision.guideline or "", decision.case or "")
    severity = decision.severity or (0 if case is None else case.severity)
    if case is None or severity == 0:
        raise Refusal(
            "invalid",
            f"the policy in force prices no case `{decision.case}` under guideline `{decision.guideline}`",
            "name a case with a severity, or waive the strike",
            act.version,
        )
    reprice(draft, act, "reclassified", decision.guideline or "", case.id, severity, draft.policy)
    refold(draft, draft.signal.actor, decision.reason_ref)
    _climb(draft, before)


def _dismiss(draft: Draft, decision: Decided) -> None:
    case = _case(draft, decision)
    outcome = _OUTCOMES.get(decision.outcome or "dismissed_in_good_faith")
    if outcome is None:
        raise Refusal(
            "invalid",
            f"`{decision.outcome}` is no outcome of a dismissal",
            f"use one of {', '.join(_OUTCOMES)}",
            case.version,
        )
    if decision.report is not None:
        if all(report.report != decision.report for report in case.reports):
            raise Refusal(
                "unknown_target",
                f"the case has no report `{decision.report}`",
                "look the case up again",
                case.version,
            )
        answer_reports(draft, case, outcome, only=decision.report)
        return
    if case.kind == "termination":
        withdraw_termination(draft, "dismissed", draft.signal.actor, decision.reason_ref)
        return
    fallen = []
    for strike in case.strikes:
        act = find_strike(draft.state, strike)
        if act is not None and act.survives and act.confirmed_at is None:
            fallen.append(act)
    if fallen:
        _fall(draft, fallen, "overturned", decision.reason_ref)
    if case.subject.startswith("post:"):
        post = case.subject.removeprefix("post:")
        restore_post(draft, post, "dismissed", draft.signal.actor, decision.reason_ref)
        revisions = [f.revision or 0 for f in case.findings] + [act.revision for act in fallen]
        clear_post(draft, post, max(revisions, default=1), draft.signal.actor)
    close(draft, case, "dismissed", decision.reason_ref, outcome)


def _escalate(draft: Draft, decision: Decided) -> None:
    case = _case(draft, decision)
    draft.note(
        CaseUpdated(
            case.id,
            case.version + 1,
            draft.now,
            escalated=True,
            note_ref=decision.reason_ref,
            actor=draft.signal.actor,
        )
    )


def _note(draft: Draft, decision: Decided) -> None:
    if decision.target_kind == "case":
        case = _case(draft, decision)
        draft.note(
            CaseUpdated(
                case.id, case.version, draft.now, note_ref=decision.reason_ref, actor=draft.signal.actor
            )
        )
        return
    draft.note(NoteAdded(decision.reason_ref, draft.signal.actor, draft.now))


# --- sanctions
# -------------------------------------------------------------------------------------------------------


def _sanction_by_hand(draft: Draft, decision: Decided) -> None:
    kind = _BY_HAND.get(decision.sanction_kind or "")
    if kind is None:
        raise Refusal(
            "invalid",
            f"`{decision.sanction_kind}` can't be imposed by hand",
            f"use one of {', '.join(_BY_HAND)}; for a termination, propose it",
            draft.state.version,
        )
    if decision.until is not None and decision.until <= draft.now:
        raise Refusal(
            "invalid", "the sanction would have ended already", "name a later end", draft.state.version
        )
    guideline = decision.guideline or ""
    if draft.policy.guideline(guideline) is None:
        raise Refusal("invalid", f"there is no guideline `{guideline}`", "see `goodstanding policy show`")
    notice = notice_of(draft, guideline, "imposed by a person", BY_PERSON, reason_ref=decision.reason_ref)
    if kind == "content_removal":
        hide(draft, decision.post or "", decision.revision or 1, "removed", notice, draft.signal.actor)
        return
    draft.note(
        SanctionImposed(
            sanction=draft.id(f"manual:{kind}"),
            sanction_kind=kind,
            origin="import" if draft.signal.imported else "manual",
            starts_at=draft.now,
            ends_at=draft.now if kind == "warning" else decision.until,
            rung=0,
            strikes=(),
            decision=draft.signal.id,
            actor=draft.signal.actor,
            notice=notice,
            effective_at=draft.now,
        )
    )


def _lift(draft: Draft, decision: Decided) -> None:
    sanction = _sanction(draft, decision)
    if sanction.origin == "termination_proposal":
        withdraw_termination(draft, "withdrawn", draft.signal.actor, decision.reason_ref)
        return
    _lift_sanction(draft, sanction, "lifted", decision.reason_ref)


def _lift_sanction(draft: Draft, sanction: Sanction, because: LiftReason, reason_ref: str | None) -> None:
    draft.note(
        SanctionLifted(
            sanction.id,
            sanction.kind,
            because,
            sanction.decision,
            draft.signal.actor,
            reason_ref,
            draft.now,
            post=sanction.post,
            restored=sanction.kind == "content_removal",
        )
    )
    proposal = draft.state.proposal
    if sanction.kind == "termination" and proposal is not None:
        draft.note(TerminationSettled(proposal.id, "reversed", draft.signal.actor, draft.now))


def _extend(draft: Draft, decision: Decided) -> None:
    sanction = _sanction(draft, decision)
    if sanction.ends_at is None or (decision.until is not None and decision.until <= sanction.ends_at):
        raise Refusal(
            "invalid",
            "an extended sanction must end after it would have",
            "name a later end; one without an end can't be extended",
            sanction.version,
        )
    draft.note(
        SanctionAmended(
            sanction.id, "extended", decision.until, draft.signal.actor, decision.reason_ref, draft.now
        )
    )


def _restore(draft: Draft, decision: Decided) -> None:
    post = decision.post or decision.target
    hidden = [s for s in draft.state.sanctions if s.post == post and s.kind == "content_removal"]
    if not hidden:
        raise Refusal(
            "unknown_target",
            f"no content of post `{post}` is hidden or removed",
            "look the post's sanctions up",
            draft.state.version,
        )
    for sanction in hidden:
        _lift_sanction(draft, sanction, "restored", decision.reason_ref)
    act = find_act(draft.state, post_act(post))
    clear_post(draft, post, decision.revision or (act.revision if act is not None else 1), draft.signal.actor)


# --- reporters and terminations
# --------------------------------------------------------------------------------------


def _mute(draft: Draft, decision: Decided) -> None:
    muted = decision.decision == "mute_reporter"
    if draft.state.reporter_muted == muted:
        state = "muted" if muted else "not muted"
        raise Refusal(
            "already_done", f"the reporter is {state} already", "nothing is left to do", draft.state.version
        )
    draft.note(
        ReporterMuted(
            muted, draft.signal.actor, decision.reason_ref, draft.now, decision.until if muted else None
        )
    )


def _propose(draft: Draft, decision: Decided) -> None:
    if draft.state.proposal is not None:
        raise Refusal(
            "already_done",
            "a termination is proposed or confirmed already",
            "decide that one",
            draft.state.version,
        )
    notice = notice_of(
        draft, decision.guideline or "", "termination was proposed", BY_PERSON, reason_ref=decision.reason_ref
    )
    propose_termination(draft, "person", notice)


def _confirm_termination(draft: Draft, decision: Decided) -> None:
    state, actor = draft.state, draft.signal.actor
    proposal = state.proposal
    if proposal is None or proposal.confirmed:
        raise Refusal("unknown_target", "no termination is proposed", "propose it first", state.version)
    if proposal.proposer.id == actor.id:
        raise Refusal(
            "second_person_needed",
            "who decided what led to the proposal may not confirm it",
            "have a second person confirm",
            state.version,
        )
    draft.note(TerminationSettled(proposal.id, "confirmed", actor, draft.now))
    holding = [
        s for s in draft.state.sanctions if s.origin == "termination_proposal" and s.kind == "suspension"
    ]
    strikes = tuple(act.strike for act in survivors(draft.state.acts) if act.counts_as == "strike")
    acts = survivors(draft.state.acts)
    guideline = acts[-1].guideline if acts else ""
    notice = notice_of(
        draft, guideline, "termination was confirmed", BY_PERSON, reason_ref=decision.reason_ref
    )
    draft.note(
        SanctionImposed(
            sanction=draft.id("termination"),
            sanction_kind="termination",
            origin="termination_proposal",
            starts_at=draft.now,
            ends_at=None,
            rung=len(draft.policy.ladder),
            strikes=strikes,
            decision=draft.signal.id,
            actor=actor,
            notice=notice,
            effective_at=draft.now,
        )
    )
    for sanction in holding:
        _lift_sanction(draft, sanction, "replaced", decision.reason_ref)
    case = find_case(draft.state, f"termination:{state.account}")
    if case is not None:
        close(draft, case, "confirmed", decision.reason_ref, None)


_HANDLERS: Final[dict[str, Callable[[Draft, Decided], None]]] = {
    "confirm": _confirm,
    "strike": _strike_by_hand,
    "overturn": _overturn,
    "reduce": _reduce,
    "waive": _waive,
    "reclassify": _reclassify,
    "dismiss": _dismiss,
    "escalate": _escalate,
    "note": _note,
    "sanction": _sanction_by_hand,
    "lift": _lift,
    "extend": _extend,
    "restore": _restore,
    "mute_reporter": _mute,
    "unmute_reporter": _mute,
    "propose_termination": _propose,
    "confirm_termination": _confirm_termination,
}
