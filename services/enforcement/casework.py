"""Answering cases: closing them, and telling each reporter once what became of the report."""

from __future__ import annotations

from events.ids import account_entity
from events.ledger import CaseClosed, CaseResult, ReportFolded
from events.signals import ReportAnswered, ReportOutcome
from services.enforcement.draft import Draft
from services.enforcement.evolve.appeals import CORRECTED, UPHELD
from services.enforcement.ladder import survivors
from services.enforcement.state import Case, CaseReport


def close(
    draft: Draft, case: Case, result: CaseResult, reason_ref: str | None, report_outcome: ReportOutcome | None
) -> None:
    """Close a case as it stands now, and answer its reports."""
    case = next((c for c in draft.state.cases if c.id == case.id), case)
    if report_outcome is not None:
        for report in case.reports:
            answer(draft, report, report_outcome)
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
    """Close the cases that ask just about this strike; one with more to answer stays open.

    What a person waived was right, and so were its reports.
    """
    outcome: ReportOutcome = "dismissed_in_good_faith" if result == "overturned" else "upheld"
    unanswered = {act.strike for act in survivors(draft.state.acts) if act.confirmed_at is None}
    for case in draft.state.cases:
        if strike not in case.strikes or any(other in unanswered for other in case.strikes):
            continue
        if any(finding.severity > 0 for finding in case.findings):
            continue
        close(draft, case, result, reason_ref, outcome)


def answer(draft: Draft, report: CaseReport, outcome: ReportOutcome) -> None:
    """Send a reporter the outcome. Reports by e-mail are answered outside."""
    if report.by_email:
        return
    body = ReportAnswered(report.report, report.reporter, outcome)
    draft.send(account_entity(report.reporter), f"report_answered:{report.report}", body)


def correct_answers(draft: Draft, act: str) -> None:
    """Tell reporters whose reports of an act were upheld that it turned out to be no violation."""
    for report in draft.state.answered:
        if report.subject == act and report.outcome == UPHELD:
            body = ReportAnswered(report.report, report.reporter, CORRECTED, instead_of=UPHELD)
            draft.send(account_entity(report.reporter), f"report_corrected:{report.report}", body)


def answer_one(draft: Draft, case: Case, report: CaseReport, outcome: ReportOutcome) -> None:
    """Answer one report of a case, which stays open without it."""
    answer(draft, report, outcome)
    leave(draft, case, report, outcome)


def leave(draft: Draft, case: Case, report: CaseReport, reason: str) -> None:
    """A report leaves its case."""
    draft.note(
        ReportFolded(
            report.report,
            report.reporter,
            report.by_email,
            case.id,
            reason,
            0,
            None,
            None,
            draft.now,
            withdrawn=True,
        )
    )
