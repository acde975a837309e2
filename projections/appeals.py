"""The table `appeals`: one row per appeal.

No outcome of the ledger speaks of appeals yet, so nothing is folded into it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from projections.recorded import Placed
from projections.table import Table


class AppealRow(Placed, frozen=True, kw_only=True, gc=False):
    """An appeal.

    `about` is the strike or sanction; `status` is `pending`, `granted`, `partly_granted` or `denied`.
    """

    appeal: str
    account: str
    about: str
    status: str
    filed_at: datetime
    text_ref: str | None
    decided_at: datetime | None
    decided_by: str | None
    reason_ref: str | None
    version: int


TABLE: Final = Table(name="appeals", row=AppealRow, key="appeal", folds={}, wants={})
