"""A TCP proxy between a worker and Kafka that knows the API key of each request.

It can lose replies, hold requests back, delay everything, cut connections, or fall silent with connections
open. A lost reply looks like a broken connection after the broker has acted: the client can't tell whether
it did. In metadata the broker's port is replaced by the proxy's, so that clients keep to the proxy.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Self

PRODUCE, END_TXN, TXN_OFFSET_COMMIT = 0, 26, 28
HEADER_BYTES = 4

Decide = Callable[[int], bool]
"""Given the API key of a request: whether it is the one that the fault is for."""


class Proxy:
    """Listens on `port` of loopback, and passes all on to a broker on loopback.

    `lost` counts replies, `held` requests, `cuts` connections. `latency_s` delays each reply; `flowing` is
    cleared to fall silent and set to go on.
    """

    def __init__(self, broker_port: int) -> None:
        self.port = 0
        self.lost = 0
        self.held = 0
        self.cuts = 0
        self.latency_s = 0.0
        self.flowing = asyncio.Event()
        self.flowing.set()
        self._hold: Decide = lambda _: False
        self._released = asyncio.Event()
        self._cut: Decide = lambda _: False
        self._broker_port = broker_port
        self._decide: Decide = lambda _: False
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Cut every connection."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def lose(self, decide: Decide) -> None:
        """From now on, lose the replies that `decide` names."""
        self._decide = decide

    def hold(self, decide: Decide) -> None:
        """From now on, keep the requests that `decide` names from the broker, until `release`."""
        self._released.clear()
        self._hold = decide

    def release(self) -> None:
        """Send on what was held."""
        self._hold = lambda _: False
        self._released.set()

    def cut(self, decide: Decide) -> None:
        """From now on, cut the connection at each request that `decide` names; the broker doesn't see it."""
        self._cut = decide

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            try:
                await self._connect(reader, writer)
            finally:
                writer.close()
                self._tasks.discard(task)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what comes from either side, until one of them is done."""
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._broker_port)
        keys: asyncio.Queue[int] = asyncio.Queue()
        pumps = [
            asyncio.create_task(self._requests(reader, up_writer, keys)),
            asyncio.create_task(self._replies(up_reader, writer, keys)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            up_writer.close()

    async def _requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, keys: asyncio.Queue[int]
    ) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                frame = await self._frame(reader)
                await self.flowing.wait()
                key = int.from_bytes(frame[HEADER_BYTES : HEADER_BYTES + 2], "big")
                if self._cut(key):
                    self.cuts += 1
                    return
                if self._hold(key):
                    self.held += 1
                    await self._released.wait()
                keys.put_nowait(key)
                writer.write(frame)
                await writer.drain()

    async def _replies(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, keys: asyncio.Queue[int]
    ) -> None:
        """Replies come in the order of the requests."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                frame = await self._frame(reader)
                await asyncio.sleep(self.latency_s)
                await self.flowing.wait()
                if self._decide(await keys.get()):
                    self.lost += 1
                    return
                own, other = self.port.to_bytes(4, "big"), self._broker_port.to_bytes(4, "big")
                writer.write(frame.replace(b"\x00\x09127.0.0.1" + other, b"\x00\x09127.0.0.1" + own))
                await writer.drain()

    async def _frame(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readexactly(HEADER_BYTES)
        return head + await reader.readexactly(int.from_bytes(head, "big"))
