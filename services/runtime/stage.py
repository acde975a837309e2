"""What a stage is to the engine.

A stage reads co-partitioned topics and answers each batch with outputs, state changes and its part of the
guard.
The engine (`loop.py`) does everything else: fencing, restoring, transactions, dead partitions, metrics.
A stage never sees Kafka: it is given records and gives back a `Batch`.

One `Core` exists per assigned partition. `Core.step` may change the core in place: whenever a batch is not
committed, for
whatever reason, the engine throws the core away and restores a new one from what is committed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

import msgspec


class Record(Protocol):
    """One input record, as aiokafka's `ConsumerRecord` has it.

    `timestamp` is in milliseconds since the epoch.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Output(msgspec.Struct, frozen=True, gc=False):
    """One record to send. `topic` is the catalogue's name; `partition` None means: where the key hashes."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


class Batch(msgspec.Struct, gc=False):
    """What one step came to: all of it is committed in one transaction, or none of it.

    `next_offsets` names, per input topic, the offset up to which (exclusive) this batch has consumed; a topic
    left out was not
    touched. It may stop short of what was handed in (a tick fired in chunks); the engine then hands the rest
    in again.
    `changes` go to the stage's changelog; a None value is a tombstone. `guard` is the stage's own part of the
    guard (JSON bytes).
    """

    outputs: list[Output]
    next_offsets: dict[str, int]
    changes: dict[bytes, bytes | None] = {}
    guard: bytes = b"{}"


class Core(Protocol):
    """The pure part of a stage for one partition."""

    def restore(self, key: bytes, value: bytes | None) -> None:
        """Take up one changelog record (never the guard). Called in offset order, before `resume`."""

    def resume(self, guard: bytes | None) -> None:
        """Take up the stage's own part of the last committed guard; None on a first start."""

    def observe(self, records: Mapping[str, Sequence[Record]]) -> None:
        """See history again, to rebuild windows.

        Called after `resume`, for stages with a `history`; yields no outputs.
        """

    def held(self) -> int:
        """Of how many keys the changelog has a state. Asked after `resume` and each `step`."""

    def step(self, records: Mapping[str, Sequence[Record]]) -> Batch:
        """Process records, given per catalogue topic name in the order of `Stage.inputs`."""


class Stage(Protocol):
    """One stage: its name is also its container, consumer group suffix.

    Transactional id part and metric label.
    """

    name: str
    inputs: tuple[str, ...]
    """Catalogue names of the co-partitioned input topics; the first is polled first."""
    changelog: str
    """Catalogue name of the changelog, which holds the guard, and whatever state the stage has."""
    history: Mapping[str, timedelta]
    """Per input topic, how far back to re-read before the committed offset on assignment, for windows."""
    batch_records_max: int

    def core(self, partition: int) -> Core:
        """A new, empty core for one partition."""

    async def prepare(self, core: Core, records: Mapping[str, Sequence[Record]]) -> None:
        """Wait for what `step` needs from outside, such as a policy text. Raises nothing for bad input."""
