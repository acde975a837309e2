"""What the API answers when it can't answer: problem details as in RFC 9457, with a remedy."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from services.answers import BadPage, NotAllowed
from services.keys import CAPABILITIES, KeysError
from services.runtime.postgres import MISSING, UNAVAILABLE
from services.runtime.reading import NotFound

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:goodstanding:problem:"


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(description="Which parameter.", examples=["query.limit"])
    expected: str = Field(
        description="What was expected there.", examples=["input should be less than or equal to 500"]
    )


class ProblemDetails(BaseModel):
    """A problem, as in RFC 9457, and what to do about it."""

    type: str = Field(
        description="A URN that names the kind of problem.", examples=["urn:goodstanding:problem:not-found"]
    )
    title: str = Field(description="The kind of problem in words.", examples=["Not Found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(
        description="What is wrong, and where.", examples=["nothing is known of account `u-1`"]
    )
    remedy: str = Field(
        description="What to do.", examples=["check the id; accounts appear with their first signal"]
    )
    instance: str = Field(description="The path that was asked for.", examples=["/v1/accounts/u-1/standing"])
    faults: list[Fault] | None = Field(default=None, description="Each thing that is wrong with the request.")


class Problem(Exception):
    """Ends a request with a problem. `kind` names it for programs; by default it is the status's own name."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        remedy: str,
        *,
        kind: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.remedy = remedy
        self.kind = kind or status.phrase.lower().replace(" ", "-")
        self.headers = headers or {}


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI description: the problems that a route answers with."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {int(status): {"description": status.phrase, "content": content} for status in statuses}


def install(app: FastAPI) -> None:
    """Have every failure of this app answered as a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(KeysError, _keys)
    app.add_exception_handler(NotFound, _unknown)
    app.add_exception_handler(NotAllowed, _forbidden)
    app.add_exception_handler(BadPage, _page)
    for kind in (*UNAVAILABLE, *MISSING):
        app.add_exception_handler(kind, _database)


def answer(request: Request, problem: Problem, faults: list[Fault] | None = None) -> JSONResponse:
    """The response for a problem."""
    details = ProblemDetails(
        type=TYPE_PREFIX + problem.kind,
        title=problem.status.phrase,
        status=problem.status,
        detail=problem.detail,
        remedy=problem.remedy,
        instance=request.url.path,
        faults=faults,
    )
    return JSONResponse(
        details.model_dump(exclude_none=True), problem.status, headers=problem.headers, media_type=MEDIA_TYPE
    )


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return answer(request, error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [
        Fault(where=".".join(str(step) for step in fault["loc"]), expected=str(fault["msg"]).lower())
        for fault in error.errors()
    ]
    where = ", ".join(f"`{fault.where}`" for fault in faults)
    problem = Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"parameters can't be used: {where}",
        "see `faults` for what each expects",
    )
    return answer(request, problem, faults)


async def _unknown(request: Request, error: Exception) -> JSONResponse:
    detail, _, remedy = str(error).partition("; ")
    return answer(request, Problem(HTTPStatus.NOT_FOUND, detail, remedy or "check the id"))


async def _forbidden(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, NotAllowed)
    detail = f"this key may not {CAPABILITIES[error.capability]}"
    problem = Problem(HTTPStatus.FORBIDDEN, detail, f"use a key with the capability `{error.capability}`")
    return answer(request, problem)


async def _page(request: Request, error: Exception) -> JSONResponse:
    problem = Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, str(error), "pass `next` of the page before as `after`"
    )
    return answer(request, problem)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    remedies = {
        HTTPStatus.NOT_FOUND: "see /docs for the paths that there are",
        HTTPStatus.METHOD_NOT_ALLOWED: "this API only answers GET",
    }
    remedy = remedies.get(status, "see /docs")
    detail = (
        f"there is no `{request.url.path}` here"
        if status is HTTPStatus.NOT_FOUND
        else str(error.detail).lower()
    )
    return answer(request, Problem(status, detail, remedy, headers=dict(error.headers or {})))


async def _keys(request: Request, _: Exception) -> JSONResponse:
    # What is wrong with the file is the operator's business, and in the log; nobody is let in meanwhile.
    problem = Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "keys can't be checked",
        "the operator finds the reason in this process's log",
    )
    return answer(request, problem)


async def _database(request: Request, error: Exception) -> JSONResponse:
    missing = isinstance(error, asyncpg.PostgresError) and isinstance(error, MISSING)
    detail = "the database has no projections of this build" if missing else "the database doesn't answer"
    remedy = "the operator runs `goodstanding db migrate`" if missing else "try again in a moment"
    problem = Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, remedy, headers={"Retry-After": "2"})
    return answer(request, problem)
