"""Answering cases: closing them, and telling each reporter once what became of the report."""

from __future__ import annotations

from events.ids import account_entity
from events.ledger import CaseClosed, CaseResult, ReportFolded
from events.signals import ReportAnswered, ReportOutcome
from services.enforcement.draft import Draft
from services.enforcement.ladder import survivors
from services.enforcement.state import Case


def close(
    draft: Draft, case: Case, result: CaseResult, reason_ref: str | None, report_outcome: ReportOutcome | None
) -> None:
    """Close a case as it stands now, and answer its reports."""
    case = next((c for c in draft.state.cases if c.id == case.id), case)
    if report_outcome is not None:
        answer_reports(draft, case, report_outcome)
    draft.note(
        CaseClosed(
            case.id,
            case.version + 1,
            result,
            draft.signal.actor,
            reason_ref,
            draft.now,
            report_outcome if case.reports else None,
        )
    )


def close_cases_of(draft: Draft, strike: str, result: CaseResult, reason_ref: str | None) -> None:
    """Close the cases that ask just about this strike; one with more to answer stays open."""
    standing = {act.strike for act in survivors(draft.state.acts) if act.confirmed_at is None}
    for case in draft.state.cases:
        if strike not in case.strikes or any(other in standing for other in case.strikes):
            continue
        if any(finding.severity > 0 for finding in case.findings):
            continue
        close(
            draft, case, result, reason_ref, "upheld" if result == "confirmed" else "dismissed_in_good_faith"
        )


def answer_reports(draft: Draft, case: Case, outcome: ReportOutcome, only: str | None = None) -> None:
    """Send each reporter of a case (or the one of a single report) the outcome.

    Reports by e-mail are answered outside.
    """
    for report in case.reports:
        if only is not None and report.report != only:
            continue
        if not report.by_email:
            body = ReportAnswered(report.report, report.reporter, outcome)
            draft.send(account_entity(report.reporter), f"report_answered:{report.report}", body)
        if only is not None:
            draft.note(
                ReportFolded(
                    report.report,
                    report.reporter,
                    report.by_email,
                    case.id,
                    outcome,
                    0,
                    None,
                    None,
                    draft.now,
                    withdrawn=True,
                )
            )
