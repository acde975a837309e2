"""Reports: first at the reporter's account, then, weighed, at the account that they are about."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from events.ids import account_entity, post_act
from events.ledger import (
    CaseKind,
    CaseUpdated,
    Detection,
    ReportFolded,
    ReportNoted,
    ReportResult,
    ReportSettled,
)
from events.signals import Actor, ReportAnswered, ReportFiled, ReportWeighed, ReportWithdrawn
from services.enforcement.casework import answer, leave
from services.enforcement.draft import Draft, graver_kind, notice_of
from services.enforcement.sanctioning import hide, impose, mute
from services.enforcement.state import CASE_REPORTS_MAX, CaseReport
from services.enforcement.weighing import persons, recent_misuses, report_weight

REPORTS: Final = Actor("rule", "reports")
BY_REPORTS: Final = Detection("report", automated_detection=False, automated_decision=True)
BY_PERSON: Final = Detection("report", automated_detection=False, automated_decision=False)
CASE_KINDS: Final[dict[str, CaseKind]] = {"self-harm": "welfare", "child-safety": "restricted"}


def report_filed(draft: Draft, report: ReportFiled) -> None:
    """At the reporter: muted, about oneself, a second one, one of a flood? Otherwise it goes on, weighed."""
    result = _taken(draft, report)
    counts = result == "forwarded" and report.reason not in draft.policy.report_weights.hide_never
    weight = report_weight(draft.state, draft.now, draft.policy) if counts else 0
    draft.note(
        ReportNoted(
            report.report,
            report.subject_account,
            result,
            weight,
            draft.now,
            report.post,
            report.revision,
        )
    )
    if result != "forwarded":
        return
    body = ReportWeighed(
        report.report,
        report.reporter,
        by_email=False,
        weight=weight,
        subject_account=report.subject_account,
        post=report.post,
        revision=report.revision,
        reason=report.reason,
        content_ref=report.content_ref,
        reason_ref=report.reason_ref,
        linked=draft.state.links,
    )
    draft.send(account_entity(report.subject_account), "report_weighed", body)


def _taken(draft: Draft, report: ReportFiled) -> ReportResult:
    state = draft.state
    if state.muted:
        return "ignored_muted"
    if report.subject_account == state.account or report.subject_account in state.links:
        return "ignored_self"
    about = (report.subject_account, report.post, report.revision)
    if any(f.open and (f.subject_account, f.post, f.revision) == about for f in state.filed):
        return "ignored_duplicate"
    limits = draft.policy.reports
    since = draft.now - timedelta(hours=limits.flood_hours)
    if sum(1 for filed in state.filed if filed.at > since) >= limits.flood_count:
        return "ignored_flood"
    return "forwarded"


def report_weighed(draft: Draft, report: ReportWeighed) -> None:
    """At the subject: the report is folded into the case about the post, or about the account.

    The case's version stays as it was. Where the case holds as many reports as it can, the report is recorded
    and answered at once.
    """
    subject = draft.state.entity if report.post is None else post_act(report.post)
    urgent = report.reason in draft.policy.reports.urgent_reasons
    kind = CASE_KINDS.get(report.reason, "report")
    case, _ = draft.case_about(subject, kind, f"reported: {report.reason}", urgent=urgent)
    escalated, graver = True if urgent and not case.urgent else None, graver_kind(case, kind)
    if escalated or graver:
        draft.note(CaseUpdated(case.id, case.version, draft.now, escalated=escalated, case_kind=graver))
    draft.note(
        ReportFolded(
            report.report,
            report.reporter,
            report.by_email,
            case.id,
            report.reason,
            report.weight,
            report.content_ref,
            report.reason_ref,
            draft.now,
            revision=report.revision,
            linked=report.linked,
        )
    )
    if len(case.reports) >= CASE_REPORTS_MAX:
        answer(draft, CaseReport(report.report, report.reporter, report.by_email), "ignored")
    if report.post is not None and report.weight > 0:
        _hide(draft, case.id, report, report.post)


def _hide(draft: Draft, case_id: str, report: ReportWeighed, post: str) -> None:
    """Once enough unlinked persons with enough weight report a post, it is away until a person has looked.

    Reports about a revision that a person cleared don't count.
    """
    state, rules = draft.state, draft.policy.report_weights
    seen = max((item.revision for item in state.cleared if item.post == post), default=0)
    case = next(c for c in state.cases if c.id == case_id)
    # Beyond the limit of open cases, reports about several posts share one.
    if case.subject != post_act(post):
        return
    weights = persons(held for held in case.reports if held.weight > 0 and (held.revision or 1) > seen)
    if len(weights) < rules.hide_persons or sum(weights) < rules.hide_weight:
        return
    guideline = report.reason if draft.policy.guideline(report.reason) is not None else ""
    facts = "several members reported the post; it is hidden until a person has looked"
    notice = notice_of(draft, guideline, facts, BY_REPORTS, content_ref=report.content_ref)
    hide(draft, post, report.revision or 1, "hidden", notice, REPORTS)


def report_withdrawn(draft: Draft, report: ReportWithdrawn) -> None:
    """The reporter takes it back: passed on to the subject, whose open case no longer counts it."""
    if report.at == "reporter":
        filed = next((f for f in draft.state.filed if f.report == report.report), None)
        subject = report.subject_account if filed is None else filed.subject_account
        draft.note(ReportNoted(report.report, subject, "withdrawn", 0, draft.now))
        body = ReportWithdrawn(report.report, report.reporter, subject, "subject")
        draft.send(account_entity(subject), "report_withdrawn", body)
        return
    for case in draft.state.cases:
        for held in case.reports:
            if held.report == report.report and held.reporter == report.reporter:
                leave(draft, case, held, "withdrawn")
                return


def report_answered(draft: Draft, report: ReportAnswered) -> None:
    """The reporter is told what became of the report, once; and again where that turned out to be wrong."""
    known = any(f.report == report.report and not f.open for f in draft.state.filed)
    if known and report.instead_of is None:
        return
    draft.note(ReportSettled(report.report, report.outcome, draft.now, report.instead_of))
    if report.outcome == "manifestly_unfounded":
        _misused(draft)


def _misused(draft: Draft) -> None:
    """A person found a report manifestly unfounded: a warning, and then the reporter is muted for a while."""
    rules, now = draft.policy.report_weights, draft.now
    if len(recent_misuses(draft.state, now, draft.policy)) < rules.misuse_to_mute:
        facts = "a person found a report by this account manifestly unfounded"
        impose(draft, "misuse", "warning", now, notice_of(draft, "", facts, BY_PERSON))
        return
    until = now + timedelta(days=rules.mute_days)
    ends = [s.ends_at for s in draft.state.sanctions if s.kind == "report_restriction"]
    if draft.state.reporter_muted or any(end is None or end >= until for end in ends):
        return
    facts = "a person found several reports by this account manifestly unfounded"
    mute(draft, until, notice_of(draft, "", facts, BY_PERSON))
