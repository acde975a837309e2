"""A simulated broker: logs, transactions with epochs and markers, committed offsets; all in memory.

What real Kafka was seen to do, it does too: markers take offsets, a commit is answered before markers and
group offsets are written (a new producer with the same id waits for them), a stalled transaction is aborted
and its producer fenced.
"""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from aiokafka.errors import MessageSizeTooLargeError, OffsetOutOfRangeError, ProducerFenced
from aiokafka.structs import ConsumerRecord, OffsetAndMetadata, TopicPartition

from services.runtime.limits import TRANSACTION_TIMEOUT_S

MARKER_DELAY_S = 0.02
"""Between the answer to a commit and its markers: as long `committed()` is stale."""
RECORD_BYTES_MAX = 1_048_588

Draft = tuple[bytes | None, bytes | None, Sequence[tuple[str, bytes]], int]


@dataclass
class Transaction:
    """One transaction; `touched` partitions get its marker, and their readers wait at its first offset."""

    state: str = "open"
    touched: dict[TopicPartition, int] = field(default_factory=dict)
    offsets: list[tuple[str, dict[TopicPartition, OffsetAndMetadata]]] = field(default_factory=list)


@dataclass
class Identity:
    """What a transactional id stands for at present."""

    epoch: int = -1
    transaction: Transaction | None = None


@dataclass
class Entry:
    """One place in a log; `record` None is a marker."""

    offset: int
    record: ConsumerRecord[bytes, bytes] | None
    transaction: Transaction | None


_offset = attrgetter("offset")


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


class Broker:
    """The state of the cluster. `seed` decides latencies, and so the order in which things happen."""

    def __init__(self, seed: int = 0) -> None:
        self.dice = random.Random(seed)
        self.logs: dict[TopicPartition, list[Entry]] = {}
        self.starts: dict[TopicPartition, int] = {}
        self.nexts: dict[TopicPartition, int] = {}
        self.counts: dict[str, int] = {}
        self.bytes_max: dict[str, int] = {}
        self.identities: dict[str, Identity] = {}
        self.committed: dict[str, dict[TopicPartition, OffsetAndMetadata]] = {}
        self.fenced = 0
        self.aborted = 0
        """Transactions that others ended: a next owner, or the broker because they took too long."""
        self._undecided: dict[TopicPartition, list[Transaction]] = {}
        self._waiting: dict[asyncio.Future[None], None] = {}

    async def moved(self, deadline: float) -> None:
        """Wait until some log has grown or a transaction is over, or until the loop's time is `deadline`."""
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._waiting[waiter] = None
        timer = loop.call_at(deadline, _wake, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiting.pop(waiter, None)

    def create(self, topic: str, partitions: int, bytes_max: int = RECORD_BYTES_MAX) -> None:
        """Make a topic."""
        self.counts[topic] = partitions
        self.bytes_max[topic] = bytes_max
        for number in range(partitions):
            at = TopicPartition(topic, number)
            self.logs[at], self.starts[at], self.nexts[at] = [], 0, 0
            self._undecided[at] = []

    # producers

    def init(self, transactional_id: str) -> int:
        """Take up an id: abort or finish what is open under it; the new epoch."""
        identity = self.identities.setdefault(transactional_id, Identity())
        identity.epoch += 1
        if identity.transaction is not None:
            if identity.transaction.state == "open":
                self._lose(identity)
            else:
                self._finish(identity, "committed")
        return identity.epoch

    def begun(self, transactional_id: str, epoch: int) -> Transaction:
        """The open transaction of a producer, begun if need be."""
        identity = self._identity(transactional_id, epoch)
        if identity.transaction is None:
            identity.transaction = transaction = Transaction()

            def expire() -> None:
                if identity.transaction is transaction and transaction.state == "open":
                    identity.epoch += 1
                    self._lose(identity)

            asyncio.get_running_loop().call_later(TRANSACTION_TIMEOUT_S, expire)
        return identity.transaction

    def busy(self, transactional_id: str, epoch: int) -> bool:
        """Whether the markers of the last transaction are still being written."""
        transaction = self._identity(transactional_id, epoch).transaction
        return transaction is not None and transaction.state == "prepared"

    def append(
        self, at: TopicPartition, drafts: Iterable[Draft], size: int, transaction: Transaction | None
    ) -> None:
        """Write one record batch. Raises `MessageSizeTooLargeError` as the broker does: for the batch."""
        if size > self.bytes_max[at.topic]:
            raise MessageSizeTooLargeError(f"{size} bytes for {at}")
        if transaction is not None and at not in transaction.touched:
            transaction.touched[at] = self.nexts[at]
            self._undecided[at].append(transaction)
        for key, value, headers, timestamp in drafts:
            record = ConsumerRecord(
                at.topic,
                at.partition,
                self.nexts[at],
                timestamp,
                0,
                key,
                value,
                0,
                len(key or b""),
                len(value or b""),
                tuple(headers),
            )
            self._put(at, record, transaction)
        self._tell()

    def end(self, transactional_id: str, epoch: int, *, commit: bool) -> None:
        """Commit or abort. A commit is decided at once, and carried out a little later."""
        identity = self._identity(transactional_id, epoch)
        transaction = identity.transaction
        if transaction is None:
            return
        if not commit:
            self._finish(identity, "aborted")
            return
        transaction.state = "prepared"

        def finish() -> None:
            if identity.transaction is transaction:
                self._finish(identity, "committed")

        asyncio.get_running_loop().call_later(MARKER_DELAY_S * self.dice.random(), finish)

    def _identity(self, transactional_id: str, epoch: int) -> Identity:
        identity = self.identities[transactional_id]
        if identity.epoch != epoch:
            self.fenced += 1
            raise ProducerFenced
        return identity

    def _lose(self, identity: Identity) -> None:
        self.aborted += 1
        self._finish(identity, "aborted")

    def _finish(self, identity: Identity, state: str) -> None:
        transaction = identity.transaction
        assert transaction is not None
        transaction.state, identity.transaction = state, None
        for at in sorted(transaction.touched):
            self._undecided[at].remove(transaction)
            self._put(at, None, None)
        if state == "committed":
            for group, offsets in transaction.offsets:
                self.committed.setdefault(group, {}).update(offsets)
        self._tell()

    def _tell(self) -> None:
        for waiter in self._waiting:
            _wake(waiter)

    def _put(
        self, at: TopicPartition, record: ConsumerRecord[bytes, bytes] | None, transaction: Transaction | None
    ) -> None:
        self.logs[at].append(Entry(self.nexts[at], record, transaction))
        self.nexts[at] += 1

    # consumers

    def stable(self, at: TopicPartition) -> int:
        """The last stable offset, exclusive."""
        return min((each.touched[at] for each in self._undecided[at]), default=self.nexts[at])

    def fetch(
        self, at: TopicPartition, offset: int, most: int
    ) -> tuple[list[ConsumerRecord[bytes, bytes]], int]:
        """Committed records from `offset` on, and the position behind them."""
        if not self.starts[at] <= offset <= self.nexts[at]:
            raise OffsetOutOfRangeError({at: offset})
        stable, entries = self.stable(at), self.logs[at]
        found: list[ConsumerRecord[bytes, bytes]] = []
        for place in range(bisect_left(entries, offset, key=_offset), len(entries)):
            entry = entries[place]
            if entry.offset >= stable:
                break
            if entry.record is not None and (
                entry.transaction is None or entry.transaction.state == "committed"
            ):
                if len(found) == most:
                    return found, entry.offset
                found.append(entry.record)
        return found, max(offset, stable)

    # an operator

    def truncate(self, at: TopicPartition, offset: int) -> None:
        """Delete what is before an offset, as retention does."""
        self.starts[at] = offset
        self.logs[at] = [entry for entry in self.logs[at] if entry.offset >= offset]

    def compact(self, at: TopicPartition) -> None:
        """Keep the last committed record of each key, and the last entry whatever it is; tombstones stay."""
        last = {
            entry.record.key: entry.offset
            for entry in self.logs[at]
            if entry.record is not None
            and (entry.transaction is None or entry.transaction.state == "committed")
        }
        self.logs[at] = [
            entry
            for entry in self.logs[at]
            if entry.offset >= self.stable(at)
            or entry.offset == self.nexts[at] - 1
            or (entry.record is not None and last.get(entry.record.key) == entry.offset)
        ]
