"""Rebuilding a partition's core: its changelog whole, then the windows of its inputs.

Everything is read under `read_committed` from an explicit offset to the last stable offset known at the
start: a consumer that may reset its position by itself was seen to return nothing at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Final

from aiokafka.errors import KafkaTimeoutError
from aiokafka.structs import ConsumerRecord, TopicPartition

from services.runtime import guard, limits
from services.runtime.guard import Guard
from services.runtime.port import Log, Reader
from services.runtime.stage import Core

Page = Sequence[ConsumerRecord[bytes, bytes]]

TAIL_OFFSETS: Final = 8
TAIL_GROWTH: Final = 8
"""How far from the end the last guard is looked for first, and how much farther each time."""

_quiet: list[int] = []


async def restore(
    reader: Reader,
    changelog: TopicPartition,
    begin: int,
    end: int,
    core: Core,
    progress: Callable[[int, int], None],
) -> Guard | None:
    """Hand the changelog's records from `begin` to `end` to `core`, in order; the last guard, or None.

    `progress` is told the number of records read and of offsets remaining, per page.
    """
    guard_key = guard.key(changelog.partition)
    found: bytes | None = None
    with collector_off():
        async for page in pages(reader, changelog, begin, end):
            for record in page:
                key = record.key
                if key is None:
                    continue  # a compacted topic takes no record without a key
                if key == guard_key:
                    found = record.value
                else:
                    core.restore(key, record.value)
            if page:
                progress(len(page), end - page[-1].offset - 1)
    return (
        None if found is None else guard.decode(found, f"{changelog.topic}, partition {changelog.partition}")
    )


@contextlib.asynccontextmanager
async def opened(log: Log) -> AsyncIterator[Reader]:
    """A started reader, for a while."""
    reader = log.reader()
    try:
        async with asyncio.timeout(limits.CALL_TIMEOUT_S):
            await reader.start()
        yield reader
    finally:
        await reader.stop()


async def last_guard(reader: Reader, changelog: TopicPartition) -> Guard | None:
    """The last guard of a changelog that is committed, read from its end; None where there is none."""
    ats, key = [changelog], guard.key(changelog.partition)
    begin, end = (await reader.beginning_offsets(ats))[changelog], (await reader.end_offsets(ats))[changelog]
    back, upto = TAIL_OFFSETS, end
    while upto > begin:
        since = max(begin, end - back)
        found: bytes | None = None
        async for page in pages(reader, changelog, since, upto):
            found = next((r.value for r in reversed(page) if r.key == key and r.offset < end), found)
        if found is not None:
            return guard.decode(found, f"{changelog.topic}, partition {changelog.partition}")
        back, upto = back * TAIL_GROWTH, since
    return None


async def observe(reader: Reader, windows: Mapping[str, tuple[TopicPartition, int, int]], core: Core) -> None:
    """Show history to `core`, a page at a time, one topic after the other.

    `windows` gives per catalogue topic its partition, the time in ms to begin at, and the committed offset
    (exclusive end).
    """
    if not windows:
        return
    firsts = await reader.offsets_for_times({at: since for at, since, _ in windows.values()})
    for topic, (at, _, end) in windows.items():
        first = firsts[at]
        if first is None:
            continue
        async for page in pages(reader, at, first.offset, end):
            known = [record for record in page if record.offset < end]
            if known:
                core.observe({topic: known})


async def pages(reader: Reader, partition: TopicPartition, begin: int, end: int) -> AsyncIterator[Page]:
    """Pages from offset `begin` up to offset `end` (the last page may reach past it).

    Raises `KafkaTimeoutError` when the broker brings nothing for `RESTORE_STALL_S_MAX`.
    """
    if begin >= end:
        return
    reader.assign([partition])
    reader.seek(partition, begin)
    moved = time.monotonic()
    before, polled, empty = begin, None, 0
    while (position := await reader.position(partition)) < end:
        page = (await reader.getmany(partition, timeout_ms=int(limits.POLL_WAIT_S * 1000))).get(partition, ())
        if page:
            yield page
        if page or await reader.position(partition) != position:
            moved, empty = time.monotonic(), 0
            continue
        last = reader.last_poll_timestamp(partition)
        if last != polled and before == position:
            polled, empty = last, empty + 1
            if empty > limits.RESTORE_EMPTY_POLLS_MAX:
                return
        before = position
        if time.monotonic() - moved > limits.RESTORE_STALL_S_MAX:
            raise KafkaTimeoutError(f"reading {partition} stands at {position} of {end}")


@contextlib.contextmanager
def collector_off() -> Iterator[None]:
    """The garbage collector off: it would walk the growing state again and again.

    Afterwards it leaves that out. May be nested and shared by tasks.
    """
    _quiet.append(1)
    gc.disable()
    try:
        yield
    finally:
        _quiet.pop()
        if not _quiet:
            gc.freeze()
            gc.enable()
