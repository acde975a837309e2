"""A deployment without Kafka: one partition of enforcement, with a clock that a test moves.

It keeps every record that went in and the exact bytes of every entry, so that what verifies a ledger, or
decides it again in other batches, can be held against it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from events.codec import decode_entry, decode_signal, encode
from events.ledger import Entry
from events.policy import Policy
from events.signals import Signal
from services.enforcement.partition import DECIDERS, Partition
from tests.support.signals import T0, activation_signal, tick_signal
from tests.support.view import View

MS = 1000


@dataclass
class Input:
    """One record of `signals`. `timestamp` is in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


def as_record(record: Input) -> Any:
    """The same, for who expects aiokafka's own."""
    return record


@dataclass
class World:
    """Everything that one partition holds.

    `suffix` is part of every name, and is left out of the view.
    """

    policy: Policy
    policies: dict[str, Policy] = field(default_factory=dict)
    partition: int = 0
    prefix: str = ""
    suffix: str = ""

    def __post_init__(self) -> None:
        """Begin with an empty ledger, under the policy."""
        self.ledger: list[bytes] = []
        self.records: list[Input] = []
        self.view = View()
        self.activations = 0
        self.part = Partition(self.partition, self.prefix, self.policies)
        self.activate(self.policy)

    @property
    def now(self) -> datetime | None:
        """The partition's time."""
        return self.part.guard.now

    @property
    def states(self) -> dict[str, Any]:
        """The state of every entity."""
        return self.part.states

    def activate(self, policy: Policy) -> None:
        """Put a policy into force."""
        self.policies[policy.version] = policy
        self.policy = policy
        at = self.now or T0
        self.send(activation_signal(self.partition, policy.version, self.activations, at))
        self.activations += 1

    def send(self, *signals: Signal) -> list[Entry]:
        """Apply signals, and whatever they send on, in order; the entries that they left."""
        mailbox = deque(signals)
        entries: list[Entry] = []
        while mailbox:
            made, emitted = self._step(self._priced(mailbox.popleft()))
            entries += made
            mailbox.extend(emitted)
        return entries

    def advance(self, to: datetime) -> list[Entry]:
        """Tick at every moment at which something is due up to `to`, and then at `to`."""
        entries: list[Entry] = []
        while (
            (due := self._next_deadline()) is not None and due < to and (self.now is None or due > self.now)
        ):
            entries += self.send(tick_signal(self.partition, due))
        return entries + self.send(tick_signal(self.partition, to))

    def _priced(self, signal: Signal) -> Signal:
        return signal if signal.policy_version else replace(signal, policy_version=self.policy.version)

    def _next_deadline(self) -> datetime | None:
        due = [
            deadline
            for entity, state in self.states.items()
            for deadline in DECIDERS[entity.partition(":")[0]].deadlines(state)
        ]
        return min(due, default=None)

    def _step(self, signal: Signal) -> tuple[list[Entry], list[Signal]]:
        record = Input(
            "signals",
            self.partition,
            len(self.records),
            int(signal.received_at.timestamp() * MS),
            signal.entity.encode(),
            encode(signal),
        )
        self.records.append(record)
        entries: list[Entry] = []
        emitted: list[Signal] = []
        while True:
            made = self.part.step([as_record(record)])
            for topic, _, value, _, _ in made.records:
                assert topic != "dead_letters", f"not taken: {signal}"
                if topic == "ledger" and value is not None:
                    self.ledger.append(value)
                    entries.append(decode_entry(value))
                    self.view.take(decode_entry(value.replace(self.suffix.encode(), b"")))
                elif topic == "signals" and value is not None:
                    emitted.append(decode_signal(value))
            if made.next_offset > record.offset:
                return entries, emitted
