"""What pulse asks the broker without reading a record: how topics grow, and how far the stages have come."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import TopicPartition

from services.flow import STAGES
from services.pulse.app import NAME
from services.runtime.kafka import BoundedConsumer, Kafka, admin, bounded

ASK_TIMEOUT_S: Final = 5.0
"""One question: what is told must be about now."""
IN_DATABASE: Final = "projecting"
"""The stage whose place is kept in PostgreSQL."""


class Broker:
    """One cluster's answers. To be opened and closed; after an error, close it and open another."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._reader: BoundedConsumer | None = None
        self._admin: AIOKafkaAdminClient | None = None
        self._places: Mapping[str, list[TopicPartition]] = {}
        self._ends: dict[TopicPartition, int] = {}

    async def open(self) -> None:
        """Connect. Raises what the client raises."""
        kafka = Kafka(self._bootstrap)
        try:
            async with asyncio.timeout(ASK_TIMEOUT_S):
                self._reader = kafka.reader()
                await self._reader.start()
                self._admin = admin(self._bootstrap)
                await self._admin.start()
                counts = await kafka.partition_counts()
        finally:
            await kafka.close()
        names = {topic for flow in STAGES.values() for topic in (*flow.reads, *flow.measures)}
        self._places = {
            name: [
                TopicPartition(self._prefix + name, number)
                for number in range(counts.get(self._prefix + name, 0))
            ]
            for name in sorted(names)
        }

    async def close(self) -> None:
        """Close the connections; raises nothing."""
        if self._reader is not None:
            await self._reader.stop()
        if self._admin is not None:
            await bounded(self._admin.close(), "closing an admin client")
        self._reader = self._admin = None

    def partitions(self, topics: Iterable[str]) -> int:
        """How many partitions these topics have together."""
        return sum(len(self._places.get(topic, ())) for topic in topics)

    async def grown(self) -> Mapping[str, int]:
        """By how many offsets each measured topic has grown since the last call; nothing at the first."""
        assert self._reader is not None, "open it first"
        every = [place for places in self._places.values() for place in places]
        async with asyncio.timeout(ASK_TIMEOUT_S):
            ends: dict[TopicPartition, int] = await self._reader.end_offsets(every)
        before, self._ends = self._ends, ends
        grown: Counter[str] = Counter()
        for topic in STAGES[NAME].measures:
            for place in self._places[topic]:
                grown[topic] += max(0, ends[place] - before.get(place, ends[place]))
        return grown

    async def lags(self, projected: Mapping[tuple[str, int], int]) -> Mapping[tuple[str, str], int]:
        """How far each stage is behind in each topic, in offsets: markers of transactions are among them.

        `projected` is where the projection stands, by topic (the catalogue's name) and partition.
        """
        assert self._admin is not None, "open it first"
        behind: dict[tuple[str, str], int] = {}
        for stage, flow in STAGES.items():
            if stage == NAME or not flow.reads:
                continue
            if stage == IN_DATABASE:
                next_of = {TopicPartition(self._prefix + topic, p): n for (topic, p), n in projected.items()}
            else:
                async with asyncio.timeout(ASK_TIMEOUT_S):
                    committed = await self._admin.list_consumer_group_offsets(self._prefix + stage)
                next_of = {place: max(0, found.offset) for place, found in committed.items()}
            for topic in flow.reads:
                places = self._places[topic]
                behind[stage, topic] = sum(
                    max(0, self._ends.get(at, 0) - next_of.get(at, 0)) for at in places
                )
        return behind
