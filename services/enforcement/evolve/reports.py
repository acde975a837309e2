"""The fold of reports: at the reporter's account, and in the case at the account that they are about."""

from __future__ import annotations

from msgspec.structs import replace

from events.ledger import ReporterMuted, ReportFolded, ReportNoted, ReportSettled
from services.enforcement.evolve.cases import with_case
from services.enforcement.state import (
    CASE_REPORTS_MAX,
    MISUSES_MAX,
    REPORTS_RECENT_MAX,
    AccountState,
    Case,
    CaseReport,
    FiledReport,
)


def report_noted(state: AccountState, o: ReportNoted) -> AccountState:
    """A report that went on is remembered; one that was ignored isn't, so that it pushes none out."""
    if o.result == "withdrawn":
        return _closed(state, o.report)
    if o.result != "forwarded":
        return state
    filed = FiledReport(o.report, o.subject_account, o.post, o.revision, o.effective_at)
    return replace(state, filed=(*state.filed, filed)[-REPORTS_RECENT_MAX:])


def report_settled(state: AccountState, o: ReportSettled) -> AccountState:
    """It was answered: another one about the same is no second one. How it was answered is the record."""
    if o.instead_of == "upheld":
        state = replace(state, reports_upheld=max(0, state.reports_upheld - 1))
    if o.outcome == "upheld":
        state = replace(state, reports_upheld=state.reports_upheld + 1)
    elif o.outcome == "manifestly_unfounded":
        state = replace(state, misuses=(*state.misuses, o.effective_at)[-MISUSES_MAX:])
    return _closed(state, o.report)


def _closed(state: AccountState, report: str) -> AccountState:
    filed = tuple(replace(item, open=False) if item.report == report else item for item in state.filed)
    return replace(state, filed=filed)


def report_folded(state: AccountState, o: ReportFolded) -> AccountState:
    """A report joins its case, or leaves it."""

    def folded(case: Case) -> Case:
        reports = tuple(r for r in case.reports if r.report != o.report)
        if not o.withdrawn:
            refs = tuple(ref for ref in (o.content_ref, o.reason_ref) if ref is not None)
            held = CaseReport(o.report, o.reporter, o.by_email, o.revision, o.weight, o.linked, refs)
            reports = (*reports, held)[:CASE_REPORTS_MAX]
        return replace(case, reports=reports)

    return with_case(state, o.case, folded)


def reporter_muted(state: AccountState, o: ReporterMuted) -> AccountState:
    """The account's reports are ignored, or no longer."""
    return replace(state, reporter_muted=o.muted, reporter_muted_until=o.until, version=state.version + 1)
