"""Decisions have what they need, and become signals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from events.dead_letters import Rejected
from events.decisions import DecisionUnion, decision_key, parse_decision_event, to_decided
from events.envelope import type_of
from events.signals import Decided
from events.versions import DRAFTS
from tests.support.envelopes import encoded, golden, without

NAMES = [type_of(model).split(".")[2] for model in get_args(DecisionUnion) if type_of(model) not in DRAFTS]
WITHOUT_REASON = {"confirm", "escalate", "unmute_reporter", "confirm_termination", "redecide"}
"""Decisions that explain themselves."""


def parsed(name: str, **data: Any) -> Any:
    """A golden decision, changed."""
    return parse_decision_event(encoded(golden(f"decision.{name}", **data)))


@pytest.mark.parametrize("name", NAMES)
def test_every_decision_becomes_a_signal_that_says_the_same(name: str) -> None:
    """Nothing that a person decided is lost between the desk and the mailbox."""
    event = parsed(name)
    decided = to_decided(event, "content-1")
    assert (decided.account, decided.decision, decided.version) == ("U01ALICE", name, 3)
    assert decided.reason_ref == "content-1"
    for field in set(Decided.__struct_fields__) & set(type(event.data).model_fields) - {"target"}:
        assert getattr(decided, field) == getattr(event.data, field), field
    target = getattr(event.data, "target", None)
    expected = (target.kind, target.id) if target else ("account", "")
    if name == "decide_appeal":  # an appeal is a case of the same id
        expected = ("case", event.data.appeal)
    assert (decided.target_kind, decided.target) == expected


@pytest.mark.parametrize("name", NAMES)
def test_the_version_that_was_seen_may_be_missing_here(name: str) -> None:
    """Enforcement refuses it, where the person can see it."""
    event = golden(f"decision.{name}")
    event["data"] = without(event["data"], "version")
    assert to_decided(parse_decision_event(encoded(event)), None).version is None


@pytest.mark.parametrize("name", NAMES)
def test_a_reason_is_needed_unless_the_decision_explains_itself(name: str) -> None:
    """Discretion is exercised with a reason."""
    event = golden(f"decision.{name}")
    event["data"] = without(event["data"], "reason")
    if name in WITHOUT_REASON:
        assert parse_decision_event(encoded(event)).data.reason is None
    else:
        with pytest.raises(ValidationError):
            parse_decision_event(encoded(event))


@pytest.mark.parametrize("name", NAMES)
def test_every_decision_has_an_actor(name: str) -> None:
    """Nobody decides anonymously."""
    event = golden(f"decision.{name}")
    event["data"] = without(event["data"], "actor")
    with pytest.raises(ValidationError):
        parse_decision_event(encoded(event))


def test_a_decision_is_keyed_by_its_entity() -> None:
    """It goes where the account's other signals go."""
    assert decision_key(parsed("confirm")) == b"account:U01ALICE"


def test_times_of_decisions_are_given_in_utc() -> None:
    """Whatever zone the moderator sits in."""
    decided = to_decided(parsed("extend", until="2026-04-01T02:00:00+02:00"), None)
    assert decided.until == datetime(2026, 4, 1, tzinfo=UTC)
    assert decided.until.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("reduce", {"until": None, "severity": 1}),
        ("reduce", {"until": None}),
        ("reduce", {"target": {"kind": "strike", "id": "s"}}),
        ("strike", {"revision": None}),
        ("sanction", {"post": None}),
        ("sanction", {"sanction_kind": "suspension"}),
        ("decide_appeal", {"outcome": "granted"}),
        ("decide_appeal", {"outcome": "denied"}),
        ("decide_appeal", {"strikes": []}),
        ("decide_appeal", {"severity": 1}),
        ("decide_appeal", {"strikes": [], "severity": 1, "until": "2026-04-01T00:00:00Z"}),
    ],
)
def test_a_decision_that_contradicts_itself_is_refused(name: str, data: dict[str, Any]) -> None:
    """What is reduced says how; a content removal names its post; an appeal is granted in part in one way."""
    with pytest.raises(Rejected):
        parsed(name, **data)


def test_termination_is_no_sanction_that_one_person_imposes() -> None:
    """It is proposed, and confirmed by a second person."""
    with pytest.raises(ValidationError):
        parsed("sanction", sanction_kind="termination", post=None, revision=None)
