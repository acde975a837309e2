"""The fold of referrals. They leave the standing and its version as they were."""

from __future__ import annotations

from msgspec.structs import replace

from events.ledger import ReferralOverdue, ReferralProposed, ReferralSettled
from services.enforcement.state import AccountState, Referral


def referral_proposed(state: AccountState, o: ReferralProposed) -> AccountState:
    """One more awaits a second person."""
    referral = Referral(o.referral, o.case, o.about, o.actor, o.emergency, o.review_by)
    return replace(state, referrals=(*state.referrals, referral))


def referral_overdue(state: AccountState, o: ReferralOverdue) -> AccountState:
    """The clock has said so once."""
    referrals = tuple(replace(r, review_by=None) if r.id == o.referral else r for r in state.referrals)
    return replace(state, referrals=referrals)


def referral_settled(state: AccountState, o: ReferralSettled) -> AccountState:
    """A second person has answered."""
    return replace(state, referrals=tuple(r for r in state.referrals if r.id != o.referral))
