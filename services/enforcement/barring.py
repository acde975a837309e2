"""What goes to identities: the keys that an account is seen with, and a termination's bar on them."""

from __future__ import annotations

from datetime import datetime, timedelta

from events.ids import identity_entity
from events.policy import Policy
from events.signals import AccountChanged, Key, KeyBarred, KeyShared
from services.enforcement.draft import Draft
from services.enforcement.state import KEYS_OF_KIND_MAX, AccountState, HeldKey


def new_keys(state: AccountState, change: AccountChanged, now: datetime, policy: Policy) -> tuple[Key, ...]:
    """Those of a change's keys that identities must be told of: new ones, and ones not told of for long.

    Bots have much in common with others and are nobody; of staff only the name is kept. A terminated account
    takes up no further keys than it has room for, so that its bars stay known.
    """
    kind = change.account_kind or state.account_kind
    if not change.keys or kind == "bot":
        return ()
    since = now - timedelta(days=policy.identity.refresh_days)
    known = {(held.kind, held.digest, held.form) for held in state.keys if held.at > since}
    found = []
    for key in dict.fromkeys(change.keys):
        if key.kind not in policy.identity.keys or (kind == "staff" and key.kind != "name"):
            continue
        if (key.kind, key.digest, key.form) not in known and _room(state, key):
            found.append(key)
    return tuple(found)


def _room(state: AccountState, key: Key) -> bool:
    of_kind = [held.digest for held in state.keys if held.kind == key.kind]
    return barred_since(state) is None or key.digest in of_kind or len(of_kind) < KEYS_OF_KIND_MAX


def share(draft: Draft, before: tuple[HeldKey, ...], keys: tuple[Key, ...]) -> None:
    """Tell the identities of these keys, and those of keys that made room for them."""
    state = draft.state
    staff = state.account_kind == "staff"
    for key in keys:
        _send_shared(draft, key, staff=staff)
    held = {one.digest for one in state.keys}
    for one in before:
        if one.digest not in held:
            _send_shared(draft, one.key, shared=False)
    since = barred_since(state)
    if since is not None and state.proposal is not None:
        for key in keys:
            _send_barred(draft, state.proposal.id, key, since)


def reserve_names(draft: Draft, known: tuple[HeldKey, ...]) -> None:
    """The account turned out to be staff: the names that it is known by are kept for it."""
    for held in known:
        if held.kind == "name":
            _send_shared(draft, held.key, staff=True)


def forget(draft: Draft, keys: tuple[HeldKey, ...]) -> None:
    """The account was erased: no identity remembers it. A bar stays, and names nobody."""
    for held in keys:
        _send_shared(draft, held.key, shared=False)


def bar(draft: Draft, termination: str, since: datetime, *, barred: bool) -> None:
    """Bar every key of the account, or take that back."""
    for held in draft.state.keys:
        _send_barred(draft, termination, held.key, since, barred=barred)


def barred_since(state: AccountState) -> datetime | None:
    """When the account's membership was ended; None: it wasn't."""
    return next((s.starts_at for s in state.sanctions if s.kind == "termination"), None)


def _send_shared(draft: Draft, key: Key, *, staff: bool = False, shared: bool = True) -> None:
    body = KeyShared(draft.state.account, key, staff, shared)
    draft.send(identity_entity(key.digest), "key_shared", body)


def _send_barred(draft: Draft, termination: str, key: Key, since: datetime, *, barred: bool = True) -> None:
    rules = draft.policy.identity.keys.get(key.kind)
    if barred and (rules is None or not rules.bars):
        return
    body = KeyBarred(draft.state.account, termination, key, since, barred)
    draft.send(identity_entity(key.digest), "key_barred", body)
