"""What is foreseen of a decision, and what is sent of it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from services.deciding import Choice, build, encode, signal_of
from services.keys import Operator
from tests.support.policies import community
from tests.support.screening import NOW, InputRecord, screen_with, signals_of

MODERATOR = Operator("mod-1", frozenset({"decisions.write", "appeals.decide"}), account="mo")
CHOICES: list[tuple[str, dict[str, Any]]] = [
    ("note", {"reason": "keep an eye on it"}),
    ("note", {"reason": "look here", "target": {"kind": "case", "id": "c1"}}),
    ("waive", {"reason": "once", "target": {"kind": "strike", "id": "s1"}}),
    ("extend", {"reason": "worse than it looked", "target": {"kind": "sanction", "id": "s1"}}),
    ("restore", {"reason": "fine", "target": {"kind": "post", "id": "p1"}}),
    ("decide_appeal", {"reason": "it stands", "appeal": "a1", "outcome": "denied"}),
    ("confirm", {"target": {"kind": "case", "id": "c1"}}),
]


@pytest.mark.parametrize(("verb", "data"), CHOICES)
def test_what_is_foreseen_is_what_screening_will_send_on(verb: str, data: dict[str, Any]) -> None:
    """Else a dry run would be about another decision than the one that is made."""
    event = build(Choice(verb, "ann", 3, data), MODERATOR, NOW, "/goodstanding/test")
    record = InputRecord("decisions", 0, int(NOW.timestamp() * 1000), b"account:ann", encode(event))
    (sent,) = signals_of(screen_with().screen("decisions", record))
    foreseen = signal_of(event, community().version, NOW)
    assert replace(foreseen, origin=sent.origin) == sent
