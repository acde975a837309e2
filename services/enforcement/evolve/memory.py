"""The fold of what an account remembers for rules about longer spans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec.structs import replace

from events import ledger
from services.enforcement import memory
from services.enforcement.memory import NOTHING, Memory
from services.enforcement.state import AccountState

_Fold = Callable[[Memory, Any], Memory]


def _in(fold: _Fold) -> Callable[[AccountState, Any], AccountState]:
    """The fold of the state; an account that remembers nothing any more is as one that never did."""

    def folded(state: AccountState, outcome: Any) -> AccountState:
        after = fold(state.memory or NOTHING, outcome)
        return replace(state, memory=None if after == NOTHING else after)

    return folded


FOLDS: Final[Mapping[type, Callable[[AccountState, Any], AccountState]]] = MappingProxyType(
    {
        ledger.PostRemembered: _in(memory.post_remembered),
        ledger.PostForgotten: _in(memory.post_forgotten),
        ledger.CampaignLearned: _in(memory.campaign_learned),
        ledger.HostilityNoted: _in(memory.hostility_noted),
        ledger.HostilityReceived: _in(memory.hostility_received),
        ledger.BadgeringRaised: _in(memory.badgering_raised),
        ledger.PileOnRaised: _in(memory.pile_on_raised),
        ledger.ContactNoted: _in(memory.contact_noted),
    }
)
"""By outcome."""
