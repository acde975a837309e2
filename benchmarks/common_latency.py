"""Latency on the common workload: posts come evenly, at half of what an engine can do.

A post's latency runs from when it is handed to the producer until a reader of committed records has the
output that it calls for. Outputs come in the order of their posts, so the nth of a partition is known.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final, NoReturn

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from benchmarks.beside import beside
from benchmarks.common_model import Expected
from benchmarks.measure import START_WAIT_S_MAX
from benchmarks.peers import Committed, Running
from benchmarks.stack import PARTITIONS, Loader, paced

WARM_S: Final = 10.0
"""Posts that are sent in the first seconds are left out: a JVM compiles what has run often enough."""
LOOK_INTERVAL_MS: Final = 10
LATE_S_MAX: Final = 30.0

Written = tuple[bytes, bytes, int]
"""A post's author, its event and its partition."""


async def latencies(
    bootstrap: str,
    posts_topic: str,
    out_topic: str,
    engine: Running,
    committed: Committed,
    planned: Sequence[Written],
    expected: Sequence[Expected],
    per_s: float,
) -> list[float]:
    """Seconds of each output after the warm-up. The engine is running, and nothing was sent before.

    Raises `Failed` when outputs are missing, or when there are more than the posts call for.
    """
    sent_at: list[list[float]] = [[] for _ in range(PARTITIONS)]
    seen_at: list[list[float]] = [[] for _ in range(PARTITIONS)]
    async with beside(_watch(bootstrap, out_topic, seen_at)):
        async with Loader(bootstrap, posts_topic) as loader:
            await _send(loader, planned[:1], sent_at)
            await _awake(engine, committed)
            begin = time.monotonic() + WARM_S
            async for due in paced(planned[1:], per_s):
                await _send(loader, due, sent_at)
        await _arrived(engine, seen_at, expected)
    return [
        seen_s - sent_s
        for seen, sent, wanted in zip(seen_at, sent_at, expected, strict=True)
        for seen_s, offset in zip(seen, wanted.offsets, strict=True)
        if (sent_s := sent[offset]) >= begin
    ]


async def _watch(bootstrap: str, topic: str, seen_at: list[list[float]]) -> NoReturn:
    """Note by partition when each output was there to be read, in order, until cancelled."""
    ats = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    reader = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed")
    await reader.start()
    try:
        reader.assign(ats)
        await reader.seek_to_beginning(*ats)
        while True:
            pages = await reader.getmany(*ats, timeout_ms=LOOK_INTERVAL_MS)
            now = time.monotonic()
            for at, records in pages.items():
                seen_at[at.partition] += [now] * len(records)
    finally:
        await reader.stop()


async def _send(loader: Loader, due: Sequence[Written], sent_at: list[list[float]]) -> None:
    for key, value, at in due:
        sent_at[at].append(time.monotonic())
        await loader.add(key, value, at)
    await loader.flush()


async def _awake(engine: Running, committed: Committed) -> None:
    """Wait until the engine has committed the first post."""
    deadline = time.monotonic() + START_WAIT_S_MAX
    while not sum((await committed.offsets()).values()):
        engine.usage()  # raises when it has ended
        if time.monotonic() > deadline:
            raise engine.failed(f"committed nothing within {START_WAIT_S_MAX:.0f} s")
        await asyncio.sleep(0.1)


async def _arrived(engine: Running, seen_at: Sequence[Sequence[float]], expected: Sequence[Expected]) -> None:
    """Wait until there are as many outputs as are called for."""
    deadline = time.monotonic() + LATE_S_MAX
    wanted = [len(one.values) for one in expected]
    while (found := [len(seen) for seen in seen_at]) != wanted:
        engine.usage()  # raises when it has ended
        if time.monotonic() > deadline:
            raise engine.failed(f"{found} outputs by partition, expected {wanted}")
        await asyncio.sleep(0.1)
