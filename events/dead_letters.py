"""Dead letters: input that was refused, and a reason that its producer can act on.

A dead letter's key and value are the original bytes; its headers are the original ones, then the reason
(`gs-reason-…`) and where the record stood (`gs-origin-…`). Reasons name fields, kinds of values and remedies.
They never repeat what was sent: it may be personal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NoReturn, get_args

import msgspec

HEADER_CHARS_MAX: Final = 500
OTHERS_MAX: Final = 5
"""How many further faults of one record are named."""

DeadCode = Literal[
    "value_missing",
    "key_missing",
    "key_mismatch",
    "json_invalid",
    "type_missing",
    "type_unknown",
    "type_misplaced",
    "version_unknown",
    "not_supported",
    "field_missing",
    "field_invalid",
    "fields_contradict",
    "too_old",
]
DEAD_CODES: Final[tuple[DeadCode, ...]] = get_args(DeadCode)

Header = tuple[str, bytes]
"""One Kafka header."""


class DeadReason(msgspec.Struct, frozen=True):
    """Why a record was refused: a code for programs, and a sentence in four parts for people.

    `where` is a path such as `data.revision`, or `key` or `value`. `others` are the paths of further faults
    in the same record.
    """

    code: DeadCode
    where: str
    expected: str
    found: str
    remedy: str
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line for people."""
        text = f"`{self.where}`: expected {self.expected}, found {self.found}; {self.remedy}"
        return f"{text} (also: {', '.join(f'`{path}`' for path in self.others)})" if self.others else text


class DeadLetter(msgspec.Struct, frozen=True):
    """What the headers of a dead letter say.

    `timestamp` is the original record's, in milliseconds since the epoch.
    """

    reason: DeadReason
    topic: str
    partition: int
    offset: int
    timestamp: int


class Rejected(Exception):
    """A record that keeps to no contract, with the reason."""

    def __init__(self, reason: DeadReason) -> None:
        super().__init__(str(reason))
        self.reason = reason


def contradict(where: str, expected: str, remedy: str) -> NoReturn:
    """Reject an event whose fields are well-formed each and don't fit together.

    Raises:
        Rejected: always.
    """
    raise Rejected(DeadReason("fields_contradict", where, expected, "something else", remedy))


_REASON: Final = "gs-reason-"
_ORIGIN: Final = "gs-origin-"


def to_headers(
    reason: DeadReason, topic: str, partition: int, offset: int, timestamp: int
) -> tuple[Header, ...]:
    """The headers that a dead letter adds to the original ones.

    `timestamp` is in milliseconds since the epoch.
    """
    texts = {
        f"{_REASON}code": reason.code,
        f"{_REASON}where": reason.where,
        f"{_REASON}expected": reason.expected,
        f"{_REASON}found": reason.found,
        f"{_REASON}remedy": reason.remedy,
        f"{_REASON}others": ",".join(reason.others),
        f"{_ORIGIN}topic": topic,
        f"{_ORIGIN}partition": str(partition),
        f"{_ORIGIN}offset": str(offset),
        f"{_ORIGIN}timestamp": str(timestamp),
    }
    return tuple((name, text[:HEADER_CHARS_MAX].encode()) for name, text in texts.items() if text)


def from_headers(headers: Sequence[Header]) -> DeadLetter | None:
    """What a dead letter's headers say; None where they aren't those of a dead letter."""
    texts = {name: value.decode("utf-8", "replace") for name, value in headers if name.startswith("gs-")}
    others = texts.get(f"{_REASON}others", "")
    try:
        reason = {name: texts[_REASON + name] for name in ("code", "where", "expected", "found", "remedy")}
        return msgspec.convert(
            {
                "reason": {**reason, "others": others.split(",") if others else []},
                "topic": texts[f"{_ORIGIN}topic"],
                "partition": int(texts[f"{_ORIGIN}partition"]),
                "offset": int(texts[f"{_ORIGIN}offset"]),
                "timestamp": int(texts[f"{_ORIGIN}timestamp"]),
            },
            DeadLetter,
        )
    except (KeyError, ValueError):  # msgspec's ValidationError is a ValueError
        return None


def original_headers(headers: Sequence[Header]) -> tuple[Header, ...]:
    """The headers as they were before the record became a dead letter: what a replay sends again."""
    return tuple(header for header in headers if not header[0].startswith((_REASON, _ORIGIN)))
