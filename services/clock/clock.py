"""The clock's pure part: what it has said last, and what is to be said next.

Ticks and activations go to every partition of `signals`, each to a partition of its own. Ticks never go back,
and never leap: whoever fell behind is taken through the time that passed in steps of at most an hour, so that
no partition has a day's deadlines due at once. Nothing here looks at a watch; the time up to which ticks may
go comes in.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from events.control import ActivationRequested
from events.ids import derived_id, partition_entity
from events.signals import Actor, Origin, PolicyActivated, Signal, Tick

STEP_MAX: Final = timedelta(hours=1)
BROADCAST_TICKS_MAX: Final = 100
"""Ticks of one transaction, per partition of `signals`."""
BEFORE_ALL: Final = -1
"""The sequence before the first activation; sequences are offsets, so they begin at 0."""
CLOCK: Final = Actor("clock", "clock")


class State(msgspec.Struct, frozen=True, gc=False):
    """What was broadcast last: the time of the tick, the sequence and version of the activation.

    Kept as the clock's guard.
    """

    at: datetime | None = None
    sequence: int = BEFORE_ALL
    version: str = ""


def encode_state(state: State) -> bytes:
    """The guard as JSON; under 200 bytes."""
    return msgspec.json.encode(state)


def decode_state(guard: bytes) -> State:
    """A state from its guard. Raises `msgspec.ValidationError`."""
    return msgspec.json.decode(guard, type=State)


def due(last: datetime | None, until: datetime, limit: int = BROADCAST_TICKS_MAX) -> tuple[datetime, ...]:
    """The next ticks after `last` on the way to `until`.

    Rising, at most `STEP_MAX` apart, at most `limit` of them.

    Before the first tick there is nothing to step from, so there is just one. None where `until` isn't later
    than `last`.
    """
    if last is None:
        return (until,)
    ticks: list[datetime] = []
    while last < until and len(ticks) < limit:
        last = min(last + STEP_MAX, until)
        ticks.append(last)
    return tuple(ticks)


def tick(partition: int, at: datetime, version: str, cause: str = "", origin: Origin | None = None) -> Signal:
    """The tick of one partition.

    `version` is the policy in force; `cause` the event that asked for it, none in real time.
    """
    entity = partition_entity(partition)
    identity = derived_id(entity, at.isoformat(), "tick")
    return Signal(
        id=identity,
        entity=entity,
        occurred_at=at,
        received_at=at,
        actor=CLOCK,
        causation_id=cause or identity,
        correlation_id=cause or identity,
        policy_version=version,
        body=Tick(at),
        origin=origin,
    )


def activation(partition: int, event: ActivationRequested, origin: Origin, received_at: datetime) -> Signal:
    """The activation of a policy in one partition.

    Its sequence is the offset of the record that asked for it.
    """
    entity = partition_entity(partition)
    version = event.data.version
    return Signal(
        id=derived_id(entity, event.id, "activation", origin.offset),
        entity=entity,
        occurred_at=min(event.requested_at, received_at),
        received_at=received_at,
        actor=Actor("person", event.data.requested_by),
        causation_id=event.id,
        correlation_id=event.correlationid or event.id,
        policy_version=version,
        body=PolicyActivated(version, origin.offset),
        origin=origin,
    )
