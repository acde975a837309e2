"""The chain of hashes: how each partition of the ledger hangs together, and where it doesn't."""

from __future__ import annotations

from typing import Final

import msgspec

from events.ids import digest

SHOWN_DIGITS: Final = 12
"""How much of a hash is enough for a person to tell it from others."""


class Position(msgspec.Struct, frozen=True, gc=False):
    """Where an entry stands. `offset` is Kafka's, or counts the partition's entries in an export, from 0.

    `entity` is empty and `sequence` 0 where the entry can't be read, or where there is none.
    """

    partition: int
    offset: int
    entity: str = ""
    sequence: int = 0

    def __str__(self) -> str:
        """As an error says it."""
        named = f", `{self.entity}` sequence {self.sequence}" if self.entity else ""
        return f"partition {self.partition}, offset {self.offset}{named}"


class Head(msgspec.Struct, frozen=True, gc=False):
    """How many entries a partition has, and the SHA-256 (hex) of the last one.

    Of a partition without entries, the hash is what the first must name.
    """

    count: int
    hash: str


class Fault(msgspec.Struct, frozen=True, gc=False):
    """The first thing that is wrong with a ledger, and where."""

    at: Position
    what: str

    def __str__(self) -> str:
        """As the command line says it."""
        return f"{self.at}: {self.what}"


def extend(head: Head, data: bytes) -> Head:
    """The head after one more entry."""
    return Head(head.count + 1, digest(data))


def unchained(at: Position, previous: str, head: Head) -> Fault | None:
    """The fault of an entry that names `previous` and stands behind `head`; None where that is its hash."""
    if previous == head.hash:
        return None
    before = (
        "that it is the first"
        if head.count == 0
        else f"the one before it, which hashes to {shown(head.hash)}"
    )
    return Fault(
        at,
        f"it names {shown(previous)} as its predecessor, not {before}: "
        "one of them was changed, or entries "
        "were removed, added or swapped here",
    )


def out_of_sequence(at: Position, sequence: int, expected: int) -> Fault | None:
    """The fault of an entry that isn't the next one of its entity; None where it is."""
    if sequence == expected:
        return None
    return Fault(
        at, f"its sequence is {sequence}, expected {expected}: entries are missing, doubled or swapped"
    )


def shown(value: str) -> str:
    """A hash, shortened for a person."""
    return f"`{value[:SHOWN_DIGITS]}`"
