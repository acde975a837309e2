"""What every kind of entity is to enforcement.

`decide` and `evolve`, and the moments at which the clock is due.

All of it is pure. State comes only from `evolve`; time comes in as `Context.now`; policies come in as data.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec

from events.ids import derived_id
from events.ledger import Outcome, Standing
from events.policy import Policy
from events.signals import Body, Signal

S = TypeVar("S")


class Context(msgspec.Struct, frozen=True, gc=False):
    """What a decision may know besides state and signal.

    `policy` is the one in force in the partition, `policies` holds every version that a signal or a record
    can name, by version.
    """

    now: datetime
    policy: Policy
    policies: Mapping[str, Policy]


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What a signal led to: outcomes in order, and signals to other entities.

    Nothing at all means: no entry. `state` is the one after the outcomes, where the decider has folded them.
    """

    outcomes: tuple[Outcome, ...]
    signals: tuple[Signal, ...] = ()
    state: Any = None


class Decider(Protocol[S]):
    """One kind of entity."""

    prefix: str
    """What entities of this kind are called before the colon."""
    version: str
    """Raised whenever a decision could come out differently; a golden ledger in the tests enforces it."""

    def initial(self, entity: str) -> S:
        """The state before anything happened."""

    def decode(self, data: bytes) -> S:
        """A state from the changelog. Raises `ValueError` or `MsgspecError` for one that can't be read."""

    def decide(self, state: S, signal: Signal, context: Context) -> Decision:
        """What follows from a signal."""

    def evolve(self, state: S, outcome: Outcome) -> S:
        """The state after an outcome."""

    def applied(self, state: S, signal: Signal, sequence: int) -> S:
        """The state after the entry itself: its sequence, and its cause as seen."""

    def deadlines(self, state: S) -> tuple[datetime, ...]:
        """When the clock has something to do here; unordered."""

    def reschedules(self, before: S, after: S) -> bool:
        """Whether the deadlines of two states of one entity can differ: cheaper than looking."""

    def standing(self, state: S, now: datetime, policy: Policy) -> Standing:
        """The short summary that the entry carries, as in effect at `now`."""


def caused(
    cause: Signal,
    entity: str,
    kind: str,
    ordinal: int,
    body: Body,
    policy_version: str,
    occurred_at: datetime | None = None,
) -> Signal:
    """A signal that one leads to, to another entity. `kind` and `ordinal` tell its id from others.

    It happened when the cause did, where nothing else is said.
    """
    return Signal(
        id=derived_id(entity, cause.id, kind, ordinal),
        entity=entity,
        occurred_at=cause.occurred_at if occurred_at is None else occurred_at,
        received_at=cause.received_at,
        actor=cause.actor,
        causation_id=cause.id,
        correlation_id=cause.correlation_id,
        policy_version=policy_version,
        body=body,
        origin=cause.origin,
        imported=cause.imported,
    )
