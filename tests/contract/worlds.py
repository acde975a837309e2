"""Two worlds for the same tests: the simulated log, in simulated time, and a real Kafka."""

# ruff: noqa: ASYNC110, D102 - the protocol describes the methods, and an operator polls

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import NewTopic
from aiokafka.admin.records_to_delete import RecordsToDelete
from aiokafka.structs import ConsumerRecord, OffsetAndMetadata, TopicPartition

from services.runtime import kafka
from services.runtime.kafka import Kafka
from services.runtime.outputs import murmur2
from services.runtime.port import Log
from services.runtime.restore import pages
from tests.fake import clock
from tests.fake.broker import Broker
from tests.fake.log import Groups, Process

T = TypeVar("T")

Record: TypeAlias = ConsumerRecord[bytes, bytes]
Pair = tuple[bytes | None, bytes | None]


class World(Protocol):
    """A cluster and its operator. `prefix` is this test's own."""

    prefix: str

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run one scenario to its end."""

    def process(self) -> Log:
        """The cluster as a worker process sees it."""

    async def create(self, *topics: str, partitions: int = 2, bytes_max: int = 1_048_588) -> None: ...

    async def produce(
        self, topic: str, pairs: Sequence[Pair], partition: int | None = None, since_ms: int | None = None
    ) -> None:
        """Append records in order, to one partition or where their keys hash; the n-th at `since_ms` + n."""

    async def commit(self, group: str, offsets: dict[TopicPartition, OffsetAndMetadata]) -> None:
        """Set committed offsets by hand."""

    async def truncate(self, at: TopicPartition, offset: int) -> None: ...

    async def high(self, at: TopicPartition) -> int:
        """The high watermark: open transactions and markers count."""

    def at(self, topic: str, partition: int) -> TopicPartition: ...


class Simulated:
    """The simulated log."""

    def __init__(self, seed: int = 0) -> None:
        self.prefix = "fake."
        self.broker = Broker(seed)
        self.groups = Groups(self.broker)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        return clock.run(main)

    def process(self) -> Process:
        return Process(self.broker, self.groups)

    def at(self, topic: str, partition: int) -> TopicPartition:
        return TopicPartition(self.prefix + topic, partition)

    async def create(self, *topics: str, partitions: int = 2, bytes_max: int = 1_048_588) -> None:
        for topic in topics:
            self.broker.create(self.prefix + topic, partitions, bytes_max)

    async def produce(
        self, topic: str, pairs: Sequence[Pair], partition: int | None = None, since_ms: int | None = None
    ) -> None:
        count = self.broker.counts[self.prefix + topic]
        begin = int(asyncio.get_running_loop().time() * 1000) if since_ms is None else since_ms
        for number, (key, value) in enumerate(pairs):
            chosen = murmur2(key or b"") % count if partition is None else partition
            self.broker.append(self.at(topic, chosen), [(key, value, (), begin + number)], 100, None)

    async def commit(self, group: str, offsets: dict[TopicPartition, OffsetAndMetadata]) -> None:
        self.broker.committed[group] = {at: one for at, one in offsets.items() if one.offset >= 0}

    async def truncate(self, at: TopicPartition, offset: int) -> None:
        self.broker.truncate(at, offset)

    async def high(self, at: TopicPartition) -> int:
        return self.broker.nexts[at]


class Real:
    """A real Kafka. `replicas` is how many brokers hold each partition."""

    def __init__(self, bootstrap: str, replicas: int = 1) -> None:
        self.prefix = f"test-{uuid.uuid4().hex[:12]}-"
        self.bootstrap = bootstrap
        self.replicas = replicas

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(main)

    def process(self) -> Kafka:
        return Kafka(self.bootstrap)

    def at(self, topic: str, partition: int) -> TopicPartition:
        return TopicPartition(self.prefix + topic, partition)

    async def create(self, *topics: str, partitions: int = 2, bytes_max: int = 1_048_588) -> None:
        admin = kafka.admin(self.bootstrap)
        await admin.start()
        try:
            config = {"max.message.bytes": str(bytes_max)}
            new = [
                NewTopic(self.prefix + topic, partitions, self.replicas, topic_configs=config)
                for topic in topics
            ]
            await admin.create_topics(new)
            while not await self._led(admin, {topic.name for topic in new}):
                await asyncio.sleep(0.05)
        finally:
            await admin.close()

    async def _led(self, admin: Any, names: set[str]) -> bool:
        described = [topic for topic in await admin.describe_topics() if topic["topic"] in names]
        return len(described) == len(names) and all(
            partition["leader"] >= 0 for topic in described for partition in topic["partitions"]
        )

    async def produce(
        self, topic: str, pairs: Sequence[Pair], partition: int | None = None, since_ms: int | None = None
    ) -> None:
        producer = kafka.plain_producer(self.bootstrap)
        await producer.start()
        try:
            sent = [
                await producer.send(
                    self.prefix + topic,
                    value,
                    key,
                    partition=partition,
                    timestamp_ms=None if since_ms is None else since_ms + number,
                )
                for number, (key, value) in enumerate(pairs)
            ]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    async def commit(self, group: str, offsets: dict[TopicPartition, OffsetAndMetadata]) -> None:
        member = Kafka(self.bootstrap).member(group)
        await member.start()
        try:
            member.assign(list(offsets))
            await member.commit(offsets)
        finally:
            await member.stop()

    async def truncate(self, at: TopicPartition, offset: int) -> None:
        admin = kafka.admin(self.bootstrap)
        await admin.start()
        try:
            await admin.delete_records({at: RecordsToDelete(before_offset=offset)})
        finally:
            await admin.close()

    async def high(self, at: TopicPartition) -> int:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, isolation_level="read_uncommitted")
        await consumer.start()
        try:
            return int((await consumer.end_offsets([at]))[at])
        finally:
            await consumer.stop()


async def read(log: Log, at: TopicPartition) -> list[Record]:
    """Everything committed in one partition."""
    reader = log.reader()
    await reader.start()
    try:
        begin = (await reader.beginning_offsets([at]))[at]
        end = (await reader.end_offsets([at]))[at]
        return [record async for page in pages(reader, at, begin, end) for record in page]
    finally:
        await reader.stop()
