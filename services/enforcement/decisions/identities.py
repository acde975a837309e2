"""Decisions about whether two accounts are one person's. Only such a decision confirms a link."""

from __future__ import annotations

from events.ids import account_entity
from events.signals import Decided, LinkDecided
from services.enforcement.decisions.refusals import Refusal, already_done
from services.enforcement.draft import Draft
from services.enforcement.links import note_link
from services.enforcement.state import LINKS_MAX


def link(draft: Draft, decision: Decided) -> None:
    """Both accounts are one person's; the other one is told."""
    state = draft.state
    other = _other(draft, decision)
    if other in state.links:
        raise already_done(f"account `{other}` is linked already", state.version)
    if len(state.links) >= LINKS_MAX:
        raise Refusal(
            "invalid",
            f"the account is linked with {LINKS_MAX} others",
            "unlink those that don't matter",
            state.version,
        )
    note_link(draft, other, decision.reason_ref, linked=True)
    _tell(draft, other, linked=True)


def unlink(draft: Draft, decision: Decided) -> None:
    """They are not one person's, whatever they have in common: nobody is asked about them again."""
    other = _other(draft, decision)
    if other in draft.state.apart:
        raise already_done(f"account `{other}` is known to be somebody else's", draft.state.version)
    note_link(draft, other, decision.reason_ref, linked=False)
    _tell(draft, other, linked=False)


def _other(draft: Draft, decision: Decided) -> str:
    if decision.other is None or decision.other == draft.state.account:
        raise Refusal("invalid", "the decision names no other account", "name it", draft.state.version)
    return decision.other


def _tell(draft: Draft, other: str, *, linked: bool) -> None:
    body = LinkDecided(other, draft.state.account, linked)
    draft.send(account_entity(other), "link_decided", body)
