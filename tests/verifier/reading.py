"""What the verifier reads: committed offsets, whole topics, and proof that what it read is all there is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import ConsumerRecord, TopicPartition

from services.commands.pipeline import Quiet
from services.runtime.kafka import Kafka, admin
from services.runtime.restore import pages

IDLE_S_MAX = 120.0
SETTLED_S_MAX = 30.0
POLL_S = 0.2

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"


class Unproved(AssertionError):
    """Something isn't as it must be; the message says what."""


@dataclass
class Deployment:
    """One deployment's topics on one cluster."""

    bootstrap: str
    prefix: str = ""

    def __post_init__(self) -> None:
        """Nothing is connected yet."""
        self.kafka = Kafka(self.bootstrap)
        self.counts: Mapping[str, int] = {}

    async def open(self) -> None:
        """Ask which topics there are."""
        self.counts = await self.kafka.partition_counts()

    async def close(self) -> None:
        """Close the connection."""
        await self.kafka.close()

    def partitions(self, topic: str) -> list[TopicPartition]:
        """Every partition of a catalogue topic."""
        name = self.prefix + topic
        if name not in self.counts:
            raise Unproved(f"there is no topic `{name}`: nothing can be proved; is the prefix right?")
        return [TopicPartition(name, number) for number in range(self.counts[name])]

    async def wait_idle(self, groups: Sequence[str]) -> None:
        """Wait until nothing lies before these groups. Raises `Unproved`."""
        asking = admin(self.bootstrap)
        await asking.start()
        try:
            async with Quiet(self.kafka, asking, self.prefix, groups) as quiet:
                if not await quiet.wait(IDLE_S_MAX):
                    raise Unproved(
                        f"groups {', '.join(groups)} still had input before them after {IDLE_S_MAX} s"
                    )
        finally:
            await asking.close()

    async def committed(self, group: str, topics: Iterable[str]) -> dict[tuple[str, int], int]:
        """The committed offsets of a group by catalogue topic and partition; 0 where it has none."""
        asking = admin(self.bootstrap)
        await asking.start()
        try:
            found = await asking.list_consumer_group_offsets(self.prefix + group)
        finally:
            await asking.close()
        return {
            (topic, at.partition): max(found[at].offset, 0) if at in found else 0
            for topic in topics
            for at in self.partitions(topic)
        }

    async def read(self, topic: str) -> dict[int, list[Record]]:
        """Every committed record of a topic, by partition."""
        return {at.partition: await self._partition(at) for at in self.partitions(topic)}

    async def _partition(self, at: TopicPartition) -> list[Record]:
        reader = self.kafka.reader()
        await reader.start()
        try:
            begin = (await reader.beginning_offsets([at]))[at]
            end = (await reader.end_offsets([at]))[at]
            return [record async for page in pages(reader, at, begin, end) for record in page]
        finally:
            await reader.stop()

    async def mark(self, topics: Iterable[str], seed: int) -> int:
        """Write a marker to every partition of these topics, read it back, and take it back: how many.

        It is written in a transaction that is then aborted, so that nobody who reads what is committed
        ever sees it. A transaction that was left open would keep the last stable offset below it.
        Raises `Unproved`.
        """
        ats = [at for topic in topics for at in self.partitions(topic)]
        marker = f"verifier-{seed}".encode()
        offsets = await self._write_and_abort(ats, marker, seed)
        await self._read_back(offsets, marker)
        await self._settled(offsets)
        return len(offsets)

    async def _write_and_abort(
        self, ats: Sequence[TopicPartition], marker: bytes, seed: int
    ) -> dict[TopicPartition, int]:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap, transactional_id=f"{self.prefix}verifier.{seed}"
        )
        await producer.start()
        try:
            await producer.begin_transaction()
            sent = [await producer.send(at.topic, marker, key=marker, partition=at.partition) for at in ats]
            offsets = {at: (await future).offset for at, future in zip(ats, sent, strict=True)}
            await producer.abort_transaction()
        finally:
            await producer.stop()
        return offsets

    async def _read_back(self, offsets: Mapping[TopicPartition, int], marker: bytes) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_uncommitted",
        )
        await consumer.start()
        try:
            for at, offset in offsets.items():
                consumer.assign([at])
                consumer.seek(at, offset)
                async with asyncio.timeout(SETTLED_S_MAX):
                    record = await consumer.getone(at)
                if (record.offset, record.value) != (offset, marker):
                    raise Unproved(f"{at}: the marker at {offset} wasn't read back, but {record.value!r}")
        finally:
            await consumer.stop()

    async def _settled(self, offsets: Mapping[TopicPartition, int]) -> None:
        """The last stable offset is the high watermark, and both are past the marker."""
        stable, raw = (
            self.kafka.reader(),
            AIOKafkaConsumer(
                bootstrap_servers=self.bootstrap, group_id=None, isolation_level="read_uncommitted"
            ),
        )
        await stable.start()
        await raw.start()
        ats = list(offsets)
        try:
            async with asyncio.timeout(SETTLED_S_MAX):
                while True:
                    low, high = await stable.end_offsets(ats), await raw.end_offsets(ats)
                    if all(low[at] == high[at] > offsets[at] for at in ats):
                        return
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            open_ = {at: (low[at], high[at]) for at in ats if low[at] != high[at]}
            raise Unproved(
                f"a transaction stays open: last stable offset and high watermark of {open_}"
            ) from None
        finally:
            await stable.stop()
            await raw.stop()
