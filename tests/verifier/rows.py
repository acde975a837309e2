"""PostgreSQL's rows are the fold of the committed ledger: no more, no fewer, none other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import asyncpg
import msgspec

from events.codec import decode_entry
from projections import audit_entries, fold
from projections.audit_entries import audit_row
from projections.recorded import Placed, Recorded
from services.projecting.builds import live
from tests.verifier.reading import Record, Unproved

Row = tuple[Any, ...]
NO_PURGES: Mapping[str, int] = MappingProxyType({})


def folded(
    partitions: Mapping[int, Sequence[Record]], batch_size: int, purges: Mapping[str, int] = NO_PURGES
) -> dict[str, set[Row]]:
    """The rows that each table must have, by its name: each partition is folded in batches of this size.

    `purges`: up to which sequence an account's rows were purged; its audit entries stay.
    """
    tables: dict[str, set[Row]] = {table.name: set() for table in fold.TABLES}
    audit: set[Row] = set()
    for number, records in partitions.items():
        known: dict[str, dict[str, Placed]] = {table.name: {} for table in fold.TABLES}
        for begin in range(0, len(records), batch_size):
            batch = [
                Recorded(number, r.offset, decode_entry(r.value or b""), r.value or b"")
                for r in records[begin : begin + batch_size]
            ]
            audit |= {_hashable(msgspec.structs.astuple(audit_row(recorded))) for recorded in batch}
            kept = [recorded for recorded in batch if not _purged(recorded, purges)]
            changes = fold.fold(
                kept, {name: rows.values() for name, rows in known.items()}, frozenset(purges)
            )
            for rows in changes.tables:
                known[rows.table.name].update({getattr(row, rows.table.key): row for row in rows.changed})
        for name, rows_of in known.items():
            tables[name] |= {_hashable(msgspec.structs.astuple(row)) for row in rows_of.values()}
    return {**tables, audit_entries.NAME: audit}


def _purged(recorded: Recorded, purges: Mapping[str, int]) -> bool:
    kind, _, account = recorded.entry.entity.partition(":")
    return kind == "account" and recorded.entry.sequence <= purges.get(account, 0)


async def compare(dsn: str, partitions: Mapping[int, Sequence[Record]], batch_size: int) -> int:
    """Hold the live build's tables against the ledger; how many rows were compared. Raises `Unproved`."""
    columns = {table.name: table.columns for table in fold.TABLES} | {
        audit_entries.NAME: audit_entries.COLUMNS
    }
    connection = await asyncpg.connect(dsn)
    count = 0
    try:
        build = await live(connection)
        if build is None:
            raise Unproved("the database has no live projection: nothing can be proved")
        purges = await connection.fetch(f"SELECT account, sequence FROM {build.schema}.purges")
        expected = folded(partitions, batch_size, {row["account"]: row["sequence"] for row in purges})
        for name, rows in expected.items():
            listed = ", ".join(columns[name])
            found = {
                _hashable(tuple(row))
                for row in await connection.fetch(f"SELECT {listed} FROM {build.schema}.{name}")
            }
            if found != rows:
                raise Unproved(_differ(name, columns[name], found, rows))
            count += len(rows)
    finally:
        await connection.close()
    return count


def _differ(name: str, columns: Sequence[str], found: set[Row], expected: set[Row]) -> str:
    missing, extra = sorted(expected - found, key=repr), sorted(found - expected, key=repr)
    told = f"table {name}: {len(missing)} rows are missing and {len(extra)} too many"
    if not missing or not extra:
        return f"{told}; the first: {(missing or extra)[0]}"
    near = min(extra, key=lambda row: sum(a != b for a, b in zip(row, missing[0], strict=True)))
    pairs = zip(columns, near, missing[0], strict=True)
    other = {column: f"{has!r}, expected {wants!r}" for column, has, wants in pairs if has != wants}
    return f"{told}; the first differs in {other}"


def _hashable(row: Sequence[Any]) -> Row:
    return tuple(
        tuple(_same_json(item) for item in value) if isinstance(value, list | tuple) else _same_json(value)
        for value in row
    )


def _same_json(value: Any) -> Any:
    """PostgreSQL keeps what JSON says, not its spaces or the order of its keys."""
    if isinstance(value, str) and value.startswith(("{", "[")):
        return msgspec.json.encode(msgspec.json.decode(value), order="sorted")
    return value
