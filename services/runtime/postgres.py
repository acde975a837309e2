"""PostgreSQL.

Connections with every wait bounded, named queries from `.sql` files, and which of its errors pass by
themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import asyncpg

CONNECT_TIMEOUT_S: Final = 5.0
COMMAND_TIMEOUT_S: Final = 30.0
"""One statement. A server that is gone without a word must not hold a worker for ever."""
CLOSE_TIMEOUT_S: Final = 2.0
POOL_CONNECTIONS_MIN: Final = 1
POOL_CONNECTIONS_MAX: Final = 10
APPLICATION: Final = "goodstanding"

Connection: TypeAlias = asyncpg.Connection
Pool: TypeAlias = asyncpg.Pool

UNAVAILABLE: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,  # the connection was closed under us
    asyncpg.OperatorInterventionError,  # shutting down, starting up, terminated by an administrator
    asyncpg.InsufficientResourcesError,  # too many connections, disk or memory full
    asyncpg.TransactionRollbackError,  # deadlock or serialization: the same again will do
    asyncpg.PostgresSystemError,
    asyncpg.InternalClientError,  # what asyncpg makes of a reply that was cut short
)
"""Errors after which the same may work again on a new connection.

After one of them the outcome of a commit is unknown.
"""

MISSING: Final = (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError, asyncpg.UndefinedColumnError)
"""Errors that say that the database isn't as this build needs it: migrations haven't run."""


class Queries(Mapping[str, str]):
    """The `.sql` files of a folder, by name without the ending: `queries["positions"]`. Read once."""

    def __init__(self, folder: Path) -> None:
        self._texts = {file.stem: file.read_text("utf-8") for file in sorted(folder.glob("*.sql"))}
        if not self._texts:
            raise FileNotFoundError(
                f"no `.sql` files in `{folder}`: was the package installed without its data?"
            )

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


async def connect(dsn: str, *, application: str = APPLICATION, search_path: str | None = None) -> Connection:
    """One connection, times in UTC.

    `search_path` is set for the whole session. Raises one of `UNAVAILABLE`.
    """
    settings = {"application_name": application, "timezone": "UTC"}
    if search_path is not None:
        settings["search_path"] = search_path
    return await asyncpg.connect(
        dsn, timeout=CONNECT_TIMEOUT_S, command_timeout=COMMAND_TIMEOUT_S, server_settings=settings
    )


async def pool(
    dsn: str, *, application: str = APPLICATION, connections_max: int = POOL_CONNECTIONS_MAX
) -> Pool:
    """Connections for many short questions, times in UTC. To be closed by the caller."""
    return await asyncpg.create_pool(
        dsn,
        min_size=POOL_CONNECTIONS_MIN,
        max_size=max(connections_max, POOL_CONNECTIONS_MIN),
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=COMMAND_TIMEOUT_S,
        server_settings={
            "application_name": application,
            "timezone": "UTC",
            # Filters may be left out: a plan for those given uses an index, one for all reads the table.
            "plan_cache_mode": "force_custom_plan",
        },
    )


async def let_go(connection: Connection | None) -> None:
    """Close a connection in whatever state it is.

    Bounded, raises nothing: what was under way is rolled back by the server.
    """
    if connection is None or connection.is_closed():
        return
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await connection.close()
    except (Exception, asyncio.CancelledError) as error:
        with contextlib.suppress(Exception):
            connection.terminate()
        if isinstance(error, asyncio.CancelledError):
            raise


def count_of(tag: str) -> int:
    """The number of rows in a command tag: `UPDATE 1`, `INSERT 0 7`, `COPY 5`."""
    last = tag.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0
