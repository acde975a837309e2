"""Projecting: a real ledger that lies ready in Kafka, one process, into PostgreSQL, exactly once."""

from __future__ import annotations

from typing import Any

from benchmarks.enforcement import decide
from benchmarks.measure import Worker, drain
from benchmarks.stack import Stack, database


async def measure(stack: Stack, seconds: float, seed: int) -> dict[str, Any]:
    """The rate. The ledger is what enforcement makes of other signals."""
    settings = stack.settings("projecting", await database(stack, "projecting"))
    decided = await decide(stack, settings, seconds, seed + 1)
    with Worker("projecting", settings, stack.folder) as worker:
        rate = await drain([worker], "ledger", int(0.9 * decided.records))
    return {
        "projecting.entries_per_s": round(rate.per_s),
        "projecting.cpu_us_per_entry": round(rate.cpu_us, 2),
    }
