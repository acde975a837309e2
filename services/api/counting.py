"""Counting requests: by the route's template and the status, so that no label holds what was asked for."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime import metrics

NO_ROUTE: Final = "none"
"""The label of a request for a path that there is not."""


class Counting:
    """The middleware. One that is never answered, because its handler raised, counts as a 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count what is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = int(HTTPStatus.INTERNAL_SERVER_ERROR)

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        begin = time.perf_counter()
        try:
            await self._app(scope, receive, sent)
        finally:
            # The router has put the route into the scope by now; the path itself may name an account.
            route = getattr(scope.get("route"), "path", NO_ROUTE)
            metrics.API_SECONDS.labels(route, str(status)).observe(time.perf_counter() - begin)
