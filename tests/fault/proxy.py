"""A TCP proxy between a worker and Kafka that knows the API key of each request, and can lose replies.

A lost reply looks like a broken connection after the broker has acted: the client can't tell whether it did.
In metadata the broker's port is replaced by the proxy's, so that clients keep to the proxy.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Self

PRODUCE, END_TXN, TXN_OFFSET_COMMIT = 0, 26, 28
HEADER_BYTES = 4

Decide = Callable[[int], bool]
"""Given the API key of a request: whether its reply is to be lost."""


class Proxy:
    """Listens on `port` of loopback, and passes all on to a broker on loopback; `lost` counts replies."""

    def __init__(self, broker_port: int) -> None:
        self.port = 0
        self.lost = 0
        self._broker_port = broker_port
        self._decide: Decide = lambda _: False
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Cut every connection."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        await self._server.wait_closed()

    def lose(self, decide: Decide) -> None:
        """From now on, lose the replies that `decide` names."""
        self._decide = decide

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream = await asyncio.open_connection("127.0.0.1", self._broker_port)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, upstream[1]}
        keys: asyncio.Queue[int] = asyncio.Queue()
        try:
            await asyncio.wait(
                [
                    asyncio.ensure_future(self._requests(reader, upstream[1], keys)),
                    asyncio.ensure_future(self._replies(upstream[0], writer, keys)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            writer.close()
            upstream[1].close()
            self._writers -= {writer, upstream[1]}

    async def _requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, keys: asyncio.Queue[int]
    ) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                frame = await self._frame(reader)
                keys.put_nowait(int.from_bytes(frame[HEADER_BYTES : HEADER_BYTES + 2], "big"))
                writer.write(frame)
                await writer.drain()

    async def _replies(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, keys: asyncio.Queue[int]
    ) -> None:
        """Replies come in the order of the requests."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                frame = await self._frame(reader)
                if self._decide(await keys.get()):
                    self.lost += 1
                    return
                own, other = self.port.to_bytes(4, "big"), self._broker_port.to_bytes(4, "big")
                writer.write(frame.replace(b"\x00\x09127.0.0.1" + other, b"\x00\x09127.0.0.1" + own))
                await writer.drain()

    async def _frame(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readexactly(HEADER_BYTES)
        return head + await reader.readexactly(int.from_bytes(head, "big"))
