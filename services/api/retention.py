"""How long the API keeps what is its own.

Who saw what, the answers that a key repeats, who was signed in, who was told of an appeal. None of it
is a decision: those are in the ledger, which forgets nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from services.runtime import metrics
from services.runtime.postgres import UNAVAILABLE, Queries
from services.runtime.reading import Database
from services.runtime.settings import Settings

log = logging.getLogger(__name__)

SQL: Final = Queries(Path(__file__).parent / "sql")
ROWS_MAX: Final = 1_000
"""How many rows go at once: each statement is short, whatever has gathered."""
PAUSE_S: Final = 0.2
"""Between two of them, for those who ask meanwhile."""
BEGIN_AFTER_S: Final = 60.0
INTERVAL_S: Final = 3_600.0


class Kept(msgspec.Struct, frozen=True):
    """A table of the desk whose rows go after so many days, by a query of that name."""

    table: str
    forget: str
    days: int


def kept(settings: Settings) -> tuple[Kept, ...]:
    """What is kept for how long."""
    return (
        Kept("access_log", "access_forget", settings.access_log_days),
        Kept("decisions", "decision_forget", settings.idempotency_days),
        Kept("sessions", "session_forget", 0),
        Kept("appeals_told", "told_forget", 0),
    )


async def run(db: Database, tables: Sequence[Kept]) -> None:
    """Forget what is old, every hour, until cancelled; several processes may do so at once."""
    await asyncio.sleep(BEGIN_AFTER_S)
    while True:
        try:
            for one in tables:
                await forget(db, one)
        except (asyncpg.PostgresError, *UNAVAILABLE) as error:
            log.warning("what is old couldn't be forgotten, trying again in %.0f s: %r", INTERVAL_S, error)
        await asyncio.sleep(INTERVAL_S)


async def forget(db: Database, one: Kept) -> int:
    """Forget all that is older than it is kept for, in small steps; how many rows that were."""
    total = 0
    while True:
        gone: int = await db.fetchval(SQL[one.forget], one.days, ROWS_MAX)
        total += gone
        metrics.FORGOTTEN_ROWS.labels(one.table).inc(gone)
        if gone < ROWS_MAX:
            break
        await asyncio.sleep(PAUSE_S)
    if total:
        log.info("%d rows of desk.%s were forgotten, after %d days", total, one.table, one.days)
    return total
