"""How refused decisions are answered."""

from __future__ import annotations

from typing import get_args

from events.ledger import RefusalCode
from services.api.writes import REFUSED_AS


def test_every_reason_for_a_refusal_has_an_answer_of_its_own() -> None:
    """A new code without one fails here, before it is a fault of ours to somebody who decides."""
    assert set(REFUSED_AS) == set(get_args(RefusalCode))


def test_no_refusal_is_answered_as_a_success_or_a_fault_of_ours() -> None:
    """Whoever decides has to look again, or to leave it."""
    assert all(400 <= status < 500 for status in REFUSED_AS.values())
