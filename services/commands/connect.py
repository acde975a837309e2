"""What commands work with: settings, the operator behind the key, and clients that are closed again.

The operator's key comes from the variable GOODSTANDING_API_KEY, which `services.cli` takes out of the
environment at the start, so that no process that a command starts inherits it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from services.commands.failures import CommandFailed
from services.exit_codes import ExitCode
from services.keys import CAPABILITIES, KeyTable, Operator
from services.runtime import postgres
from services.runtime.kafka import Kafka, admin, plain_producer
from services.runtime.limits import CALL_TIMEOUT_S
from services.runtime.policies import PolicySource
from services.runtime.settings import Settings, load_settings

KEY_VARIABLE: Final = "GOODSTANDING_API_KEY"
T = TypeVar("T")


_presented: list[str] = []


def present(key: str) -> None:
    """Take note of the operator's key, once, before any command."""
    _presented[:] = [key] if key else []


def presented_key() -> str:
    """The operator's key; empty where there is none."""
    return _presented[0] if _presented else ""


def settings() -> Settings:
    """The settings. Raises `SettingsError`."""
    return load_settings()


def operator(capability: str) -> Operator:
    """Who runs this command, where their key has the capability.

    Raises `CommandFailed`, `SettingsError` or `KeysError`.
    """
    found = operator_or_none()
    to_do = CAPABILITIES[capability]
    make_one = f"`goodstanding keys new ACTOR --capability {capability}`, then export {KEY_VARIABLE}"
    if found is None:
        what = "the key isn't known" if presented_key() else f"{KEY_VARIABLE} isn't set"
        raise CommandFailed(ExitCode.NOT_ALLOWED, f"{what}, expected a key that may {to_do}", make_one)
    if not found.may(capability):
        raise CommandFailed(
            ExitCode.NOT_ALLOWED,
            f"the key of `{found.actor}` may not {to_do}: it lacks `{capability}`",
            make_one,
        )
    return found


def operator_or_none() -> Operator | None:
    """Who runs this command; None without a key that is known."""
    key = presented_key()
    return KeyTable(settings().api_keys_file).find(key) if key else None


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's asynchronous part."""
    return asyncio.run(work)


@asynccontextmanager
async def database() -> AsyncIterator[asyncpg.Pool]:
    """A pool of a few connections to PostgreSQL. Raises `CommandFailed` where none is configured."""
    dsn = settings().postgres_dsn
    if not dsn:
        raise CommandFailed(
            ExitCode.USAGE,
            "no database is configured, expected one to read projections from",
            "set GOODSTANDING_POSTGRES_DSN to `postgresql://user:password@host:port/database`",
        )
    pool = await postgres.pool(dsn, connections_max=2)
    try:
        yield pool
    finally:
        await pool.close()


@asynccontextmanager
async def log() -> AsyncIterator[Kafka]:
    """The cluster, for readers and group questions."""
    kafka = Kafka(settings().bootstrap_servers)
    try:
        yield kafka
    finally:
        await kafka.close()


@asynccontextmanager
async def administrator() -> AsyncIterator[AIOKafkaAdminClient]:
    """A started admin client."""
    client = admin(settings().bootstrap_servers)
    try:
        async with asyncio.timeout(CALL_TIMEOUT_S):
            await client.start()
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def producer() -> AsyncIterator[AIOKafkaProducer]:
    """A started idempotent producer; what it was given is sent before it is closed."""
    client = plain_producer(settings().bootstrap_servers)
    try:
        async with asyncio.timeout(CALL_TIMEOUT_S):
            await client.start()
        yield client
    finally:
        await client.stop()


@asynccontextmanager
async def policies() -> AsyncIterator[PolicySource]:
    """Every policy and activation as they are now."""
    async with log() as kafka, PolicySource(kafka, settings().topic_prefix) as source:
        yield source
