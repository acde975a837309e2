"""A TCP proxy before PostgreSQL that cuts connections at the worst moment: around COMMIT."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Literal, Self
from urllib.parse import urlsplit, urlunsplit

COMMIT = b"COMMIT"
CHUNK_BYTES = 65_536


class Cutting:
    """Forwards until told otherwise. Every `every`-th COMMIT is cut.

    `reply_lost`: the server commits, the client never hears of it. `request_lost`: the server never sees the
    COMMIT.
    """

    def __init__(self, dsn: str, how: Literal["reply_lost", "request_lost"], every: int) -> None:
        self._target = urlsplit(dsn)
        self._how = how
        self._every = every
        self.commits = 0
        self.cuts = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def dsn(self) -> str:
        """The address of the same database, through the proxy."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        credentials = self._target.netloc.rpartition("@")[0]
        return urlunsplit(self._target._replace(netloc=f"{credentials}@127.0.0.1:{port}"))

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close everything."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            up_reader, up_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
            cut = asyncio.Event()
            pumps = [
                asyncio.create_task(self._requests(reader, up_writer, cut)),
                asyncio.create_task(self._replies(up_reader, writer, cut)),
            ]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
                for each in (writer, up_writer):
                    each.close()
                    with contextlib.suppress(OSError):
                        await each.wait_closed()

    async def _requests(
        self, reader: asyncio.StreamReader, up: asyncio.StreamWriter, cut: asyncio.Event
    ) -> None:
        while data := await reader.read(CHUNK_BYTES):
            if COMMIT in data:
                self.commits += 1
                if self.commits % self._every == 0:
                    self.cuts += 1
                    if self._how == "request_lost":
                        return
                    cut.set()
            up.write(data)
            await up.drain()

    async def _replies(
        self, up: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: asyncio.Event
    ) -> None:
        while data := await up.read(CHUNK_BYTES):
            if cut.is_set():
                return
            writer.write(data)
            await writer.drain()
