"""Who has which case before them. A lease is a courtesy between people: decisions are guarded by versions."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from services.api.console.queries import SQL
from services.runtime.reading import Database

LEASE_S: Final = 5 * 60
"""How long a case stays with somebody who opened it; the open page renews it."""
RENEW_S: Final = 60


class Lease(msgspec.Struct, frozen=True):
    """Whose case it is, until when (by PostgreSQL's clock)."""

    actor: str
    taken_at: datetime
    until: datetime


async def take(db: Database, case_id: str, actor: str) -> Lease:
    """Take a case, or keep it; where somebody else has it, theirs."""
    while True:
        row = await db.fetchrow(SQL["lease_take"], case_id, actor, float(LEASE_S))
        if row is not None:  # between two people who come at once, the later one may see neither row yet
            return Lease(row["actor"], row["taken_at"], row["until"])


async def release(db: Database, case_id: str, actor: str) -> None:
    """Let go of a case, unless it is somebody else's."""
    await db.fetchval(SQL["lease_release"], case_id, actor)
