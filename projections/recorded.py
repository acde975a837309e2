"""An entry as the projections take it: decoded, with its place in the ledger and its exact bytes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import msgspec

from events.ids import account_entity
from events.ledger import Entry
from events.signals import Actor

ACCOUNT_PREFIX: Final = account_entity("")


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """One ledger record. `offset` is its offset in the partition, `data` the exact bytes."""

    partition: int
    offset: int
    entry: Entry
    data: bytes


class At(msgspec.Struct, frozen=True, gc=False):
    """Where and when a change was recorded: what every row carries of the entry that made it what it is.

    `severity_of` gives a strike's severity as it is by then; 0 for one that was purged.
    """

    entity: str
    account: str
    """The account's id; for other entities the whole name of the entity."""
    sequence: int
    partition: int
    ledger_offset: int
    recorded_at: datetime
    policy_version: str
    severity_of: Callable[[str], int]


class Placed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The columns that every row ends with.

    The position of the entry that last changed it, and both of its times.

    `recorded_at` is when the change became known, `effective_at` when it took effect; `change` counts a row's
    states from 1.
    """

    change: int
    sequence: int
    partition: int
    ledger_offset: int
    recorded_at: datetime
    effective_at: datetime


def at(recorded: Recorded, severity_of: Callable[[str], int]) -> At:
    """The place of an entry."""
    entry = recorded.entry
    return At(
        entry.entity,
        account_of(entry.entity),
        entry.sequence,
        recorded.partition,
        recorded.offset,
        entry.recorded_at,
        entry.policy_version,
        severity_of,
    )


def account_of(entity: str) -> str:
    """The account's id of an account's entity; other entities keep their whole name."""
    return entity.removeprefix(ACCOUNT_PREFIX)


def effects(entry: Entry) -> tuple[datetime, datetime]:
    """The earliest and the latest moment at which the entry's outcomes took effect."""
    outcomes = entry.outcomes
    if len(outcomes) == 1:
        return outcomes[0].effective_at, outcomes[0].effective_at
    if not outcomes:
        return entry.recorded_at, entry.recorded_at
    times = [outcome.effective_at for outcome in outcomes]
    return min(times), max(times)


def who(actor: Actor) -> str:
    """An actor in one column: `person:ada`."""
    return f"{actor.kind}:{actor.id}"


_encoder: Final = msgspec.json.Encoder()


def json_text(value: Any) -> str:
    """A struct as the text of a jsonb value."""
    return _encoder.encode(value).decode()
