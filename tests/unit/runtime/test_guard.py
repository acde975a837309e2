"""The guard: what is committed must not contradict itself."""

from __future__ import annotations

import json

import msgspec
import pytest

from services.runtime import guard
from services.runtime.faults import Broken, Refused
from services.runtime.guard import Guard

WHERE = "enforcement, partition 3"


def written(**offsets: int) -> Guard:
    """A guard with these offsets."""
    return Guard(offsets=offsets, stage=msgspec.Raw(b"{}"))


def test_a_guard_is_read_back_as_it_was_written() -> None:
    """The stage's own part keeps its bytes."""
    data = guard.encode({"signals": 7}, {"signals": 1_000}, b'{"now":1, "b":[2]}')
    assert json.loads(data) == {
        "offsets": {"signals": 7},
        "stage": {"now": 1, "b": [2]},
        "times": {"signals": 1_000},
        "schema": 1,
    }
    found = guard.decode(data, WHERE)
    assert (found.offsets, found.times, bytes(found.stage)) == (
        {"signals": 7},
        {"signals": 1_000},
        b'{"now":1, "b":[2]}',
    )


def test_a_stages_part_that_is_no_json_is_a_bug_and_never_written() -> None:
    """It would only show at the next restore, when it is too late."""
    with pytest.raises(Broken, match="no JSON"):
        guard.encode({}, {}, b"{")


@pytest.mark.parametrize("data", [b"", b"{}", b'{"offsets":{"a":"1"},"stage":{}}', b"\xff"])
def test_a_guard_that_this_engine_did_not_write_is_refused(data: bytes) -> None:
    """The message says where, and what to do."""
    with pytest.raises(Refused, match=r"enforcement, partition 3.*another prefix"):
        guard.decode(data, WHERE)


def test_a_guard_of_a_newer_schema_is_refused() -> None:
    """An older build must not write over it."""
    with pytest.raises(Refused, match="schema 2, expected 1; run the build that wrote it"):
        guard.decode(b'{"offsets":{},"stage":{},"schema":2}', WHERE)


def test_the_first_start_begins_at_the_beginning_offsets() -> None:
    """Neither guard nor committed offsets: explicitly at the beginning, whatever the client's default."""
    starts = guard.starts(None, {"a": None, "b": None}, {"a": 4, "b": 0}, {"a": 9, "b": 0}, WHERE)
    assert starts == {"a": 4, "b": 0}


def test_a_new_input_begins_at_its_beginning_and_the_others_go_on() -> None:
    """A later build may read one more topic."""
    starts = guard.starts(written(a=7), {"a": 7, "new": None}, {"a": 0, "new": 2}, {"a": 9, "new": 5}, WHERE)
    assert starts == {"a": 7, "new": 2}


@pytest.mark.parametrize(
    ("known", "committed", "message"),
    [
        (written(a=7), 8, "the committed offset is 8, the guard says 7"),
        (written(), 7, "the committed offset is 7, the guard says absent"),
        (None, 7, "the committed offset is 7, the guard says absent"),
    ],
)
def test_a_guard_that_knows_of_less_than_was_committed_is_refused(
    known: Guard | None, committed: int, message: str
) -> None:
    """They are written together: the changelog has lost its end."""
    with pytest.raises(Refused, match=f"topic `a`: {message}.*have the changelog written anew"):
        guard.starts(known, {"a": committed}, {"a": 0}, {"a": 9}, WHERE)


@pytest.mark.parametrize("told", [6, 0, None])
def test_a_guard_that_knows_of_more_than_the_coordinator_is_believed(told: int | None) -> None:
    """They are written together: the coordinator has forgotten."""
    assert guard.starts(written(a=7), {"a": told}, {"a": 0}, {"a": 9}, WHERE) == {"a": 7}


@pytest.mark.parametrize(("begin", "end"), [(8, 9), (0, 6)])
def test_an_offset_outside_the_log_is_refused(begin: int, end: int) -> None:
    """Input was deleted unread, or the topic was made anew: never a silent reset."""
    with pytest.raises(Refused, match=rf"offset 7 is outside the log \({begin} to {end}\)"):
        guard.starts(written(a=7), {"a": 7}, {"a": begin}, {"a": end}, WHERE)
