"""Decisions about cases: standing behind what one claims, dismissing it, passing it on, noting something."""

from __future__ import annotations

from typing import Final

from events.ledger import CaseFinding, CaseUpdated, NoteAdded
from events.signals import Decided, ReportOutcome
from services.enforcement.casework import answer_one, close
from services.enforcement.decisions import referrals
from services.enforcement.decisions.refusals import Refusal, case_of
from services.enforcement.decisions.strikes import (
    BY_PERSON,
    BY_REPORT,
    FOUND_BY_RULE,
    climb_by_hand,
    confirm_strike,
    fall,
    put_on_record,
    violation_by_hand,
)
from services.enforcement.draft import Draft, worst
from services.enforcement.holding import LINK, release
from services.enforcement.sanctioning import restore_post, standing_height, withdraw_termination
from services.enforcement.state import Act, Case
from services.enforcement.striking import Violation, clear_post, find_act, find_strike

_OUTCOMES: Final[dict[str, ReportOutcome]] = {
    "dismissed_in_good_faith": "dismissed_in_good_faith",
    "ignored": "ignored",
    "manifestly_unfounded": "manifestly_unfounded",
}
_ANSWERED_OTHERWISE: Final = {
    "termination": "use `confirm_termination`, or dismiss the case",
    "failed": "use `redecide` once the fault is mended, or dismiss the case",
    "referral": "use `confirm_referral`, or dismiss the case",
    "appeal": "use `decide_appeal`",
}


def confirm(draft: Draft, decision: Decided) -> None:
    """A person stands behind what a case claims: strikes, findings, or else what the decision says."""
    before = standing_height(draft)
    case = case_of(draft, decision)
    about_link = case.subject.startswith(LINK)
    remedy = "use `link`, or dismiss the case" if about_link else _ANSWERED_OTHERWISE.get(case.kind)
    if remedy is not None:
        raise Refusal("not_allowed", f"a case of kind `{case.kind}` is not confirmed", remedy, case.version)
    violations = _violations(draft, decision, case)
    standing = [act for strike in case.strikes if (act := find_strike(draft.state, strike)) and act.survives]
    if not violations and not standing:
        if decision.guideline is None:
            raise Refusal(
                "invalid",
                "the case holds nothing that a strike could be made of",
                "name the guideline and its case, or dismiss the case",
                case.version,
            )
        found_by = BY_REPORT if case.reports else BY_PERSON
        violations = [violation_by_hand(draft, decision, case.subject, found_by)]
    for act in standing:
        confirm_strike(draft, act)
    for violation in violations:
        put_on_record(draft, violation)
    close(draft, case, "confirmed", decision.reason_ref, "upheld")
    release(draft, case)
    climb_by_hand(draft, before, decision)


def _violations(draft: Draft, decision: Decided, case: Case) -> list[Violation]:
    """The worst finding of each act, and strikes by a rule that were withdrawn for a person to look at."""
    found = {f.act: None for f in case.findings if f.severity > 0}
    violations = [
        _violation(draft, decision, case, worst([f for f in case.findings if f.act == act])) for act in found
    ]
    for strike in case.strikes:
        act = find_strike(draft.state, strike)
        if act is not None and act.status == "withdrawn" and act.act not in found:
            latest = find_act(draft.state, act.act)
            if latest is act:
                violations.append(_again(draft, decision, act))
    return violations


def _violation(draft: Draft, decision: Decided, case: Case, finding: CaseFinding) -> Violation:
    pricing = draft.context.policies[finding.pricing_version]
    guideline, kind = decision.guideline or finding.guideline, decision.case or finding.case
    if pricing.case(guideline, kind) is None:
        raise Refusal(
            "invalid",
            f"the policy that priced the finding has no case `{kind}` under guideline `{guideline}`",
            "name a guideline together with one of its cases",
            case.version,
        )
    return Violation(
        act=finding.act,
        post=finding.post,
        revision=finding.revision,
        guideline=guideline,
        case=kind,
        severity=decision.severity or finding.severity,
        occurred_at=finding.occurred_at,
        evidence=finding.evidence,
        pricing=pricing,
        detection=FOUND_BY_RULE,
        facts=finding.evidence.reason,
        confirmed=True,
        reason_ref=decision.reason_ref,
        targets=finding.targets,
    )


def _again(draft: Draft, decision: Decided, act: Act) -> Violation:
    return Violation(
        act=act.act,
        post=act.post,
        revision=act.revision,
        guideline=act.guideline,
        case=act.case,
        severity=act.severity,
        occurred_at=act.occurred_at,
        evidence=None,
        pricing=draft.context.policies[act.prices[-1].policy],
        detection=FOUND_BY_RULE,
        facts="a person found what a rule had found before",
        confirmed=True,
        reason_ref=decision.reason_ref,
        targets=act.targets,
    )


def dismiss(draft: Draft, decision: Decided) -> None:
    """Nothing follows from a case, or from one of its reports: what no person confirmed falls."""
    case = case_of(draft, decision)
    outcome = _OUTCOMES.get(decision.outcome or "dismissed_in_good_faith")
    if outcome is None:
        raise Refusal(
            "invalid",
            f"`{decision.outcome}` is no outcome of a dismissal",
            f"use one of {', '.join(_OUTCOMES)}",
            case.version,
        )
    if case.kind == "appeal":
        message = "an appeal is granted or denied, not dismissed"
        raise Refusal("not_allowed", message, "use `decide_appeal`", case.version)
    if decision.report is not None:
        _dismiss_report(draft, case, decision.report, outcome)
    elif case.kind == "referral":
        referrals.dismiss(draft, case, decision)
    elif case.kind == "termination":
        withdraw_termination(draft, "dismissed", draft.signal.actor, decision.reason_ref)
    else:
        _dismiss_case(draft, decision, case)
        close(draft, case, "dismissed", decision.reason_ref, outcome)
        release(draft, case)


def _dismiss_report(draft: Draft, case: Case, report_id: str, outcome: ReportOutcome) -> None:
    report = next((report for report in case.reports if report.report == report_id), None)
    if report is None:
        raise Refusal(
            "unknown_target", f"the case has no report `{report_id}`", "look the case up again", case.version
        )
    answer_one(draft, case, report, outcome)


def _dismiss_case(draft: Draft, decision: Decided, case: Case) -> None:
    acts = [act for strike in case.strikes if (act := find_strike(draft.state, strike)) is not None]
    fallen = [act for act in acts if act.survives and act.confirmed_at is None]
    if fallen:
        fall(draft, fallen, "overturned", decision.reason_ref)
    if not case.subject.startswith("post:"):
        return
    left = find_act(draft.state, case.subject)
    if left is not None and left.survives:
        return  # a person has confirmed that strike, so the post isn't cleared
    post = case.subject.removeprefix("post:")
    restore_post(draft, post, "dismissed", draft.signal.actor, decision.reason_ref)
    known = [f.revision for f in case.findings] + [r.revision for r in case.reports]
    latest = max([1, *(revision for revision in known if revision), *(act.revision for act in fallen)])
    clear_post(draft, post, decision.revision or latest, draft.signal.actor)


def escalate(draft: Draft, decision: Decided) -> None:
    """Somebody with more say looks at it. An appeal's version stays: nothing about it has changed."""
    case = case_of(draft, decision)
    actor, note_ref = draft.signal.actor, decision.reason_ref
    version = case.version + (case.kind != "appeal")
    draft.note(CaseUpdated(case.id, version, draft.now, escalated=True, note_ref=note_ref, actor=actor))


def note(draft: Draft, decision: Decided) -> None:
    """A note on a case, which changes nothing about it."""
    case = case_of(draft, decision)
    actor, note_ref = draft.signal.actor, decision.reason_ref
    draft.note(CaseUpdated(case.id, case.version, draft.now, note_ref=note_ref, actor=actor))


def note_on_account(draft: Draft, decision: Decided) -> None:
    """A note on the account."""
    draft.note(NoteAdded(decision.reason_ref, draft.signal.actor, draft.now))
