"""Migrations of the shared tables, by alembic.

Each runs in a transaction; what has run is noted in `alembic_version`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import asyncpg
from alembic import command, op
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

FOLDER: Final = Path(__file__).parent / "migrations"
HEAD: Final = "head"
LOCK: Final = 0x600D57A4D
"""Held while migrating, so that two processes that start together don't both migrate."""


async def migrate(dsn: str, revision: str = HEAD) -> None:
    """Bring a database to a revision, by default the newest. Does nothing where it is there already."""
    address = "postgresql+asyncpg://" + dsn.split("://", 1)[1]
    engine = create_async_engine(
        address, poolclass=NullPool, connect_args={"server_settings": {"timezone": "UTC"}}
    )
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            await connection.run_sync(_upgrade, revision)
    finally:
        await engine.dispose()


def migrate_blocking(dsn: str, revision: str = HEAD) -> None:
    """As `migrate`, for callers without an event loop."""
    asyncio.run(migrate(dsn, revision))


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's settings; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def run(work: Callable[[asyncpg.Connection], Awaitable[Any]]) -> None:
    """For a migration: run statements on the driver's own connection, in the migration's transaction.

    Raw SQL with several statements passes here, and nowhere through SQLAlchemy.
    """
    adapted: Any = op.get_bind().connection.dbapi_connection
    # The adapter starts its transaction lazily; a statement through it makes sure that there is one.
    op.execute("SELECT 1")
    adapted.run_async(work)


def _upgrade(connection: Connection, revision: str) -> None:
    command.upgrade(configuration(connection), revision)
