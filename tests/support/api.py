"""An API over a database, asked without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from aiokafka.structs import ConsumerRecord

from events.codec import decode_entry
from events.dead_letters import DeadLetter
from events.policy import Policy
from projections.recorded import Recorded
from services.api.app import create_app
from services.api.console import sessions
from services.api.parts import Outbox, Parts
from services.keys import KeyTable, new_key
from services.runtime import postgres
from services.runtime.reading import Database
from tests.support.projecting import apply, migrated
from tests.support.world import World

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Sent:
    """An outbox that keeps what it is given. `fault`: what it raises instead."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.records: list[tuple[str, bytes, bytes]] = []
        self.fault = fault

    async def send(self, topic: str, key: bytes, value: bytes, now: datetime) -> None:
        """Keep a record."""
        del now
        if self.fault is not None:
            raise self.fault
        self.records.append((topic, key, value))


class Letters:
    """Dead letters in memory."""

    def __init__(self, *letters: tuple[DeadLetter | None, ConsumerRecord]) -> None:
        self.letters = letters

    async def read(self, since: datetime | None) -> AsyncIterator[tuple[DeadLetter | None, ConsumerRecord]]:
        """All of them."""
        del since
        for letter in self.letters:
            yield letter

    async def find(self, partition: int, offset: int) -> tuple[DeadLetter | None, ConsumerRecord] | None:
        """The one at a place."""
        places = {(record.partition, record.offset): (known, record) for known, record in self.letters}
        return places.get((partition, offset))


def parts_over(
    database: Database, policies: Mapping[str, Policy], outbox: Outbox | None = None, **more: Any
) -> Parts:
    """Parts in memory, but for the database. It is noon, and the last of the policies is in force."""

    async def noon() -> datetime:
        return NOON

    fields: dict[str, Any] = {
        "database": database,
        "policies": lambda: policies,
        "activations": lambda: tuple(enumerate(policies)),
        "now": noon,
        "outbox": outbox or Sent(),
        "refused": Letters(),
    }
    return Parts(**{**fields, **more})


class Client:
    """Asks as somebody: each key by its holder's name."""

    def __init__(self, http: httpx.AsyncClient, keys: Mapping[str, str]) -> None:
        self.http = http
        self.keys = keys

    async def get(self, path: str, who: str = "reader", **params: object) -> httpx.Response:
        """Ask as the holder of a key."""
        return await self.http.get(path, params=params, headers={"X-API-Key": self.keys[who]})  # type: ignore[arg-type]


@asynccontextmanager
async def browsing(
    database: str, folder: Path, world: World, holders: Mapping[str, tuple[str, ...]], who: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which somebody is signed in to the console, over what a world left in the database."""
    entries = [Recorded(0, place, decode_entry(data), data) for place, data in enumerate(world.ledger)]
    await apply(await migrated(database), entries)
    pool = await postgres.pool(database, connections_max=3)
    try:
        parts = parts_over(pool, world.policies)
        async with asked(pool, folder, holders, world.policies, parts) as client:
            token = await sessions.sign_in(pool, KeyTable(folder / "keys.json"), client.keys[who])
            assert token is not None
            client.http.cookies.set(sessions.COOKIE, token)
            yield client.http
    finally:
        await pool.close()


@asynccontextmanager
async def asked(
    database: Database,
    folder: Path,
    holders: Mapping[str, tuple[str, ...]],
    policies: Mapping[str, Policy],
    parts: Parts | None = None,
) -> AsyncIterator[Client]:
    """A client of an API over this database, with a key for each holder; or over whole `parts`."""
    path = folder / "keys.json"
    keys = {name: new_key(path, name, capabilities) for name, capabilities in holders.items()}

    @asynccontextmanager
    async def made() -> AsyncIterator[Parts]:
        yield parts or parts_over(database, policies)

    app = create_app(made, KeyTable(path))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api") as http,
    ):
        yield Client(http, keys)
