"""A record gets in if value, key and age are right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from events.dead_letters import DeadCode, Rejected
from events.intake import HORIZON, PARSERS, read_event, record_key
from events.versions import DRAFTS, INPUT_TOPICS, TYPES
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


def test_a_draft_is_refused_rather_than_ignored() -> None:
    """Nobody believes that an appeal was taken in while nothing reads appeals."""
    draft = next(kind for kind in TYPES.values() if kind.name in DRAFTS and kind.topic == "accounts")
    event = {**golden("account.closed"), "type": draft.name, "data": {"account": "U9", "about": "s"}}
    event["data"] |= {"appeal": "a", "text": "It was not me."}
    assert code("accounts", b"U01ALICE", encoded(event)) == "not_supported"


def test_a_draft_decision_goes_on_to_be_refused_where_the_decider_sees_it() -> None:
    """A person's decision never ends as a dead letter for being early."""
    event = golden("decision.note", other="U02BOB")
    event["type"] = "goodstanding.decision.merge.v1"
    assert read_event("decisions", b"account:U01ALICE", encoded(event), RECEIVED_AT).type in DRAFTS
