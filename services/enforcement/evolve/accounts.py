"""The fold of what is known of an account and of its posts."""

from __future__ import annotations

from msgspec.structs import replace

from events.ledger import AccountNoted, MeritNoted, PostChanged, PostCleared
from services.enforcement.state import POSTS_CLEARED_MAX, POSTS_DELETED_MAX, AccountState, Cleared


def account_noted(state: AccountState, o: AccountNoted) -> AccountState:
    """Take up what was said; what wasn't stays."""
    registered = o.change == "registered"
    return replace(
        state,
        account_kind=state.account_kind if o.account_kind is None else o.account_kind,
        registered_at=o.effective_at if registered else state.registered_at,
        closed=o.change == "closed" or (state.closed and not registered),
        own_domains=state.own_domains if o.own_domains is None else o.own_domains,
        own_emails=state.own_emails if o.own_emails is None else o.own_emails,
        own_phones=state.own_phones if o.own_phones is None else o.own_phones,
    )


def merit_noted(state: AccountState, _: MeritNoted) -> AccountState:
    """One more merit."""
    return replace(state, merits=state.merits + 1)


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
