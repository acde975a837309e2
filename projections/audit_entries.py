"""The table `audit_entries`.

The ledger itself, one row per entry with its exact bytes, only ever added to.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final, get_args

import msgspec

from events.ledger import Outcome
from events.signals import Body, Origin
from projections.recorded import Recorded, effects

NAME: Final = "audit_entries"


class AuditRow(msgspec.Struct, frozen=True, gc=False):
    """One entry.

    `origin_*` are the coordinates of the input record that the chain of causes began with, where it is known.

    `effective_from` and `effective_at` are the earliest and the latest moment at which an outcome took
    effect. `outcomes` are the outcomes' kinds with spaces between; `emitted` the ids of the signals sent to
    other entities, None without any; `hash` is the SHA-256 of `data`.
    """

    partition: int
    ledger_offset: int
    entity: str
    sequence: int
    recorded_at: datetime
    effective_from: datetime
    effective_at: datetime
    cause_id: str
    cause_kind: str
    causation_id: str
    correlation_id: str
    origin_topic: str | None
    origin_partition: int | None
    origin_offset: int | None
    origin_event: str | None
    origin_type: str | None
    actor_kind: str
    actor_id: str
    policy_version: str
    decider_version: str
    outcomes: str
    emitted: tuple[str, ...] | None
    active_points: int
    hash: bytes
    data: bytes


COLUMNS: Final[tuple[str, ...]] = AuditRow.__struct_fields__
_NO_ORIGIN: Final = Origin(None, None, None, None, None)  # type: ignore[arg-type]  # columns without a value


def audit_row(recorded: Recorded) -> AuditRow:
    """The row of an entry."""
    entry = recorded.entry
    cause = entry.cause
    origin = cause.origin or _NO_ORIGIN
    first, last = effects(entry)
    return AuditRow(
        recorded.partition,
        recorded.offset,
        entry.entity,
        entry.sequence,
        entry.recorded_at,
        first,
        last,
        cause.id,
        kind_of(cause.body),
        cause.causation_id,
        cause.correlation_id,
        origin.topic,
        origin.partition,
        origin.offset,
        origin.event,
        origin.type,
        cause.actor.kind,
        cause.actor.id,
        entry.policy_version,
        entry.decider_version,
        " ".join([kind_of(outcome) for outcome in entry.outcomes]),
        tuple([signal.id for signal in entry.emitted]) or None,
        entry.standing.active_points,
        sha256(recorded.data).digest(),
        recorded.data,
    )


def kind_of(message: msgspec.Struct) -> str:
    """The tag that an outcome or a signal's body carries in JSON."""
    return _TAGS[type(message)]


def _tags(*unions: object) -> dict[type, str]:
    return {kind: str(kind.__struct_config__.tag) for union in unions for kind in get_args(union)}


_TAGS: Final[dict[type, str]] = _tags(Outcome, Body)
