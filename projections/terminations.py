"""The table `terminations`: one row per proposal to end an account, and how a second person settled it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from events.ledger import TerminationProposed, TerminationSettled
from projections.recorded import At, Placed, who
from projections.table import Rows, Table, by, placed


class TerminationRow(Placed, frozen=True, kw_only=True, gc=False):
    """A proposal. `status` is `proposed`, `confirmed`, `dismissed`, `withdrawn` or `reversed`."""

    proposal: str
    account: str
    because: str
    proposed_by: str
    proposed_at: datetime
    strikes: tuple[str, ...]
    status: str
    settled_by: str | None
    settled_at: datetime | None


def _proposed(rows: Rows[TerminationRow], o: TerminationProposed, at: At) -> None:
    row = TerminationRow(
        proposal=o.proposal,
        account=at.account,
        because=o.because,
        proposed_by=who(o.proposer),
        proposed_at=o.effective_at,
        strikes=o.strikes,
        status="proposed",
        settled_by=None,
        settled_at=None,
        **placed(at, o.effective_at),
    )
    rows.create(o.proposal, row)


def _settled(rows: Rows[TerminationRow], o: TerminationSettled, at: At) -> None:
    settled = {"settled_by": who(o.actor), "settled_at": o.effective_at}
    rows.change(o.proposal, at, o.effective_at, status=o.result, **settled)


TABLE: Final = Table(
    name="terminations",
    row=TerminationRow,
    key="proposal",
    folds={TerminationProposed: _proposed, TerminationSettled: _settled},
    wants={TerminationSettled: by("proposal")},
)
