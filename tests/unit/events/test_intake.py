"""A record gets in if value, key and age are right."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from events.dead_letters import DeadCode, Rejected
from events.explain import explain
from events.intake import HORIZON, PARSERS, read_event, record_key
from events.versions import INPUT_TOPICS, TYPES
from tests.support.envelopes import GOLDEN, RECEIVED_AT, encoded, golden

INPUTS = [kind for kind in TYPES.values() if kind.topic in INPUT_TOPICS and kind.status == "stable"]


def code(topic: str, key: bytes | None, value: bytes | None) -> DeadCode:
    """Why a record was rejected."""
    with pytest.raises(Rejected) as caught:
        read_event(topic, key, value, RECEIVED_AT)
    return caught.value.reason.code


@pytest.mark.parametrize("kind", INPUTS, ids=lambda kind: kind.name)
def test_every_stable_input_gets_in(kind: object) -> None:
    """By the topic and key that its contract names."""
    name, topic = kind.name, kind.topic  # type: ignore[attr-defined]
    value = (GOLDEN / f"{name}.json").read_bytes()
    event = PARSERS[topic](value)
    assert read_event(topic, record_key(event, topic), value, RECEIVED_AT) == event


def test_a_record_without_a_value_is_refused() -> None:
    """Input is never deleted by tombstone."""
    assert code("posts", b"U01ALICE", None) == "value_missing"


def test_a_record_without_a_key_is_refused() -> None:
    """Without a key there is no order."""
    assert code("posts", None, encoded(golden("post.created"))) == "key_missing"


@pytest.mark.parametrize(("topic", "name"), [("posts", "post.created"), ("decisions", "decision.confirm")])
def test_a_record_with_another_key_is_refused(topic: str, name: str) -> None:
    """It would be handled out of the account's order."""
    assert code(topic, b"somebody-else", encoded(golden(name))) == "key_mismatch"


def test_an_event_at_the_horizon_gets_in_and_one_beyond_does_not() -> None:
    """As long as copies are recognised, and no longer."""
    at = encoded({**golden("post.created"), "time": (RECEIVED_AT - HORIZON).isoformat()})
    assert read_event("posts", b"U01ALICE", at, RECEIVED_AT).occurred_at == RECEIVED_AT - HORIZON
    beyond = (RECEIVED_AT - HORIZON - timedelta(microseconds=1)).isoformat()
    assert code("posts", b"U01ALICE", encoded({**golden("post.created"), "time": beyond})) == "too_old"


def test_an_import_may_be_older_than_the_horizon() -> None:
    """That is what an import is for."""
    event = {**golden("post.created"), "time": "2019-05-01T00:00:00Z", "imported": True}
    assert read_event("posts", b"U01ALICE", encoded(event), RECEIVED_AT).imported


def test_a_draft_is_refused_rather_than_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody believes that something was taken in while nothing acts on it."""
    event = golden("account.closed")
    monkeypatch.setattr("events.intake.DRAFTS", frozenset({event["type"]}))
    assert code("accounts", b"U01ALICE", encoded(event)) == "not_supported"


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_appeal_that_says_nothing_is_refused(text: str) -> None:
    """Whoever has to answer it would have nothing to go by."""
    with pytest.raises((ValidationError, Rejected)) as caught:
        read_event("accounts", b"U01ALICE", encoded(golden("appeal.filed", text=text)), RECEIVED_AT)
    assert isinstance(caught.value, ValidationError | Rejected)
    reason = explain(caught.value, "accounts")
    assert (reason.code, reason.where) == ("field_invalid", "data.text")
