"""A simulated log for the engine's port: clients of a simulated broker, one `Process` per worker.

Every call passes two named points, one before and one after the broker has acted (`commit<`, `commit>`); a
test's `on_point` may kill the process there, freeze it, or raise. A killed process's calls never return, and
its member leaves by time-out.
"""

# ruff: noqa: ARG002, ASYNC110, D102 - the methods are the port's, and a simulation waits by polling

from __future__ import annotations

import asyncio
import logging
from asyncio import Future
from collections.abc import Callable, Sequence
from typing import Any

from aiokafka.errors import IllegalStateError, NoOffsetForPartitionError
from aiokafka.structs import ConsumerRecord, OffsetAndMetadata, OffsetAndTimestamp, TopicPartition

from services.runtime.limits import (
    HEARTBEAT_S,
    REBALANCE_TIMEOUT_S,
    SEND_BYTES_MAX,
    SESSION_TIMEOUT_S,
)
from services.runtime.port import Builder, Header, Listener
from tests.fake.broker import Broker, Draft

log = logging.getLogger(__name__)

LATENCY_S_MAX = 0.004
POLL_S = 0.01
HEADER_BYTES = 61
RECORD_OVERHEAD_BYTES = 10

Page = list[ConsumerRecord[bytes, bytes]]


class Process:
    """The port as one worker process sees it.

    `on_point` is called with every point's name, for any client of it; `delays` are seconds added at points,
    by name.
    """

    def __init__(self, broker: Broker, groups: Groups) -> None:
        self.broker = broker
        self.groups = groups
        self.on_point: Callable[[str], None] = lambda _: None
        self.delays: dict[str, float] = {}
        self.points = 0
        self._awake = asyncio.Event()
        self._awake.set()

    def kill(self) -> None:
        """SIGKILL: no call returns any more, no callback is called."""
        self._awake.clear()
        self.groups.lose(self)

    def freeze(self) -> None:
        """SIGSTOP: calls hang, heartbeats stop."""
        self._awake.clear()
        self.groups.lose(self)

    def thaw(self) -> None:
        """SIGCONT."""
        self._awake.set()

    @property
    def awake(self) -> bool:
        """Whether it runs at all."""
        return self._awake.is_set()

    async def point(self, name: str) -> None:
        """One step of a call: takes a little time, and may be where a fault strikes."""
        await self._awake.wait()
        await asyncio.sleep(self.delays.get(name, 0.0) + self.broker.dice.random() * LATENCY_S_MAX)
        await self._awake.wait()
        self.points += 1
        self.on_point(name)
        await self._awake.wait()

    async def partition_counts(self) -> dict[str, int]:
        """Of every topic."""
        await self.point("metadata")
        return dict(self.broker.counts)

    def producer(self, transactional_id: str) -> SimulatedProducer:
        """A transactional producer."""
        return SimulatedProducer(self, transactional_id)

    async def take_over(self, transactional_id: str, prefix: str) -> SimulatedProducer:
        """A started producer."""
        producer = self.producer(transactional_id)
        try:
            await producer.start()
        except BaseException:
            await producer.discard()
            raise
        return producer

    def reader(self) -> SimulatedReader:
        """A consumer without a group."""
        return SimulatedReader(self)

    def member(self, group: str, instance: str | None) -> SimulatedMember:
        """A group member; static membership isn't simulated."""
        return SimulatedMember(self, group)

    async def close(self) -> None:
        """Nothing is kept open."""


class SimulatedBuilder:
    """A record batch."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self._size = HEADER_BYTES

    def append(
        self, *, timestamp: int | None, key: bytes | None, value: bytes | None, headers: Sequence[Header]
    ) -> Any:
        """As aiokafka's: None when full; the first record always fits."""
        size = RECORD_OVERHEAD_BYTES + len(key or b"") + len(value or b"")
        size += sum(len(name) + len(content) + 2 for name, content in headers)
        if self.drafts and self._size + size > SEND_BYTES_MAX:
            return None
        now = int(asyncio.get_running_loop().time() * 1000) if timestamp is None else timestamp
        self.drafts.append((key, value, tuple(headers), now))
        self._size += size
        return True

    def size(self) -> int:
        """Bytes so far."""
        return self._size


class SimulatedProducer:
    """Keeps aiokafka's habits: a commit after a rejected record succeeds, and asserts guard its states."""

    def __init__(self, process: Process, transactional_id: str) -> None:
        self._process = process
        self._id = transactional_id
        self._epoch = -1
        self._in_transaction = False
        self._in_order: dict[TopicPartition, asyncio.Lock] = {}

    async def start(self) -> None:
        await self._process.point("init<")
        self._epoch = self._process.broker.init(self._id)
        await self._process.point("init>")

    async def begin_transaction(self) -> None:
        assert not self._in_transaction, "Invalid state transition"
        self._in_transaction = True

    def create_batch(self) -> SimulatedBuilder:
        return SimulatedBuilder()

    async def send_batch(self, batch: Builder, topic: str, *, partition: int) -> Future[Any]:
        assert self._in_transaction
        assert isinstance(batch, SimulatedBuilder)
        await asyncio.sleep(0)
        return asyncio.ensure_future(self._produce(batch, TopicPartition(topic, partition)))

    async def _produce(self, batch: SimulatedBuilder, at: TopicPartition) -> None:
        broker = self._process.broker
        async with self._in_order.setdefault(at, asyncio.Lock()):
            await self._process.point("produce<")
            await self._settled()
            broker.append(at, batch.drafts, batch.size(), broker.begun(self._id, self._epoch))
            await self._process.point("produce>")

    async def send_offsets_to_transaction(
        self, offsets: dict[TopicPartition, OffsetAndMetadata], group_id: str
    ) -> None:
        assert self._in_transaction
        await self._process.point("offsets<")
        await self._settled()
        self._process.broker.begun(self._id, self._epoch).offsets.append((group_id, dict(offsets)))
        await self._process.point("offsets>")

    async def commit_transaction(self) -> None:
        await self._end(commit=True)

    async def abort_transaction(self) -> None:
        """Take back."""
        await self._end(commit=False)

    async def discard(self) -> None:
        self._in_transaction = False

    async def _end(self, *, commit: bool) -> None:
        assert self._in_transaction
        await self._process.point("commit<")
        self._process.broker.end(self._id, self._epoch, commit=commit)
        self._in_transaction = False
        await self._process.point("commit>")

    async def _settled(self) -> None:
        while self._process.broker.busy(self._id, self._epoch):
            await asyncio.sleep(POLL_S)


class SimulatedReader:
    """A consumer under explicit assignment."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._broker = process.broker
        self._positions: dict[TopicPartition, int | None] = {}
        self._polled = 0

    async def start(self) -> None:
        await self._process.point("connect")

    async def stop(self) -> None:
        self._positions = {}

    def assign(self, partitions: list[TopicPartition]) -> None:
        self._positions = dict.fromkeys(partitions)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self._known(partition)
        self._positions[partition] = offset

    async def position(self, partition: TopicPartition) -> int:
        self._known(partition)
        return self._reset(partition)

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, Page]:
        deadline = asyncio.get_running_loop().time() + timeout_ms / 1000
        while True:
            await self._ready()
            await self._process.point("fetch")
            await self._ready()
            found = self._take(partitions, 1_000_000 if max_records is None else max_records)
            if found or asyncio.get_running_loop().time() >= deadline:
                return found
            await self._broker.moved(deadline)

    async def beginning_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        await self._process.point("list")
        return {at: self._broker.starts[at] for at in partitions}

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        await self._process.point("list")
        return {at: self._broker.stable(at) for at in partitions}

    async def offsets_for_times(
        self, timestamps: dict[TopicPartition, int]
    ) -> dict[TopicPartition, OffsetAndTimestamp | None]:
        await self._process.point("list")
        return {at: self._first(at, since) for at, since in timestamps.items()}

    def last_poll_timestamp(self, partition: TopicPartition) -> int | None:
        return self._polled or None

    def _first(self, at: TopicPartition, since: int) -> OffsetAndTimestamp | None:
        for entry in self._broker.logs[at]:
            if entry.record is not None and entry.record.timestamp >= since:
                return OffsetAndTimestamp(entry.offset, entry.record.timestamp)
        return None

    def _take(self, partitions: Sequence[TopicPartition], left: int) -> dict[TopicPartition, Page]:
        found: dict[TopicPartition, Page] = {}
        self._polled += 1
        for at in partitions:
            if at not in self._positions or not left:
                continue
            page, position = self._broker.fetch(at, self._reset(at), left)
            self._positions[at] = position
            if page:
                found[at] = page
                left -= len(page)
        return found

    def _reset(self, at: TopicPartition) -> int:
        position = self._positions[at]
        if position is None:
            raise NoOffsetForPartitionError(at)
        return position

    def _known(self, at: TopicPartition) -> None:
        if at not in self._positions:
            raise IllegalStateError(f"No current assignment for partition {at}")

    async def _ready(self) -> None:
        """A member waits here while the group is rebalancing."""


class SimulatedMember(SimulatedReader):
    """A consumer in a group: without a seek it goes on at what is committed, as aiokafka does."""

    def __init__(self, process: Process, group: str) -> None:
        super().__init__(process)
        self.group = group
        self.process = process
        self.topics: tuple[str, ...] = ()
        self.listener: Listener | None = None
        self.assigned = asyncio.Event()
        self.stopped = False

    async def stop(self) -> None:
        self.stopped = True
        if self.process.awake:
            self.process.groups.leave(self)

    def join(self, topics: Sequence[str], listener: Listener) -> None:
        self.topics, self.listener = tuple(topics), listener
        self.process.groups.join(self)

    async def committed_many(
        self, partitions: Sequence[TopicPartition]
    ) -> dict[TopicPartition, OffsetAndMetadata]:
        await self._process.point("committed")
        found = self._broker.committed.get(self.group, {})
        return {at: found[at] for at in partitions if at in found}

    def highwater(self, partition: TopicPartition) -> int | None:
        return self._broker.nexts[partition]

    def last_stable_offset(self, partition: TopicPartition) -> int | None:
        return self._broker.stable(partition)

    def check(self) -> None:
        """No background tasks."""

    def take(self, partitions: Sequence[TopicPartition]) -> None:
        """A new assignment; positions start anew."""
        self._positions = dict.fromkeys(partitions)

    def _reset(self, at: TopicPartition) -> int:
        position = self._positions[at]
        if position is None:
            committed = self._broker.committed.get(self.group, {}).get(at)
            if committed is None:
                raise NoOffsetForPartitionError(at)
            position = self._positions[at] = committed.offset
        return position

    async def _ready(self) -> None:
        await self.assigned.wait()


class Groups:
    """The group coordinator: eager rebalances, whole partitions by range."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._members: dict[str, list[SimulatedMember]] = {}
        self._dirty: dict[str, bool] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def join(self, member: SimulatedMember) -> None:
        """Add a member, or let one join again."""
        members = self._members.setdefault(member.group, [])
        if member not in members:
            members.append(member)
        self._rebalance(member.group)

    def leave(self, member: SimulatedMember) -> None:
        """In order: at once."""
        members = self._members.get(member.group, [])
        if member in members:
            members.remove(member)
            self._rebalance(member.group)

    def lose(self, process: Process) -> None:
        """Heartbeats stop: members go when their session has expired; one that wakes up rejoins."""
        for members in self._members.values():
            for member in members:
                if member.process is process:
                    self._spawn(self._expire(member))

    async def _expire(self, member: SimulatedMember) -> None:
        await asyncio.sleep(SESSION_TIMEOUT_S)
        members = self._members[member.group]
        if member.process.awake and member in members:
            return
        self.leave(member)
        await member.process.point("heartbeat")
        await asyncio.sleep(HEARTBEAT_S)
        if not _alive(member) or member in members:
            return  # what was frozen again meanwhile is seen to by the next of these
        member.assigned.clear()
        await self._revoke(member)
        if _alive(member):  # it may have died meanwhile
            self.join(member)

    def _rebalance(self, group: str) -> None:
        if group in self._dirty:
            self._dirty[group] = True
            return
        self._dirty[group] = True
        self._spawn(self._settle(group))

    async def _settle(self, group: str) -> None:
        while self._dirty[group]:
            self._dirty[group] = False
            members = list(self._members[group])
            for member in members:
                member.assigned.clear()
            await asyncio.gather(*(self._revoke(member) for member in members))
            if not self._dirty[group]:
                await self._assign(members)
        del self._dirty[group]

    async def _revoke(self, member: SimulatedMember) -> None:
        listener = member.listener
        if listener is None or not member.process.awake:
            return
        try:
            async with asyncio.timeout(REBALANCE_TIMEOUT_S):
                await listener.on_partitions_revoked(list(member._positions))
        except Exception:
            log.exception("swallowed, as aiokafka does")

    async def _assign(self, members: list[SimulatedMember]) -> None:
        for index, member in enumerate(members):
            listener = member.listener
            if listener is None or not member.process.awake:
                continue
            mine = [
                TopicPartition(topic, number)
                for topic in member.topics
                for number in range_of(self._broker.counts[topic], len(members), index)
            ]
            member.take(mine)
            try:
                await listener.on_partitions_assigned(mine)
            except Exception:
                log.exception("swallowed, as aiokafka does")
            member.assigned.set()

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _alive(member: SimulatedMember) -> bool:
    return member.process.awake and not member.stopped


def range_of(count: int, members: int, index: int) -> range:
    """The partitions of one of several members, as the range assignor deals them."""
    each, extra = divmod(count, members)
    start = each * index + min(index, extra)
    return range(start, start + each + (index < extra))
