"""Reports: first at the reporter's account, then, weighed, at the account that they are about."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from events.ids import account_entity, post_act
from events.ledger import CaseKind, CaseUpdated, ReportFolded, ReportNoted, ReportResult, ReportSettled
from events.signals import ReportAnswered, ReportFiled, ReportWeighed, ReportWithdrawn
from services.enforcement.casework import answer, leave
from services.enforcement.draft import Draft
from services.enforcement.state import CASE_REPORTS_MAX, AccountState, CaseReport

CASE_KINDS: Final[dict[str, CaseKind]] = {"self-harm": "welfare", "child-safety": "restricted"}


def report_filed(draft: Draft, report: ReportFiled) -> None:
    """At the reporter: muted, about oneself, a second one, one of a flood? Otherwise it goes on, weighed."""
    result = _taken(draft, report)
    weight = draft.policy.reports.weight if result == "forwarded" and not _suspended(draft.state) else 0
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
    )
    draft.send(account_entity(report.subject_account), "report_weighed", body)


def _taken(draft: Draft, report: ReportFiled) -> ReportResult:
    state = draft.state
    if state.reporter_muted or any(s.kind == "report_restriction" for s in state.sanctions):
        return "ignored_muted"
    if report.subject_account == state.account:
        return "ignored_self"
    about = (report.subject_account, report.post, report.revision)
    if any(f.open and (f.subject_account, f.post, f.revision) == about for f in state.filed):
        return "ignored_duplicate"
    limits = draft.policy.reports
    since = draft.now - timedelta(hours=limits.flood_hours)
    if sum(1 for filed in state.filed if filed.at > since) >= limits.flood_count:
        return "ignored_flood"
    return "forwarded"


def _suspended(state: AccountState) -> bool:
    return any(s.kind in ("suspension", "termination") for s in state.sanctions)


def report_weighed(draft: Draft, report: ReportWeighed) -> None:
    """At the subject: the report is folded into the case about the post, or about the account.

    The case's version stays as it was. Where the case holds as many reports as it can, the report is recorded
    and answered at once.
    """
    subject = draft.state.entity if report.post is None else post_act(report.post)
    urgent = report.reason in draft.policy.reports.urgent_reasons
    kind = CASE_KINDS.get(report.reason, "report")
    case, _ = draft.case_about(subject, kind, f"reported: {report.reason}", urgent=urgent)
    if urgent and not case.urgent:
        draft.note(CaseUpdated(case.id, case.version, draft.now, escalated=True))
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
        )
    )
    if len(case.reports) >= CASE_REPORTS_MAX:
        answer(draft, CaseReport(report.report, report.reporter, report.by_email), "ignored")


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
    """The reporter is told what became of the report, once."""
    draft.note(ReportSettled(report.report, report.outcome, draft.now))
