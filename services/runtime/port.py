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
        """Take up the transactional id: older producers are fenced, what they left open is aborted."""

    async def begin_transaction(self) -> None:
        """Begin; nothing reaches the broker yet."""

    def create_batch(self) -> Builder:
        """An empty record batch."""

    async def send_batch(self, batch: Builder, topic: str, *, partition: int) -> Future[Any]:
        """Queue a batch; the future tells whether the broker took it."""

    async def send_offsets_to_transaction(
        self, offsets: dict[TopicPartition, OffsetAndMetadata], group_id: str
    ) -> None:
        """Commit input offsets with the transaction."""

    async def commit_transaction(self) -> None:
        """Commit. It succeeds though a record was rejected."""

    async def abort_transaction(self) -> None:
        """Take back what was sent since `begin_transaction`."""

    async def discard(self) -> None:
        """Let go without sending anything more: an open transaction is left to the broker.

        Bounded, raises nothing.
        """


class Reader(Protocol):
    """A consumer without a group: `read_committed`, and never resetting its position by itself."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Bounded, raises nothing."""

    def assign(self, partitions: list[TopicPartition]) -> None:
        """Read these, and forget others."""

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Read on at an offset."""

    async def position(self, partition: TopicPartition) -> int:
        """The next offset to be handed out; markers that were passed count."""

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> Records:
        """What has been fetched of these partitions, waiting at most `timeout_ms` for something."""

    async def beginning_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The first offsets that are still kept."""

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

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition], /) -> None:
        """Everything is taken away, to be dealt anew."""

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition], /) -> None:
        """This is what one has now."""


class Member(Reader, Protocol):
    """A consumer in a group. It never commits: offsets travel in the producers' transactions."""

    def join(self, topics: Sequence[str], listener: Listener) -> None:
        """Subscribe, or if subscribed ask for a new assignment; either way the listener is told of one."""

    async def committed_many(
        self, partitions: Sequence[TopicPartition]
    ) -> dict[TopicPartition, OffsetAndMetadata]:
        """The stable committed offsets; what was never committed is left out."""

    def highwater(self, partition: TopicPartition) -> int | None:
        """The end of the log at the last fetch, open transactions included."""

    def last_stable_offset(self, partition: TopicPartition) -> int | None:
        """The last stable offset at the last fetch."""

    def check(self) -> None:
        """Raise what ended one of the client's background tasks, if one has ended."""


class Log(Protocol):
    """One Kafka cluster: makes clients, answers for its topics."""

    async def partition_counts(self) -> dict[str, int]:
        """The number of partitions of every topic there is."""

    def producer(self, transactional_id: str) -> Producer:
        """A transactional producer, not started."""

    async def take_over(self, transactional_id: str, prefix: str) -> Producer:
        """A started producer. Nothing that was written under its id before is still open anywhere.

        `prefix` is that of the topics to which it was written.
        """

    def reader(self) -> Reader:
        """A consumer without a group, not started."""

    def member(self, group: str, instance: str | None) -> Member:
        """A group member, not started; `instance` makes it a static one."""

    async def close(self) -> None:
        """Let go of connections."""
