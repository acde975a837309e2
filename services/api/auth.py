"""Who asks: the API key in the header `X-API-Key` or as a bearer token, or a token of the issuer."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from services.api.parts import Parts
from services.api.problems import Problem
from services.api.tokens import BadToken, IssuerAway
from services.keys import CAPABILITIES, KEY_PREFIX, KeysError, KeyTable, Operator

log = logging.getLogger(__name__)

_header = APIKeyHeader(name="X-API-Key", scheme_name="key", description="An API key.", auto_error=False)
_bearer = HTTPBearer(
    scheme_name="bearer",
    description="An API key, or an OpenID Connect token of the community's issuer.",
    auto_error=False,
)


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
    if found is None and bearer is not None and key is None:
        found = await _vouched_for(request, bearer.credentials)
    if found is None:
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            "the key isn't known" if presented else "no key was sent",
            "send a key as header `X-API-Key`, or as `Authorization: Bearer …`; `goodstanding keys new` "
            "makes one",
            headers={"WWW-Authenticate": "Bearer"},
        )
    request.state.operator = found
    return found


async def _vouched_for(request: Request, token: str) -> Operator | None:
    """Whose token of the issuer it is; None where there is no issuer, or it is a key.

    Answers 401, also where a key has the same actor, or 503.
    """
    parts: Parts = request.app.state.parts
    if parts.tokens is None or token.startswith(KEY_PREFIX):
        return None
    try:
        found = await parts.tokens.find(token)
    except BadToken as error:
        detail, _, remedy = str(error).partition("; ")
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            detail,
            remedy,
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        ) from error
    except IssuerAway as error:
        log.warning("tokens can't be checked: %s", error)
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "tokens can't be checked: their issuer doesn't answer",
            "try again in a moment, or use an API key",
            headers={"Retry-After": "5"},
        ) from error
    table: KeyTable = request.app.state.keys
    if any(holder.actor == found.actor for holder in table.holders().values()):
        # Otherwise one person could be taken for another, or be two where a second one is needed.
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            f"the token's actor `{found.actor}` is a key's as well",
            "use the key; or have the operator revoke it, or make it for another actor",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    return found


class Capable:
    """A dependency that answers 403 where whoever asks lacks the capability."""

    def __init__(self, capability: str) -> None:
        assert capability in CAPABILITIES
        self.capability = capability

    async def __call__(self, who: Annotated[Operator, Depends(operator)]) -> Operator:
        """Who asks."""
        if not who.may(self.capability):
            raise Problem(
                HTTPStatus.FORBIDDEN,
                f"the key of `{who.actor}` may not {CAPABILITIES[self.capability]}",
                f"use a key with the capability `{self.capability}`",
                capability=self.capability,
            )
        return who


def capable(capability: str) -> Capable:
    """A dependency that answers 403 where whoever asks lacks the capability; a route has one at most."""
    return Capable(capability)
