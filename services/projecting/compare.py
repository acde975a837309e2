"""Two builds side by side, row by row: what one has and the other hasn't, and what differs.

Each build is read in a snapshot of its own, in the order of its keys, as one digest per row; memory is
bounded whatever the tables hold.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec

from projections import audit_entries, fold
from services.projecting.builds import PAST, Build
from services.runtime.postgres import Connection

PREFETCH_ROWS: Final = 2_000
EXAMPLES_MAX: Final = 10
"""Keys that a difference names; the rest are counted."""

Key = tuple[Any, ...]

KEYS: Final[dict[str, tuple[str, ...]]] = {
    audit_entries.NAME: ("partition", "ledger_offset"),
    **{table.name: (table.key,) for table in fold.TABLES},
    **{f"{table.name}_past": (table.key, "change") for table in fold.TABLES if f"{table.name}_past" in PAST},
}


class Difference(msgspec.Struct):
    """What differs in one table.

    `missing` are in the old build only, `added` in the new one only. `examples` are keys.
    """

    table: str
    rows: int = 0
    missing: int = 0
    added: int = 0
    changed: int = 0
    examples: list[str] = []

    @property
    def equal(self) -> bool:
        """Whether every row is the same in both."""
        return not (self.missing or self.added or self.changed)

    def note(self, kind: str, key: Key) -> None:
        """Count a difference, and remember the first few keys."""
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(f"{kind}: {', '.join(map(str, key))}")


async def compare(old: Connection, before: Build, new: Connection, after: Build) -> list[Difference]:
    """Compare all tables.

    Each connection is in a `repeatable read` transaction; their snapshots are at the same ledger positions.

    Columns that only one of two versions has are left out.
    """
    differences = []
    for table, key in KEYS.items():
        columns = sorted(await _columns(old, before.schema, table) & await _columns(new, after.schema, table))
        found = Difference(table)
        await _merge(
            found,
            _rows(old, before.schema, table, key, columns),
            _rows(new, after.schema, table, key, columns),
        )
        differences.append(found)
    return differences


async def _merge(
    found: Difference, old: AsyncIterator[tuple[Key, str]], new: AsyncIterator[tuple[Key, str]]
) -> None:
    left, right = await anext(old, None), await anext(new, None)
    while left is not None or right is not None:
        found.rows += 1
        if right is None or (left is not None and left[0] < right[0]):
            assert left is not None
            found.note("missing", left[0])
            left = await anext(old, None)
        elif left is None or right[0] < left[0]:
            found.note("added", right[0])
            right = await anext(new, None)
        else:
            if left[1] != right[1]:
                found.note("changed", left[0])
            left, right = await anext(old, None), await anext(new, None)


async def _columns(connection: Connection, schema: str, table: str) -> set[str]:
    rows = await connection.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2",
        schema,
        table,
    )
    return {row[0] for row in rows}


async def _rows(
    connection: Connection, schema: str, table: str, key: tuple[str, ...], columns: list[str]
) -> AsyncIterator[tuple[Key, str]]:
    """Keys and digests, in key order. Text is ordered by code point, as Python orders it."""
    texts = {"partition", "ledger_offset", "change"}
    order = ", ".join(column if column in texts else f'{column} COLLATE "C"' for column in key)
    # The exact bytes stand in the row as their hash already.
    digest = ", ".join(column for column in columns if column != "data")
    query = f"SELECT {', '.join(key)}, md5(ROW({digest})::text) FROM {schema}.{table} ORDER BY {order}"  # noqa: S608 - our own names
    async for record in connection.cursor(query, prefetch=PREFETCH_ROWS):
        *keys, row = record
        yield tuple(keys), row
