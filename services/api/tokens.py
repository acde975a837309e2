"""Bearer tokens of OpenID Connect: who somebody is and what they may do, as the community's issuer says.

A token is taken only if everything about it holds: it is signed with RS256 or ES256 by a key that the issuer
publishes, it was issued by that issuer for this audience, and it hasn't expired. Whatever can't be checked is
refused. Keys are fetched from the issuer's discovery document and kept for a while; a token that names a key
not seen yet has them fetched again, though not more often than every half minute.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from http.client import HTTPException
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from services.keys import ACTOR_PATTERN, CAPABILITIES, Operator
from services.runtime.settings import LOOPBACK, Settings

DISCOVERY: Final = "/.well-known/openid-configuration"
KEYS_KEPT_S: Final = 600.0
"""How long fetched keys are used; what the issuer takes back is refused after this at the latest."""
REFETCH_S: Final = 30.0
"""How often keys are fetched at most, so that made-up key ids can't have the issuer asked without end."""
FETCH_TIMEOUT_S: Final = 5.0
FETCH_BYTES_MAX: Final = 1_000_000
LEEWAY_S: Final = 30.0
"""How far this machine's clock and the issuer's may be apart."""
RSA_BITS_MIN: Final = 2_048
TOKEN_CHARS_MAX: Final = 16_000
ALGORITHMS: Final[Mapping[str, str]] = MappingProxyType({"RSA": "RS256", "EC": "ES256"})
"""The one algorithm for each type of key: a token can't choose another."""

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets a document. Raises `OSError` or `HTTPException`."""


class BadToken(Exception):
    """A token isn't taken. The message says why, and what to do."""


class IssuerAway(Exception):
    """The issuer's keys can't be had, so that no token can be checked. The message says what went wrong."""


class Issuer:
    """The issuer of a community. `now` is a clock that only goes forward, in seconds."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        *,
        capabilities_claim: str,
        actor_claim: str,
        account_claim: str = "",
        fetch: Fetch | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._capabilities_claim = capabilities_claim
        self._actor_claim = actor_claim
        self._account_claim = account_claim
        self._fetch = fetch or _fetched
        self._now = now
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at: float | None = None
        self._asked_at: float | None = None
        self._fetching = asyncio.Lock()

    async def find(self, token: str) -> Operator:
        """Whose token it is, with those of its capabilities that there are.

        Raises `BadToken` or `IssuerAway`.
        """
        if len(token) > TOKEN_CHARS_MAX:
            raise BadToken(f"the token is longer than {TOKEN_CHARS_MAX} characters; send an access token")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError as error:
            raise BadToken("what was sent is neither a key nor a token; send one of both") from error
        key = await self._key(header)
        algorithm = key.algorithm_name
        if header.get("alg") != algorithm:
            raise BadToken(
                f"the token isn't signed with {algorithm}, as its key is for; {self._get_another()}"
            )
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iss", "aud", self._actor_claim]},
            )
        except jwt.InvalidTokenError as error:
            raise BadToken(f"{self._why(error)}; {self._get_another()}") from error
        return self._operator(claims)

    def _operator(self, claims: Mapping[str, Any]) -> Operator:
        actor = claims[self._actor_claim]
        if not isinstance(actor, str) or ACTOR_PATTERN.fullmatch(actor) is None:
            raise BadToken(
                f"the token's claim `{self._actor_claim}` can't be an actor, expected 1 to 128 visible ASCII "
                "characters without spaces and `@`; have the issuer put an opaque id there, or name another "
                "claim with GOODSTANDING_OIDC_ACTOR_CLAIM"
            )
        said = claims.get(self._capabilities_claim, ())
        named = said.split() if isinstance(said, str) else said if isinstance(said, list) else ()
        account = claims.get(self._account_claim, "") if self._account_claim else ""
        if not isinstance(account, str) or (account and ACTOR_PATTERN.fullmatch(account) is None):
            raise BadToken(
                f"the token's claim `{self._account_claim}` can't be an account's id, expected 1 to 128 "
                "visible ASCII characters without spaces and `@`; have the issuer put the account's id there"
            )
        return Operator(actor, frozenset(one for one in named if one in CAPABILITIES), account)

    def _why(self, error: jwt.InvalidTokenError) -> str:
        if isinstance(error, jwt.ExpiredSignatureError):
            return "the token has expired"
        if isinstance(error, jwt.InvalidAudienceError):
            return f"the token is for another audience, expected `{self._audience}`"
        if isinstance(error, jwt.InvalidIssuerError):
            return f"the token is of another issuer, expected `{self._issuer}`"
        if isinstance(error, jwt.ImmatureSignatureError):
            return "the token isn't valid yet"
        if isinstance(error, jwt.MissingRequiredClaimError):
            return f"the token lacks the claim `{error.claim}`"
        return "the token's signature doesn't hold"

    def _get_another(self) -> str:
        return f"get a new token from `{self._issuer}`"

    async def _key(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        """The key that a token names. Raises `BadToken` or `IssuerAway`."""
        name = header.get("kid")
        if not isinstance(name, str):
            raise BadToken(f"the token names no key (`kid`); {self._get_another()}")
        async with self._fetching:
            now = self._now()
            old = self._fetched_at is None or now - self._fetched_at > KEYS_KEPT_S
            asked = self._asked_at is not None and now - self._asked_at <= REFETCH_S
            if (old or name not in self._keys) and not asked:
                self._asked_at = now  # before it is known how it goes: what fails isn't asked again at once
                self._keys = await self._published()
                self._fetched_at = now
            elif old:
                raise IssuerAway(f"the keys of `{self._issuer}` couldn't be had a moment ago")
        if name not in self._keys:
            raise BadToken(f"the token names a key that its issuer doesn't publish; {self._get_another()}")
        return self._keys[name]

    async def _published(self) -> dict[str, jwt.PyJWK]:
        """The issuer's keys for signatures. Raises `IssuerAway`."""
        try:
            discovered = json.loads(await self._fetch(self._issuer.rstrip("/") + DISCOVERY))
            if discovered["issuer"] != self._issuer:
                raise IssuerAway(f"the discovery document of `{self._issuer}` is of another issuer")
            where = discovered["jwks_uri"]
            if not fetchable(where):
                raise IssuerAway(f"the keys of `{self._issuer}` are at an address without TLS")
            described = json.loads(await self._fetch(where))["keys"]
            found = [_usable(one) for one in described]
        except (OSError, HTTPException, ValueError, KeyError, TypeError, AttributeError) as error:
            raise IssuerAway(f"the keys of `{self._issuer}` can't be had ({type(error).__name__})") from error
        return {name: key for one in found if one is not None for name, key in (one,)}


def issuer_of(settings: Settings) -> Issuer | None:
    """The issuer that a deployment is told of; None where it is told of none."""
    if not settings.oidc_issuer:
        return None
    return Issuer(
        settings.oidc_issuer,
        settings.oidc_audience,
        capabilities_claim=settings.oidc_capabilities_claim,
        actor_claim=settings.oidc_actor_claim,
        account_claim=settings.oidc_account_claim,
    )


def fetchable(address: Any) -> bool:
    """Whether keys may be fetched from an address: with TLS, or on this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _usable(described: Mapping[str, Any]) -> tuple[str, jwt.PyJWK] | None:
    """A published key by its name; None for one that we take no signatures of."""
    if (
        described.get("use", "sig") != "sig"
        or described.get("kty") not in ALGORITHMS
        or "kid" not in described
    ):
        return None
    algorithm = ALGORITHMS[described["kty"]]
    if described.get("alg", algorithm) != algorithm or described.get("crv", "P-256") != "P-256":
        return None
    try:
        key = jwt.PyJWK(dict(described), algorithm=algorithm)
    except jwt.PyJWTError:
        return None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < RSA_BITS_MIN:
        return None
    return described["kid"], key


class _Nowhere(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it might lead to where there is no TLS."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """None: an error, as it stands."""


async def _fetched(address: str) -> bytes:
    return await asyncio.to_thread(_get, address)


def _get(address: str) -> bytes:
    opener = urllib.request.build_opener(_Nowhere)
    try:
        with opener.open(address, timeout=FETCH_TIMEOUT_S) as answer:
            data: bytes = answer.read(FETCH_BYTES_MAX + 1)
    except urllib.error.URLError as error:
        raise OSError(f"`{address}` can't be read") from error
    if len(data) > FETCH_BYTES_MAX:
        raise OSError(f"`{address}` is longer than {FETCH_BYTES_MAX} bytes")
    return data
