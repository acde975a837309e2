"""Derived ids: every id is a UUIDv5 of what caused it, so that a second delivery derives the same id."""

from __future__ import annotations

import re
from hashlib import sha1, sha256
from typing import Final
from uuid import UUID

NAMESPACE: Final = UUID("7f4f7a52-6d3c-5b53-9a55-3a0f6c1a4b10")
"""The project's own namespace; changing it would change every id that was ever derived."""
_namespace: Final = sha1(NAMESPACE.bytes, usedforsecurity=False)
_VARIANT: Final = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def derived_id(entity: str, cause: str, kind: str, ordinal: int = 0) -> str:
    """The id of the `ordinal`-th thing of this `kind` that `cause` led to at `entity`.

    It is `uuid.uuid5(NAMESPACE, ...)` (RFC 9562, section 5.5), spelt out because every signal and outcome
    derives one.
    """
    hashed = _namespace.copy()
    hashed.update(f"{entity}\x1f{cause}\x1f{kind}\x1f{ordinal}".encode())
    digits = hashed.hexdigest()
    variant = _VARIANT[digits[16]]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def account_entity(account: str) -> str:
    """The entity name of an account."""
    return f"account:{account}"


CAMPAIGN_PREFIX: Final = "campaign:"
CAMPAIGN_DIGITS: Final = 3
"""Of a fingerprint's digest, so many hexadecimal digits name the campaign entity that watches it: there are
16 to the power of that, however many texts and sites there are in the world."""


_IDENTITY: Final = re.compile(r"identity:[A-Za-z0-9]+:[0-9a-f]{32}")
_CAMPAIGN: Final = re.compile(rf"{CAMPAIGN_PREFIX}[0-9a-f]{{{CAMPAIGN_DIGITS}}}")


def campaign_entity(fingerprint: str) -> str:
    """The campaign entity that watches a fingerprint, which is a keyed digest such as `k1:3fa9…`."""
    return f"{CAMPAIGN_PREFIX}{fingerprint.rpartition(':')[2][:CAMPAIGN_DIGITS]}"


def subject_entity(subject: str) -> str:
    """The entity that a decision's subject names: an account by its id, others by their whole name.

    So that nobody's decisions go astray, no account may be called as campaigns or identities are.
    """
    other = _CAMPAIGN.fullmatch(subject) or _IDENTITY.fullmatch(subject)
    return subject if other else account_entity(subject)


def identity_entity(digest: str) -> str:
    """The entity name of a key that accounts can have in common, by its keyed digest."""
    return f"identity:{digest}"


def partition_entity(partition: int) -> str:
    """The reserved entity name under which a partition keeps its guard, and to which ticks are addressed."""
    return f"partition:{partition}"


def post_act(post: str) -> str:
    """An act is one post with all its revisions."""
    return f"post:{post}"


def carried_strike(account: str, strike: str) -> str:
    """The id at a person's new account of what is `strike` at the former one, from where it went along."""
    return derived_id(account_entity(account), strike, "carried")


def digest(data: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return sha256(data).hexdigest()
