"""Puts the console into the API's application: its pages, its static files, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

from services.api.console import deciding, overview, pages, reviews, signing, what_if

STATIC: Final = Path(__file__).parent / "static"


class Static(StaticFiles):
    """The style sheet and the scripts, which a browser may keep but asks about again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with what a browser may do with it."""
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "no-cache"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer


def install(app: FastAPI) -> None:
    """Mount the console under `/`."""
    app.mount("/static", Static(directory=STATIC), name="static")
    app.include_router(signing.router)
    app.include_router(deciding.router)
    app.include_router(overview.router)
    app.include_router(what_if.router)
    app.include_router(reviews.router)
    app.include_router(pages.router)
