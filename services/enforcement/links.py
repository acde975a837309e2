"""What an account has in common with others: links between accounts, names that look alike, barred keys.

Two accounts need keys of two independent groups in common before anybody is asked whether they are one
person's, and only a person's word has an effect. The one exception: an account that registered with the keys
of one that was terminated has its posts held until a person has looked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from events.ledger import BarMetNoted, LinkNoted, LinkStrength, NameNoted, PairNoted
from events.policy import Case as PolicyCase
from events.policy import Policy
from events.signals import BarMet, LinkDecided, NameMet, PairShared
from services.enforcement.casework import close
from services.enforcement.decisions.strikes import fall
from services.enforcement.draft import Draft, find_case
from services.enforcement.holding import BARRED, GUIDELINE, LINK, NAMED, ask, release
from services.enforcement.ladder import survivors
from services.enforcement.state import AccountState, MetBar, Pair

RULE_LINK: Final = "one-account.keys"
RULE_BAR: Final = "one-account.bars"
RULE_NAME: Final = "one-account.names"
SURE: Final = 95
UNSURE: Final = 60
_RANK: Final[dict[LinkStrength, int]] = {"none": 0, "possible": 1, "probable": 2}


def link_weight(kinds: Iterable[str], policy: Policy) -> tuple[int, int]:
    """What keys in common weigh together, and of how many independent groups they are.

    Of each group only the heaviest counts: a household shares its devices, cards and addresses.
    """
    heaviest: dict[str, int] = {}
    for kind in kinds:
        rules = policy.identity.keys.get(kind)  # type: ignore[call-overload]  # a kind of an older policy is no key
        if rules is not None:
            heaviest[rules.group] = max(heaviest.get(rules.group, 0), rules.weight)
    return sum(heaviest.values()), len(heaviest)


def link_strength(kinds: Iterable[str], policy: Policy) -> tuple[int, LinkStrength]:
    """The weight of keys in common, and what it makes of two accounts."""
    rules = policy.identity
    weight, groups = link_weight(kinds, policy)
    if groups < rules.groups_min or weight < rules.possible:
        return weight, "none"
    return weight, "probable" if weight >= rules.probable else "possible"


# --- pairs -------------------------------------------------------------------------------------------------


def pair_shared(draft: Draft, body: PairShared) -> None:
    """This account and a larger one have a key in common, or no longer."""
    state, other = draft.state, body.other
    pair = next((one for one in state.pairs if one.other == other), Pair(other))
    mark = (body.key.kind, body.key.digest)
    if (mark in pair.keys) == body.shared:
        return
    keys = {*pair.keys, mark} if body.shared else {*pair.keys} - {mark}
    kinds = sorted({kind for kind, _ in keys})
    weight, strength = link_strength(kinds, draft.policy)
    case = draft.policy.case(GUIDELINE, "duplicate-account")
    asked = (
        case is not None
        and case.mode == "review"
        and other not in (*state.links, *state.apart)
        and _RANK[strength] > _RANK[pair.asked]
    )
    draft.note(PairNoted(other, body.key, body.shared, weight, strength, asked, draft.now))
    if asked and case is not None:
        summary = f"{strength} link with account `{other}`: {', '.join(kinds)} in common"
        draft.add_to_case(f"{LINK}{other}", case.case_kind, summary)
    elif strength == "none":
        _close_link_case(draft, other)


def _close_link_case(draft: Draft, other: str) -> None:
    case = find_case(draft.state, f"{LINK}{other}")
    if case is not None:
        close(draft, case, "settled", None, None)


def link_decided(draft: Draft, body: LinkDecided) -> None:
    """A person said at the other account whether it and this one are one person's."""
    note_link(draft, body.other, None, linked=body.linked)


def note_link(draft: Draft, other: str, reason_ref: str | None, *, linked: bool) -> None:
    """Note what a person found, unless it is so already, and close the case that asked."""
    if other in (draft.state.links if linked else draft.state.apart):
        return
    draft.note(LinkNoted(other, linked, draft.signal.actor, reason_ref, draft.now))
    case = find_case(draft.state, f"{LINK}{other}")
    if case is not None:
        close(draft, case, "confirmed" if linked else "dismissed", reason_ref, None)


# --- barred keys -------------------------------------------------------------------------------------------


def bar_met(draft: Draft, body: BarMet) -> None:
    """This account has a key of one that was terminated: a case, where it registered after that.

    Its posts are held where the keys in common make it as good as certain. Once a person has looked, further
    keys of the same termination hold nothing again.
    """
    if not body.met:
        _bar_reversed(draft, body)
        return
    state = draft.state
    met = next((one for one in state.bars if one.bar == body.bar), MetBar(body.bar, body.other))
    mark = (body.key.kind, body.key.digest)
    if mark in met.keys or not _came_after(state, body):
        return
    kinds = sorted({kind for kind, _ in (*met.keys, mark)})
    weight, strength = link_strength(kinds, draft.policy)
    subject = f"{BARRED}{body.bar}"
    case = draft.policy.case(GUIDELINE, "barred-registration")
    looked = met.asked and find_case(state, subject) is None
    asks = case is not None and case.mode == "review" and not looked
    held = asks and strength == "probable"
    asked = held or (asks and weight >= draft.policy.identity.probable)
    noted = BarMetNoted(body.bar, body.other, body.key, True, asked and not met.asked, held, draft.now)
    draft.note(noted)
    if case is None:
        return
    reason = f"registered with keys of a terminated account{_named(body.other)}: {', '.join(kinds)}"
    if (asked and not met.asked) or (held and not met.held):
        ask(draft, subject, case, RULE_BAR, reason, SURE if held else UNSURE, held=held)


def _named(other: str) -> str:
    return f" `{other}`" if other else ""


def _came_after(state: AccountState, body: BarMet) -> bool:
    """Whether the account registered after the termination, and no person found it to be somebody else's."""
    if state.account_kind in ("bot", "staff") or body.other in state.apart:
        return False
    return state.registered_at is not None and state.registered_at >= body.since


def _bar_reversed(draft: Draft, body: BarMet) -> None:
    """The termination was reversed: what followed from it at this account is undone."""
    met = next((one for one in draft.state.bars if one.bar == body.bar), None)
    if met is None:
        return
    draft.note(BarMetNoted(body.bar, met.other, body.key, False, False, False, draft.now))
    subject = f"{BARRED}{body.bar}"
    case = find_case(draft.state, subject)
    if case is not None:
        close(draft, case, "overturned", None, None)
        release(draft, case)
    fallen = [act for act in survivors(draft.state.acts) if act.act == subject]
    if not fallen:
        return
    proposal = draft.state.proposal
    if proposal is not None and proposal.confirmed:
        # Reversing it here would bar and unbar others in turn: that is for a person.
        summary = "the termination that this account's own rests on was reversed: reverse it as well?"
        draft.add_to_case(subject, "termination", summary, urgent=True)
        return
    fall(draft, fallen, "overturned", None)


# --- names -------------------------------------------------------------------------------------------------


def name_met(draft: Draft, body: NameMet) -> None:
    """This account's name looks like another's."""
    if body.other not in draft.state.links:
        whose = "a member of staff" if body.staff else "another member"
        meet_name(draft, body.other, f"the name looks like that of {whose}, `{body.other}`", staff=body.staff)


def meet_name(draft: Draft, other: str, reason: str, *, staff: bool) -> None:
    """Ask a person, once, about a name that looks like another's, or like one of the community's own."""
    state = draft.state
    if state.account_kind == "staff" or other in (*state.names_met, *state.apart):
        return
    draft.note(NameNoted(other, staff, draft.now))
    case: PolicyCase | None = draft.policy.case(GUIDELINE, "impersonation")
    if case is not None and case.mode == "review":
        ask(draft, f"{NAMED}{other}", case, RULE_NAME, reason, SURE if staff else UNSURE, held=True)
