"""What a state is made of is read only as it was written."""

from __future__ import annotations

from typing import Any, Final, get_args, get_type_hints

import msgspec
import pytest

from services.enforcement.campaign import CampaignState
from services.enforcement.identity import IdentityState
from services.enforcement.kept import Kept
from services.enforcement.state import AccountState

OURS: Final = "services.enforcement"
STATES: Final = (AccountState, CampaignState, IdentityState)


def parts(kind: Any) -> set[type]:
    """Every struct of enforcement's own that a value of this type may hold, itself included."""
    found: set[type] = set()
    open_ = [kind]
    while open_:
        one = open_.pop()
        if not (isinstance(one, type) and issubclass(one, msgspec.Struct)):
            open_ += get_args(one)
        elif one.__module__.startswith(OURS) and one not in found:
            found.add(one)
            open_ += get_type_hints(one).values()
    return found


@pytest.mark.parametrize("state", STATES)
def test_everything_that_a_state_holds_refuses_what_it_does_not_know(state: type) -> None:
    """Else a state that another build wrote would be cut down in silence."""
    held = parts(state)
    assert state in held
    assert {one.__name__ for one in held if not issubclass(one, Kept)} == set()


def test_a_state_in_which_another_build_keeps_more_is_refused() -> None:
    """At the top, and in any part."""
    known = msgspec.to_builtins(AccountState("account:ann"))
    day = {"day": 1, "ids": "0123456789abcdef"}
    for more in ({**known, "of_late": 1}, {**known, "seen": [{**day, "of_late": 1}]}):
        with pytest.raises(msgspec.ValidationError, match="of_late"):
            msgspec.convert(more, AccountState)
    assert msgspec.convert({**known, "seen": [day]}, AccountState).seen
