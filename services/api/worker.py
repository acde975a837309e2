"""The API's process.

Uvicorn on loopback by default, PostgreSQL for answers, Kafka for the policies' texts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any, Final, NoReturn

import asyncpg
import uvicorn
from aiokafka import AIOKafkaProducer
from aiokafka.structs import ConsumerRecord

from events.dead_letters import DeadLetter
from services.api import retention
from services.api.app import create_app
from services.api.parts import MakeParts, Parts
from services.api.tokens import issuer_of
from services.keys import KeyTable
from services.present import present
from services.refused import refused_input, refused_record
from services.runtime import postgres
from services.runtime.faults import Refused
from services.runtime.kafka import Kafka, bounded, plain_producer
from services.runtime.limits import CALL_TIMEOUT_S
from services.runtime.policies import PolicySource
from services.runtime.settings import Settings
from services.what_if import Posts

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


class LazyProducer:
    """A producer that is made with the first record: the API starts without its broker."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._making = asyncio.Lock()

    async def send(self, topic: str, key: bytes, value: bytes, now: datetime) -> None:
        """Send a record, and wait until the log has it; in simulated time it is stamped with `now`."""
        stamp = int(now.timestamp() * 1000) if self._settings.time_mode == "events" else None
        async with asyncio.timeout(CALL_TIMEOUT_S):
            producer = await self._made()
            await producer.send_and_wait(self._settings.topic(topic), value, key=key, timestamp_ms=stamp)

    async def close(self) -> None:
        """Close what was made."""
        if self._producer is not None:
            await bounded(self._producer.stop(), "the API's producer")

    async def _made(self) -> AIOKafkaProducer:
        async with self._making:
            if self._producer is None:
                made = plain_producer(self._settings.bootstrap_servers)
                try:
                    await made.start()
                except BaseException:
                    await bounded(made.stop(), "a producer that didn't start")
                    raise
                self._producer = made
        return self._producer


class DeadLetters:
    """The refused input of a deployment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def read(self, since: datetime | None) -> AsyncIterator[tuple[DeadLetter | None, ConsumerRecord]]:
        """Every dead letter from a moment on, partition by partition, in the order of their offsets."""
        kafka = Kafka(self._settings.bootstrap_servers)
        try:
            async for letter in refused_input(kafka, self._settings.topic_prefix, since):
                yield letter
        finally:
            await kafka.close()

    async def find(self, partition: int, offset: int) -> tuple[DeadLetter | None, ConsumerRecord] | None:
        """The one at a place; None where none is kept."""
        kafka = Kafka(self._settings.bootstrap_servers)
        try:
            return await refused_record(kafka, self._settings.topic_prefix, partition, offset)
        finally:
            await kafka.close()


def parts_of(settings: Settings) -> MakeParts:
    """The parts of a deployment."""

    @asynccontextmanager
    async def parts() -> AsyncIterator[Parts]:
        pool = LazyPool(settings.postgres_dsn, settings.postgres_connections)
        producer = LazyProducer(settings)
        source = PolicySource(Kafka(settings.bootstrap_servers), settings.topic_prefix)
        following = asyncio.create_task(source.run(), name="policies")
        forgetting = asyncio.create_task(retention.run(pool, retention.kept(settings)), name="retention")
        try:
            yield Parts(
                database=pool,
                policies=lambda: source.policies,
                activations=source.activations,
                asked_at=source.asked_at,
                now=partial(present, settings),
                outbox=producer,
                refused=DeadLetters(settings),
                tokens=issuer_of(settings),
                kept=Posts(settings),
            )
        finally:
            source.drain()
            forgetting.cancel()
            await asyncio.gather(following, forgetting, return_exceptions=True)
            await producer.close()
            await pool.close()

    return parts


def main(settings: Settings) -> NoReturn:
    """Serve until SIGTERM, then exit 0."""
    if not settings.postgres_dsn:
        raise Refused(
            "the API needs PostgreSQL: set `GOODSTANDING_POSTGRES_DSN` to "
            "`postgresql://user:password@host:port/database`"
        )
    if settings.api_keys_file is None and not settings.oidc_issuer:
        log.warning(
            "neither a keys file nor an issuer of tokens is set, so nobody is let in: set "
            "GOODSTANDING_API_KEYS_FILE or GOODSTANDING_OIDC_ISSUER"
        )
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
