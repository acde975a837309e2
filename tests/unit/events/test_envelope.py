"""The envelope takes what CloudEvents allows, and refuses what could not be handled later."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from events.envelope import split_type
from events.posts import parse_post_event
from tests.support.envelopes import encoded, golden, without

VISIBLE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) != "@")


@given(st.text(alphabet=VISIBLE, min_size=1, max_size=128))
def test_an_account_id_is_any_visible_text_without_an_at_sign(account: str) -> None:
    """Ids are the platform's own, and opaque."""
    assert parse_post_event(encoded({**golden("post.created"), "subject": account})).subject == account


@given(st.text(max_size=200).filter(lambda text: not set(text) <= set(VISIBLE) or not 1 <= len(text) <= 128))
def test_any_other_account_id_is_refused(account: str) -> None:
    """No address, no space, no control character, nothing too long gets into keys and logs."""
    with pytest.raises(ValidationError):
        parse_post_event(encoded({**golden("post.created"), "subject": account}))


@pytest.mark.parametrize("time", ["2026-03-01T12:00:00", "2026-03-01", "soon", 1_772_366_400, None])
def test_a_time_without_an_offset_is_refused(time: object) -> None:
    """Nobody guesses a time zone."""
    with pytest.raises(ValidationError):
        parse_post_event(encoded({**golden("post.created"), "time": time}))


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z"]
)
def test_a_time_that_could_not_be_moved_to_utc_is_refused(time: str) -> None:
    """A record must not be able to stop a worker later on."""
    with pytest.raises(ValidationError):
        parse_post_event(encoded({**golden("post.created"), "time": time}))


def test_a_time_with_an_offset_is_given_in_utc() -> None:
    """Producers may live anywhere."""
    event = parse_post_event(encoded({**golden("post.created"), "time": "2026-03-01T14:00:00+02:00"}))
    assert event.occurred_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert event.occurred_at.tzinfo is UTC


@given(
    st.dictionaries(st.from_regex(r"x[a-z0-9]{1,10}", fullmatch=True), st.integers() | st.text(), max_size=3)
)
def test_unknown_extra_fields_are_no_error(extra: dict[str, object]) -> None:
    """Producers may send more than is asked for, in the envelope and in the data."""
    plain = parse_post_event(encoded(golden("post.created")))
    assert parse_post_event(encoded({**golden("post.created", **extra), **extra})) == plain


@pytest.mark.parametrize("name", ["specversion", "id", "source", "subject", "time", "data", "type"])
def test_a_required_attribute_is_required(name: str) -> None:
    """CloudEvents' own attributes, and ours."""
    with pytest.raises(ValidationError):
        parse_post_event(encoded(without(golden("post.created"), name)))


def test_imported_is_false_unless_it_is_said() -> None:
    """Backfill is a mode that a producer asks for."""
    event = without(golden("post.created"), "imported")
    assert not parse_post_event(encoded(event)).imported
    assert parse_post_event(encoded({**event, "imported": True})).imported


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("goodstanding.post.created.v1", ("goodstanding.post.created", 1)),
        ("goodstanding.sanction.carried_out.v12", ("goodstanding.sanction.carried_out", 12)),
        ("goodstanding.post.created", None),
        ("goodstanding.post.created.v0", None),
        ("post.created.v1", None),
        ("", None),
    ],
)
def test_a_type_is_split_into_name_and_version(name: str, parts: tuple[str, int] | None) -> None:
    """What isn't a type of ours has neither."""
    assert split_type(name) == parts
