"""The API as an application.

Made from its parts, so that tests and the document of its OpenAPI need no server.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from projections import fold
from services import answers
from services.api import console, nouns, problems, reference, routes, what_if, writes
from services.api.counting import Counting
from services.api.parts import MakeParts
from services.keys import KeyTable
from services.runtime.postgres import MISSING, UNAVAILABLE

log = logging.getLogger(__name__)

API_VERSION: Final = "1.0.0"
"""Of the API's contract, not of the program.

A change that breaks readers raises the first number and the path's.
"""
DESCRIPTION: Final = """\
What Goodstanding knows and decided: standings, strikes, sanctions, cases, the audit trail, and why.

* Send a key as header `X-API-Key`, or as a bearer token; `goodstanding keys new` makes one.
* Every answer carries `positions`: per ledger partition, the offset up to which the answer is complete.
* Lists are walked by key: pass `next` as `after`.
* Problems are `application/problem+json` as in RFC 9457, with a `remedy`.
* Who reported is shown only to keys with the capability `reports.identity`.
* What is about a restricted case is shown only to keys with the capability `cases.restricted`.
"""


def create_app(make_parts: MakeParts | None = None, keys: KeyTable | None = None) -> FastAPI:
    """The application. Without parts it can only describe itself."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if make_parts is None:
            yield
            return
        async with make_parts() as parts:
            app.state.parts = parts
            app.state.database, app.state.policies = parts.database, parts.policies
            yield

    app = FastAPI(
        title="Goodstanding",
        version=API_VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own pages load their scripts from elsewhere
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    app.state.keys = keys or KeyTable(None)
    app.add_middleware(Counting)
    problems.install(app)
    app.include_router(routes.router)
    app.include_router(nouns.router)
    app.include_router(writes.router)
    console.install(app)
    app.include_router(what_if.router)
    _add_health(app)
    reference.install(app)
    _describe(app)
    return app


def _add_health(app: FastAPI) -> None:
    @app.get("/live", tags=["health"])
    async def live() -> dict[str, Any]:
        """Whether the process lives."""
        return {"stage": "api", "live": True}

    @app.get("/ready", tags=["health"], responses={503: {"description": "Not ready; `reasons` say why."}})
    async def ready() -> JSONResponse:
        """Whether it can answer: the database does, and has projections."""
        reasons: list[str] = []
        try:
            found = await answers.positions(app.state.database)
            if found.build is None:
                reasons.append("the database has no live projection; run `goodstanding db migrate`")
            elif found.version != fold.VERSION:
                reasons.append(
                    f"the live projection has version {found.version}, this build reads {fold.VERSION}; "
                    "run `goodstanding projections rebuild`"
                )
        except (*UNAVAILABLE, *MISSING) as error:
            reasons.append(f"the database can't be read: {type(error).__name__}")
        return JSONResponse(
            {"stage": "api", "ready": not reasons, "reasons": reasons}, 503 if reasons else 200
        )

    @app.get("/metrics", tags=["health"], response_class=Response)
    async def metrics() -> Response:
        """Metrics for Prometheus."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _describe(app: FastAPI) -> None:
    """Name the problem's shape in the OpenAPI document, which no route returns as its model."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        document = plain()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        shape = problems.ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(shape.pop("$defs", {}))
        schemas["ProblemDetails"] = shape
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        return document

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
