"""What happened on each day, kept up for the overview: the latest days often, older ones in turn.

An older day changes too, when a strike of that day is overturned; so every day comes round again.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from services.runtime.postgres import Connection, Queries

SQL: Final = Queries(Path(__file__).parent / "sql")
DAYS_BACK_MAX: Final = 400
"""Older days stay as they were counted last."""
DAYS_OFTEN: Final = 2
SPENT_S_MAX: Final = 0.2
"""How long one turn may take before the rest waits for the next one."""
DAY: Final = timedelta(days=1)


class Days:
    """Which day is counted next."""

    def __init__(self) -> None:
        self._next: date | None = None

    async def count(self, connection: Connection) -> None:
        """Count the latest days, and as many older ones as there is time for."""
        bounds = await connection.fetchrow(SQL["days"])
        first, last = bounds["first"], bounds["last"]
        if first is None or last is None:
            return
        first = max(first, last - DAYS_BACK_MAX * DAY)
        began = time.monotonic()
        for back in range(DAYS_OFTEN):
            await self._count(connection, last - back * DAY)
        turn = last - DAYS_OFTEN * DAY
        for _ in range((turn - first).days + 1):
            if time.monotonic() > began + SPENT_S_MAX:
                return
            day = self._next if self._next is not None and first <= self._next <= turn else turn
            await self._count(connection, day)
            self._next = day - DAY

    async def _count(self, connection: Connection, day: date) -> None:
        async with connection.transaction():
            await connection.execute(SQL["day_forget"], day)
            await connection.execute(SQL["day"], day)


async def add_found(connection: Connection, found: Counter[tuple[date, str]]) -> None:
    """Add findings that were seen, by day and guideline."""
    if found:
        days, guidelines = zip(*found, strict=True)
        await connection.execute(SQL["found"], list(days), list(guidelines), list(found.values()))
