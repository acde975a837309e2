"""What the stages have done and what lies before them: lags, the clock's last word, and waiting for quiet."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import MappingProxyType
from typing import Final, Self

import msgspec
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import TopicPartition

from events.versions import INPUT_TOPICS
from services.clock.clock import State
from services.present import clock_word, committed_of
from services.runtime.kafka import Kafka
from services.runtime.port import Log, Reader
from services.runtime.restore import opened

CONSUMERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "screening": INPUT_TOPICS,
        "enforcement": ("signals",),
        "clock": ("control",),
        "projecting": ("ledger", "contents"),
    }
)
"""Stages and the topics that they read, in the order of the flow."""
DECIDING: Final = ("screening", "enforcement")
"""The stages that must have nothing before them when simulated time moves on."""
PEEK_MS: Final = 10
POLL_S: Final = 0.05


class Lag(msgspec.Struct, frozen=True):
    """How far a stage has come in one partition. `behind` counts offsets, transaction markers included."""

    stage: str
    topic: str
    partition: int
    next_offset: int | None
    end_offset: int

    @property
    def behind(self) -> int:
        """Offsets between what is committed and the end."""
        return self.end_offset - (self.next_offset or 0)


async def lags(
    admin: AIOKafkaAdminClient, reader: Reader, counts: Mapping[str, int], prefix: str, stages: Sequence[str]
) -> list[Lag]:
    """The lag of every partition that these stages read.

    `counts` are the partition numbers by real topic name.
    """
    read = {
        TopicPartition(prefix + topic, number): (stage, topic)
        for stage in stages
        for topic in CONSUMERS[stage]
        for number in range(counts.get(prefix + topic, 0))
    }
    said = await asyncio.gather(*(committed_of(admin, prefix + stage) for stage in stages))
    groups = dict(zip(stages, said, strict=True))
    # Asked last, and all at once: an offset that was committed meanwhile can only make a lag smaller.
    ends = await reader.end_offsets([*read]) if read else {}
    found: list[Lag] = []
    for at, (stage, topic) in read.items():
        committed = groups[stage].get(at)
        offset = committed.offset if committed is not None and committed.offset >= 0 else None
        found.append(Lag(stage, topic, at.partition, offset, ends[at]))
    return found


async def idle(reader: Reader, prefix: str, found: Sequence[Lag]) -> bool:
    """Whether nothing lies before these stages.

    What is between a committed offset and the end may be markers only.
    """
    late = {TopicPartition(prefix + lag.topic, lag.partition): lag for lag in found if lag.behind > 0}
    if not late:
        return True
    begins = await reader.beginning_offsets([*late])
    reader.assign([*late])
    for at, lag in late.items():
        reader.seek(at, max(begins[at], lag.next_offset or 0))
    while True:
        if any((await reader.getmany(*late, timeout_ms=PEEK_MS)).values()):
            return False
        positions = [await reader.position(at) >= lag.end_offset for at, lag in late.items()]
        if all(positions):
            return True


class Quiet:
    """Waits until nothing lies before some stages. Use as `async with`.

    Two readers, since what is asked of one that reads waits behind its fetches.
    """

    def __init__(
        self, kafka: Kafka, admin: AIOKafkaAdminClient, prefix: str, stages: Sequence[str] = DECIDING
    ) -> None:
        self._kafka = kafka
        self._admin = admin
        self._prefix = prefix
        self._stages = stages
        self._open = AsyncExitStack()
        self._asking: Reader
        self._peeking: Reader
        self._counts: Mapping[str, int] = {}
        self._markers: frozenset[Lag] = frozenset()
        """Lags of nothing but transaction markers, as they were seen last: they aren't looked into again."""

    async def __aenter__(self) -> Self:
        """Connect."""
        async with AsyncExitStack() as stack:
            self._asking = await stack.enter_async_context(opened(self._kafka))
            self._peeking = await stack.enter_async_context(opened(self._kafka))
            self._counts = await self._kafka.partition_counts()
            self._open = stack.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close the connections."""
        await self._open.aclose()

    async def wait(self, timeout_s: float) -> bool:
        """Wait until it was so twice in a row: one may just have written for another. False: too late."""
        bound = asyncio.timeout(timeout_s)
        try:
            async with bound:
                while True:
                    if await self._now() and await self._now():
                        return True
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            if not bound.expired():
                raise
            return False

    async def _now(self) -> bool:
        found = frozenset(await lags(self._admin, self._asking, self._counts, self._prefix, self._stages))
        quiet = await idle(self._peeking, self._prefix, [*(found - self._markers)])
        if quiet:
            self._markers = found
        return quiet


async def wait_clock(
    log: Log, prefix: str, reached: Callable[[int, State], bool], timeout_s: float
) -> State | None:
    """Wait until the clock's offset and state are as wanted; None when that takes too long."""
    deadline = time.monotonic() + timeout_s
    async with opened(log) as reader:
        while time.monotonic() < deadline:
            found = await clock_word(reader, prefix)
            if found is not None and reached(*found):
                return found[1]
            await asyncio.sleep(POLL_S)
    return None
