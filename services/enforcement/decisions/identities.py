"""Decisions about whether two accounts are one person's. Only such a decision confirms a link."""

from __future__ import annotations

from events.ids import account_entity
from events.signals import Decided, LinkDecided
from services.enforcement.decisions.refusals import Refusal, already_done
from services.enforcement.draft import Draft
from services.enforcement.holding import LINK
from services.enforcement.links import note_link
from services.enforcement.merging import carried_strikes, carry, take_back
from services.enforcement.state import CARRIED_MAX, LINKS_MAX


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


def merge(draft: Draft, decision: Decided) -> None:
    """The person goes on with the other account, without fault: their record goes on there."""
    state = draft.state
    other = _other(draft, decision)
    if state.merged_into is not None:
        raise already_done(f"the record goes on at account `{state.merged_into.account}`", state.version)
    if other in state.merged_from:
        raise Refusal(
            "invalid",
            f"the record of account `{other}` goes on at this one",
            "take that back first: `unlink`, decided about that account",
            state.version,
        )
    if other in state.returned_from or len(state.returned_from) >= LINKS_MAX:
        raise Refusal(
            "not_allowed",
            f"the record was taken back, from: {', '.join(state.returned_from)}; nowhere does it go twice",
            f"link the accounts instead; a record is taken back from {LINKS_MAX} accounts at most",
            state.version,
        )
    if state.proposal is not None or any(s.kind != "content_removal" for s in state.sanctions):
        raise Refusal(
            "not_allowed",
            "sanctions are in force, and a merge takes none along",
            "wait until they are over, or lift them; an account made to get round them is linked instead",
            state.version,
        )
    if any(case.subject != f"{LINK}{other}" for case in state.cases):
        raise Refusal("not_allowed", "the account has open cases", "answer them first", state.version)
    if len(carried_strikes(state, draft.now)) > CARRIED_MAX:
        raise Refusal(
            "invalid",
            f"more than {CARRIED_MAX} strikes count, and none may be left behind",
            "waive those that don't matter",
            state.version,
        )
    carry(draft, other, decision.reason_ref)


def unlink(draft: Draft, decision: Decided) -> None:
    """They are not one person's, whatever they have in common: nobody is asked about them again.

    A merge with the other account is taken back.
    """
    other = _other(draft, decision)
    if other in draft.state.apart:
        raise already_done(f"account `{other}` is known to be somebody else's", draft.state.version)
    if other in draft.state.merged_from:
        raise Refusal(
            "not_allowed",
            f"the record of account `{other}` goes on at this one",
            "decide it about that account, which takes the merge back",
            draft.state.version,
        )
    into = draft.state.merged_into
    if into is not None and into.account == other:
        take_back(draft, decision.reason_ref)
    note_link(draft, other, decision.reason_ref, linked=False)
    _tell(draft, other, linked=False)


def _other(draft: Draft, decision: Decided) -> str:
    if decision.other is None or decision.other == draft.state.account:
        raise Refusal("invalid", "the decision names no other account", "name it", draft.state.version)
    return decision.other


def _tell(draft: Draft, other: str, *, linked: bool) -> None:
    body = LinkDecided(other, draft.state.account, linked)
    draft.send(account_entity(other), "link_decided", body)
