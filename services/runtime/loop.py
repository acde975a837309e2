"""The transactional partition loop: one consumer, and one task per assigned partition for all inputs.

Each closes a hole that was reproduced:

1. one stable transactional id per input partition (`context.py`)
2. on assignment: fence, restore to the last stable offset, check the guard, seek, then process (`build.py`)
3. await every send and raise on any failure before sending offsets (`transaction.py`)
4. after any failure, a time-out included, drop the producer and the state (`partition.py`)
5. fenced: never retry in place, rebuild only on a new assignment (`partition.py`)
6. rebalance callbacks only pause and signal; work happens in tasks; revocation waits, bounded, for the batch
   in flight (here)
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence

from aiokafka.structs import TopicPartition

from services.runtime import metrics
from services.runtime.contact import Contact
from services.runtime.context import Context, group_of
from services.runtime.faults import Refused
from services.runtime.limits import DRAIN_S_MAX, REVOKE_WAIT_S_MAX, WATCH_INTERVAL_S
from services.runtime.partition import Partition
from services.runtime.port import Log, Member
from services.runtime.stage import Stage

log = logging.getLogger(__name__)


class Loop:
    """One worker of one stage. `partitions` is the configured number, `instance` makes the member static."""

    def __init__(
        self,
        stage: Stage,
        kafka: Log,
        *,
        prefix: str = "",
        partitions: int | None = None,
        instance: str | None = None,
    ) -> None:
        self._stage = stage
        self._kafka = kafka
        self._prefix = prefix
        self._expected = partitions
        self._instance = instance
        self._context: Context | None = None
        self._parts: dict[int, Partition] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._assigned: frozenset[TopicPartition] = frozenset()
        self._assignment = 0
        self._revoked = False
        self._contact = Contact(stage.name)
        self._changed = asyncio.Event()
        self._rejoining = False
        self._draining = False

    def reasons(self) -> list[str]:
        """Why the worker isn't ready; empty when it is: assigned, restored, not fenced, not overloaded."""
        if self._draining:
            return ["stopping"]
        if self._contact.why:
            return [self._contact.why]
        if not self._assignment or self._revoked:
            return ["not assigned: the group is about to assign partitions"]
        reasons = [
            f"partition {number} is {part.state}: {part.why}"
            for number, part in sorted(self._parts.items())
            if part.state != "running"
        ]
        if set(self._parts) != {at.partition for at in self._assigned}:
            reasons.append("an assignment is being taken up")
        overloaded = getattr(self._stage, "overloaded", None)
        if overloaded is not None and (reason := overloaded()):
            reasons.append(reason)
        return reasons

    async def run(self) -> None:
        """Work until `drain` is called. Raises `Refused`, `Broken`, or whatever bug ended it."""
        member: Member | None = None
        try:
            connected = await self._contact.reach(self._member, self._check)
            if connected is not None:
                member, counts = connected
                context = Context(
                    self._stage, self._kafka, member, self._prefix, counts, self._ask_for_rejoin
                )
                self._join(member)
                await self._supervise(context)
        finally:
            await self._close(member)

    def drain(self) -> None:
        """Finish the batches in flight, then let `run` return; takes `DRAIN_S_MAX` at most."""
        self._draining = True
        self._contact.give_up()
        self._changed.set()

    async def on_partitions_revoked(self, _: Sequence[TopicPartition]) -> None:
        """Pause everything, and wait, bounded, for what is in flight: a rebalance revokes all partitions."""
        self._revoked = True
        for part in self._parts.values():
            part.pause()
        await self._idle(REVOKE_WAIT_S_MAX)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Only take note: `_supervise` does the work."""
        self._assigned = frozenset(assigned)
        self._assignment += 1
        self._revoked = False
        self._changed.set()

    def _member(self) -> Member:
        return self._kafka.member(group_of(self._prefix, self._stage), self._instance)

    async def _check(self) -> dict[str, int]:
        """The partition numbers of all topics. Raises `Refused` where they aren't what the stage needs."""
        counts = await self._kafka.partition_counts()
        check_topics(self._stage, self._prefix, counts, self._expected)
        return counts

    def _join(self, member: Member) -> None:
        member.join([self._prefix + name for name in self._stage.inputs], self)

    def _ask_for_rejoin(self) -> None:
        self._rejoining = True
        self._changed.set()

    async def _supervise(self, context: Context) -> None:
        taken_up = 0
        while not self._draining:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WATCH_INTERVAL_S):
                    await self._changed.wait()
            self._changed.clear()
            for task in self._tasks.values():
                if task.done():
                    task.result()
            context.member.check()
            if self._rejoining:
                self._rejoining = False
                self._join(context.member)
            elif taken_up != self._assignment and not self._revoked:
                taken_up = self._assignment
                await self._take_up(context, taken_up)
            self._measure(context)

    async def _take_up(self, context: Context, assignment: int) -> None:
        """Start what is new, let what stays go on warm, and end what is lost."""
        numbers = {at.partition for at in self._assigned}
        missing = {at for number in numbers for at in context.inputs(number).values()} - self._assigned
        if missing:
            raise Refused(
                f"{context.group}: the group assigned only some inputs of a partition, {sorted(missing)} "
                "are missing; "
                "all members must read the same topics: stop the ones of another build"
            )
        grown = sorted(at for at in self._assigned if at.partition >= context.counts[at.topic])
        if grown:
            raise Refused(
                f"{context.group}: partitions that weren't there at the start, {grown}, are assigned; "
                "a key's records would go on in another partition than its state: make the topics anew with "
                "as many as needed, and start again"
            )
        metrics.REBALANCES.labels(self._stage.name).inc()
        for number in sorted(numbers):
            if number not in self._parts:
                part = self._parts[number] = Partition(context, number)
                self._tasks[number] = asyncio.create_task(part.run(), name=f"{context.group}.{number}")
                self._tasks[number].add_done_callback(lambda _: self._changed.set())
            self._parts[number].assign(assignment)
        lost = [self._parts.pop(number) for number in set(self._parts) - numbers]
        await self._end([self._tasks.pop(part.number) for part in lost])

    async def _idle(self, bound_s: float) -> None:
        waiting = [asyncio.ensure_future(part.idle()) for part in self._parts.values()]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=bound_s)
            for one in late:
                one.cancel()
            if late:
                log.warning("%s: %d batches still in flight after %s s", self._stage.name, len(late), bound_s)

    async def _end(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        for error in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(error, Exception):
                raise error

    async def _close(self, member: Member | None) -> None:
        for part in self._parts.values():
            part.pause()
        await self._idle(DRAIN_S_MAX)
        try:
            await self._end([*self._tasks.values()])
        finally:
            if member is not None:
                await member.stop()
            await self._kafka.close()

    def _measure(self, context: Context) -> None:
        stage = self._stage.name
        metrics.READY.labels(stage).set(not self.reasons())
        if self._revoked:
            return
        for number, part in self._parts.items():
            for topic, at in context.inputs(number).items():
                if at not in self._assigned:
                    continue
                high, stable = context.member.highwater(at), context.member.last_stable_offset(at)
                if high is None or stable is None:
                    continue
                metrics.LSO_LAG.labels(stage, topic, str(number)).set(high - stable)
                if part.next is not None:
                    metrics.LAG.labels(stage, topic, str(number)).set(max(0, stable - part.next[topic]))


def check_topics(stage: Stage, prefix: str, counts: Mapping[str, int], expected: int | None) -> None:
    """Raise `Refused` when a topic of the stage is missing, or when numbers of partitions differ.

    `counts` are those of the broker, by real name; `expected` is the configured number, None: that of the
    first input.
    """
    for name in [*stage.inputs, stage.changelog]:
        count = counts.get(prefix + name)
        if count is None:
            raise Refused(
                f"topic `{prefix + name}` doesn't exist, expected for {stage.name}; "
                "create it (`goodstanding topics create`), or check the configured prefix and broker"
            )
        expected = expected or count
        if count != expected:
            raise Refused(
                f"topic `{prefix + name}` has {count} partitions, expected {expected}; all keyed topics "
                "must have as many "
                "as configured, since partition p of each belongs to one owner; set the number right, or "
                "make the topic anew"
            )
