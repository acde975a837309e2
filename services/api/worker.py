"""The API's process.

Uvicorn on loopback by default, PostgreSQL for answers, Kafka for the policies' texts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, NoReturn

import asyncpg
import uvicorn

from events.policy import Policy
from services.api.app import Parts, create_app
from services.keys import KeyTable
from services.runtime import postgres
from services.runtime.faults import Refused
from services.runtime.kafka import Kafka
from services.runtime.policies import PolicySource
from services.runtime.reading import Database
from services.runtime.settings import Settings

log = logging.getLogger(__name__)

APPLICATION: Final = "goodstanding-api"


class LazyPool:
    """A pool that is made with the first question: the API starts without its database, and says so."""

    def __init__(self, dsn: str, connections_max: int) -> None:
        self._dsn = dsn
        self._connections_max = connections_max
        self._pool: asyncpg.Pool | None = None
        self._making = asyncio.Lock()

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        """As asyncpg's."""
        found: list[Any] = await (await self._made()).fetch(query, *arguments)
        return found

    async def fetchrow(self, query: str, *arguments: Any) -> Any:
        """As asyncpg's."""
        return await (await self._made()).fetchrow(query, *arguments)

    async def fetchval(self, query: str, *arguments: Any) -> Any:
        """As asyncpg's."""
        return await (await self._made()).fetchval(query, *arguments)

    async def close(self) -> None:
        """Close what was made."""
        if self._pool is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(postgres.CLOSE_TIMEOUT_S):
                    await self._pool.close()

    async def _made(self) -> asyncpg.Pool:
        async with self._making:
            if self._pool is None:
                self._pool = await postgres.pool(
                    self._dsn, application=APPLICATION, connections_max=self._connections_max
                )
        return self._pool


def parts_of(settings: Settings) -> Parts:
    """The database and policies of a deployment."""

    @asynccontextmanager
    async def parts() -> AsyncIterator[tuple[Database, Callable[[], Mapping[str, Policy]]]]:
        pool = LazyPool(settings.postgres_dsn, settings.postgres_connections)
        source = PolicySource(Kafka(settings.bootstrap_servers), settings.topic_prefix)
        following = asyncio.create_task(source.run(), name="policies")
        try:
            yield pool, lambda: source.policies
        finally:
            source.drain()
            await asyncio.gather(following, return_exceptions=True)
            await pool.close()

    return parts


def main(settings: Settings) -> NoReturn:
    """Serve until SIGTERM, then exit 0."""
    if not settings.postgres_dsn:
        raise Refused(
            "the API needs PostgreSQL: set `GOODSTANDING_POSTGRES_DSN` to "
            "`postgresql://user:password@host:port/database`"
        )
    if settings.api_keys_file is None:
        log.warning("no keys file is set, so nobody is let in: set GOODSTANDING_API_KEYS_FILE")
    logging.basicConfig(level=settings.log_level.upper())
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    app = create_app(parts_of(settings), KeyTable(settings.api_keys_file))
    configuration = uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        log_level=settings.log_level,
        access_log=False,  # paths hold account ids
        server_header=False,
        timeout_graceful_shutdown=int(settings.stop_timeout_s),
    )
    server = uvicorn.Server(configuration)
    server.run()
    sys.exit(0 if server.started else 1)
