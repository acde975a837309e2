"""The table `cases`.

One row per question that awaits, or has had, a person's answer; reports and findings are folded in.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from events.ledger import CaseClosed, CaseOpened, CaseUpdated, ReportFolded
from projections.recorded import At, Placed, json_text, who
from projections.table import Rows, Table, by, placed

FINDINGS_MAX: Final = 100
"""Findings that a row holds, the latest ones; `finding_count` counts them all."""
REPORTS_MAX: Final = 100
"""Reports that a row names, the latest ones; `report_count` counts them all."""
STRIKES_MAX: Final = 100
NOTES_MAX: Final = 100


class CaseRow(Placed, frozen=True, kw_only=True, gc=False):
    """A case.

    `case_kind` says what is asked, `status` is `open` or `closed`, `version` is what a decision must name.

    `escalated`: a person passed it on to somebody with more say, which makes it `urgent` too.

    `severity` is the gravest that ever joined it, 0 to 4: a finding's, or a strike's as it was then, though
    a person reduced it later. `findings` are JSON, the oldest first.

    `report_weight` is in thousandths, of the reports that weren't withdrawn.
    """

    case_id: str
    account: str
    subject: str
    case_kind: str
    version: int
    status: str
    urgent: bool
    escalated: bool
    severity: int
    summary: str
    strikes: tuple[str, ...]
    findings: tuple[str, ...]
    finding_count: int
    reports: tuple[str, ...]
    report_count: int
    report_weight: int
    failed_rules: tuple[str, ...]
    failed_signals: tuple[str, ...]
    notes: tuple[str, ...]
    opened_at: datetime
    opened_sequence: int
    closed_at: datetime | None
    closed_by: str | None
    result: str | None
    report_outcome: str | None
    reason_ref: str | None
    policy_version: str


def _opened(rows: Rows[CaseRow], o: CaseOpened, at: At) -> None:
    row = CaseRow(
        case_id=o.case,
        account=at.account,
        subject=o.subject,
        case_kind=o.case_kind,
        version=1,
        status="open",
        urgent=o.urgent,
        escalated=False,
        severity=0,
        summary=o.summary,
        strikes=(),
        findings=(),
        finding_count=0,
        reports=(),
        report_count=0,
        report_weight=0,
        failed_rules=(),
        failed_signals=(),
        notes=(),
        opened_at=o.effective_at,
        opened_sequence=at.sequence,
        closed_at=None,
        closed_by=None,
        result=None,
        report_outcome=None,
        reason_ref=None,
        policy_version=at.policy_version,
        **placed(at, o.effective_at),
    )
    rows.create(o.case, row)


def _updated(rows: Rows[CaseRow], o: CaseUpdated, at: At) -> None:
    row = rows.get(o.case)
    rows.change(o.case, at, o.effective_at, version=o.version, **({} if row is None else _added(row, o, at)))


def _added(row: CaseRow, o: CaseUpdated, at: At) -> dict[str, Any]:
    """What an update adds to a case."""
    added: dict[str, Any] = {}
    severities = [row.severity]
    if o.strike is not None:
        severities.append(at.severity_of(o.strike))
        if o.strike not in row.strikes:
            added["strikes"] = (*row.strikes, o.strike)[-STRIKES_MAX:]
    if o.finding is not None:
        severities.append(o.finding.severity)
        added["findings"] = (*row.findings, json_text(o.finding))[-FINDINGS_MAX:]
        added["finding_count"] = row.finding_count + 1
    if o.failed_rules:
        added["failed_rules"] = tuple(dict.fromkeys((*row.failed_rules, *o.failed_rules)))
    if o.failed_signal is not None:
        added["failed_signals"] = (*row.failed_signals, o.failed_signal.id)[-FINDINGS_MAX:]
    if o.escalated is not None:
        # What becomes urgent by itself was passed on by nobody, and stays among what waits.
        added["escalated"] = row.escalated or (o.escalated and o.actor is not None)
        added["urgent"] = row.urgent or o.escalated
    if o.case_kind is not None:
        added["case_kind"] = o.case_kind
    if o.note_ref is not None:
        added["notes"] = (*row.notes, o.note_ref)[-NOTES_MAX:]
    return {**added, "severity": max(severities)}


def _report(rows: Rows[CaseRow], o: ReportFolded, at: At) -> None:
    row = rows.get(o.case)
    if row is None:
        rows.change(o.case, at, o.effective_at)
        return
    others = tuple(report for report in row.reports if report != o.report)
    if o.withdrawn:
        count, weight, reports = max(0, row.report_count - 1), max(0, row.report_weight - o.weight), others
    else:
        count, weight = row.report_count + 1, row.report_weight + o.weight
        reports = (*others, o.report)[-REPORTS_MAX:]
    rows.change(o.case, at, o.effective_at, reports=reports, report_count=count, report_weight=weight)


def _closed(rows: Rows[CaseRow], o: CaseClosed, at: At) -> None:
    rows.change(
        o.case,
        at,
        o.effective_at,
        version=o.version,
        status="closed",
        closed_at=o.effective_at,
        closed_by=who(o.actor),
        result=o.result,
        report_outcome=o.report_outcome,
        reason_ref=o.reason_ref,
    )


TABLE: Final = Table(
    name="cases",
    row=CaseRow,
    key="case_id",
    folds={CaseOpened: _opened, CaseUpdated: _updated, ReportFolded: _report, CaseClosed: _closed},
    wants={CaseUpdated: by("case"), ReportFolded: by("case"), CaseClosed: by("case")},
)
