"""Who asks: the API key in the header `X-API-Key`, or as a bearer token."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from services.api.problems import Problem
from services.keys import CAPABILITIES, KeysError, KeyTable, Operator

log = logging.getLogger(__name__)

_header = APIKeyHeader(name="X-API-Key", scheme_name="key", description="An API key.", auto_error=False)
_bearer = HTTPBearer(scheme_name="bearer", description="An API key as a bearer token.", auto_error=False)


async def operator(
    request: Request,
    key: Annotated[str | None, Security(_header)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Operator:
    """Who asks. Answers 401 without a key that is known."""
    presented = key or (bearer.credentials if bearer else None)
    table: KeyTable = request.app.state.keys
    try:
        found = table.find(presented) if presented else None
    except KeysError:
        log.exception("keys can't be checked")
        raise
    if found is None:
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            "the key isn't known" if presented else "no key was sent",
            "send a key as header `X-API-Key`, or as `Authorization: Bearer …`; `goodstanding keys new` "
            "makes one",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return found


def capable(capability: str) -> Callable[[Operator], Awaitable[Operator]]:
    """A dependency that answers 403 where the key lacks the capability."""
    assert capability in CAPABILITIES

    async def check(who: Annotated[Operator, Depends(operator)]) -> Operator:
        if not who.may(capability):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                f"the key of `{who.actor}` may not {CAPABILITIES[capability]}",
                f"use a key with the capability `{capability}`",
            )
        return who

    return check
