"""The fold of what is known of an account and of its posts."""

from __future__ import annotations

from msgspec.structs import replace

from events.ledger import (
    AccountNoted,
    MeritGivenNoted,
    MeritNoted,
    PostChanged,
    PostCleared,
    ProfileNoted,
    ProfileReminded,
)
from events.signals import ProfileSaid
from services.enforcement.evolve.identities import with_keys
from services.enforcement.state import (
    GIVEN_MAX,
    GIVERS_MAX,
    POSTS_CLEARED_MAX,
    POSTS_DELETED_MAX,
    AccountState,
    Cleared,
    Giver,
)


def account_noted(state: AccountState, o: AccountNoted) -> AccountState:
    """Take up what was said; what wasn't stays."""
    registered = o.change == "registered"
    if o.change == "erased":
        gone = any(sanction.kind == "termination" for sanction in state.sanctions)
        # Of a terminated account the keys stay, as digests: without them the bar couldn't be taken back.
        keys = state.keys if gone else ()
        state = replace(state, profile=None, profile_missing=(), profile_due_at=None, keys=keys, memory=None)
    if o.profile is not None:
        state = replace(state, profile=merged(state.profile, o.profile))
    if o.keys:
        state = with_keys(state, o.keys, o.effective_at)
    return replace(
        state,
        account_kind=state.account_kind if o.account_kind is None else o.account_kind,
        registered_at=o.effective_at if registered else state.registered_at,
        closed=o.change == "closed" or (state.closed and not registered),
        own_domains=state.own_domains if o.own_domains is None else o.own_domains,
        own_emails=state.own_emails if o.own_emails is None else o.own_emails,
        own_phones=state.own_phones if o.own_phones is None else o.own_phones,
    )


def merged(known: ProfileSaid | None, said: ProfileSaid) -> ProfileSaid:
    """A profile once more of it is known: what wasn't said stays."""
    if known is None:
        return said
    new = {name: value for name in said.__struct_fields__ if (value := getattr(said, name)) is not None}
    return replace(known, **new)


def profile_noted(state: AccountState, o: ProfileNoted) -> AccountState:
    """What the profile lacks."""
    return replace(state, profile_missing=o.missing, profile_due_at=o.due_at, version=state.version + 1)


def profile_reminded(state: AccountState, _: ProfileReminded) -> AccountState:
    """Reminded once; what is missing stays visible."""
    return replace(state, profile_due_at=None)


def merit_noted(state: AccountState, o: MeritNoted) -> AccountState:
    """One more merit, and who gave it."""
    before = next((giver.merits for giver in state.givers if giver.account == o.by), 0)
    others = tuple(giver for giver in state.givers if giver.account != o.by)
    if len(others) >= GIVERS_MAX:
        # Whose praise is discounted stays: otherwise it would count again.
        discounted = {*state.given, *state.links}
        oldest = next((n for n, giver in enumerate(others) if giver.account not in discounted), 0)
        others = (*others[:oldest], *others[oldest + 1 :])
    return replace(state, merits=state.merits + 1, givers=(*others, Giver(o.by, before + 1)))


def merit_given_noted(state: AccountState, o: MeritGivenNoted) -> AccountState:
    """One more account that this one praised."""
    return replace(state, given=(*state.given, o.to)[-GIVEN_MAX:])


def post_changed(state: AccountState, o: PostChanged) -> AccountState:
    """The latest revision of a post on record; or that it is gone."""
    if o.change == "deleted":
        others = tuple(post for post in state.deleted if post != o.post)
        return replace(state, deleted=(*others, o.post)[-POSTS_DELETED_MAX:])
    acts = tuple(
        replace(act, revision=max(act.revision, o.revision)) if act.act == o.act else act
        for act in state.acts
    )
    return replace(state, acts=acts)


def post_cleared(state: AccountState, o: PostCleared) -> AccountState:
    """A person found nothing wrong with this revision, and so with none before it."""
    others = tuple(item for item in state.cleared if item.post != o.post)
    return replace(state, cleared=(*others, Cleared(o.post, o.revision))[-POSTS_CLEARED_MAX:])
