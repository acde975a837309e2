"""Derived ids: every id is a UUIDv5 of what caused it, so that a second delivery derives the same id again."""

from __future__ import annotations

from hashlib import sha256
from typing import Final
from uuid import UUID, uuid5

NAMESPACE: Final = UUID("7f4f7a52-6d3c-5b53-9a55-3a0f6c1a4b10")
"""The project's own namespace; changing it would change every id that was ever derived."""


def derived_id(entity: str, cause: str, kind: str, ordinal: int = 0) -> str:
    """The id of the `ordinal`-th thing of this `kind` that `cause` led to at `entity`."""
    return str(uuid5(NAMESPACE, f"{entity}\x1f{cause}\x1f{kind}\x1f{ordinal}"))


def account_entity(account: str) -> str:
    """The entity name of an account."""
    return f"account:{account}"


def partition_entity(partition: int) -> str:
    """The reserved entity name under which a partition keeps its guard, and to which ticks are addressed."""
    return f"partition:{partition}"


def post_act(post: str) -> str:
    """An act is one post with all its revisions."""
    return f"post:{post}"


def digest(data: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return sha256(data).hexdigest()
