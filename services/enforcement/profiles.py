"""Whether an account says who it is: what its profile lacks, and the one reminder after the grace period.

Nothing here is ever a strike.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from events.ledger import ProfileNoted, ProfileReminded
from events.policy import Policy
from services.enforcement.draft import Draft
from services.enforcement.state import AccountState

GUIDELINE: Final = "identify-yourself"
CASE: Final = "incomplete-profile"


def profile_known(draft: Draft) -> None:
    """After something became known: note what is missing now, and by when the account is to be reminded."""
    state = draft.state
    missing = _missing(state, draft.policy)
    if missing == state.profile_missing:
        return
    due_at = state.profile_due_at
    if not missing:
        due_at = None
    elif not state.profile_missing and not draft.signal.imported:
        due_at = draft.now + timedelta(days=draft.policy.profile.grace_days)
    draft.note(ProfileNoted(missing, due_at, draft.now))


def reminder(draft: Draft) -> ProfileReminded:
    """What the account is asked for, now that the grace period is over."""
    profile = draft.state.profile
    encouraged = tuple(
        part for part in draft.policy.profile.encouraged if profile is not None and not getattr(profile, part)
    )
    at = draft.state.profile_due_at or draft.now
    return ProfileReminded(draft.state.profile_missing, encouraged, GUIDELINE, draft.policy.version, at)


def _missing(state: AccountState, policy: Policy) -> tuple[str, ...]:
    """The parts that are required of a person and that the profile is known not to have."""
    case = policy.case(GUIDELINE, CASE)
    profile = state.profile
    if profile is None or case is None or case.mode != "reminder":
        return ()
    if state.closed or state.account_kind in ("bot", "staff"):
        return ()
    return tuple(part for part in policy.profile.required if getattr(profile, part) is False)
