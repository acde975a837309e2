"""Signing in: an API key becomes a session, whose token only the browser has.

PostgreSQL knows the token's hash and which key it stands for. What somebody may do is looked up with every
request from the keys file, so a key that is revoked or loses a capability does so at once, here too.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Final

import msgspec

from services.api.console.queries import SQL
from services.keys import KeyTable, Operator, digest_of
from services.runtime.reading import Database

COOKIE: Final = "goodstanding-session"
SESSION_S: Final = 12 * 60 * 60
"""A working day. A session that is used doesn't last any longer."""
TOKEN_BYTES: Final = 32


class Session(msgspec.Struct, frozen=True):
    """Somebody who is signed in. `csrf` must come back with every form."""

    who: Operator
    csrf: str

    def owns(self, token: str) -> bool:
        """Whether a form was made for this session."""
        return hmac.compare_digest(self.csrf.encode(), token.encode())


async def sign_in(db: Database, keys: KeyTable, key: str) -> str | None:
    """The token of a new session; None where nobody has this key. Raises `KeysError`."""
    found = keys.find(key)
    if found is None:
        return None
    token, csrf = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES)
    await db.fetchval(SQL["session_open"], _hash(token), digest_of(key), found.actor, csrf, SESSION_S)
    return token


async def find(db: Database, keys: KeyTable, token: str | None) -> Session | None:
    """Whose session it is; None where it has run out, or its key is no more. Raises `KeysError`."""
    if not token:
        return None
    row = await db.fetchrow(SQL["session_find"], _hash(token))
    if row is None:
        return None
    who = keys.holders().get(row["key_digest"])
    if who is None or who.actor != row["actor"]:
        return None
    return Session(who, row["csrf"])


async def sign_out(db: Database, token: str | None) -> None:
    """End a session."""
    if token:
        await db.fetchval(SQL["session_close"], _hash(token))


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()
