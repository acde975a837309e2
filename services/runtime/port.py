"""The part of Kafka that the engine uses, as protocols.

`kafka.py` answers them with aiokafka, the tests with a simulated log; both pass the same contract tests.
The names and meanings are aiokafka's, so that nothing stands between the engine and the client in the hot
path. Offsets are record offsets; timestamps are milliseconds since the epoch.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from aiokafka.structs import ConsumerRecord, OffsetAndMetadata, OffsetAndTimestamp, TopicPartition

Records = Mapping[TopicPartition, Sequence[ConsumerRecord[bytes, bytes]]]
Header = tuple[str, bytes]


class Builder(Protocol):
    """A record batch in the making."""

    def append(
        self, *, timestamp: int | None, key: bytes | None, value: bytes | None, headers: Sequence[Header]
    ) -> Any:
        """Add one record; None when the batch is full and the record was not added. The first always fits."""

    def size(self) -> int:
        """Bytes so far."""


class Producer(Protocol):
    """A transactional producer. After any error only `discard` may be called."""

    async def start(self) -> None:
        """Take up the transactional id: every older producer with it is fenced, its open transaction aborted."""

    async def begin_transaction(self) -> None: ...

    def create_batch(self) -> Builder: ...

    async def send_batch(self, batch: Builder, topic: str, *, partition: int) -> Future[Any]:
        """Queue a batch; the future tells whether the broker took it."""

    async def send_offsets_to_transaction(
        self, offsets: dict[TopicPartition, OffsetAndMetadata], group_id: str
    ) -> None: ...

    async def commit_transaction(self) -> None: ...

    async def discard(self) -> None:
        """Let go without sending anything more: an open transaction is left to the broker.

        Bounded, raises nothing.
        """


class Reader(Protocol):
    """A consumer without a group: `read_committed`, and never resetting its position by itself."""

    async def start(self) -> None: ...

    async def stop(self) -> None:
        """Bounded, raises nothing."""

    def assign(self, partitions: list[TopicPartition]) -> None: ...

    def seek(self, partition: TopicPartition, offset: int) -> None: ...

    async def position(self, partition: TopicPartition) -> int: ...

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> Records: ...

    async def beginning_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]: ...

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The last stable offsets, exclusive."""

    async def offsets_for_times(
        self, timestamps: dict[TopicPartition, int]
    ) -> dict[TopicPartition, OffsetAndTimestamp | None]:
        """The first offset at or after each time; None where there is none."""

    def last_poll_timestamp(self, partition: TopicPartition) -> int | None:
        """When the last answered fetch came in."""


class Listener(Protocol):
    """Told of rebalances. Exceptions raised here are swallowed, so it only pauses and signals."""

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None: ...

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None: ...


class Member(Reader, Protocol):
    """A consumer in a group. It never commits: offsets travel in the producers' transactions."""

    def join(self, topics: Sequence[str], listener: Listener) -> None:
        """Subscribe, or if subscribed ask for a new assignment; either way the listener is told of one."""

    async def committed_many(
        self, partitions: Sequence[TopicPartition]
    ) -> dict[TopicPartition, OffsetAndMetadata]:
        """The stable committed offsets; what was never committed is left out."""

    def highwater(self, partition: TopicPartition) -> int | None: ...

    def last_stable_offset(self, partition: TopicPartition) -> int | None: ...

    def check(self) -> None:
        """Raise what ended one of the client's background tasks, if one has ended."""


class Log(Protocol):
    """One Kafka cluster: makes clients, answers for its topics."""

    async def partition_counts(self) -> dict[str, int]:
        """The number of partitions of every topic there is."""

    def producer(self, transactional_id: str) -> Producer: ...

    def reader(self) -> Reader: ...

    def member(self, group: str, instance: str | None) -> Member: ...

    async def close(self) -> None: ...
