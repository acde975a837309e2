"""What a worker says of itself over HTTP: `/live`, `/ready`, `/metrics`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from aiohttp import web
from mode import Service
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

log = logging.getLogger(__name__)

Reasons = Callable[[], list[str]]


class Health(Service):
    """Serves on `host`:`port` (0: any free port, which is logged).

    `reasons` says why the worker isn't ready.
    """

    def __init__(self, name: str, reasons: Reasons, host: str, port: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._name = name
        self._reasons = reasons
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    async def on_start(self) -> None:
        """Listen."""
        application = web.Application()
        application.add_routes(
            [
                web.get("/live", self._live),
                web.get("/ready", self._ready),
                web.get("/metrics", self._metrics),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        host, port = self._runner.addresses[0][:2]
        log.info("%s: health and metrics on http://%s:%s", self._name, host, port)

    async def on_stop(self) -> None:
        """Close the socket."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _live(self, _: web.Request) -> web.Response:
        return web.json_response({"stage": self._name, "live": True})

    async def _ready(self, _: web.Request) -> web.Response:
        reasons = self._reasons()
        body = {"stage": self._name, "ready": not reasons, "reasons": reasons}
        return web.json_response(body, status=503 if reasons else 200)

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
