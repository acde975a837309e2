"""Files of events, one JSON document a line: each line's topic and key, or what is wrong with it.

No IO but reading lines.

A line is held against the same contracts as a record that comes in, and against the limits that the broker
would refuse it by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from events.catalogue import INPUT_BYTES_MAX
from events.dead_letters import DeadReason
from events.explain import explain
from events.ids import subject_entity
from events.intake import INPUT_ERRORS, InputEvent, read_event
from events.versions import INPUT_TOPICS, TYPES

NO_TOPIC: Final = "posts"
"""The topic against which an unknown type is explained."""


class Line(msgspec.Struct, frozen=True):
    """A valid event: where it goes, its bytes without the line's end, and when it happened."""

    number: int
    topic: str
    key: bytes
    value: bytes
    event: InputEvent


class BadLine(msgspec.Struct, frozen=True):
    """A line that keeps to no contract: its number, from 1, and what, where, expected and remedy."""

    line: int
    reason: DeadReason

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


def read_lines(lines: Iterable[bytes], now: datetime | None) -> Iterator[Line | BadLine]:
    """Every line that isn't blank.

    `now` is when the events would be received; None: each when it happened.
    """
    for number, line in enumerate(lines, start=1):
        value = line.strip()
        if value:
            yield read_line(number, value, now)


def read_line(number: int, value: bytes, now: datetime | None) -> Line | BadLine:
    """One line."""
    if len(value) > INPUT_BYTES_MAX:
        return BadLine(number, _too_large(len(value)))
    head = _head(value)
    topic = _topic(head.get("type"))
    if topic is None:
        return BadLine(number, _OURS)
    subject = str(head.get("subject", ""))
    key = (subject_entity(subject) if topic == "decisions" else subject).encode()
    try:
        event = read_event(topic, key, value, now or _SINCE)
    except INPUT_ERRORS as error:
        return BadLine(number, explain(error, topic))
    return Line(number, topic, key, value, event)


_SINCE: Final = datetime.fromisoformat("0001-02-01T00:00:00Z")
"""Received so long ago that nothing is too old.

Where time is the events' own, each is received as it happens.
"""

_OURS: Final = DeadReason(
    "type_misplaced",
    "type",
    f"a type of {', '.join(f'`{topic}`' for topic in INPUT_TOPICS)}",
    "a type that is no input",
    "leave the line out; requests to `control` are sent by commands of their own",
)


def _head(value: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(value)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _topic(name: object) -> str | None:
    known = TYPES.get(name) if isinstance(name, str) else None
    if known is None:
        return NO_TOPIC
    return known.topic if known.topic in INPUT_TOPICS else None


def _too_large(size: int) -> DeadReason:
    return DeadReason(
        "field_invalid",
        "value",
        f"at most {INPUT_BYTES_MAX} bytes (INPUT_BYTES_MAX)",
        f"{size} bytes",
        "send the text shortened, or attachments by reference",
    )
