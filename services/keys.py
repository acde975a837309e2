"""API keys: who somebody is, and what they may do.

The keys file is a JSON object: the SHA-256 of a key (64 hexadecimal digits) → `{"actor": …, "capabilities":
[…], "account": …}`, the last where the holder has an account in the community as well. Keys themselves are
kept nowhere; `goodstanding keys new` prints one once. The same keys serve the API and the command line.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import re
import secrets  # noqa: TID251 - a key must not be derivable
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from events.capabilities import (
    CONFIRM_REFERRALS,
    CONFIRM_TERMINATIONS,
    DECIDE_APPEALS,
    DECIDE_PROTECTED,
    DECIDE_RESTRICTED,
    DECIDE_WELFARE,
    PROPOSE_REFERRALS,
)

KEY_PREFIX: Final = "gs_"
"""Makes a leaked key easy to find and to name."""
KEY_BYTES: Final = 32
ACTOR_PATTERN: Final = re.compile(r"[!-?A-~]{1,128}")
DIGEST_PATTERN: Final = re.compile(r"[0-9a-f]{64}")

READ: Final = "standing.read"
REPORTERS: Final = "reports.identity"
RESTRICTED: Final = DECIDE_RESTRICTED
WELFARE: Final = DECIDE_WELFARE
CONTENTS: Final = "contents.read"
READ_AUDIT: Final = "audit.read"
DECIDE: Final = "decisions.write"
DECIDE_FOR_OTHERS: Final = "decisions.on-behalf"
SEND: Final = "events.send"
ACTIVATE: Final = "policy.activate"
ADVANCE: Final = "clock.advance"
READ_DEAD: Final = "dead-letters.read"
REPLAY_DEAD: Final = "dead-letters.replay"
REBUILD: Final = "projections.rebuild"

CAPABILITIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        READ: "see standings, strikes, sanctions, cases and audit trails",
        REPORTERS: "see who reported",
        RESTRICTED: "see restricted cases",
        WELFARE: "see cases about somebody's welfare",
        CONTENTS: "see what people wrote, which is personal data",
        READ_AUDIT: "see who read personal data, and who was refused",
        DECIDE: "make decisions",
        DECIDE_FOR_OTHERS: "send files of decisions that other people made",
        DECIDE_APPEALS: "decide appeals",
        CONFIRM_TERMINATIONS: "confirm proposed terminations",
        PROPOSE_REFERRALS: "propose to tell law enforcement",
        CONFIRM_REFERRALS: "confirm that law enforcement is told",
        DECIDE_PROTECTED: "decide about accounts of the community's own staff",
        SEND: "send events",
        ACTIVATE: "put a policy into force",
        ADVANCE: "let simulated time run",
        READ_DEAD: "see refused input, which may hold personal data",
        REPLAY_DEAD: "send refused input again",
        REBUILD: "rebuild projections, and the state of enforcement",
    }
)
"""Every capability that a key can have."""


class KeysError(Exception):
    """The keys file or a new key is at fault. The message says where and what to do."""


class Operator(msgspec.Struct, frozen=True):
    """Who acts, as their key says."""

    actor: str
    capabilities: frozenset[str]
    account: str = ""
    """Their own account in the community, about which they may not decide; empty: they have none."""

    def may(self, capability: str) -> bool:
        """Whether the key has the capability."""
        return capability in self.capabilities


class Holder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the keys file."""

    actor: str
    capabilities: tuple[str, ...]
    account: str = ""


class KeyTable:
    """The keys file, read again whenever it changes. `path` None: nobody is let in."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._holders: Mapping[str, Operator] = {}

    def find(self, key: str) -> Operator | None:
        """Whose key this is; None for nobody's. The time that it takes doesn't depend on the key.

        Raises `KeysError`.
        """
        digest = digest_of(key)
        found: Operator | None = None
        for known, operator in self._read().items():
            if hmac.compare_digest(known, digest):
                found = operator
        return found

    def holders(self) -> Mapping[str, Operator]:
        """Everybody, by digest. Raises `KeysError`."""
        return self._read()

    def _read(self) -> Mapping[str, Operator]:
        if self._path is None:
            return {}
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp != self._stamp:
                self._holders = _parse(self._path.read_bytes(), self._path)
                self._stamp = stamp
        except OSError as error:
            raise KeysError(
                f"can't read the keys file `{self._path}`: {error.strerror}; "
                "make a key (`goodstanding keys new ACTOR --capability …`), or set "
                "GOODSTANDING_API_KEYS_FILE right"
            ) from error
        return self._holders


def digest_of(key: str) -> str:
    """What the keys file knows a key by. Keys are random, so a plain hash hides them."""
    return sha256(key.encode()).hexdigest()


def new_key(path: Path, actor: str, capabilities: Iterable[str], account: str = "") -> str:
    """Make a key, note it in the file (made if needed, for its owner only), and return it.

    It is kept nowhere else. `account`: the holder's own account in the community.

    Raises:
        KeysError: an unknown capability, an actor's name that isn't one, or a file that can't be read or
        written.
    """
    wanted = sorted(set(capabilities))
    _check(Holder(actor, tuple(wanted), account), "the new key")
    holders = _load(path) if path.exists() else {}
    key = KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)
    holders[digest_of(key)] = Holder(actor, tuple(wanted), account)
    _write(path, holders)
    return key


def revoke_key(path: Path, digest: str) -> Operator:
    """Take a key out of the file, by the beginning of its digest.

    Raises `KeysError` unless just one key is meant.
    """
    holders = _load(path)
    meant = [known for known in holders if known.startswith(digest)]
    if len(meant) != 1:
        raise KeysError(
            f"{len(meant)} keys begin with `{digest}` in `{path}`, expected one; `goodstanding keys ls` "
            "shows them all"
        )
    holder = holders.pop(meant[0])
    _write(path, holders)
    return Operator(holder.actor, frozenset(holder.capabilities), holder.account)


def _parse(data: bytes, path: Path) -> Mapping[str, Operator]:
    try:
        holders = msgspec.json.decode(data, type=dict[str, Holder])
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise KeysError(
            f"can't read the keys file `{path}`: {error}; expected "
            '{"<SHA-256 of a key>": {"actor": "ada", "capabilities": ["standing.read"]}}'
        ) from error
    for digest, holder in holders.items():
        if DIGEST_PATTERN.fullmatch(digest) is None:
            raise KeysError(
                f"the keys file `{path}` has an entry that is no SHA-256 of 64 hexadecimal digits; "
                "never write keys themselves into it: use `goodstanding keys new`"
            )
        _check(holder, f"`{path}`, key `{digest[:8]}…`")
    return {
        digest: Operator(holder.actor, frozenset(holder.capabilities), holder.account)
        for digest, holder in holders.items()
    }


def _check(holder: Holder, where: str) -> None:
    for name, kind in ((holder.actor, "actor"), (holder.account or "-", "account")):
        if ACTOR_PATTERN.fullmatch(name) is None:
            raise KeysError(
                f"{where}: `{name}` can't be an {kind}, expected 1 to 128 visible ASCII characters without "
                "spaces and `@`; "
                "it is kept for ever, so use an id that isn't personal"
            )
    unknown = [capability for capability in holder.capabilities if capability not in CAPABILITIES]
    if unknown:
        raise KeysError(
            f"{where}: unknown capability `{unknown[0]}`; capabilities are {', '.join(CAPABILITIES)}"
        )


def _load(path: Path) -> dict[str, Holder]:
    found = KeyTable(path).holders()
    return {
        digest: Holder(one.actor, tuple(sorted(one.capabilities)), one.account)
        for digest, one in found.items()
    }


def _write(path: Path, holders: Mapping[str, Holder]) -> None:
    """Replace the file in one step, readable by its owner only."""
    table = {
        digest: {"actor": one.actor, "capabilities": list(one.capabilities)}
        | ({"account": one.account} if one.account else {})
        for digest, one in holders.items()
    }
    beside = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(table, file, indent=2)
            file.write("\n")
        beside.replace(path)
    except OSError as error:
        raise KeysError(
            f"can't write the keys file `{path}`: {error.strerror}; choose another place"
        ) from error
