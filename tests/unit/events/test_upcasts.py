"""Older versions of events are read as the newest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from events.posts import parse_post_event
from events.upcasts import Upcast, read_older, upcast
from tests.support.envelopes import encoded, golden


def rename(old: str, new: str) -> Upcast:
    """An upcast that renames a field of the data."""

    def apply(event: dict[str, Any]) -> dict[str, Any]:
        data = {new if name == old else name: value for name, value in event["data"].items()}
        return {**event, "data": data}

    return apply


UPCASTS: dict[tuple[str, int], Upcast] = {
    ("goodstanding.post.created", 8): rename("content", "text"),
    ("goodstanding.post.created", 9): rename("text", "body"),
}


def older(version: int, **data: Any) -> dict[str, Any]:
    """A post as a producer would have sent it at some version."""
    return {**golden("post.deleted"), "type": f"goodstanding.post.created.v{version}", "data": data}


def failure(event: dict[str, Any]) -> ValidationError:
    """The error that the fast path ends with."""
    with pytest.raises(ValidationError) as caught:
        parse_post_event(encoded(event))
    return caught.value


def test_an_old_version_is_lifted_step_by_step() -> None:
    """Each step knows only its own version and the next."""
    newest = upcast(older(8, content="hello"), UPCASTS)
    assert newest["type"] == "goodstanding.post.created.v10"
    assert newest["data"] == {"body": "hello"}


def test_the_bytes_of_an_old_version_become_those_of_the_newest() -> None:
    """What was sent in the meantime is read too."""
    event = older(9, text="hello")
    newest = json.loads(read_older(encoded(event), failure(event), UPCASTS))
    assert newest == {**event, "type": "goodstanding.post.created.v10", "data": {"body": "hello"}}


def test_a_version_that_nothing_lifts_stays_an_error() -> None:
    """An unknown version is never guessed at."""
    event = older(7, content="hello")
    error = failure(event)
    with pytest.raises(ValidationError) as caught:
        read_older(encoded(event), error, UPCASTS)
    assert caught.value is error


def test_a_fault_in_the_newest_version_stays_an_error() -> None:
    """Upcasts are tried for older versions only."""
    event = golden("post.created", revision=0)
    error = failure(event)
    with pytest.raises(ValidationError) as caught:
        read_older(encoded(event), error, UPCASTS)
    assert caught.value is error


def test_the_event_that_came_in_is_left_as_it_was() -> None:
    """An upcast makes a new event."""
    event = older(8, content="hello")
    before = json.dumps(event)
    upcast(event, UPCASTS)
    assert json.dumps(event) == before
