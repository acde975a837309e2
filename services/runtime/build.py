"""Building one partition's runtime: fence, restore, check the guard, find offsets, re-read windows, in order.

The producer starts first and fences the owner before, so that nothing moves any more: asked before that, the
committed offsets were seen to be stale.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Final

from aiokafka.structs import TopicPartition

from services.runtime import guard, metrics
from services.runtime.context import Context
from services.runtime.guard import Guard
from services.runtime.limits import CALL_TIMEOUT_S
from services.runtime.live import Live
from services.runtime.port import Producer, Reader
from services.runtime.restore import observe, restore

_MS: Final = timedelta(milliseconds=1)


async def fence(context: Context, partition: int) -> Producer:
    """Start the partition's producer: whoever owned the partition before can commit no more."""
    async with asyncio.timeout(CALL_TIMEOUT_S):
        return await context.log.take_over(context.transactional_id(partition), context.prefix)


async def build(context: Context, partition: int, producer: Producer, assignment: int) -> Live:
    """Restore a runtime from what is committed; `producer` has fenced others out, so nothing moves.

    Raises `Refused` when guard, committed offsets and log contradict each other.
    """
    began = time.monotonic()
    reader = context.log.reader()
    try:
        async with asyncio.timeout(CALL_TIMEOUT_S):
            await reader.start()
        return await _restored(context, partition, producer, reader, assignment)
    except BaseException:
        await producer.discard()
        raise
    finally:
        await reader.stop()
        metrics.RESTORE_SECONDS.labels(context.stage.name, str(partition)).set(time.monotonic() - began)


async def _restored(
    context: Context, partition: int, producer: Producer, reader: Reader, assignment: int
) -> Live:
    stage, where = context.stage, f"{context.group}, partition {partition}"
    inputs, core = context.inputs(partition), context.stage.core(partition)
    changelog = None if stage.changelog is None else context.at(stage.changelog, partition)
    beginnings, ends = await _bounds(reader, [*inputs.values(), *([changelog] if changelog else [])])
    found: Guard | None = None
    if changelog is not None:
        begin, end = beginnings[changelog], ends[changelog]
        found = await restore(reader, changelog, begin, end, core, _Progress(stage.name, partition))
    committed = await context.member.committed_many([*inputs.values()])
    if changelog is None and (first := committed.get(inputs[stage.inputs[0]])) is not None:
        found = guard.decode(first.metadata.encode(), f"the metadata of {where}")
    offsets = guard.starts(
        found,
        {topic: committed[at].offset if at in committed else None for topic, at in inputs.items()},
        {topic: beginnings[at] for topic, at in inputs.items()},
        {topic: ends[at] for topic, at in inputs.items()},
        where,
    )
    core.resume(None if found is None else bytes(found.stage))
    times = {} if found is None else dict(found.times)
    windows = {
        topic: (inputs[topic], times[topic] - window // _MS, offsets[topic])
        for topic, window in stage.history.items()
        if topic in times
    }
    await observe(reader, windows, core)
    return Live(context, partition, producer, core, offsets, times, assignment)


async def _bounds(
    reader: Reader, ats: list[TopicPartition]
) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
    """First and last stable offsets.

    Asked before any fetch is under way, behind which the answers would wait.
    """
    async with asyncio.timeout(CALL_TIMEOUT_S):
        return await reader.beginning_offsets(ats), await reader.end_offsets(ats)


class _Progress:
    """Tells the metrics how far a restore is."""

    def __init__(self, stage: str, partition: int) -> None:
        self._read = metrics.RESTORED_RECORDS.labels(stage, str(partition))
        self._remaining = metrics.RESTORE_REMAINING.labels(stage, str(partition))

    def __call__(self, records: int, remaining: int) -> None:
        self._read.inc(records)
        self._remaining.set(max(0, remaining))
