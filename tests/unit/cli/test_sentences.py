"""Outcomes as sentences, times as people type them, decisions as events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from events import ledger
from events.decisions import decision_key
from events.ids import account_entity
from services.commands.decide import RESTRICTS
from services.commands.failures import CommandFailed
from services.commands.times import parse_moment, parse_span, parse_time
from services.deciding import BadDecision, Choice, build
from services.exit_codes import ExitCode
from services.keys import Operator
from services.sentences import changes, sentence
from tests.support.entries import standing_of
from tests.support.filled import filled

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = Operator("ada", frozenset({"decisions.write"}))
SOURCE = "/goodstanding/test"


@pytest.mark.parametrize("kind", get_args(ledger.Outcome))
def test_every_outcome_has_a_sentence(kind: Any) -> None:
    """One line, in words; a new outcome without one fails here."""
    said = sentence(filled(kind))
    assert said
    assert "\n" not in said


def test_a_changed_standing_is_told_field_by_field() -> None:
    """Only what is different, from what to what."""
    before = standing_of(1, active_points=2, suspended=False, suspended_until=None)
    after = standing_of(2, active_points=5, suspended=True, suspended_until=NOON, restrictions=("posting",))
    told = changes(before, after)
    assert "active points: 2 → 5" in told
    assert "suspended: no → yes" in told
    assert "suspended until: none → 2026-03-01 12:00:00Z" in told
    assert "restrictions: none → posting" in told
    assert not any(line.startswith("version") for line in told)
    assert changes(before, before) == []


def test_times_are_told_with_an_offset_or_counted_from_now() -> None:
    """A time without an offset would mean another moment elsewhere."""
    assert parse_time("2026-03-01T13:00:00+01:00") == NOON
    assert parse_moment("+36h", NOON) == NOON + timedelta(hours=36)
    assert parse_moment("2w", NOON) == NOON + timedelta(weeks=2)
    assert parse_span("soon") is None
    for text in ("2026-03-01T12:00:00", "yesterday", ""):
        with pytest.raises(CommandFailed) as refused:
            parse_time(text)
        assert refused.value.code == ExitCode.USAGE


TARGETS = {
    kind: {"target": {"kind": kind, "id": f"{kind}-1"}} for kind in ("strike", "sanction", "case", "post")
}
CHOICES: list[tuple[str, dict[str, Any]]] = [
    ("confirm", TARGETS["case"]),
    ("strike", {"guideline": "no-spam", "case": "flood", "reason": "r", "act_at": NOON}),
    ("overturn", {**TARGETS["strike"], "reason": "r"}),
    ("reduce", {**TARGETS["sanction"], "reason": "r", "until": NOON}),
    ("waive", {**TARGETS["strike"], "reason": "r"}),
    ("sanction", {"sanction_kind": "suspension", "guideline": "no-spam", "reason": "r"}),
    ("lift", {**TARGETS["sanction"], "reason": "r"}),
    ("extend", {**TARGETS["sanction"], "reason": "r"}),
    ("dismiss", {**TARGETS["case"], "reason": "r", "outcome": "ignored"}),
    ("escalate", TARGETS["case"]),
    ("reclassify", {**TARGETS["strike"], "guideline": "no-spam", "case": "flood", "reason": "r"}),
    ("note", {"reason": "r"}),
    ("mute_reporter", {"reason": "r"}),
    ("unmute_reporter", {}),
    ("link", {"other": "bob", "reason": "she says so"}),
    ("unlink", {"other": "bob", "reason": "they share an office"}),
    ("merge", {"other": "bob", "reason": "she changed jobs"}),
    ("propose_referral", {**TARGETS["case"], "reason": "r", "emergency": True}),
    ("confirm_referral", {**TARGETS["case"], "reason": "r"}),
    ("restore", {**TARGETS["post"], "reason": "r"}),
    ("propose_termination", {"guideline": "no-hate", "reason": "r"}),
    ("confirm_termination", {}),
    ("redecide", TARGETS["case"]),
]


@pytest.mark.parametrize(("verb", "data"), CHOICES)
def test_every_decision_becomes_a_valid_event_in_the_operators_name(verb: str, data: dict[str, Any]) -> None:
    """With the version that was seen, and an id that is the same for the same decision."""
    choice = Choice(verb, "ann", 3, data)
    event = build(choice, ADA, NOON, SOURCE)
    assert (event.data.actor.id, event.data.version, event.subject) == ("ada", 3, "ann")
    assert event.data.actor.capabilities == ("decisions.write",)
    assert decision_key(event) == account_entity("ann").encode()
    assert build(choice, ADA, NOON, SOURCE) == event
    assert build(choice, ADA, NOON, SOURCE, "mine").id == "mine"


def test_what_restricts_a_person_is_asked_about() -> None:
    """And what frees one isn't."""
    verbs = {verb for verb, _ in CHOICES}
    assert verbs >= RESTRICTS
    assert not RESTRICTS & {"overturn", "waive", "lift", "reduce", "restore", "dismiss", "unmute_reporter"}


def test_a_decision_that_keeps_to_no_contract_is_not_sent() -> None:
    """The contract's own words say why."""
    choice = Choice("strike", "ann", 1, {"guideline": "No Spam", "case": "x", "reason": "r"})
    with pytest.raises(BadDecision) as refused:
        build(choice, ADA, NOON, SOURCE)
    assert "data.guideline" in str(refused.value)
