"""Building one partition's runtime: fence, restore, check the guard, find offsets, re-read windows, in order.

The producer starts first and fences the owner before, so that nothing moves any more: asked before that, the
committed offsets were seen to be stale.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from aiokafka.structs import OffsetAndMetadata, TopicPartition

from services.runtime import guard, metrics
from services.runtime.context import Context
from services.runtime.faults import MovedOn, Refused
from services.runtime.limits import CALL_TIMEOUT_S
from services.runtime.live import Live
from services.runtime.port import Producer, Reader
from services.runtime.restore import observe, opened, restore

log = logging.getLogger(__name__)

_MS: Final = timedelta(milliseconds=1)


async def fence(context: Context, partition: int) -> Producer:
    """Start the partition's producer: whoever owned the partition before can commit no more."""
    async with asyncio.timeout(CALL_TIMEOUT_S):
        return await context.log.take_over(context.transactional_id(partition), context.prefix)


async def build(context: Context, partition: int, producer: Producer, assignment: int) -> Live:
    """Restore a runtime from what is committed; `producer` has fenced others out, so nothing moves.

    Raises `Refused` when guard, committed offsets and log contradict each other, and `MovedOn` when they only
    seem to, because another owner has taken over since they began to be read.
    """
    began = time.monotonic()
    try:
        async with opened(context.log) as reader:
            return await _restored(context, partition, producer, reader, assignment)
    except BaseException:
        await producer.discard()
        raise
    finally:
        metrics.RESTORE_SECONDS.labels(context.stage.name, str(partition)).set(time.monotonic() - began)


async def _restored(
    context: Context, partition: int, producer: Producer, reader: Reader, assignment: int
) -> Live:
    stage, where = context.stage, f"{context.group}, partition {partition}"
    inputs, core = context.inputs(partition), context.stage.core(partition)
    changelog = context.at(stage.changelog, partition)
    beginnings, ends = await _bounds(reader, [*inputs.values(), changelog])
    found = await restore(
        reader, changelog, beginnings[changelog], ends[changelog], core, _Progress(stage.name, partition)
    )
    told = await context.member.committed_many([*inputs.values()])
    try:
        offsets = guard.starts(
            found,
            {topic: told[at].offset if at in told else None for topic, at in inputs.items()},
            {topic: beginnings[at] for topic, at in inputs.items()},
            {topic: ends[at] for topic, at in inputs.items()},
            where,
        )
    except Refused:
        if (await reader.end_offsets([changelog]))[changelog] != ends[changelog]:
            raise MovedOn(f"{where}: another owner has committed since") from None
        raise
    core.resume(guard.part(found))
    guard.check_held(found, core.held(), where)
    times = {} if found is None else dict(found.times)
    windows = {
        topic: (inputs[topic], times[topic] - window // _MS, offsets[topic])
        for topic, window in stage.history.items()
        if topic in times
    }
    await observe(reader, windows, core)
    committed = {topic: at for topic, at in offsets.items() if found is not None and topic in found.offsets}
    live = Live(context, partition, producer, core, offsets, committed, times, assignment)
    await _put_right(context, partition, live, told)
    return live


async def remind(context: Context, partition: int, live: Live) -> None:
    """See that the group's coordinator knows what was committed, and commit it once more where it doesn't.

    One whose broker was killed was seen to answer from a part of its log for as long as nobody committed
    (Apache Kafka 4.3.1): whoever asks how far the group has come is told wrong.
    """
    wanted = [context.at(topic, partition) for topic in live.committed]
    if wanted:
        await _put_right(context, partition, live, await context.member.committed_many(wanted))


async def _put_right(
    context: Context, partition: int, live: Live, told: Mapping[TopicPartition, OffsetAndMetadata]
) -> None:
    """Commit once more what the coordinator, which has `told` this, doesn't know."""
    wanted = {context.at(topic, partition): offset for topic, offset in live.committed.items()}
    forgotten = {at: offset for at, offset in wanted.items() if at not in told or told[at].offset != offset}
    if not forgotten:
        return
    log.warning(
        "%s, partition %d: the group's coordinator has forgotten what was committed, telling it again: %s",
        context.group,
        partition,
        ", ".join(
            f"`{at.topic}` at {offset}, not {told[at].offset if at in told else 'absent'}"
            for at, offset in forgotten.items()
        ),
    )
    metrics.OFFSETS_FORGOTTEN.labels(context.stage.name, str(partition)).inc()
    await live.tell()


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
