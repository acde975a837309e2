"""What the API answers when it can't answer: problem details as in RFC 9457, with a remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

import asyncpg
from aiokafka.errors import KafkaError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException

from services.answers import BadPage, NotAllowed
from services.api import access
from services.api.decisions import (
    BadDecision,
    CannotForesee,
    Change,
    KeyReused,
    NotSent,
    Stale,
)
from services.keys import CAPABILITIES, KeysError
from services.refused import NoTopic
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
    code: str | None = Field(default=None, description="Why a decision was refused, in the ledger's words.")
    decision: str | None = Field(default=None, description="The decision that was sent, and refused.")
    current_version: int | None = Field(default=None, description="The version that is there now.")
    changes: list[Change] | None = Field(
        default=None, description="What has changed since the version that was seen, the latest first."
    )


class Problem(Exception):
    """Ends a request with a problem. `kind` names it for programs; by default it is the status's own name.

    `capability` is the one that is lacking; `more` are further members of the details.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        remedy: str,
        *,
        kind: str = "",
        headers: dict[str, str] | None = None,
        capability: str | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.remedy = remedy
        self.kind = kind or status.phrase.lower().replace(" ", "-")
        self.headers = headers or {}
        self.capability = capability
        self.more = dict(more or {})


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI description: the problems that a route answers with."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {int(status): {"description": status.phrase, "content": content} for status in statuses}


def install(app: FastAPI) -> None:
    """Have every failure of this app answered as a problem."""
    kinds: tuple[type[Exception], ...] = (Problem, *_PROBLEMS)
    for kind in kinds:
        if kind is not ValidationError:  # one that no route made of a request is a fault of ours
            app.add_exception_handler(kind, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(KeysError, _keys)
    for kind in (*UNAVAILABLE, *MISSING):
        app.add_exception_handler(kind, _database)


def answer(request: Request, problem: Problem) -> JSONResponse:
    """The response for a problem."""
    content = details_of(problem, request.url.path).model_dump(mode="json", exclude_none=True)
    return JSONResponse(content, problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


def details_of(problem: Problem, instance: str) -> ProblemDetails:
    """A problem as it is answered; `instance` is the path that was asked for."""
    return ProblemDetails(
        type=TYPE_PREFIX + problem.kind,
        title=problem.status.phrase,
        status=problem.status,
        detail=problem.detail,
        remedy=problem.remedy,
        instance=instance,
        **problem.more,
    )


def problem_of(error: Exception) -> Problem:
    """The problem that an exception of deciding or looking means."""
    return next(tell for kind, tell in _PROBLEMS.items() if isinstance(error, kind))(error)


async def note_refusal(request: Request, problem: Problem) -> None:
    """Have the access log know of somebody who was turned away."""
    if problem.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        who = getattr(request.state, "operator", None)
        actor = None if who is None else who.actor
        await access.refused(request, problem.status, actor, problem.capability)


async def _problem(request: Request, error: Exception) -> JSONResponse:
    problem = error if isinstance(error, Problem) else problem_of(error)
    await note_refusal(request, problem)
    return answer(request, problem)


def _faulty(error: RequestValidationError | ValidationError) -> Problem:
    faults = [
        Fault(where=".".join(str(step) for step in fault["loc"]), expected=str(fault["msg"]).lower())
        for fault in error.errors()
    ]
    where = ", ".join(f"`{fault.where}`" for fault in faults)
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"parameters can't be used: {where}",
        "see `faults` for what each expects",
        more={"faults": faults},
    )


def _told(status: HTTPStatus, remedy: str, **more: Any) -> Callable[[Any], Problem]:
    """The problem of an exception whose message says what is wrong; maybe, after a semicolon, what to do."""

    def tell(error: Exception) -> Problem:
        detail, _, said = str(error).partition("; ")
        return Problem(status, detail, said or remedy, **more)

    return tell


def _forbidden(error: NotAllowed) -> Problem:
    return Problem(
        HTTPStatus.FORBIDDEN,
        f"this key may not {CAPABILITIES[error.capability]}",
        f"use a key with the capability `{error.capability}`",
        capability=error.capability,
    )


def _stale(error: Stale) -> Problem:
    return Problem(
        HTTPStatus.CONFLICT,
        str(error),
        "look at what changed, and decide again with the version that is there now",
        kind="stale",
        more={
            "code": "stale",
            "decision": error.decision,
            "current_version": error.current_version,
            "changes": list(error.changes),
        },
    )


def _page(error: BadPage) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), "pass `next` of the page before as `after`")


def _unheld(_: asyncpg.CharacterNotInRepertoireError) -> Problem:
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "what is asked for holds a NUL, which no id or text has",
        "leave it out",
    )


def _reused(error: KeyReused) -> Problem:
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"the key `{error}` was used for another request before",
        "send a new `Idempotency-Key` with a new request",
        kind="key-reused",
    )


def _log(error: KafkaError) -> Problem:
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"the log doesn't answer ({type(error).__name__})",
        "try again in a moment",
        headers={"Retry-After": "2"},
    )


_PROBLEMS: Final[Mapping[type[Exception], Callable[[Any], Problem]]] = MappingProxyType(
    {
        RequestValidationError: _faulty,
        ValidationError: _faulty,
        NotFound: _told(HTTPStatus.NOT_FOUND, "check the id"),
        NotAllowed: _forbidden,
        BadPage: _page,
        asyncpg.CharacterNotInRepertoireError: _unheld,
        Stale: _stale,
        KeyReused: _reused,
        BadDecision: _told(HTTPStatus.UNPROCESSABLE_ENTITY, "correct it, and send it again"),
        CannotForesee: _told(HTTPStatus.CONFLICT, "decide without a dry run", kind="cannot-foresee"),
        NotSent: _told(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "try again in a moment, with the same `Idempotency-Key`",
            headers={"Retry-After": "2"},
        ),
        NoTopic: _told(HTTPStatus.SERVICE_UNAVAILABLE, "the operator runs `goodstanding topics create`"),
        KafkaError: _log,
    }
)
UNDECIDED: Final = (NotFound, NotAllowed, Stale, KeyReused, BadDecision, CannotForesee, NotSent)
"""What can stand in the way of a decision."""


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    allowed = (error.headers or {}).get("Allow", "")
    remedies = {
        HTTPStatus.NOT_FOUND: "see /docs for the paths that there are",
        HTTPStatus.METHOD_NOT_ALLOWED: f"this path answers {allowed or 'other methods'}; see /docs",
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
