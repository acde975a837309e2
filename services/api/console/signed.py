"""Who is at the console: every page but the one to sign in needs somebody, and every form comes from a page.

A request that fails is answered with a page that says what is wrong and what to do, as the API's problems do.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import quote

from asyncpg import CharacterNotInRepertoireError
from fastapi import Depends, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from events.ids import subject_entity
from services import answers
from services.answers import BadPage, NotAllowed
from services.api import access
from services.api.console import sessions, timeline
from services.api.console.rendering import HEADERS, page
from services.api.console.sessions import Session
from services.api.parts import Parts
from services.api.problems import Problem
from services.keys import CAPABILITIES, READ, KeysError, KeyTable, Operator
from services.runtime import reading
from services.runtime.postgres import MISSING, UNAVAILABLE
from services.runtime.reading import Database, NotFound
from services.sentences import sentence

SIGN_IN: Final = "/sign-in"
UNAVAILABLE_REMEDY: Final = "try again in a moment; the operator finds the reason in this process's log"


class SignInFirst(Exception):
    """Nobody is signed in."""


class Trouble(Exception):
    """Ends a request with a page that says what is wrong, and what to do."""

    def __init__(self, status: HTTPStatus, detail: str, remedy: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.remedy = remedy


class Page(APIRoute):
    """A route whose failures are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own handler, and what is answered when it raises."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                answer = await handler(request)
            except SignInFirst:
                return _to_sign_in(request)
            except FAILURES as error:
                trouble = _trouble(error)
                await _note_refusal(request, error, trouble)
                return page(request, "trouble.html", trouble.status, trouble=trouble)
            for name, value in HEADERS.items():
                answer.headers.setdefault(name, value)
            return answer

        return handle


FAILURES: Final = (
    Trouble,
    Problem,
    NotFound,
    NotAllowed,
    BadPage,
    RequestValidationError,
    CharacterNotInRepertoireError,
    KeysError,
    *UNAVAILABLE,
    *MISSING,
)


def database(request: Request) -> Database:
    """The pool of this process."""
    found: Database = request.app.state.database
    return found


async def session(request: Request) -> Session:
    """Who is signed in, and what time it is for them. Raises `SignInFirst`, or `Trouble` without `READ`."""
    keys: KeyTable = request.app.state.keys
    found = await sessions.find(database(request), keys, request.cookies.get(sessions.COOKIE))
    if found is None:
        raise SignInFirst
    request.state.session = found
    request.state.now = await present(request)
    if not found.who.may(READ):
        raise NotAllowed(READ)
    asked = request.query_params
    request.state.done = await outcome_lines(request, found.who, asked.get("done", ""), asked.get("of", ""))
    return found


async def outcome_lines(request: Request, who: Operator, decision: str, account: str) -> list[str]:
    """What came of a decision, for the page that follows it; empty where that isn't known.

    Of other events nothing is told: at a reporter's account their ids would tell who reported.
    """
    if not decision or not account:
        return []
    entity = subject_entity(account)
    row = await reading.entry_of_event(database(request), entity, decision)
    if row is None or row.cause_kind != "decided":
        return []
    entry = answers.shown(who, row, await answers.hidden(database(request), who, entity))
    if entry.withheld is not None:
        return []
    await access.seen_entries(request, who, [entry])
    return [sentence(outcome) for outcome in timeline.outcomes_of(entry.entry)]


async def present(request: Request) -> datetime:
    """What time it is: in simulated time what the clock says, else the wall clock's."""
    parts: Parts | None = getattr(request.app.state, "parts", None)
    return datetime.now(UTC) if parts is None else await parts.now()


Db = Annotated[Database, Depends(database)]
SignedIn = Annotated[Session, Depends(session)]


async def from_a_page(who: SignedIn, csrf: Annotated[str, Form()] = "") -> Session:
    """Who sent a form. Raises `Trouble` for one that no page of this session made."""
    if not who.owns(csrf):
        raise Trouble(
            HTTPStatus.FORBIDDEN, "this form isn't from your session", "open the page again, and send it anew"
        )
    return who


FormFrom = Annotated[Session, Depends(from_a_page)]


def _to_sign_in(request: Request) -> Response:
    """To the sign-in page, and back again afterwards; htmx is told to go there as a whole."""
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = f"{SIGN_IN}?then={quote(back)}" if request.method == "GET" else SIGN_IN
    if request.headers.get("HX-Request"):
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": SIGN_IN})
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


async def _note_refusal(request: Request, error: Exception, trouble: Trouble) -> None:
    """Who was turned away is in the access log, as at the API."""
    if trouble.status is HTTPStatus.FORBIDDEN:
        found: Session | None = getattr(request.state, "session", None)
        capability = error.capability if isinstance(error, NotAllowed) else None
        await access.refused(request, trouble.status, found.who.actor if found else None, capability)


def _trouble(error: Exception) -> Trouble:
    if isinstance(error, Trouble):
        return error
    if isinstance(error, Problem):
        return Trouble(error.status, error.detail, error.remedy)
    if isinstance(error, NotFound):
        detail, _, remedy = str(error).partition("; ")
        return Trouble(HTTPStatus.NOT_FOUND, detail, remedy or "check the id")
    if isinstance(error, NotAllowed):
        what = CAPABILITIES[error.capability]
        return Trouble(
            HTTPStatus.FORBIDDEN,
            f"your key may not {what}",
            f"use a key with the capability `{error.capability}`",
        )
    if isinstance(error, BadPage | RequestValidationError | CharacterNotInRepertoireError):
        return Trouble(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            str(error) if isinstance(error, BadPage) else "the address holds what can't be used",
            "go back, and follow the page's own links",
        )
    return Trouble(HTTPStatus.SERVICE_UNAVAILABLE, "what is asked for can't be had now", UNAVAILABLE_REMEDY)
