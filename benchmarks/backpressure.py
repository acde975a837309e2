"""Backpressure: twice what the pipeline can carry, for minutes. What memory it takes, and what comes after.

All stages run on one machine with broker, database and the sender. What is sent beyond the capacity waits in
Kafka. Afterwards all of it must have arrived, and latency at half the capacity is as if nothing had been.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any, Final, NoReturn

from benchmarks.beside import beside
from benchmarks.measure import tail_ms
from benchmarks.pipeline import (
    Stages,
    all_arrived,
    capacity_of,
    latencies_at,
    lay_ready,
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


async def measure(stack: Stack, seconds: float, seed: int, minutes: float = MINUTES) -> dict[str, Any]:
    """Capacity; memory of each stage before, at most meanwhile; how long catching up took; latency then.

    Raises `Failed` when something of what was sent is missing.
    """
    settings = stack.settings("backpressure", await database(stack, "backpressure"))
    backlog = await lay_ready(stack, settings, seconds, seed)
    with stages(stack, settings) as workers:
        capacity = await capacity_of(workers, settings.postgres_dsn, backlog)
        before = await _memory_mib(workers)
        peaks = dict(before)
        number = int(TIMES * capacity * minutes * 60)
        planned = posts(seed + 1, number, accounts=ACCOUNTS, run=RUN)
        async with beside(_watch(workers, peaks)):
            began = time.monotonic()
            sent_at = await send(settings, planned, TIMES * capacity)
            sent_s = time.monotonic() - began
            done = await settled(workers, backlog.posts + number)
        await all_arrived(settings.postgres_dsn, sent_at)
        after = await _memory_mib(workers)
        latencies = await latencies_at(settings, capacity / 2, seconds, seed + 2)
    return {
        "backpressure.capacity_posts_per_s": round(capacity),
        "backpressure.sent_posts_per_s": round(number / sent_s),
        "backpressure.sent_s": round(sent_s),
        "backpressure.caught_up_after_s": round(done.at_s - began - sent_s),
        "backpressure.harmful_posts_all_arrived": len(sent_at),
        **{
            f"backpressure.{stage}_memory_mib": f"{mib} before, {peaks[stage]} at most, {after[stage]} after"
            for stage, mib in before.items()
        },
        **tail_ms("backpressure.latency_afterwards", latencies),
    }


async def _memory_mib(workers: Stages) -> dict[str, int]:
    """What each stage's process holds, by stage."""
    return {
        worker.stage: round((await worker.metrics())["process_resident_memory_bytes"][0][1] / 2**20)
        for worker in workers
    }


async def _watch(workers: Stages, peaks: dict[str, int]) -> NoReturn:
    """Note the most that each process held, until cancelled."""
    while True:
        with suppress(OSError):  # too busy to answer: the next look is as good
            for stage, mib in (await _memory_mib(workers)).items():
                peaks[stage] = max(peaks[stage], mib)
        await asyncio.sleep(LOOK_INTERVAL_S)
