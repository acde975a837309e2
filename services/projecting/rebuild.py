"""Rebuild.

A new build is filled from the ledger's beginning beside the live one, compared with it, and shown instead of
it.

The live projector works on meanwhile. The comparison takes a snapshot of the live build, brings the new one
to exactly the same ledger positions, and reads both row by row. The swap holds the live build's positions for
the moment in which the new one catches up; whoever wrote to the old build then meets a raised epoch, and goes
on with the new one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Literal

import msgspec
from aiokafka.structs import ConsumerRecord, TopicPartition

from services.projecting import builds, project
from services.projecting.builds import LEDGER, SQL, Build
from services.projecting.compare import Difference, compare
from services.projecting.offsets import Place
from services.runtime import postgres
from services.runtime.faults import Refused
from services.runtime.kafka import BoundedConsumer, Kafka
from services.runtime.limits import CALL_TIMEOUT_S, RESTORE_STALL_S_MAX
from services.runtime.postgres import Connection

log = logging.getLogger(__name__)

BATCH_RECORDS_MAX: Final = 2_000
POLL_WAIT_MS: Final = 500
CATCH_UP_RECORDS_MAX: Final = 10_000
"""How far behind the new build may be when the live one's positions are held for the swap."""
APPLICATION: Final = "goodstanding-rebuild"
LOCK: Final = 0x600D57A4E
"""Held by a rebuild, so that there is one at a time."""

Swap = Literal["always", "if_equal", "never"]
Progress = Callable[[int, int], None]
"""Told of entries applied, and of entries there are."""


class Report(msgspec.Struct, frozen=True):
    """What a rebuild came to.

    `differences` has one for each table, equal ones too; `positions` are those compared at.
    """

    build: int
    entries: int
    positions: dict[int, int]
    differences: list[Difference]
    swapped: bool

    @property
    def equal(self) -> bool:
        """Whether the rebuilt tables equalled the live ones, row by row."""
        return all(difference.equal for difference in self.differences)


def quietly(applied: int, total: int) -> None:
    """Tell nobody of the progress."""


async def rebuild(
    bootstrap: str, dsn: str, *, prefix: str = "", swap: Swap = "always", progress: Progress = quietly
) -> Report:
    """Fill a new build, compare it with the live one, and swap them.

    `swap` says whether to show the new build: `if_equal` keeps the live one when a row differs, `never` only
    compares. A build that isn't swapped is dropped, and so are retired ones before the last. Raises `Refused`
    when another rebuild runs, or when the ledger is shorter than what the live build has applied.
    """
    async with _connected(dsn) as control:
        if not await control.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
            raise Refused("another rebuild is under way in this database: wait for it, or stop that process")
        live = await builds.live(control)
        if live is None:
            raise Refused(
                "there is no live projection to compare with; run the migrations (`goodstanding db migrate`)"
            )
        build = await builds.create(control)
        try:
            async with _filler(bootstrap, dsn, prefix, build, progress) as filler:
                report = await _fill_compare_swap(control, dsn, live, filler, swap)
        except BaseException:
            await _drop_quietly(dsn, build)
            raise
        if not report.swapped:
            await builds.drop(control, build)
        for old in (await builds.others(control))[:-1]:
            await builds.drop(control, old)
        return report


async def _fill_compare_swap(
    control: Connection, dsn: str, live: Build, filler: _Filler, swap: Swap
) -> Report:
    await filler.reach(await _positions(control, live), CATCH_UP_RECORDS_MAX)
    async with _connected(dsn) as old, old.transaction(isolation="repeatable_read", readonly=True):
        positions = await _positions(old, live)
        await filler.reach(positions)
        async with _connected(dsn) as new, new.transaction(isolation="repeatable_read", readonly=True):
            differences = await compare(old, live, new, filler.build)
    swapped = swap == "always" or (swap == "if_equal" and all(difference.equal for difference in differences))
    if swapped:
        await filler.reach(await _positions(control, live), CATCH_UP_RECORDS_MAX)
        async with control.transaction():
            # Whoever writes to the live build waits here from now on, and then meets a raised epoch.
            await control.execute("SELECT FROM stream_offsets WHERE reader = $1 FOR UPDATE", live.schema)
            await filler.reach(await _positions(control, live))
            await builds.make_live(control, filler.build)
    return Report(filler.build.number, filler.applied, positions, differences, swapped)


class _Filler:
    """Applies the ledger to a new build, partition after partition, never further than it is told."""

    def __init__(
        self,
        reader: BoundedConsumer,
        connection: Connection,
        build: Build,
        topic: str,
        partitions: int,
        progress: Progress,
    ) -> None:
        self.build: Final = build
        self.applied = 0
        self._reader = reader
        self._connection = connection
        self._places = {
            TopicPartition(topic, number): Place(build.schema, LEDGER, number) for number in range(partitions)
        }
        self._progress = progress
        self._total = 0

    async def start(self) -> None:
        """Take up every partition from the ledger's beginning."""
        self._reader.assign([*self._places])
        async with asyncio.timeout(CALL_TIMEOUT_S):
            begins = await self._reader.beginning_offsets([*self._places])
            ends = await self._reader.end_offsets([*self._places])
        for at, place in self._places.items():
            if begins[at] > 0:
                raise Refused(
                    f"{at.topic} partition {at.partition} begins at offset {begins[at]}, expected 0: "
                    "entries were deleted, so nothing "
                    "can be rebuilt from it; restore the topic"
                )
            await place.claim(self._connection, 0)
            self._reader.seek(at, 0)
        self._total = sum(ends.values())

    async def reach(self, positions: dict[int, int], short_by: int = 0) -> None:
        """Apply entries below these positions.

        With `short_by` it may stop when no more than so many offsets are missing.
        """
        short = {
            at: positions.get(at.partition, 0)
            for at, place in self._places.items()
            if place.next < positions.get(at.partition, 0)
        }
        while sum(target - self._places[at].next for at, target in short.items()) > short_by:
            for at, records in (await self._poll([*short])).items():
                await self._apply(at, [record for record in records if record.offset < short[at]])
                if records[-1].offset >= short[at]:
                    self._reader.seek(at, self._places[at].next)
                if self._places[at].next >= short[at]:
                    del short[at]

    async def _poll(self, partitions: list[TopicPartition]) -> dict[TopicPartition, list[ConsumerRecord]]:
        async with asyncio.timeout(RESTORE_STALL_S_MAX):
            while True:
                found: dict[TopicPartition, list[ConsumerRecord]] = await self._reader.getmany(
                    *partitions, timeout_ms=POLL_WAIT_MS, max_records=BATCH_RECORDS_MAX
                )
                if found:
                    return found

    async def _apply(self, at: TopicPartition, records: list[ConsumerRecord]) -> None:
        if not records:
            return
        place = self._places[at]
        next_offset = records[-1].offset + 1
        async with self._connection.transaction():
            await place.advance(self._connection, next_offset)
            await project.apply(self._connection, self.build.schema, project.decode(records))
        place.moved(next_offset)
        self.applied += len(records)
        self._progress(self.applied, self._total)


@asynccontextmanager
async def _filler(
    bootstrap: str, dsn: str, prefix: str, build: Build, progress: Progress
) -> AsyncIterator[_Filler]:
    kafka, topic = Kafka(bootstrap), prefix + LEDGER
    try:
        partitions = (await kafka.partition_counts()).get(topic)
    finally:
        await kafka.close()
    if partitions is None:
        raise Refused(f"topic `{topic}` doesn't exist; check the configured prefix and broker")
    reader = kafka.reader()
    connection: Connection | None = None
    try:
        connection = await project.writer(dsn, APPLICATION)
        async with asyncio.timeout(CALL_TIMEOUT_S):
            await reader.start()
        filler = _Filler(reader, connection, build, topic, partitions, progress)
        await filler.start()
        yield filler
    finally:
        await reader.stop()
        await postgres.let_go(connection)


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[Connection]:
    connection = await postgres.connect(dsn, application=APPLICATION)
    try:
        yield connection
    finally:
        await postgres.let_go(connection)


async def _positions(connection: Connection, build: Build) -> dict[int, int]:
    return {
        row["partition"]: row["next"]
        for row in await connection.fetch(SQL["positions"], build.schema, LEDGER)
    }


async def _drop_quietly(dsn: str, build: Build) -> None:
    """Take away what a failed rebuild leaves behind; the next rebuild does, where this can't."""
    try:
        async with _connected(dsn) as connection:
            await builds.drop(connection, build)
    except (*postgres.UNAVAILABLE, Refused) as error:
        log.warning("build %d is left behind: %s", build.number, error)
