"""Capabilities that enforcement itself asks about: some decisions need more than the right to decide.

They are spelt as in the keys file. A decision carries those of them that its actor had, so that whether it
was allowed is on record with it, and is found out again by whoever decides it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
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

NEEDED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "confirm_termination": CONFIRM_TERMINATIONS,
        "propose_referral": PROPOSE_REFERRALS,
        "confirm_referral": CONFIRM_REFERRALS,
        "decide_appeal": DECIDE_APPEALS,
    }
)
"""Decisions that need a capability of their own."""
NEEDED_IN: Final[Mapping[str, str]] = MappingProxyType(
    {"restricted": DECIDE_RESTRICTED, "referral": DECIDE_RESTRICTED, "welfare": DECIDE_WELFARE}
)
"""What a case of this kind needs of whoever sees it, or decides what bears on it."""
RESTRICTING: Final = frozenset(
    {
        "confirm",
        "strike",
        "reclassify",
        "sanction",
        "extend",
        "mute_reporter",
        "propose_termination",
        "confirm_termination",
    }
)
"""Decisions that leave an account worse off: of the community's own staff, only few may make them."""
UNVERSIONED: Final = frozenset({"note"})
"""Decisions that change nothing: what they saw may have changed, and need not be named."""
