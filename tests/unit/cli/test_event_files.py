"""Files of events: where each line goes, and what is said of those that go nowhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.catalogue import INPUT_BYTES_MAX
from services.commands.event_files import BadLine, Line, read_line, read_lines

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(kind: str, subject: str = "ann", time: datetime = NOON, **data: Any) -> bytes:
    """One line."""
    fields = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/platform",
        "type": f"goodstanding.{kind}.v1",
        "subject": subject,
        "time": time.isoformat(),
        "data": data,
    }
    return json.dumps(fields).encode()


POST = event("post.created", post="p", revision=1, body="hello")
ACTOR = {"id": "ada", "capabilities": []}
LIFT = event("decision.lift", target={"kind": "sanction", "id": "s"}, version=1, reason="enough", actor=ACTOR)


@pytest.mark.parametrize(
    ("line", "topic", "key"),
    [
        (POST, "posts", b"ann"),
        (event("account.closed"), "accounts", b"ann"),
        (LIFT, "decisions", b"account:ann"),
    ],
)
def test_the_type_says_where_an_event_goes(line: bytes, topic: str, key: bytes) -> None:
    """Topic and key follow from type and subject; the bytes stay as they are."""
    read = read_line(7, line, NOON)
    assert isinstance(read, Line)
    assert (read.number, read.topic, read.key, read.value) == (7, topic, key, line)


@pytest.mark.parametrize(
    ("line", "code", "where"),
    [
        (b"{", "json_invalid", "value"),
        (b"[]", "field_invalid", "value"),
        (event("post.create"), "type_unknown", "type"),
        (event("post.created", post="p", revision=2, body="x"), "field_invalid", "data.revision"),
        (
            event("post.created", subject="a@b.example", post="p", revision=1, body="x"),
            "field_invalid",
            "subject",
        ),
        (
            event("post.created", time=NOON - timedelta(days=31), post="p", revision=1, body="x"),
            "too_old",
            "time",
        ),
        (event("strike.issued"), "type_misplaced", "type"),
        (event("appeal.filed", appeal="a", about="s", text="\n"), "field_invalid", "data.text"),
        (POST[:-1] + b" " * INPUT_BYTES_MAX + b"}", "field_invalid", "value"),
    ],
)
def test_a_bad_line_is_named_with_what_where_and_remedy(line: bytes, code: str, where: str) -> None:
    """Each fault has a code for programs and four parts for people."""
    read = read_line(3, line, NOON)
    assert isinstance(read, BadLine)
    assert (read.line, read.reason.code, read.reason.where) == (3, code, where)
    assert read.reason.expected
    assert read.reason.remedy
    assert str(read).startswith("line 3: `")


def test_blank_lines_count_and_are_skipped() -> None:
    """Numbers are those that an editor shows."""
    assert [
        read.number for read in read_lines([b"\n", POST, b"  \n", POST], NOON) if isinstance(read, Line)
    ] == [2, 4]


def test_in_simulated_time_nothing_is_too_old() -> None:
    """There each event is received when it happened."""
    old = event("post.created", time=NOON - timedelta(days=4_000), post="p", revision=1, body="x")
    assert isinstance(read_line(1, old, None), Line)
