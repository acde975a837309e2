"""Reasons that a producer can act on, without repeating what was sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.dead_letters import DEAD_CODES, DeadReason, to_headers
from events.explain import explain
from events.intake import INPUT_ERRORS, read_event
from events.versions import INPUT_TOPICS
from tests.support.envelopes import RECEIVED_AT, encoded, golden, without

SECRET = "zqxj-secret-4111"


def why(value: bytes, topic: str = "posts", key: bytes = b"U01ALICE") -> DeadReason:
    """The reason for refusing a record."""
    with pytest.raises(INPUT_ERRORS) as caught:
        read_event(topic, key, value, RECEIVED_AT)
    assert isinstance(caught.value, INPUT_ERRORS)
    return explain(caught.value, topic)


def created(**attributes: Any) -> bytes:
    """A post with attributes of the envelope replaced."""
    return encoded({**golden("post.created"), **attributes})


def test_bad_json_is_named_by_line_and_column() -> None:
    """A producer finds the place."""
    reason = why(b'{"specversion": "1.0",')
    assert reason.code == "json_invalid"
    assert "line 1 column 22" in reason.found


@pytest.mark.parametrize("value", [b"[]", b"5", b'"text"', b"null"])
def test_json_that_is_no_object_is_named_so(value: bytes) -> None:
    """A CloudEvent is an object."""
    assert (why(value).code, why(value).expected) == ("field_invalid", "an object")


@pytest.mark.parametrize(
    "name",
    [
        "goodstanding.post.creatd.v1",
        "post.created",
        "goodstanding.posts.created.v1",
        "Goodstanding.Post.Created.v1",
    ],
)
def test_a_misspelt_type_is_answered_with_the_one_that_was_meant(name: str) -> None:
    """The commonest mistake has the shortest way out."""
    reason = why(created(type=name))
    assert reason.code == "type_unknown"
    assert reason.remedy == "did you mean `goodstanding.post.created.v1`?"


def test_a_missing_type_is_named_as_missing() -> None:
    """And a type of the topic is given as an example."""
    reason = why(encoded(without(golden("post.created"), "type")))
    assert (reason.code, reason.where) == ("type_missing", "type")
    assert "`goodstanding.post.created.v1`" in reason.remedy


def test_an_unknown_version_is_answered_with_the_known_ones() -> None:
    """Perhaps this deployment is the older one."""
    reason = why(created(type="goodstanding.post.created.v7"))
    assert (reason.code, reason.found) == ("version_unknown", "version 7")
    assert "`goodstanding.post.created.v1`" in reason.remedy


def test_an_event_in_the_wrong_topic_is_sent_to_the_right_one() -> None:
    """The type is known, just not here."""
    reason = why(encoded(golden("account.closed")))
    assert (reason.code, reason.remedy) == ("type_misplaced", "send it to `accounts`")


def test_a_misspelt_field_is_answered_with_the_one_that_was_meant() -> None:
    """An unknown field is no error; a required one that is missing is."""
    event = golden("post.created", revison=1)
    event["data"] = without(event["data"], "revision")
    reason = why(encoded(event))
    assert (reason.code, reason.where) == ("field_missing", "data.revision")
    assert "did you mean `revision`?" in reason.remedy


def test_a_misspelt_choice_is_answered_with_the_one_that_was_meant() -> None:
    """Choices are few, and named."""
    reason = why(encoded(golden("report.filed", reason="no-bulying")), "reports")
    assert (reason.where, reason.remedy) == ("data.reason", "did you mean `no-bullying`?")


@pytest.mark.parametrize(
    ("changes", "where", "expected"),
    [
        ({"subject": "a@mail.example"}, "subject", "visible ASCII characters without spaces and without `@`"),
        ({"time": "2026-03-01T12:00:00"}, "time", "a time with an offset or `Z`"),
        ({"time": "yesterday"}, "time", "a time in RFC 3339, such as `2026-03-01T12:00:00Z`"),
        ({"time": 5}, "time", "a time in RFC 3339"),
        ({"id": ""}, "id", "at least 1 character(s)"),
        ({"id": "x" * 129}, "id", "at most 128 characters"),
        ({"imported": "true"}, "imported", "true or false"),
        ({"specversion": "0.3"}, "specversion", "`1.0`"),
        ({"data": []}, "data", "an object"),
        ({"datacontenttype": "text/xml"}, "datacontenttype", "`application/json`"),
    ],
)
def test_a_wrong_attribute_is_named_with_what_is_expected(
    changes: dict[str, Any], where: str, expected: str
) -> None:
    """In the words of whoever has to correct it."""
    reason = why(created(**changes))
    assert (reason.code, reason.where, reason.expected) == ("field_invalid", where, expected)


def test_further_faults_of_the_same_record_are_named_too() -> None:
    """Nobody corrects one fault at a time."""
    reason = why(encoded(golden("post.created", revision="1", body=5, links="none")))
    assert {reason.where, *reason.others} == {"data.revision", "data.body", "data.links"}


def test_the_target_of_a_decision_is_named_without_its_union_tag() -> None:
    """Paths are those of the JSON, not of our classes."""
    event = golden("decision.overturn", target={"kind": "strike", "id": 5})
    assert why(encoded(event), "decisions", b"account:U01ALICE").where == "data.target.id"
    event = golden("decision.overturn", target={"kind": "post", "id": "p"})
    assert why(encoded(event), "decisions", b"account:U01ALICE").expected == "`strike`, `sanction`"


def leaves(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something can be put in an event: every value and every key."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(leaf for key, value in items for leaf in leaves(value, (*path, key)))]


def planted(node: Any, path: tuple[Any, ...], secret: Any, as_key: bool) -> Any:
    """The event with a secret put at a place, as the value or as the name of the field."""
    if not path:
        return {secret: node} if as_key else secret
    key, *rest = path
    if isinstance(node, list):
        return [
            planted(item, tuple(rest), secret, as_key) if index == key else item
            for index, item in enumerate(node)
        ]
    if as_key and not rest:
        return {secret if name == key else name: value for name, value in node.items()}
    return {
        name: planted(value, tuple(rest), secret, as_key) if name == key else value
        for name, value in node.items()
    }


NAMES = [
    "post.created",
    "report.filed",
    "account.registered",
    "decision.reduce",
    "decision.dismiss",
    "sanction.failed",
]
SECRETS = st.sampled_from([SECRET, f"{SECRET}@mail.example", [SECRET], {SECRET: SECRET}, {"kind": SECRET}])


@given(st.data(), st.sampled_from(NAMES), SECRETS, st.booleans(), st.sampled_from(INPUT_TOPICS))
def test_a_reason_never_repeats_what_was_sent(
    data: st.DataObject, name: str, secret: Any, as_key: bool, topic: str
) -> None:
    """Headers are read by more people than values are."""
    event = golden(name)
    path = data.draw(st.sampled_from(leaves(event)))
    value = encoded(planted(event, path, SECRET if as_key else secret, as_key))
    try:
        read_event(topic, b"U01ALICE", value, RECEIVED_AT)
    except INPUT_ERRORS as error:
        reason = explain(error, topic)
        assert reason.code in DEAD_CODES
        assert all((reason.where, reason.expected, reason.found, reason.remedy))
        for _, header in to_headers(reason, topic, 0, 0, 0):
            assert b"zqxj" not in header


@given(st.binary(max_size=200), st.sampled_from(INPUT_TOPICS))
def test_any_bytes_at_all_are_answered_with_a_reason(value: bytes, topic: str) -> None:
    """Bad input is a dead letter, never a crash."""
    assert why(value, topic).code in DEAD_CODES


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
)


@given(
    st.dictionaries(st.sampled_from(["type", "data", "subject", "time"]), JSON), st.sampled_from(INPUT_TOPICS)
)
def test_any_object_at_all_is_answered_with_a_reason(event: dict[str, Any], topic: str) -> None:
    """Whatever stands where the type should stand."""
    assert why(encoded({**golden("post.created"), "id": "", **event}), topic).code in DEAD_CODES
