"""Refused input: the topic `dead_letters`, read whole, from a moment on, or one record of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final, TypeAlias

from aiokafka.structs import ConsumerRecord, TopicPartition

from events.dead_letters import DeadLetter, from_headers
from services.runtime.port import Log
from services.runtime.restore import pages

DEAD_LETTERS: Final = "dead_letters"

Letter: TypeAlias = tuple[DeadLetter | None, ConsumerRecord]
"""What a record's headers say of it, None where they say nothing; and the record."""


class NoTopic(Exception):
    """There is no topic of dead letters. The message names it."""


def when(timestamp_ms: int) -> datetime:
    """The time of a record."""
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC)


async def refused_input(log: Log, prefix: str, since: datetime | None = None) -> AsyncIterator[Letter]:
    """Every dead letter that is kept, from a moment on, partition by partition in the order of offsets.

    Raises `NoTopic`.
    """
    name = prefix + DEAD_LETTERS
    counts = await log.partition_counts()
    if name not in counts:
        raise NoTopic(f"topic `{name}` doesn't exist")
    partitions = [TopicPartition(name, number) for number in range(counts[name])]
    reader = log.reader()
    await reader.start()
    try:
        begins = await reader.beginning_offsets(partitions)
        ends = await reader.end_offsets(partitions)
        if since is not None:
            stamp = int(since.replace(tzinfo=since.tzinfo or UTC).timestamp() * 1000)
            times = await reader.offsets_for_times(dict.fromkeys(partitions, stamp))
            begins = {at: ends[at] if (found := times[at]) is None else found.offset for at in partitions}
        for partition in partitions:
            async for page in pages(reader, partition, begins[partition], ends[partition]):
                for record in page:
                    if record.offset < ends[partition]:
                        yield from_headers(record.headers), record
    finally:
        await reader.stop()


async def refused_record(log: Log, prefix: str, partition: int, offset: int) -> Letter | None:
    """The dead letter at one place; None where none is kept. Raises `NoTopic`."""
    name = prefix + DEAD_LETTERS
    counts = await log.partition_counts()
    if name not in counts:
        raise NoTopic(f"topic `{name}` doesn't exist")
    if partition >= counts[name]:
        return None
    place = TopicPartition(name, partition)
    reader = log.reader()
    await reader.start()
    try:
        begins, ends = await reader.beginning_offsets([place]), await reader.end_offsets([place])
        if not begins[place] <= offset < ends[place]:
            return None
        async for page in pages(reader, place, offset, offset + 1):
            for record in page:
                # What comes first behind a place that holds nothing is another record.
                return (from_headers(record.headers), record) if record.offset == offset else None
    finally:
        await reader.stop()
    return None
