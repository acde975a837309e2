"""The whole pipeline: clock, screening, enforcement and projecting, each in a process of its own.

They share one machine with broker, database and the sender. First their capacity: posts lie ready, and it
counts how long it takes until all that follows from them is in PostgreSQL. Then, at half of that, how long
each post that breaks a guideline takes from being sent to its sanction being there for readers of PostgreSQL.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final, NamedTuple, NoReturn

import asyncpg

from benchmarks.beside import beside
from benchmarks.measure import STALL_S_MAX, START_WAIT_S_MAX, Failed, Worker, tail_ms
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


class Backlog(NamedTuple):
    """What was laid ready: how many posts, and the events of those in which a guideline finds something."""

    posts: int
    harmful: frozenset[str]


class Sighting(NamedTuple):
    """When a position in the ledger was first seen in PostgreSQL: up to `next`, exclusive."""

    at_s: float
    next: int


async def measure(stack: Stack, seconds: float, seed: int) -> dict[str, Any]:
    """Capacity, then latency at half of it."""
    settings = stack.settings("pipeline", await database(stack, "pipeline"))
    backlog = await lay_ready(stack, settings, seconds, seed)
    with stages(stack, settings) as workers:
        capacity = await capacity_of(workers, settings.postgres_dsn, backlog)
        latencies = await latencies_at(settings, capacity / 2, seconds, seed)
    return {
        "pipeline.posts_per_s": round(capacity),
        "pipeline.harmful_share": HARMFUL_SHARE,
        "latency.posts_per_s": round(capacity / 2),
        **tail_ms("latency", latencies),
    }


async def lay_ready(stack: Stack, settings: Settings, seconds: float, seed: int) -> Backlog:
    """Topics, the policy, and posts for so long."""
    await prepare(settings, community_policy())
    harmful: set[str] = set()

    def ready() -> Iterator[tuple[bytes, bytes, None]]:
        for post in posts(seed, int(GUESS_PER_S * seconds), run="ready"):
            if post.harmful:
                harmful.add(post.event)
            yield post.key, post.value, None

    number = await load(stack.bootstrap, settings.topic("posts"), ready())
    return Backlog(number, frozenset(harmful))


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


async def capacity_of(workers: Stages, dsn: str, backlog: Backlog) -> float:
    """Start screening. Posts a second, from its first commit until all that follows is in PostgreSQL.

    Raises `Failed` when something of it never comes there.
    """
    for worker in workers[:-1]:
        await worker.ready()
    workers.screening.start()
    async with asyncio.timeout(START_WAIT_S_MAX):
        first = await _begun(workers)
    last = await settled(workers, backlog.posts)
    await all_arrived(dsn, backlog.harmful)
    return (backlog.posts - first.posts) / (last.at_s - first.at_s)


class Done(NamedTuple):
    """A moment, and how far screening and projecting are: records that they have committed."""

    at_s: float
    posts: float
    entries: float


async def settled(workers: Stages, number: int) -> Done:
    """Wait until so many posts are screened and nothing more arrives; when the last of it did.

    Raises `Failed` when it stands still before.
    """
    last = Done(time.monotonic(), 0.0, 0.0)
    while (still_s := time.monotonic() - last.at_s) < STALL_S_MAX:
        now = await _done(workers)
        if now is not None and now[1:] != last[1:]:
            last = now
        elif last.posts >= number and still_s > QUIET_S:
            return last
        await asyncio.sleep(0.1)
    raise workers.screening.failed(
        f"stands at {last.posts:.0f} of {number} posts, {last.entries:.0f} entries"
    )


async def _begun(workers: Stages) -> Done:
    """The moment of screening's first commit: patterns are compiled beforehand."""
    while True:
        found = await _done(workers)
        if found is not None and found.posts:
            return found
        await asyncio.sleep(0.1)


async def _done(workers: Stages) -> Done | None:
    """How far they are now; None where one of them doesn't answer."""
    # What lies between them, `signals`, never stands still: the clock ticks.
    screened, projected = await workers.screening.look("posts"), await workers.projecting.look("ledger")
    if screened is None or projected is None:
        return None
    return Done(time.monotonic(), screened.records, projected.records)


async def all_arrived(dsn: str, harmful: Collection[str]) -> None:
    """Raise `Failed` unless every one of these posts, by their events, is in the projection of the ledger."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT DISTINCT origin_event FROM audit_entries WHERE cause_kind = 'post_screened'"
        )
    finally:
        await connection.close()
    lost = {*harmful} - {row["origin_event"] for row in rows}
    if lost:
        raise Failed(
            f"{len(lost)} of {len(harmful)} harmful posts never came to PostgreSQL, `{min(lost)}` among them"
        )


async def latencies_at(settings: Settings, per_s: float, seconds: float, seed: int) -> list[float]:
    """Seconds from sending to reading, of every post after the warm-up that led to a sanction.

    Raises `Failed` when a harmful one never arrives, or less than half of them led to a sanction.
    """
    planned = list(posts(seed + 1, int(per_s * (seconds + WARM_S)), run="live"))
    sightings: dict[int, list[Sighting]] = {partition: [] for partition in range(PARTITIONS)}
    async with beside(_watch(settings.postgres_dsn, sightings)):
        sent_at = await send(settings, planned, per_s)
        await _quiet(sightings)
    await all_arrived(settings.postgres_dsn, sent_at)
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
        raise Failed(f"only {len(latencies)} of {harmful} harmful posts led to a sanction")
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


async def _watch(dsn: str, sightings: dict[int, list[Sighting]]) -> NoReturn:
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


async def _quiet(sightings: dict[int, list[Sighting]]) -> None:
    """Wait until nothing more comes."""
    begin_s = time.monotonic()
    while True:
        last_s = max([begin_s, *(seen[-1].at_s for seen in sightings.values() if seen)])
        if time.monotonic() - last_s > QUIET_S:
            return
        await asyncio.sleep(0.1)


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
