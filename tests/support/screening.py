"""Records and rules for tests of screening.

The rules of the default policy, compiled once, and input records as the broker would hand them over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from events.codec import decode_signal
from events.contents import Content, decode_content
from events.signals import Finding, PostScreened, Signal
from services.runtime.kept_files import compiled_patterns
from services.runtime.settings import load_settings
from services.runtime.stage import Output
from services.screening.digests import IdentityKey
from services.screening.guidelines import RULES
from services.screening.rulebook import Rulebook
from services.screening.screen import Screen, Verdict
from tests.support.policies import community

KEY = IdentityKey("k1", b"a key for tests, of 32 bytes....")
NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


class InputRecord(msgspec.Struct):
    """An input record."""

    topic: str
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    partition: int = 0
    headers: Sequence[tuple[str, bytes]] = ()


@cache
def default_rulebook() -> Rulebook:
    """The rules that ship, compiled once for all tests."""
    return Rulebook(community(), RULES, compiled_patterns(load_settings()))


def screen_with(rulebook: Rulebook | None = None) -> Screen:
    """A fresh partition under the default rules, or others."""
    screen = Screen(KEY)
    screen.take_up(default_rulebook() if rulebook is None else rulebook)
    return screen


def event(kind: str, subject: str, data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An event as a producer would send it; `kind` without prefix and version.

    `changes` replace attributes.
    """
    return {
        "specversion": "1.0",
        "id": changes.pop(
            "id",
            f"{kind}:{subject}:{json.dumps(data, sort_keys=True)}".replace(" ", "").replace("@", "(at)")[
                :128
            ],
        ),
        "source": "/platform/chat",
        "type": f"goodstanding.{kind}.v1",
        "subject": subject,
        "time": "2030-01-01T12:00:00Z",
        "data": data,
        **changes,
    }


def record(
    topic: str,
    sent: dict[str, Any] | bytes | None,
    *,
    offset: int = 0,
    key: bytes | None = b"",
    at_s: float = 0,
) -> InputRecord:
    """An input record; its key is the event's where none is given. `at_s`: seconds after `NOW`."""
    value = json.dumps(sent).encode() if isinstance(sent, dict) else sent
    if key == b"":
        subject = str(sent["subject"]) if isinstance(sent, dict) else "ada"
        key = (f"account:{subject}" if topic == "decisions" else subject).encode()
    return InputRecord(topic, offset, int((NOW.timestamp() + at_s) * 1000), key, value)


def post_event(body: str, author: str = "ada", post: str = "p1", **data: Any) -> dict[str, Any]:
    """A new post."""
    return event(
        "post.created", author, {"post": post, "revision": 1, "body": body, **data}, id=f"event-{post}"
    )


def post_record(
    body: str, *, offset: int = 0, at_s: float = 0, author: str = "ada", post: str = "", **data: Any
) -> InputRecord:
    """A new post's record."""
    return record("posts", post_event(body, author, post or f"p{offset}", **data), offset=offset, at_s=at_s)


def verdict_on(body: str, screen: Screen | None = None, **data: Any) -> Verdict:
    """What the default rules come to for a text."""
    from events.intake import read_event

    one = post_record(body, **data)
    screen = screen or screen_with()
    parsed = read_event("posts", one.key, one.value, NOW)
    return screen.verdict(parsed, one.timestamp)  # type: ignore[arg-type]  # it is a new post


def findings_on(body: str, guideline: str, **data: Any) -> tuple[Finding, ...]:
    """What one guideline's rule finds in a text."""
    return tuple(finding for finding in verdict_on(body, **data).findings if finding.guideline == guideline)


def cases_on(body: str, guideline: str, **data: Any) -> dict[str, str]:
    """Mode by case of what one guideline's rule finds in a text."""
    return {finding.case: finding.mode for finding in findings_on(body, guideline, **data)}


def signals_of(outputs: Sequence[Output]) -> list[Signal]:
    """The signals among outputs."""
    return [decode_signal(output.value or b"") for output in outputs if output.topic == "signals"]


def contents_of(outputs: Sequence[Output]) -> list[Content]:
    """The contents among outputs."""
    return [decode_content(output.value or b"") for output in outputs if output.topic == "contents"]


def screened(outputs: Sequence[Output]) -> list[PostScreened]:
    """The posts among outputs' signals."""
    return [signal.body for signal in signals_of(outputs) if isinstance(signal.body, PostScreened)]
