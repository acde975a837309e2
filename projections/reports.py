"""A report's two sides.

The ledger tells them in two places, so each has a table of its own with one writer.

`report_filings` is what became of a report at its reporter's account, `report_foldings` what it added to at
its subject's. The view `reports` joins them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from events.ledger import ReportFolded, ReportNoted, ReportSettled
from projections.recorded import At, Placed
from projections.table import Rows, Table, by, placed


class FilingRow(Placed, frozen=True, kw_only=True, gc=False):
    """A report at its reporter's account.

    `result` as in the ledger; `outcome` is what the reporter was told, once.
    """

    report: str
    account: str
    subject_account: str
    post: str | None
    revision: int | None
    result: str
    weight: int
    filed_at: datetime
    withdrawn_at: datetime | None
    outcome: str | None
    settled_at: datetime | None


class FoldingRow(Placed, frozen=True, kw_only=True, gc=False):
    """A report at the account that it is about: the case that it was folded into.

    `reporter` is never shown to the subject.
    """

    report: str
    account: str
    reporter: str
    by_email: bool
    case_id: str
    reason: str
    weight: int
    content_ref: str | None
    reason_ref: str | None
    folded_at: datetime
    withdrawn_at: datetime | None


def _noted(rows: Rows[FilingRow], o: ReportNoted, at: At) -> None:
    before = rows.get(o.report)
    if o.result == "withdrawn" or (before is not None and o.result == "ignored_duplicate"):
        withdrawn = {"withdrawn_at": o.effective_at} if o.result == "withdrawn" else {}
        rows.change_if_known(o.report, at, o.effective_at, **withdrawn)
        return
    row = FilingRow(
        report=o.report,
        account=at.account,
        subject_account=o.subject_account,
        post=o.post,
        revision=o.revision,
        result=o.result,
        weight=o.weight,
        filed_at=o.effective_at,
        withdrawn_at=None,
        outcome=None,
        settled_at=None,
        **placed(at, o.effective_at),
    )
    rows.put(o.report, row if before is None else msgspec.structs.replace(row, change=before.change + 1))


def _settled(rows: Rows[FilingRow], o: ReportSettled, at: At) -> None:
    rows.change_if_known(o.report, at, o.effective_at, outcome=o.outcome, settled_at=o.effective_at)


def _folded(rows: Rows[FoldingRow], o: ReportFolded, at: At) -> None:
    before = rows.get(o.report)
    row = FoldingRow(
        report=o.report,
        account=at.account,
        reporter=o.reporter,
        by_email=o.by_email,
        case_id=o.case,
        reason=o.reason,
        weight=o.weight,
        content_ref=o.content_ref,
        reason_ref=o.reason_ref,
        folded_at=o.effective_at if before is None else before.folded_at,
        withdrawn_at=o.effective_at if o.withdrawn else None,
        **placed(at, o.effective_at),
    )
    rows.put(o.report, row if before is None else msgspec.structs.replace(row, change=before.change + 1))


FILINGS: Final = Table(
    name="report_filings",
    row=FilingRow,
    key="report",
    folds={ReportNoted: _noted, ReportSettled: _settled},
    wants={ReportNoted: by("report"), ReportSettled: by("report")},
)
FOLDINGS: Final = Table(
    name="report_foldings",
    row=FoldingRow,
    key="report",
    folds={ReportFolded: _folded},
    wants={ReportFolded: by("report")},
)
