"""One batch of ledger records into the tables of one build.

Decode, fetch the rows that it names, fold, write.

The caller holds the transaction. Changed rows are deleted and copied in anew: COPY is the fastest way into
PostgreSQL, and a row that changes often in a batch is written once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import asyncpg
import msgspec

from events.codec import decode_entry
from projections import audit_entries, fold
from projections.recorded import Placed, Recorded
from projections.table import CannotApply, Rows, Table
from services.projecting.builds import LEDGER, PURGES
from services.runtime import postgres
from services.runtime.postgres import Connection
from services.runtime.stage import Record

_BY_NAME: Final = {table.name: table for table in fold.TABLES}
_astuple: Final = msgspec.structs.astuple
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
MOMENTS_MAX: Final = 10_000
"""Moments whose form is remembered: the rows of an entry, and of its neighbours, share most of theirs."""

_REFUSALS: Final = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, OverflowError, TypeError)


@contextmanager
def refusals_named(where: str) -> Iterator[None]:
    """Raise `CannotApply` for rows that PostgreSQL, or its client, can't hold: they never will be."""
    try:
        yield
    except _REFUSALS as error:
        raise CannotApply(
            f"{where}: PostgreSQL refused the rows: {error}; either the log contradicts itself, "
            "or rows were changed by hand: rebuild the projection"
        ) from error


async def writer(dsn: str, application: str) -> Connection:
    """A connection made for projecting.

    Times are encoded here, because asyncpg takes several times as long, ten times per entry. Commits wait
    for the disk: were one lost in a crash, a partition that has nothing more to do would never learn of it.
    """
    connection = await postgres.connect(dsn, application=application)
    await connection.set_type_codec(
        "timestamptz", schema="pg_catalog", format="tuple", encoder=_microseconds, decoder=_moment
    )
    return connection


@lru_cache(maxsize=MOMENTS_MAX)
def _microseconds(moment: datetime) -> tuple[int]:
    """PostgreSQL's form of a moment: microseconds since 2000."""
    since = moment - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds,)


def _moment(microseconds: tuple[int]) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds[0])


def decode(records: Sequence[Record]) -> list[Recorded]:
    """The entries of ledger records. Raises `CannotApply`, which names the record."""
    batch = []
    for record in records:
        try:
            entry = decode_entry(record.value or b"")
        except msgspec.MsgspecError as error:
            raise CannotApply(
                f"{LEDGER} partition {record.partition}, offset {record.offset}: the entry can't be read "
                f"({error}); "
                "was it written by a newer build? run that one, or restore the topic"
            ) from error
        batch.append(Recorded(record.partition, record.offset, entry, record.value or b""))
    return batch


async def apply(connection: Connection, schema: str, batch: Sequence[Recorded]) -> None:
    """Apply entries of one partition, in order, to a build's tables, within the caller's transaction.

    Raises `CannotApply`; the transaction must then be rolled back.
    """
    wanted = fold.wanted(batch)
    known: dict[str, list[Placed]] = {}
    missing = False
    for name, keys in wanted.items():
        known[name] = await _fetch(connection, schema, _BY_NAME[name], keys)
        missing = missing or len(known[name]) < len(keys)
    purged = await _purged(connection, schema) if missing else frozenset()
    changes = fold.fold(batch, known, purged)
    first, last = batch[0], batch[-1]
    with refusals_named(f"{LEDGER} partition {first.partition}, offsets {first.offset} to {last.offset}"):
        await _write(connection, schema, changes)


async def _fetch(connection: Connection, schema: str, table: Table, keys: list[str]) -> list[Placed]:
    columns = ", ".join(table.columns)
    query = f"SELECT {columns} FROM {schema}.{table.name} WHERE {table.key} = ANY ($1::text[])"  # noqa: S608 - our own names
    return [table.load(record) for record in await connection.fetch(query, keys)]


async def _purged(connection: Connection, schema: str) -> frozenset[str]:
    return frozenset(row[0] for row in await connection.fetch(f"SELECT account FROM {schema}.{PURGES}"))  # noqa: S608 - our own names


async def _write(connection: Connection, schema: str, changes: fold.Changes) -> None:
    for rows in changes.tables:
        await _replace(connection, schema, rows)
    await _copy(
        connection,
        schema,
        audit_entries.NAME,
        audit_entries.COLUMNS,
        [_astuple(row) for row in changes.audit],
    )


async def _replace(connection: Connection, schema: str, rows: Rows[Any]) -> None:
    changed = rows.changed
    if not changed:
        return
    table = rows.table
    if replaced := rows.replaced:
        query = f"DELETE FROM {schema}.{table.name} WHERE {table.key} = ANY ($1::text[])"  # noqa: S608 - our own names
        await connection.execute(query, replaced)
    await _copy(connection, schema, table.name, table.columns, [_astuple(row) for row in changed])
    if rows.past:
        await _copy(
            connection, schema, f"{table.name}_past", table.columns, [_astuple(row) for row in rows.past]
        )


async def _copy(
    connection: Connection, schema: str, name: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    await connection.copy_records_to_table(name, schema_name=schema, columns=columns, records=rows)
