"""Building one partition's runtime: fence, restore, check the guard, find offsets, re-read windows, in order.

The producer starts first and fences the owner before, so that nothing moves any more: asked before that, the
committed offsets were seen to be stale.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from aiokafka.structs import OffsetAndMetadata, TopicPartition

from services.runtime import guard, metrics
from services.runtime.context import Context
from services.runtime.faults import MovedOn, Refused
from services.runtime.guard import Guard
from services.runtime.limits import CALL_TIMEOUT_S
from services.runtime.live import Live
from services.runtime.port import Producer, Reader
from services.runtime.restore import observe, restore
from services.runtime.transaction import bounded

_MS: Final = timedelta(milliseconds=1)
PROBE: Final = TopicPartition("__consumer_offsets", 0)
"""A partition that every cluster has and no stage reads: an offset in it means nothing."""


async def fence(context: Context, partition: int) -> Producer:
    """Start the partition's producer: whoever owned the partition before can commit no more.

    Raises `Refused` where a stage without a changelog has committed before, and its offsets are gone: with
    them its guard is, and it would read all of its input again.
    """
    identity = context.transactional_id(partition)
    async with asyncio.timeout(CALL_TIMEOUT_S):
        used = context.stage.changelog is None and await context.log.has_committed(identity, context.prefix)
        producer = await context.log.take_over(identity, context.prefix)
    try:
        await _probe(context, partition, producer, used=used)
    except BaseException:
        await producer.discard()
        raise
    return producer


async def _probe(context: Context, partition: int, producer: Producer, *, used: bool) -> None:
    """Have the group's coordinator write, before anything that it says is believed.

    One whose broker was killed was seen to answer from a part of its log, or from none of it; only when it
    writes does it notice, and reads its log again (Apache Kafka 4.3.1). What it wrote is taken back, unless
    the stage has no changelog: that its id has committed is how it finds out that its offsets were deleted.
    `used`: whether it had, before this one took it over.
    """
    inputs = [*context.inputs(partition).values()]
    known = False
    async with bounded():
        await producer.begin_transaction()
        await producer.send_offsets_to_transaction({PROBE: OffsetAndMetadata(0, "")}, context.group)
        if context.stage.changelog is None:
            known = bool(await context.member.committed_many(inputs))
        if known or used:
            await producer.commit_transaction()
        else:
            await producer.abort_transaction()
    if used and not known:
        identity = context.transactional_id(partition)
        raise Refused(
            f"{context.group}, partition {partition}: `{identity}` has committed before, and the group has "
            f"no offsets in {', '.join(at.topic for at in inputs)}: they were deleted; give the group its "
            "offsets back from a backup, or have all input that is still kept read again with "
            f"`goodstanding state begin-anew {context.stage.name}`"
        )


async def build(context: Context, partition: int, producer: Producer, assignment: int) -> Live:
    """Restore a runtime from what is committed; `producer` has fenced others out, so nothing moves.

    Raises `Refused` when guard, committed offsets and log contradict each other, and `MovedOn` when they only
    seem to, because another owner has taken over since they began to be read.
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
    try:
        offsets = guard.starts(
            found,
            {topic: committed[at].offset if at in committed else None for topic, at in inputs.items()},
            {topic: beginnings[at] for topic, at in inputs.items()},
            {topic: ends[at] for topic, at in inputs.items()},
            where,
        )
    except Refused:
        if await _moved_on(context, partition, reader, found, ends):
            raise MovedOn(f"{where}: another owner has committed since") from None
        raise
    core.resume(None if found is None else bytes(found.stage))
    guard.check_held(found, core.held(), where)
    times = {} if found is None else dict(found.times)
    windows = {
        topic: (inputs[topic], times[topic] - window // _MS, offsets[topic])
        for topic, window in stage.history.items()
        if topic in times
    }
    await observe(reader, windows, core)
    return Live(context, partition, producer, core, offsets, times, assignment)


async def _moved_on(
    context: Context,
    partition: int,
    reader: Reader,
    found: Guard | None,
    ends: Mapping[TopicPartition, int],
) -> bool:
    """Whether somebody has committed since `ends` were read: only who fences this owner can.

    A changelog has grown then; without one, the guard knows of input that wasn't there.
    """
    inputs = context.inputs(partition)
    if context.stage.changelog is not None:
        changelog = context.at(context.stage.changelog, partition)
        return (await reader.end_offsets([changelog]))[changelog] != ends[changelog]
    if found is None:
        return False
    now = await reader.end_offsets([*inputs.values()])
    beyond = {topic for topic, at in inputs.items() if found.offsets.get(topic, 0) > ends[at]}
    return bool(beyond) and all(found.offsets[topic] <= now[inputs[topic]] for topic in beyond)


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
