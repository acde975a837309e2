"""An API over a database, asked without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from events.policy import Policy
from services.api.app import create_app
from services.keys import KeyTable, new_key
from services.runtime.reading import Database


class Client:
    """Asks as somebody: each key by its holder's name."""

    def __init__(self, http: httpx.AsyncClient, keys: Mapping[str, str]) -> None:
        self.http = http
        self.keys = keys

    async def get(self, path: str, who: str = "reader", **params: object) -> httpx.Response:
        """Ask as the holder of a key."""
        return await self.http.get(path, params=params, headers={"X-API-Key": self.keys[who]})  # type: ignore[arg-type]


@asynccontextmanager
async def asked(
    database: Database, folder: Path, holders: Mapping[str, tuple[str, ...]], policies: Mapping[str, Policy]
) -> AsyncIterator[Client]:
    """A client of an API over this database, with a key for each holder."""
    path = folder / "keys.json"
    keys = {name: new_key(path, name, capabilities) for name, capabilities in holders.items()}

    @asynccontextmanager
    async def parts() -> AsyncIterator[tuple[Database, Callable[[], Mapping[str, Policy]]]]:
        yield database, lambda: policies

    app = create_app(parts, KeyTable(path))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api") as http,
    ):
        yield Client(http, keys)
