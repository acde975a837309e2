"""The stack that all is measured on: a fresh Apache Kafka and PostgreSQL, topics as the catalogue says."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple, Self, TypeVar

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from events.control import activation_requested
from events.policy import Policy
from events.policy_text import read_policy
from services.projecting.migrate import migrate
from services.runtime import topics
from services.runtime.embedded import EmbeddedKafka, EmbeddedPostgres
from services.runtime.kafka import admin
from services.runtime.outputs import murmur2
from services.runtime.settings import PROJECT, Settings
from services.screening.guidelines import known_rules

PARTITIONS: Final = 4
BATCH_BYTES: Final = 400_000
"""Record batches in which inputs are written beforehand: small enough that reading them is as in real use."""
SEND_INTERVAL_S: Final = 0.01
T = TypeVar("T")
JARS: Final = PROJECT / ".goodstanding" / "kafka-jars"


class Stack(NamedTuple):
    """The addresses of one stack."""

    bootstrap: str
    postgres: EmbeddedPostgres
    folder: Path
    kafka_version: str

    def settings(self, name: str, dsn: str = "") -> Settings:
        """The settings of one deployment on it, whose topics begin with the name."""
        return Settings(
            bootstrap_servers=self.bootstrap,
            topic_prefix=f"{name}-",
            partitions=PARTITIONS,
            postgres_dsn=dsn,
            time_mode="log",
        )


@contextmanager
def stack() -> Iterator[Stack]:
    """A fresh stack, thrown away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="goodstanding-bench-"))
    try:
        with (
            EmbeddedKafka(folder / "kafka", jars=JARS) as kafka,
            EmbeddedPostgres(folder / "postgres") as postgres,
        ):
            yield Stack(kafka.bootstrap, postgres, folder, _kafka_version())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _kafka_version() -> str:
    found = [re.fullmatch(r"kafka_2\.\d+-(.+)\.jar", jar.name) for jar in JARS.iterdir()]
    return next((match.group(1) for match in found if match), "?")


def community_policy() -> Policy:
    """The policy that the project ships."""
    return read_policy((PROJECT / "policies" / "community.yaml").read_text("utf-8"), known_rules())


async def prepare(settings: Settings, policy: Policy) -> None:
    """Topics, and the policy with the request to activate it."""
    client = admin(settings.bootstrap_servers)
    await client.start()
    try:
        await topics.create(client, settings)
    finally:
        await client.close()
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
        await producer.send_and_wait(
            settings.topic("policies"), policy.canonical, key=policy.version.encode()
        )
        event = activation_requested(policy.version, "bench", datetime.now(UTC))
        await producer.send_and_wait(
            settings.topic("control"), event.model_dump_json(exclude_none=True).encode()
        )


async def make_topics(bootstrap: str, names: Sequence[str]) -> None:
    """Topics beside the catalogue's, with as many partitions."""
    client = admin(bootstrap)
    await client.start()
    try:
        await client.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
    finally:
        await client.close()


async def database(running: Stack, name: str) -> str:
    """The address of a new, migrated database."""
    connection = await asyncpg.connect(running.postgres.dsn)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    dsn = running.postgres.dsn_of(name)
    await migrate(dsn)
    return dsn


async def postgres_version(running: Stack) -> str:
    """As the server says."""
    connection = await asyncpg.connect(running.postgres.dsn)
    try:
        return str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()


def partition_of(key: bytes) -> int:
    """Where a key's records go."""
    return murmur2(key) % PARTITIONS


class Loader:
    """Writes records in batches. Only at its end is it known whether all were taken: then it raises."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._topic = topic
        self._producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap, max_batch_size=BATCH_BYTES, linger_ms=0
        )
        self._builders: dict[int, Any] = {}
        self._sent: list[asyncio.Future[Any]] = []

    async def __aenter__(self) -> Self:
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self.flush()
            await asyncio.gather(*self._sent)
        finally:
            await self._producer.stop()

    async def add(self, key: bytes, value: bytes, partition: int | None = None) -> None:
        """Put a record into its partition's batch."""
        at = partition_of(key) if partition is None else partition
        builder = self._builders.get(at)
        if builder is None:
            builder = self._builders[at] = self._producer.create_batch()
        if builder.append(timestamp=None, key=key, value=value, headers=[]) is None:
            await self._send(at)
            await self.add(key, value, at)

    async def flush(self) -> None:
        """Send what is begun."""
        for at in [*self._builders]:
            await self._send(at)

    async def _send(self, at: int) -> None:
        self._sent.append(await self._producer.send_batch(self._builders.pop(at), self._topic, partition=at))


async def paced(items: Iterable[T], per_s: float) -> AsyncIterator[list[T]]:
    """Items as they are due, so many a second: some at a time."""
    waiting, begin, done = iter(items), time.monotonic(), 0
    while True:
        due = int((time.monotonic() - begin) * per_s) + 1
        now = [*islice(waiting, due - done)]
        yield now
        if len(now) < due - done:
            return
        done = due
        await asyncio.sleep(SEND_INTERVAL_S)


async def load(bootstrap: str, topic: str, records: Iterable[tuple[bytes, bytes, int | None]]) -> int:
    """Write records (key, value, partition or None) and wait until all are there; how many."""
    number = 0
    async with Loader(bootstrap, topic) as loader:
        for key, value, partition in records:
            await loader.add(key, value, partition)
            number += 1
    return number
