"""Account events say what changed, and keep personal data out of what goes on."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from events.accounts import AccountProfileUpdated, parse_account_event
from tests.support.envelopes import encoded, golden


def test_a_field_left_out_is_told_from_one_that_is_empty() -> None:
    """Leaving a phone number out keeps it, null takes it away."""
    event = parse_account_event(encoded(golden("account.profile_updated", profile={"phone": None})))
    assert isinstance(event, AccountProfileUpdated)
    assert event.data.profile.model_fields_set == {"phone"}


@pytest.mark.parametrize("code", ["", "could not find alice@mail.example", "x" * 65])
def test_the_code_of_a_failed_sanction_is_a_word(code: str) -> None:
    """It goes into the ledger, so nothing personal may fit in."""
    with pytest.raises(ValidationError):
        parse_account_event(encoded(golden("sanction.failed", code=code)))


def test_an_account_is_a_person_a_bot_or_staff() -> None:
    """Nothing else is known."""
    with pytest.raises(ValidationError):
        parse_account_event(encoded(golden("account.registered", kind="robot")))
