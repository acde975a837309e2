"""The whole pipeline: clock, screening, enforcement and projecting, each in a process of its own.

They share one machine with broker, database and the sender. First their capacity: posts lie ready, and it
counts how long it takes until all that follows from them is in PostgreSQL. Then, at half of that, how long
each post that breaks a guideline takes from being sent to its sanction being there for readers of PostgreSQL.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import ExitStack
from statistics import quantiles
from typing import Any, Final, NamedTuple

import asyncpg

from benchmarks.measure import STALL_S_MAX, Failed, Worker
from benchmarks.posts import HARMFUL_SHARE, Post, posts
from benchmarks.stack import PARTITIONS, Loader, Stack, community_policy, database, load, prepare
from services.runtime.settings import Settings

GUESS_PER_S: Final = 30_000
SEND_INTERVAL_S: Final = 0.01
LOOK_INTERVAL_S: Final = 0.005
QUIET_S: Final = 4.0
"""Nothing new for so long: everything has arrived."""
WARM_S: Final = 3.0
"""Posts sent in the first seconds are left out of the latencies."""
IMPOSED: Final = "sanction_imposed"


class Sighting(NamedTuple):
    """When a position in the ledger was first seen in PostgreSQL: up to `next`, exclusive."""

    at_s: float
    next: int


async def measure(stack: Stack, seconds: float, seed: int) -> dict[str, Any]:
    """Capacity, then latency at half of it."""
    settings = stack.settings("pipeline", await database(stack, "pipeline"))
    await prepare(settings, community_policy())
    backlog = int(GUESS_PER_S * seconds)
    ready = ((post.key, post.value, None) for post in posts(seed, backlog, run="ready"))
    await load(stack.bootstrap, settings.topic("posts"), ready)
    with ExitStack() as running:
        others = [
            running.enter_context(Worker(stage, settings, stack.folder))
            for stage in ("clock", "enforcement", "projecting")
        ]
        for worker in others:
            await worker.ready()
        screening = running.enter_context(Worker("screening", settings, stack.folder))
        capacity = await _capacity(screening, others[-1], backlog)
        latencies = await _latencies(settings, capacity / 2, seconds, seed)
    cuts = quantiles(latencies, n=1000)
    return {
        "pipeline.posts_per_s": round(capacity),
        "pipeline.harmful_share": HARMFUL_SHARE,
        "latency.posts_per_s": round(capacity / 2),
        "latency.sanctions": len(latencies),
        "latency.p50_ms": round(cuts[499] * 1000, 1),
        "latency.p99_ms": round(cuts[989] * 1000, 1),
        "latency.p999_ms": round(cuts[998] * 1000, 1),
        "latency.max_ms": round(max(latencies) * 1000, 1),
    }


async def _capacity(screening: Worker, projecting: Worker, backlog: int) -> float:
    """Posts a second, from screening's first commit until everything that followed is in PostgreSQL."""
    first: tuple[float, float] | None = None
    moved_at, before = time.monotonic(), (-1.0, -1.0)
    while time.monotonic() - moved_at < STALL_S_MAX:
        looks = [await screening.look("posts"), await projecting.look("ledger")]
        # What lies between them, `signals`, never stands still: the clock ticks.
        posts_done, entries_done = (look.records if look is not None else 0.0 for look in looks)
        if first is None and posts_done:
            first = (time.monotonic(), posts_done)
        if (posts_done, entries_done) != before:
            before, moved_at = (posts_done, entries_done), time.monotonic()
        elif first is not None and posts_done >= backlog and time.monotonic() - moved_at > QUIET_S:
            return (backlog - first[1]) / (moved_at - first[0])
        await asyncio.sleep(0.1)
    raise Failed(f"the pipeline stands at {before} posts and entries, of {backlog} posts")


async def _latencies(settings: Settings, per_s: float, seconds: float, seed: int) -> list[float]:
    """Seconds from sending to reading, of every harmful post after the warm-up."""
    planned = list(posts(seed + 1, int(per_s * (seconds + WARM_S)), run="live"))
    sightings: dict[int, list[Sighting]] = {partition: [] for partition in range(PARTITIONS)}
    watching = asyncio.create_task(_watch(settings.postgres_dsn, sightings))
    sent_at = await _send(settings, planned, per_s)
    await _quiet(watching, sightings)
    begin = min(sent_at.values()) + WARM_S
    entries = await _sanctioned(settings.postgres_dsn)
    latencies = []
    for event, at_s in sent_at.items():
        place = entries.get(event)
        if at_s >= begin and place is not None:
            seen = sightings[place[0]]
            index = bisect_right(seen, place[1], key=lambda sighting: sighting.next)
            latencies.append(seen[index].at_s - at_s)
    harmful = sum(at_s >= begin for at_s in sent_at.values())
    if len(latencies) < 0.5 * harmful:
        raise Failed(f"only {len(latencies)} of {harmful} harmful posts led to a sanction in time")
    return latencies


async def _send(settings: Settings, planned: Sequence[Post], per_s: float) -> dict[str, float]:
    """Send posts evenly; when each harmful one was handed to the producer, by its event."""
    sent_at: dict[str, float] = {}
    begin = time.monotonic()
    done = 0
    async with Loader(settings.bootstrap_servers, settings.topic("posts")) as loader:
        while done < len(planned):
            due = min(len(planned), int((time.monotonic() - begin) * per_s) + 1)
            for post in planned[done:due]:
                if post.harmful:
                    sent_at[post.event] = time.monotonic()
                await loader.add(post.key, post.value)
            await loader.flush()
            done = due
            await asyncio.sleep(SEND_INTERVAL_S)
    return sent_at


async def _watch(dsn: str, sightings: dict[int, list[Sighting]]) -> None:
    """Note how far PostgreSQL is, as a reader sees it, until cancelled."""
    connection = await asyncpg.connect(dsn)
    try:
        look = await connection.prepare("SELECT partition, next FROM stream_offsets WHERE topic = 'ledger'")
        while True:
            for partition, next_offset in await look.fetch():
                seen = sightings[partition]
                if not seen or seen[-1].next != next_offset:
                    seen.append(Sighting(time.monotonic(), next_offset))
            await asyncio.sleep(LOOK_INTERVAL_S)
    finally:
        await connection.close()


async def _quiet(watching: asyncio.Task[None], sightings: dict[int, list[Sighting]]) -> None:
    """Wait until nothing more comes, then stop watching. Raises what ended the watching before."""
    while (
        time.monotonic() - max((seen[-1].at_s for seen in sightings.values() if seen), default=0.0) < QUIET_S
    ):
        await asyncio.sleep(0.1)
        if watching.done():
            await watching
    watching.cancel()
    await asyncio.wait([watching])


async def _sanctioned(dsn: str) -> dict[str, tuple[int, int]]:
    """Partition and offset of the entry in which each post's sanction stands, by the post's event."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT origin_event, partition, ledger_offset FROM audit_entries "
            "WHERE cause_kind = 'post_screened' AND outcomes LIKE $1",
            f"%{IMPOSED}%",
        )
    finally:
        await connection.close()
    return {row["origin_event"]: (row["partition"], row["ledger_offset"]) for row in rows}
