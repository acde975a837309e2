"""Keyed digests: how an address, number or domain is recognised again without being known.

The key is a setting of the deployment and never leaves it; its id goes before each digest, so that a change
of keys can be told from a change of addresses. Values are brought into one form first, or the same address
would have several digests.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final, Literal

import msgspec
import phonenumbers

from services.screening.text.fold import fold
from services.screening.text.hosts import registrable

DIGEST_BYTES: Final = 16
KEY_BYTES_MIN: Final = 16
KEY_BYTES_MAX: Final = 64
PLUS_TAG_PROVIDERS: Final = frozenset(
    {
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "icloud.com",
        "fastmail.com",
        "proton.me",
        "protonmail.com",
    }
)
DOT_PROVIDERS: Final = frozenset({"gmail.com", "googlemail.com"})

Kind = Literal[
    "email", "phone", "domain", "reporter", "address", "secret", "card", "ssn", "password", "text",
    "verified", "device", "payment", "network", "name", "written",
]  # fmt: skip


class IdentityKey(msgspec.Struct, frozen=True):
    """The deployment's key. `id` names it in public; `secret` is 16 to 64 bytes."""

    id: str
    secret: bytes

    def __post_init__(self) -> None:
        """Raises `ValueError` for a key that can't be used."""
        if not KEY_BYTES_MIN <= len(self.secret) <= KEY_BYTES_MAX:
            raise ValueError(
                f"identity key `{self.id}`: expected {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes, "
                f"found {len(self.secret)}; make a new one"
            )
        if not self.id.isalnum():
            raise ValueError("identity key: expected an id of letters and digits; name the key, such as `k1`")

    def __repr__(self) -> str:
        """Without the secret."""
        return f"IdentityKey(id={self.id!r})"

    def digest(self, kind: Kind, value: str) -> str:
        """The digest of a value in its one form: `k1:` and 32 hexadecimal digits."""
        digest = blake2b(value.encode(), digest_size=DIGEST_BYTES, key=self.secret, person=kind.encode())
        return f"{self.id}:{digest.hexdigest()}"


def email_form(address: str) -> str:
    """An e-mail address in its one form. Plus-tags and dots fold only for providers that ignore them."""
    local, _, domain = fold(address.strip()).rpartition("@")
    if domain in PLUS_TAG_PROVIDERS:
        local = local.partition("+")[0]
    if domain in DOT_PROVIDERS:
        local = local.replace(".", "")
        domain = "gmail.com"
    return f"{local}@{domain}"


def phone_form(number: str, region: str | None = None) -> str | None:
    """A telephone number as E.164; None where it can't be one.

    `region` is where a number without `+` would be dialled.
    """
    try:
        parsed = phonenumbers.parse(fold(number), region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def domain_form(host: str) -> str:
    """The registrable domain of a host or of an e-mail address."""
    return registrable(fold(host.strip()).rpartition("@")[2].rstrip("."))
