"""Capabilities that enforcement itself asks about: some decisions need more than the right to decide.

They are spelt as in the keys file. A decision carries those of them that its actor had, so that whether it
was allowed is on record with it, and is found out again by whoever decides it again.
"""

from __future__ import annotations

from typing import Final

DECIDE_APPEALS: Final = "appeals.decide"
CONFIRM_TERMINATIONS: Final = "terminations.confirm"
PROPOSE_REFERRALS: Final = "referrals.write"
CONFIRM_REFERRALS: Final = "referrals.confirm"
DECIDE_RESTRICTED: Final = "cases.restricted"
DECIDE_WELFARE: Final = "cases.welfare"
DECIDE_PROTECTED: Final = "accounts.protected"

ASKED: Final = frozenset(
    {
        DECIDE_APPEALS,
        CONFIRM_TERMINATIONS,
        PROPOSE_REFERRALS,
        CONFIRM_REFERRALS,
        DECIDE_RESTRICTED,
        DECIDE_WELFARE,
        DECIDE_PROTECTED,
    }
)
"""All that some rule of enforcement asks about; no other goes on with a decision."""
