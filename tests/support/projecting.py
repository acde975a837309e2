"""The projector in tests.

A migrated database, a ledger topic, a worker in this process, and PostgreSQL read back as a model.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from projections import audit_entries, fold
from projections.audit_entries import AuditRow
from projections.recorded import Recorded
from services.projecting import builds, project
from services.projecting.migrate import migrate
from services.projecting.offsets import Place
from services.projecting.worker import NAME, Projecting
from services.runtime import postgres, topics
from services.runtime.kafka import Kafka, admin
from services.runtime.settings import Settings
from tests.support.tables import MemoryTables

PARTITIONS = 2
WAIT_S_MAX = 60.0


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection for one test's questions."""
    connection = await postgres.connect(dsn)
    try:
        yield connection
    finally:
        await postgres.let_go(connection)


async def migrated(dsn: str) -> str:
    """The same database, migrated."""
    await migrate(dsn)
    return dsn


async def apply(dsn: str, entries: Sequence[Recorded], size: int = 100) -> None:
    """Apply entries to the live build without Kafka, in batches."""
    async with connected(dsn) as connection:
        build = await builds.live_of_this_version(connection)
        for partition in sorted({recorded.partition for recorded in entries}):
            mine = [recorded for recorded in entries if recorded.partition == partition]
            place = Place(build.schema, builds.LEDGER, partition)
            await place.claim(connection, 0)
            for begin in range(0, len(mine), size):
                batch = mine[begin : begin + size]
                async with connection.transaction():
                    await place.advance(connection, batch[-1].offset + 1)
                    await project.apply(connection, build.schema, batch)
                place.moved(batch[-1].offset + 1)


def model(*histories: Iterable[Recorded]) -> dict[str, Any]:
    """What the tables must hold after these histories, one per partition."""
    tables = MemoryTables()
    for history in histories:
        tables.apply(list(history))
    return tables.comparable()


async def held(dsn: str, schema: str | None = None) -> dict[str, Any]:
    """What a build's tables hold, in the model's form; the live build by default.

    JSON is compared by value.
    """
    tables = MemoryTables()
    async with connected(dsn) as connection:
        if schema is None:
            schema = (await builds.live_of_this_version(connection)).schema
        for table in fold.TABLES:
            columns = ", ".join(table.columns)
            for record in await connection.fetch(f"SELECT {columns} FROM {schema}.{table.name}"):
                row = table.load(record)
                tables.rows[table.name][getattr(row, table.key)] = row
            if table.past:
                records = await connection.fetch(f"SELECT {columns} FROM {schema}.{table.name}_past")
                tables.past[table.name] = [table.load(record) for record in records]
        columns = ", ".join(audit_entries.COLUMNS)
        for record in await connection.fetch(
            f"SELECT {columns} FROM {schema}.audit_entries ORDER BY partition, ledger_offset"
        ):
            values = dict(record)
            values["emitted"] = None if values["emitted"] is None else tuple(values["emitted"])
            tables.audit.append(AuditRow(**values))
    return tables.comparable()


def settings(bootstrap: str, prefix: str, dsn: str) -> Settings:
    """Settings of one test's deployment."""
    return Settings(
        bootstrap_servers=bootstrap,
        topic_prefix=prefix,
        partitions=PARTITIONS,
        postgres_dsn=dsn,
        time_mode="log",
    )


async def make_topics(bootstrap: str, prefix: str) -> None:
    """Every topic of the catalogue, under the prefix."""
    client = admin(bootstrap)
    await client.start()
    try:
        await topics.create(client, settings(bootstrap, prefix, ""))
    finally:
        await client.close()


async def send(
    bootstrap: str, prefix: str, entries: Sequence[Recorded], *, per_transaction: int = 50
) -> list[Recorded]:
    """Write entries to the ledger topic in transactions; gives them back with the offsets that they got."""
    sent: list[Recorded] = []
    producer = Kafka(bootstrap).producer(f"{prefix}test-ledger")
    await producer.start()
    try:
        for begin in range(0, len(entries), per_transaction):
            async with producer.transaction():
                futures = [
                    await producer.send(
                        f"{prefix}ledger", recorded.data, recorded.entry.entity.encode(), recorded.partition
                    )
                    for recorded in entries[begin : begin + per_transaction]
                ]
                for recorded, future in zip(entries[begin : begin + per_transaction], futures, strict=True):
                    metadata = await future
                    sent.append(Recorded(recorded.partition, metadata.offset, recorded.entry, recorded.data))
    finally:
        await producer.stop()
    return sent


async def send_raw(
    bootstrap: str, topic: str, records: Sequence[tuple[bytes | None, bytes | None, int]]
) -> None:
    """Write records (key, value, partition) to any topic."""
    producer = Kafka(bootstrap).producer(f"{topic}-test-raw")
    await producer.start()
    try:
        async with producer.transaction():
            for key, value, partition in records:
                await (await producer.send(topic, value, key, partition))
    finally:
        await producer.stop()


@asynccontextmanager
async def projector(bootstrap: str, prefix: str, dsn: str, *, group: str = NAME) -> AsyncIterator[Projecting]:
    """A worker in this process, drained at the end."""
    worker = Projecting(Kafka(bootstrap), dsn, prefix=prefix, partitions=PARTITIONS, group=group)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.drain()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(30):
                await task


async def until(condition: Callable[[], Any], what: str, wait_s: float = WAIT_S_MAX) -> None:
    """Wait for a condition, given as a plain or an async function. Fails with what was waited for."""
    try:
        async with asyncio.timeout(wait_s):
            while True:
                answer = condition()
                if asyncio.iscoroutine(answer):
                    answer = await answer
                if answer:
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"waited {wait_s:.0f} s in vain until {what}") from None


async def reached(dsn: str, sent: Sequence[Recorded]) -> bool:
    """Whether the live build has come to the end of what was sent."""
    ends: dict[int, int] = {}
    for recorded in sent:
        ends[recorded.partition] = recorded.offset + 1
    try:
        async with connected(dsn) as connection:
            build = await builds.live_of_this_version(connection)
            found = {
                row["partition"]: row["next"]
                for row in await connection.fetch(builds.SQL["positions"], build.schema, "ledger")
            }
    except postgres.UNAVAILABLE:
        return False
    return all(found.get(partition) == end for partition, end in ends.items())
