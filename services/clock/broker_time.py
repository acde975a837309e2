"""Holds the wall clock against the broker's, for every broadcast, before it is committed.

The broker stamps each record with its own time as it takes it. Where that disagrees with ours, the
transaction is dropped before anybody can read it: sanctions must neither end early nor late because one
machine's clock is wrong.
"""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from services.runtime.faults import Refused
from services.runtime.port import Builder, Log, Member, Producer, Reader

LOG_APPEND_TIME: Final = 1


class ClockDisagrees(KafkaError):  # type: ignore[misc]  # aiokafka ships no types
    """This machine's clock and the broker's differ too much.

    Tried again later, as a broker that is away would be.
    """


class CheckedLog:
    """A log whose producers refuse to go on when the broker's time is more than `skew_max` from `now()`."""

    def __init__(self, log: Log, now: Callable[[], datetime], skew_max: timedelta) -> None:
        self._log = log
        self._now = now
        self._skew_max = skew_max

    async def partition_counts(self) -> dict[str, int]:
        """As the log's."""
        return await self._log.partition_counts()

    def producer(self, transactional_id: str) -> Producer:
        """The log's, checked."""
        return _CheckedProducer(self._log.producer(transactional_id), self._now, self._skew_max)

    async def take_over(self, transactional_id: str, prefix: str) -> Producer:
        """The log's, checked."""
        producer = await self._log.take_over(transactional_id, prefix)
        return _CheckedProducer(producer, self._now, self._skew_max)

    def reader(self) -> Reader:
        """As the log's."""
        return self._log.reader()

    def member(self, group: str, instance: str | None) -> Member:
        """As the log's."""
        return self._log.member(group, instance)

    async def close(self) -> None:
        """As the log's."""
        await self._log.close()


class _CheckedProducer:
    def __init__(self, producer: Producer, now: Callable[[], datetime], skew_max: timedelta) -> None:
        self._producer = producer
        self._now = now
        self._skew_max = skew_max

    async def start(self) -> None:
        await self._producer.start()

    async def begin_transaction(self) -> None:
        await self._producer.begin_transaction()

    def create_batch(self) -> Builder:
        return self._producer.create_batch()

    async def send_batch(self, batch: Builder, topic: str, *, partition: int) -> Future[Any]:
        sent_at = self._now()
        taken = await self._producer.send_batch(batch, topic, partition=partition)
        return asyncio.ensure_future(self._checked(taken, sent_at))

    async def send_offsets_to_transaction(
        self, offsets: dict[TopicPartition, OffsetAndMetadata], group_id: str
    ) -> None:
        await self._producer.send_offsets_to_transaction(offsets, group_id)

    async def commit_transaction(self) -> None:
        await self._producer.commit_transaction()

    async def abort_transaction(self) -> None:
        await self._producer.abort_transaction()

    async def discard(self) -> None:
        await self._producer.discard()

    async def _checked(self, taken: Future[Any], sent_at: datetime) -> Any:
        metadata = await taken
        if metadata.timestamp_type != LOG_APPEND_TIME:
            raise Refused(
                f"topic `{metadata.topic}` keeps its producers' times, expected the broker's (log-append), "
                "against which the clock is checked; run `goodstanding topics check` and set what it names"
            )
        check(sent_at, self._now(), metadata.timestamp / 1000, self._skew_max)
        return metadata


def check(sent_at: datetime, taken_at: datetime, broker_s: float, skew_max: timedelta) -> None:
    """Compare our times around a send with the broker's in between, in seconds since the epoch.

    Raises:
        ClockDisagrees: they differ by more than `skew_max`.
    """
    bound_s = skew_max.total_seconds()
    skew_s = max(sent_at.timestamp() - broker_s, broker_s - taken_at.timestamp())
    if skew_s > bound_s:
        side = "ahead of" if sent_at.timestamp() > broker_s else "behind"
        raise ClockDisagrees(
            f"this machine's clock is {skew_s:.1f} s {side} the broker's, expected at most {bound_s:g} s; "
            "no tick was sent; set both by the same time service (`timedatectl status`, `chronyc tracking`)"
        )
