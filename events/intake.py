"""Taking in one input record: its value parsed by the contract of its topic, its key and age checked.

`read_event` raises `ValidationError` or `Rejected`; `events.explain.explain` makes of either the reason that
goes with the dead letter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from pydantic import ValidationError

from events.accounts import AccountUnion, parse_account_event
from events.catalogue import RETENTION_INPUT_S
from events.dead_letters import DeadReason, Rejected
from events.decisions import DecisionUnion, parse_decision_event
from events.ids import subject_entity
from events.posts import PostUnion, parse_post_event
from events.reports import ReportUnion, parse_report_event
from events.versions import DRAFTS

InputEvent = PostUnion | ReportUnion | AccountUnion | DecisionUnion
INPUT_ERRORS: Final = (ValidationError, Rejected)
"""What a bad record raises; anything else is a fault of ours."""
HORIZON: Final = timedelta(seconds=RETENTION_INPUT_S)
"""How old an event may be. Within it a second copy is recognised, so nothing older is taken in outside an
import."""
PARSERS: Final[Mapping[str, Callable[[bytes], InputEvent]]] = MappingProxyType(
    {
        "posts": parse_post_event,
        "reports": parse_report_event,
        "accounts": parse_account_event,
        "decisions": parse_decision_event,
    }
)
"""The contract of each input topic."""


def record_key(event: InputEvent, topic: str) -> bytes:
    """The key that an event's record must have: the account, or in `decisions` its entity."""
    return (subject_entity(event.subject) if topic == "decisions" else event.subject).encode()


def read_event(topic: str, key: bytes | None, value: bytes | None, received_at: datetime) -> InputEvent:
    """The event in a record of an input topic. `received_at` is the record's timestamp.

    Raises:
        ValidationError: the value keeps to no contract of this topic.
        Rejected: anything else is wrong with the record.
    """
    if value is None:
        raise Rejected(_NO_VALUE)
    event = PARSERS[topic](value)
    if key is None:
        raise Rejected(_NO_KEY)
    if key != record_key(event, topic):
        raise Rejected(_OTHER_KEY[topic == "decisions"])
    if event.time < received_at - HORIZON and not event.imported:
        raise Rejected(_TOO_OLD)
    if event.type in DRAFTS and topic != "decisions":
        raise Rejected(_DRAFT)
    return event


_NO_VALUE: Final = DeadReason(
    "value_missing",
    "value",
    "a CloudEvent in JSON",
    "null",
    "send the event as the value; nothing here is deleted by tombstone",
)
_NO_KEY: Final = DeadReason(
    "key_missing", "key", "the event's `subject`", "null", "send the subject as the record's key"
)
_OTHER_KEY: Final = (
    DeadReason(
        "key_mismatch",
        "key",
        "the event's `subject`",
        "another key",
        "send the subject as the record's key, in UTF-8",
    ),
    DeadReason(
        "key_mismatch",
        "key",
        "`account:` and the event's `subject`",
        "another key",
        "send decisions through the API",
    ),
)
_TOO_OLD: Final = DeadReason(
    "too_old",
    "time",
    f"a time at most {HORIZON.days} days before the record was received",
    "an older one",
    "send older events with `imported` set to true",
)
_DRAFT: Final = DeadReason(
    "not_supported",
    "type",
    "a stable type",
    "a type that is a draft",
    "send it when this version acts on it, or replay the dead letter then",
)
