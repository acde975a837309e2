"""The pages to sign in and out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.api import access
from services.api.console import sessions
from services.api.console.rendering import page
from services.api.console.signed import SIGN_IN, Db, FormFrom, Page, Trouble

KEY_CHARS_MAX: Final = 512
PATH_CHARS_MAX: Final = 2_000

router = APIRouter(route_class=Page, include_in_schema=False)


@router.get(SIGN_IN)
async def ask(request: Request, then: Annotated[str, Query(max_length=PATH_CHARS_MAX)] = "/") -> Response:
    """Ask for a key."""
    return page(request, "sign_in.html", then=_within(then), refused=False)


@router.post(SIGN_IN)
async def sign_in(
    request: Request,
    db: Db,
    key: Annotated[str, Form(max_length=KEY_CHARS_MAX)] = "",
    then: Annotated[str, Form(max_length=PATH_CHARS_MAX)] = "/",
) -> Response:
    """Begin a session with a key that is known; a form of another site's signs nobody in."""
    if not _from_here(request):
        raise Trouble(
            HTTPStatus.FORBIDDEN,
            "this form isn't from this console",
            "open the sign-in page, and sign in there",
        )
    token = await sessions.sign_in(db, request.app.state.keys, key.strip())
    if token is None:
        await access.refused(request, HTTPStatus.UNAUTHORIZED, None, None)
        return page(request, "sign_in.html", HTTPStatus.UNAUTHORIZED, then=_within(then), refused=True)
    answer = RedirectResponse(_within(then), HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        sessions.COOKIE,
        token,
        max_age=sessions.SESSION_S,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/sign-out")
async def sign_out(request: Request, db: Db, _: FormFrom) -> Response:
    """End the session."""
    await sessions.sign_out(db, request.cookies.get(sessions.COOKIE))
    answer = RedirectResponse(SIGN_IN, HTTPStatus.SEE_OTHER)
    answer.delete_cookie(sessions.COOKIE, httponly=True, samesite="strict")
    return answer


def _from_here(request: Request) -> bool:
    """Whether a form comes from a page of this site, as far as the browser says; programs say nothing."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        return site in {"same-origin", "none"}
    return origin is None or urlsplit(origin).netloc == request.headers.get("Host")


def _within(then: str) -> str:
    """A path of the console; whatever else is asked for, its first page."""
    inside = then.startswith("/") and not then.startswith(("//", "/\\")) and then.isprintable()
    return then if inside else "/"
