"""The projector.

A member of the group `projecting`, with one task per assigned partition of `ledger` and `contents`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, NoReturn

from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from services.projecting.partition import Partition, Sink, sinks
from services.runtime import limits, metrics
from services.runtime.contact import Contact
from services.runtime.faults import Refused
from services.runtime.kafka import MS, POLL_INTERVAL_MS_MAX, BoundedConsumer, Kafka
from services.runtime.limits import (
    CALL_TIMEOUT_S,
    DRAIN_S_MAX,
    WATCH_INTERVAL_S,
)
from services.runtime.settings import Settings
from services.runtime.shell import run

log = logging.getLogger(__name__)

NAME: Final = "projecting"
HINT_INTERVAL_S: Final = 5.0
"""How often positions are committed to Kafka too, for lag tools. Nothing reads them back."""
FETCH_PARTITION_BYTES: Final = 6 * 1024 * 1024
"""Per partition and fetch; it is also what a partition holds in memory while PostgreSQL is away."""
REVOKE_WAIT_S_MAX: Final = 5.0
"""How long a revocation waits for batches in flight. A batch that takes longer meets the fence."""


class Projecting:
    """One worker. `instance` makes the member static, so that a restart gets its partitions back at once."""

    def __init__(
        self,
        kafka: Kafka,
        dsn: str,
        *,
        prefix: str = "",
        partitions: int | None = None,
        instance: str = "",
        group: str = NAME,
    ) -> None:
        self._kafka = kafka
        self._dsn = dsn
        self._prefix = prefix
        self._expected = partitions
        self._sinks: Mapping[str, Sink] = {prefix + topic: sink for topic, sink in sinks().items()}
        self._instance = instance or None
        self._group = prefix + group
        self._member: BoundedConsumer  # made in `run`: aiokafka's clients belong to a running loop
        self._parts: dict[TopicPartition, Partition] = {}
        self._tasks: dict[TopicPartition, asyncio.Task[None]] = {}
        self._assigned: frozenset[TopicPartition] = frozenset()
        self._assignment = 0
        self._changed = asyncio.Event()
        self._draining = False
        self._contact = Contact(NAME)
        self._hinted_at = 0.0

    def reasons(self) -> list[str]:
        """Why the worker isn't ready; empty when every assigned partition is being projected."""
        if self._draining:
            return ["stopping"]
        if self._contact.why:
            return [self._contact.why]
        if not self._assignment:
            return ["not assigned: the group hasn't answered yet"]
        reasons = [
            f"{at.topic} partition {at.partition} is {part.state}: {part.why}"
            for at, part in sorted(self._parts.items())
            if part.state != "running"
        ]
        if set(self._parts) != self._assigned:
            reasons.append("an assignment is being taken up")
        return reasons

    async def run(self) -> None:
        """Work until `drain` is called. Raises `Refused`, or whatever bug ended it."""
        try:
            reached = await self._contact.reach(
                partial(member, self._kafka, self._group, self._instance), self._check_topics
            )
            if reached is not None:
                self._member, _ = reached
                try:
                    self._member.join(list(self._sinks), self)
                    await self._supervise()
                finally:
                    await self._leave()
        finally:
            await self._kafka.close()

    def drain(self) -> None:
        """Finish the batches in flight, then let `run` return; takes `DRAIN_S_MAX` at most."""
        self._draining = True
        self._contact.give_up()
        self._changed.set()

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:  # noqa: ARG002 - aiokafka revokes all
        """Pause, and wait, bounded, for what is in flight."""
        await self._pause(REVOKE_WAIT_S_MAX)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Only take note: `_supervise` does the work."""
        self._assigned = frozenset(assigned)
        self._assignment += 1
        self._changed.set()

    async def _check_topics(self) -> None:
        counts = await self._kafka.partition_counts()
        for topic in self._sinks:
            count = counts.get(topic)
            if count is None or count != (self._expected or count):
                raise Refused(
                    f"topic `{topic}` {'is missing' if count is None else f'has {count} partitions'}, "
                    "expected "
                    f"{self._expected or 'it'}; create it with `goodstanding topics create`, or check the "
                    "configured prefix"
                )

    async def _supervise(self) -> None:
        taken_up = 0
        while not self._draining:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WATCH_INTERVAL_S):
                    await self._changed.wait()
            self._changed.clear()
            for task in self._tasks.values():
                if task.done():
                    task.result()
            self._member.check()
            if taken_up != self._assignment:
                taken_up = self._assignment
                await self._take_up(taken_up)
            self._measure()
            await self._hint()

    async def _take_up(self, assignment: int) -> None:
        """Start what is new, let what stays go on, end what is lost."""
        metrics.REBALANCES.labels(NAME).inc()
        for at in sorted(self._assigned):
            if at not in self._parts:
                part = self._parts[at] = Partition(self._sinks[at.topic], self._member, at, self._dsn)
                self._tasks[at] = asyncio.create_task(part.run(), name=f"{NAME}.{at.topic}.{at.partition}")
                self._tasks[at].add_done_callback(lambda _: self._changed.set())
            self._parts[at].assign(assignment)
        lost = set(self._parts) - self._assigned
        for at in lost:
            del self._parts[at]
        await self._end([self._tasks.pop(at) for at in lost])

    async def _hint(self) -> None:
        if time.monotonic() < self._hinted_at + HINT_INTERVAL_S:
            return
        self._hinted_at = time.monotonic()
        offsets = {
            at: OffsetAndMetadata(part.next, "")
            for at, part in self._parts.items()
            if part.state == "running" and part.next is not None and at in self._assigned
        }
        if not offsets:
            return
        # A hint that fails harms nobody; the next one comes soon.
        with contextlib.suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(CALL_TIMEOUT_S):
                await self._member.commit(offsets)

    def _measure(self) -> None:
        metrics.READY.labels(NAME).set(not self.reasons())
        for at, part in self._parts.items():
            stable = self._member.last_stable_offset(at) if at in self._member.assignment() else None
            if stable is not None and part.next is not None:
                topic = at.topic.removeprefix(self._prefix)
                metrics.PROJECTION_LAG.labels(topic, str(at.partition)).set(max(0, stable - part.next))

    async def _pause(self, bound_s: float) -> None:
        for part in self._parts.values():
            part.pause()
        waiting = [asyncio.ensure_future(part.idle()) for part in self._parts.values()]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=bound_s)
            for one in late:
                one.cancel()

    async def _end(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        for error in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(error, Exception):
                raise error

    async def _leave(self) -> None:
        await self._pause(DRAIN_S_MAX)
        try:
            await self._end([*self._tasks.values()])
        finally:
            await self._member.stop()


def member(kafka: Kafka, group: str, instance: str | None) -> BoundedConsumer:
    """The group's member. Like `Kafka.member`, with fetches that fill a batch.

    A batch costs some two dozen statements, so batches of a few hundred entries, as the engine's smaller
    fetches bring them, cost twice as much per entry.
    """
    return BoundedConsumer(
        bootstrap_servers=kafka.bootstrap,
        group_id=group,
        group_instance_id=instance,
        auto_offset_reset="none",
        enable_auto_commit=False,
        isolation_level="read_committed",
        partition_assignment_strategy=(RangePartitionAssignor,),
        session_timeout_ms=int(limits.SESSION_TIMEOUT_S * MS),
        heartbeat_interval_ms=int(limits.HEARTBEAT_S * MS),
        rebalance_timeout_ms=int(limits.REBALANCE_TIMEOUT_S * MS),
        max_poll_interval_ms=POLL_INTERVAL_MS_MAX,
        fetch_max_wait_ms=int(limits.FETCH_WAIT_S * MS),
        max_partition_fetch_bytes=FETCH_PARTITION_BYTES,
    )


def main(settings: Settings) -> NoReturn:
    """Run the projector until SIGTERM, then exit 0."""
    if not settings.postgres_dsn:
        raise Refused(
            "projecting needs PostgreSQL: set `GOODSTANDING_POSTGRES_DSN` to "
            "`postgresql://user:password@host:port/database`"
        )
    projector = Projecting(
        Kafka(settings.bootstrap_servers),
        settings.postgres_dsn,
        prefix=settings.topic_prefix,
        partitions=settings.partitions,
        instance=settings.instance_id,
    )
    run(NAME, [projector], settings)
