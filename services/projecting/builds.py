"""Builds: one schema of tables each, filled by one version of the projection.

The views of `public` show the live one.

A rebuild makes a new build beside the live one; `make_live` moves the views over in one transaction, and
fences whoever still writes to the old one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

import projections
from events.catalogue import TOPICS
from projections import fold
from projections.audit_entries import NAME as AUDIT
from services.runtime.faults import Refused
from services.runtime.postgres import Connection, Queries

SQL: Final = Queries(Path(__file__).parent / "sql")
_TABLES: Final = Queries(Path(projections.__file__).parent / "sql" / "tables")
_VIEWS: Final = Queries(Path(projections.__file__).parent / "sql" / "views")
LEDGER: Final = TOPICS["ledger"].name

TABLES: Final = (AUDIT, *(table.name for table in fold.TABLES))
PAST: Final = tuple(f"{table.name}_past" for table in fold.TABLES if table.past)
PURGES: Final = "purges"
SHOWN: Final = (*TABLES, *PAST, PURGES, *_VIEWS)
"""What each build has, and what `public` shows of the live one."""


class Build(msgspec.Struct, frozen=True):
    """One build. `schema` is where its tables are, and its name as a reader in `stream_offsets`."""

    number: int
    version: int
    schema: str


async def live(connection: Connection) -> Build | None:
    """The live build; None before the first."""
    row = await connection.fetchrow(SQL["live_build"], fold.NAME)
    return None if row is None else Build(row["build"], row["version"], row["schema_name"])


async def live_of_this_version(connection: Connection) -> Build:
    """The live build, to write to. Raises `Refused` when another version of the projection filled it."""
    build = await live(connection)
    if build is None:
        raise Refused(
            "there is no live projection in the database; run the migrations (`goodstanding db migrate`)"
        )
    if build.version != fold.VERSION:
        raise Refused(
            f"the live projection has version {build.version}, this build writes version {fold.VERSION}; "
            "fill a new one beside it with `goodstanding projections rebuild`, which then swaps them"
        )
    return build


async def create(connection: Connection) -> Build:
    """A new, empty build, in state `building`."""
    async with connection.transaction():
        number: int = await connection.fetchval(
            "INSERT INTO projections (name, version, schema_name, state) "
            "VALUES ($1, $2, 'building', 'building') RETURNING build",
            fold.NAME,
            fold.VERSION,
        )
        schema = f"build_{number}"
        await connection.execute("UPDATE projections SET schema_name = $2 WHERE build = $1", number, schema)
        await connection.execute(f"CREATE SCHEMA {schema}; SET LOCAL search_path = {schema}")
        for name in (*TABLES, *PAST, PURGES):
            await connection.execute(_TABLES[name])
        for name in _VIEWS:
            await connection.execute(_VIEWS[name])
        # This may be part of a longer transaction, whose own path it must not change.
        await connection.execute("SET LOCAL search_path TO DEFAULT")
    return Build(number, fold.VERSION, schema)


async def make_live(connection: Connection, build: Build) -> None:
    """Show this build instead of the live one, which is retired and whose writers are fenced.

    Call it in a transaction.
    """
    before = await live(connection)
    if before is not None:
        await connection.execute("UPDATE projections SET state = 'retired' WHERE build = $1", before.number)
        await connection.execute(
            "UPDATE stream_offsets SET epoch = epoch + 1 WHERE reader = $1", before.schema
        )
    await connection.execute(
        "UPDATE projections SET state = 'live', live_since = now() WHERE build = $1", build.number
    )
    for name in SHOWN:
        # Dropped rather than replaced: another version may have other columns.
        await connection.execute(f"DROP VIEW IF EXISTS public.{name}")
        await connection.execute(f"CREATE VIEW public.{name} AS SELECT * FROM {build.schema}.{name}")  # noqa: S608 - our own names


async def drop(connection: Connection, build: Build) -> None:
    """Delete a build's tables, positions and registry row. Refuses the live one."""
    async with connection.transaction():
        tag = await connection.execute(
            "DELETE FROM projections WHERE build = $1 AND state <> 'live'", build.number
        )
        if tag != "DELETE 1":
            raise Refused(
                f"build {build.number} is live, or there is none of that number: only others can be dropped"
            )
        await connection.execute("DELETE FROM stream_offsets WHERE reader = $1", build.schema)
        await connection.execute(f"DROP SCHEMA {build.schema} CASCADE")


async def others(connection: Connection) -> list[Build]:
    """All builds that aren't live, the oldest first: retired ones, and those that a rebuild left behind."""
    rows = await connection.fetch(
        "SELECT build, version, schema_name FROM projections WHERE name = $1 AND state <> 'live' ORDER BY "
        "build",
        fold.NAME,
    )
    return [Build(row["build"], row["version"], row["schema_name"]) for row in rows]
