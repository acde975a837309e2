"""Latency on the common workload: posts come evenly, at half of what an engine can do.

A post's latency runs from when it is handed to the producer until a reader of committed records has the
output that it calls for. Outputs come in the order of their posts, so the nth of a partition is known.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from benchmarks.common_model import Expected
from benchmarks.measure import START_WAIT_S_MAX, Failed
from benchmarks.peers import Committed, Running
from benchmarks.stack import PARTITIONS, Loader, paced

WARM_S: Final = 10.0
"""Posts that are sent in the first seconds are left out: a JVM compiles what has run often enough."""
LOOK_INTERVAL_MS: Final = 10
LATE_S_MAX: Final = 30.0

Written = tuple[bytes, bytes, int]
"""A post's author, its event and its partition."""


class Outputs(NamedTuple):
    """When each output of a partition was there to be read, in order; by partition."""

    at_s: list[list[float]]

    async def watch(self, bootstrap: str, topic: str) -> None:
        """Read until cancelled."""
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
                    self.at_s[at.partition] += [now] * len(records)
        finally:
            await reader.stop()


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
    outputs = Outputs([[] for _ in range(PARTITIONS)])
    watching = asyncio.create_task(outputs.watch(bootstrap, out_topic))
    sent_at: list[list[float]] = [[] for _ in range(PARTITIONS)]
    try:
        async with Loader(bootstrap, posts_topic) as loader:
            await _send(loader, planned[:1], sent_at)
            await _awake(engine, committed)
            begin = time.monotonic() + WARM_S
            async for due in paced(planned[1:], per_s):
                await _send(loader, due, sent_at)
        await _arrived(engine, outputs, expected)
    finally:
        watching.cancel()
        await asyncio.wait([watching])
    return [
        seen_s - sent_s
        for seen, sent, wanted in zip(outputs.at_s, sent_at, expected, strict=True)
        for seen_s, offset in zip(seen, wanted.offsets, strict=True)
        if (sent_s := sent[offset]) >= begin
    ]


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


async def _arrived(engine: Running, outputs: Outputs, expected: Sequence[Expected]) -> None:
    deadline = time.monotonic() + LATE_S_MAX
    wanted = [len(one.values) for one in expected]
    while (found := [len(seen) for seen in outputs.at_s]) != wanted:
        if time.monotonic() > deadline:
            raise Failed(f"{engine.name}: {found} outputs by partition, expected {wanted}")
        await asyncio.sleep(0.1)
