"""Backpressure: twice what the pipeline can carry, for minutes. What memory it takes, and what comes after.

All stages run on one machine with broker, database and the sender. What is sent beyond the capacity waits in
Kafka. Afterwards all of it must have arrived, and latency at half the capacity is as if nothing had been.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

import asyncpg

from benchmarks.measure import Failed
from benchmarks.pipeline import (
    QUIET_S,
    Stages,
    capacity_of,
    latencies_at,
    lay_ready,
    quantiles_ms,
    send,
    settled,
    stages,
)
from benchmarks.posts import posts
from benchmarks.stack import Stack, database

MINUTES: Final = 10.0
TIMES: Final = 2
LOOK_INTERVAL_S: Final = 2.0
RUN: Final = "beyond"
ACCOUNTS: Final = 40_000_000
"""So many that hardly anybody writes twice in ten minutes even so."""
DEAD_LETTERS: Final = "goodstanding_dead_letters_total"


async def measure(stack: Stack, seconds: float, seed: int, minutes: float = MINUTES) -> dict[str, Any]:
    """Capacity; memory of each stage before, at most meanwhile; how long catching up took; latency then.

    Raises `Failed` when something of what was sent is missing.
    """
    settings = stack.settings("backpressure", await database(stack, "backpressure"))
    backlog = await lay_ready(stack, settings, seconds, seed)
    with stages(stack, settings) as workers:
        capacity = await capacity_of(workers, backlog)
        before = await _memory_mib(workers)
        peaks = dict(before)
        watching = asyncio.create_task(_watch(workers, peaks))
        number = int(TIMES * capacity * minutes * 60)
        began = time.monotonic()
        sent_at = await send(settings, posts(seed + 1, number, accounts=ACCOUNTS, run=RUN), TIMES * capacity)
        sent_s = time.monotonic() - began
        await settled(workers, backlog + number)
        caught_up_s = time.monotonic() - began - sent_s - QUIET_S
        watching.cancel()
        await _all_arrived(workers, settings.postgres_dsn, set(sent_at))
        after = await _memory_mib(workers)
        latencies = await latencies_at(settings, capacity / 2, seconds, seed + 2)
    return {
        "backpressure.capacity_posts_per_s": round(capacity),
        "backpressure.sent_posts_per_s": round(number / sent_s),
        "backpressure.sent_s": round(sent_s),
        "backpressure.caught_up_after_s": round(caught_up_s),
        "backpressure.harmful_posts_all_arrived": len(sent_at),
        **{
            f"backpressure.{stage}_memory_mib": f"{mib} before, {peaks[stage]} at most, {after[stage]} after"
            for stage, mib in before.items()
        },
        **quantiles_ms("backpressure.latency_afterwards", latencies),
    }


async def _memory_mib(workers: Stages) -> dict[str, int]:
    """What each stage's process holds, by stage."""
    return {
        worker.stage: round((await worker.metrics())["process_resident_memory_bytes"][0][1] / 2**20)
        for worker in workers
    }


async def _watch(workers: Stages, peaks: dict[str, int]) -> None:
    """Note the most that each process held, until cancelled."""
    while True:
        for stage, mib in (await _memory_mib(workers)).items():
            peaks[stage] = max(peaks[stage], mib)
        await asyncio.sleep(LOOK_INTERVAL_S)


async def _all_arrived(workers: Stages, dsn: str, harmful: set[str]) -> None:
    """Every harmful post is in the projection of the ledger, and no record was refused."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT DISTINCT origin_event FROM audit_entries WHERE cause_kind = 'post_screened'"
        )
    finally:
        await connection.close()
    lost = harmful - {row["origin_event"] for row in rows}
    refused = sum(value for _, value in (await workers.screening.metrics()).get(DEAD_LETTERS, ()))
    if lost or refused:
        raise Failed(f"{len(lost)} of {len(harmful)} harmful posts are missing, {refused:.0f} were refused")
