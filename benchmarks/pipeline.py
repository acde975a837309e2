"""The whole pipeline: clock, screening, enforcement and projecting, each in a process of its own.

They share one machine with broker, database and the sender. First their capacity: posts lie ready, and it
counts how long it takes until all that follows from them is in PostgreSQL. Then, at half of that, how long
each post that breaks a guideline takes from being sent to its sanction being there for readers of PostgreSQL.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from statistics import quantiles
from typing import Any, Final, NamedTuple

import asyncpg

from benchmarks.measure import STALL_S_MAX, START_WAIT_S_MAX, Failed, Worker
from benchmarks.posts import HARMFUL_SHARE, Post, posts
from benchmarks.stack import PARTITIONS, Loader, Stack, community_policy, database, load, paced, prepare
from services.runtime.settings import Settings

GUESS_PER_S: Final = 30_000
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
    backlog = await lay_ready(stack, settings, seconds, seed)
    with stages(stack, settings) as workers:
        capacity = await capacity_of(workers, backlog)
        latencies = await latencies_at(settings, capacity / 2, seconds, seed)
    return {
        "pipeline.posts_per_s": round(capacity),
        "pipeline.harmful_share": HARMFUL_SHARE,
        "latency.posts_per_s": round(capacity / 2),
        **quantiles_ms("latency", latencies),
    }


def quantiles_ms(name: str, latencies: Sequence[float]) -> dict[str, Any]:
    """What is said of latencies in seconds."""
    cuts = quantiles(latencies, n=1000)
    return {
        f"{name}.samples": len(latencies),
        f"{name}.p50_ms": round(cuts[499] * 1000, 1),
        f"{name}.p99_ms": round(cuts[989] * 1000, 1),
        f"{name}.p999_ms": round(cuts[998] * 1000, 1),
        f"{name}.max_ms": round(max(latencies) * 1000, 1),
    }


async def lay_ready(stack: Stack, settings: Settings, seconds: float, seed: int) -> int:
    """Topics, the policy, and posts for so long; how many."""
    await prepare(settings, community_policy())
    ready = posts(seed, int(GUESS_PER_S * seconds), run="ready")
    return await load(
        stack.bootstrap, settings.topic("posts"), ((post.key, post.value, None) for post in ready)
    )


class Stages(NamedTuple):
    """The workers of a whole pipeline. Screening, which everything waits for, is not started yet."""

    clock: Worker
    enforcement: Worker
    projecting: Worker
    screening: Worker


@contextmanager
def stages(stack: Stack, settings: Settings) -> Iterator[Stages]:
    """One worker for each stage, stopped at the end."""
    workers = Stages(*(Worker(stage, settings, stack.folder) for stage in Stages._fields))
    with ExitStack() as running:
        for worker in workers[:-1]:
            running.enter_context(worker)
        running.callback(workers.screening.stop)
        yield workers


async def capacity_of(workers: Stages, backlog: int) -> float:
    """Start screening. Posts a second, from its first commit until all that follows is in PostgreSQL."""
    for worker in workers[:-1]:
        await worker.ready()
    workers.screening.start()
    async with asyncio.timeout(START_WAIT_S_MAX):
        first = await _begun(workers)
    last = await settled(workers, backlog)
    return (backlog - first.posts) / (last.at_s - first.at_s)


class Done(NamedTuple):
    """A moment, and how far screening and projecting are: records that they have committed."""

    at_s: float
    posts: float
    entries: float


async def settled(workers: Stages, number: int) -> Done:
    """Wait until so many posts are screened and nothing more arrives; when the last of it did.

    Raises `Failed` when it stands still before.
    """
    last = await _done(workers)
    while (still_s := time.monotonic() - last.at_s) < STALL_S_MAX:
        now = await _done(workers)
        if now[1:] != last[1:]:
            last = now
        elif now.posts >= number and still_s > QUIET_S:
            return last
        await asyncio.sleep(0.1)
    raise workers.screening.failed(
        f"stands at {last.posts:.0f} of {number} posts, {last.entries:.0f} entries"
    )


async def _begun(workers: Stages) -> Done:
    """The moment of screening's first commit: patterns are compiled beforehand."""
    while True:
        found = await _done(workers)
        if found.posts:
            return found
        await asyncio.sleep(0.1)


async def _done(workers: Stages) -> Done:
    # What lies between them, `signals`, never stands still: the clock ticks.
    looks = [await workers.screening.look("posts"), await workers.projecting.look("ledger")]
    return Done(time.monotonic(), *(look.records if look is not None else 0.0 for look in looks))


async def latencies_at(settings: Settings, per_s: float, seconds: float, seed: int) -> list[float]:
    """Seconds from sending to reading, of every harmful post after the warm-up."""
    planned = list(posts(seed + 1, int(per_s * (seconds + WARM_S)), run="live"))
    sightings: dict[int, list[Sighting]] = {partition: [] for partition in range(PARTITIONS)}
    watching = asyncio.create_task(_watch(settings.postgres_dsn, sightings))
    sent_at = await send(settings, planned, per_s)
    await _quiet(watching, sightings)
    begin = min(sent_at.values()) + WARM_S
    entries = await sanctioned(settings.postgres_dsn)
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


async def send(settings: Settings, planned: Iterable[Post], per_s: float) -> dict[str, float]:
    """Send posts evenly; when each harmful one was handed to the producer, by its event."""
    sent_at: dict[str, float] = {}
    async with Loader(settings.bootstrap_servers, settings.topic("posts")) as loader:
        async for due in paced(planned, per_s):
            for post in due:
                if post.harmful:
                    sent_at[post.event] = time.monotonic()
                await loader.add(post.key, post.value)
            await loader.flush()
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


async def sanctioned(dsn: str) -> dict[str, tuple[int, int]]:
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
