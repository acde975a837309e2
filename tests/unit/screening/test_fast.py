"""The fast reader takes nothing that the contract refuses, and reads the same."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.intake import HORIZON, INPUT_ERRORS, read_event
from events.posts import PostCreated
from services.screening.fast import FastPost, read_fast
from tests.support.screening import NOW, post_event

FULL = post_event(
    "hello",
    title="hm",
    thread="t1",
    reply_to={"post": "p0", "account": "bob"},
    mentions=["bob", "cleo"],
    links=[{"url": "https://a.example", "text": "here"}],
    visibility="public",
) | {"correlationid": "c1", "causationid": "c0", "imported": False, "datacontenttype": "application/json"}

ODD: list[Any] = [
    None, True, 0, 1, -1, 1.0, 1e3, 2**63, 2**70, "", " ", "a", "a b", "a@b", "a\u0000b", "a\n",
    "é", "\ud800", "😀", "x" * 127, "x" * 128, "x" * 129, "y" * 2001, "2030-01-01T12:00:00Z",
    "2030-01-01t12:00:00z", "2030-01-01 12:00:00Z", "2030-01-01_12:00:00Z", "2030-01-01T12:00Z",
    "2030-01-01T12:00:00", "2030-01-01", "2030-01-01T12:00:00.123456789Z",
    "2030-01-01T12:00:00.1234567890123Z", "2030-01-01T12:00:60Z", "2030-01-01T24:00:00Z",
    "2030-01-01T12:00:00+23:59", "2030-01-01T12:00:00+24:00", "2030-01-01T12:00:00-00:00",
    "2030-01-01T12:00:00+0200", "2030-01-01T12:00:00+02", "0001-01-01T00:00:00+12:00",
    "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2030-02-30T00:00:00Z", "1893499200",
    1893499200, "2019-01-01T00:00:00Z", "2029-12-02T12:00:00Z", "2029-12-02T11:59:59.999Z",
    "2029-12-02T14:00:00+02:00", [], [""], ["a", "b@c"], ["a"] * 1001, {}, {"post": "p"},
    {"post": "p", "account": "a", "more": 1}, [{"url": ""}], [{"url": "u", "text": None}],
    [{"url": "u" * 8001}], [[]], "public", "direct", "1.0", "application/json; charset=utf-8",
    "application/jsonx", "goodstanding.post.edited.v1", "ada",
]  # fmt: skip


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in an event."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, item in inner for path in paths(item, (*at, key)))]


def changed(path: tuple[Any, ...], value: Any, *, remove: bool) -> Any:
    """The full event with one place changed or left out."""
    event = copy.deepcopy(FULL)
    if not path:
        return value
    place = event
    for step in path[:-1]:
        place = place[step]
    if remove:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return event


def agree(value: bytes, key: bytes | None = b"ada") -> FastPost | None:
    """Hold both readers against each other; what the fast one took."""
    fast = read_fast(key, value, NOW - HORIZON)
    if fast is None:
        return None
    slow = read_event("posts", key, value, NOW)
    assert isinstance(slow, PostCreated)
    for name in ("id", "type", "subject", "correlationid", "causationid", "imported"):
        assert getattr(fast, name) == getattr(slow, name)
    assert abs(fast.time - slow.time) < timedelta(microseconds=2)
    for name in (
        "post",
        "revision",
        "body",
        "title",
        "thread",
        "mentions",
        "visibility",
        "quotes",
        "attachments",
    ):
        assert getattr(fast.data, name) == getattr(slow.data, name)
    assert [(link.url, link.text) for link in fast.data.links] == [
        (link.url, link.text) for link in slow.data.links
    ]
    if fast.data.reply_to is not None:
        assert slow.data.reply_to is not None
        assert (fast.data.reply_to.post, fast.data.reply_to.account) == (
            slow.data.reply_to.post,
            slow.data.reply_to.account,
        )
    return fast


def test_an_ordinary_post_is_read_fast() -> None:
    """With everything that ordinary posts have."""
    assert agree(json.dumps(FULL).encode()) is not None
    assert agree(json.dumps(post_event("grüße 🙂"), ensure_ascii=False).encode()) is not None


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(paths(FULL)), st.sampled_from(ODD), st.booleans())
def test_one_odd_value_anywhere_is_judged_alike(path: tuple[Any, ...], value: Any, remove: bool) -> None:
    """Whatever stands in one place, the fast reader takes nothing that the contract refuses."""
    agree(json.dumps(changed(path, value, remove=remove and bool(path))).encode())


@settings(max_examples=300, deadline=None)
@given(st.text(), st.text(), st.text(max_size=5))
def test_any_text_is_read_alike(body: str, title: str, name: str) -> None:
    """Text of any kind, and references of any characters."""
    event = post_event(body, author=name or "ada", title=title, thread=name)
    agree(json.dumps(event).encode(), (name or "ada").encode("utf-8", "surrogatepass"))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 600), st.binary(min_size=1, max_size=3))
def test_damaged_bytes_are_judged_alike(at: int, damage: bytes) -> None:
    """A byte changed on the way."""
    value = json.dumps(FULL, ensure_ascii=False).encode()
    at = min(at, len(value) - 1)
    agree(value[:at] + damage + value[at + len(damage) :])


@pytest.mark.parametrize(
    "value",
    [
        (
            b'{"specversion":"1.0","specversion":"1.0","id":"e","source":"s","subject":"ada",'
            b'"type":"goodstanding.post.created.v1","time":"2030-01-01T12:00:00Z",'
            b'"data":{"post":"p","revision":1,"revision":1,"body":"a","body":"b"}}'
        ),
        (
            b'{"specversion":"1.0","id":"e","source":"s","subject":"ada",'
            b'"type":"goodstanding.post.created.v1","time":"2030-01-01T12:00:00Z",'
            b'"data":{"post":"p","revision":1,"body":"\\ud800"}}'
        ),
        b'\xef\xbb\xbf{"specversion":"1.0"}',
    ],
)
def test_oddities_of_json_are_judged_alike(value: bytes) -> None:
    """Keys twice, lone surrogates, a byte order mark."""
    agree(value)


def test_what_the_fast_reader_leaves_the_contract_judges() -> None:
    """Quotations, attachments, direct messages, edits and unknown fields go the long way."""
    odd: list[dict[str, Any]] = [
        {"quotes": [{"start": 0, "end": 1}]},
        {"attachments": []},
        {"visibility": "direct", "recipients": ["bob"]},
        {"mood": "good"},
    ]
    for more in odd:
        value = json.dumps(post_event("hello", **more)).encode()
        assert agree(value) is None
        read_event("posts", b"ada", value, NOW)
    with pytest.raises(INPUT_ERRORS):
        read_event("posts", b"bob", json.dumps(FULL).encode(), NOW)
    assert agree(json.dumps(FULL).encode(), b"bob") is None
