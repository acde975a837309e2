"""A deployment without Kafka: one partition of the pure cores, with a clock that a test moves.

It keeps the exact bytes of every entry, so that what verifies a ledger can be held against it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from services.enforcement.ledgering import apply

from events.codec import decode_entry
from events.ids import derived_id
from events.ledger import Entry, genesis
from events.policy import Policy
from events.signals import PolicyActivated, Signal, Tick
from services.enforcement.decider import Context
from services.replay.deciders import DECIDERS
from tests.support.signals import tick_signal
from tests.support.view import View


@dataclass
class World:
    """Everything that one partition holds. `now` is its last tick's; None before the first."""

    policy: Policy
    policies: dict[str, Policy] = field(default_factory=dict)
    partition: int = 0
    prefix: str = ""
    now: datetime | None = None
    states: dict[str, Any] = field(default_factory=dict)
    ledger: list[bytes] = field(default_factory=list)
    view: View = field(default_factory=View)
    previous: str = ""

    def __post_init__(self) -> None:
        """Begin with an empty ledger."""
        self.policies.setdefault(self.policy.version, self.policy)
        self.previous = genesis(self.partition, self.prefix)

    def activate(self, policy: Policy) -> None:
        """Put another policy into force."""
        self.policies[policy.version] = policy
        self.policy = policy

    def send(self, *signals: Signal) -> list[Entry]:
        """Apply signals, and whatever they send on, in order; the entries that they left."""
        mailbox = deque(signals)
        entries: list[Entry] = []
        while mailbox:
            signal = mailbox.popleft()
            if isinstance(signal.body, Tick):
                made = self._tick(signal)
            elif isinstance(signal.body, PolicyActivated):
                self.activate(self.policies[signal.body.version])
                made = []
            else:
                made = self._apply(self._priced(signal))
            entries += made
            mailbox.extend(emitted for entry in made for emitted in entry.emitted)
        return entries

    def advance(self, to: datetime) -> list[Entry]:
        """Tick at every moment at which something is due up to `to`, and then at `to`."""
        entries: list[Entry] = []
        while (due := self._next_deadline()) is not None and due < to:
            at = due if self.now is None or due > self.now else None
            if at is None:
                break
            entries += self.send(tick_signal(self.partition, at))
        return entries + self.send(tick_signal(self.partition, to))

    def heads(self) -> Mapping[int, tuple[int, str]]:
        """Count and hash of the only partition."""
        return {self.partition: (len(self.ledger), self.previous)}

    def _priced(self, signal: Signal) -> Signal:
        return signal if signal.policy_version else replace(signal, policy_version=self.policy.version)

    def _next_deadline(self) -> datetime | None:
        due = [
            deadline for entity, state in self.states.items() for deadline in self._deadlines(entity, state)
        ]
        return min(due, default=None)

    def _deadlines(self, entity: str, state: Any) -> tuple[datetime, ...]:
        return DECIDERS[entity.partition(":")[0]].deadlines(state)

    def _tick(self, tick: Signal) -> list[Entry]:
        assert isinstance(tick.body, Tick)
        self.now = tick.body.at if self.now is None else max(self.now, tick.body.at)
        due = sorted(
            (min(deadlines), entity)
            for entity, state in self.states.items()
            if (deadlines := [at for at in self._deadlines(entity, state) if at <= self.now])
        )
        entries: list[Entry] = []
        for _, entity in due:
            entries += self._apply(
                self._priced(replace(tick, entity=entity, id=derived_id(entity, tick.id, "tick")))
            )
        return entries

    def _apply(self, signal: Signal) -> list[Entry]:
        decider = DECIDERS[signal.entity.partition(":")[0]]
        state = self.states.get(signal.entity)
        if state is None:
            state = decider.initial(signal.entity)
        context = Context(self.now or signal.received_at, self.policy, self.policies)
        applied = apply(decider, state, signal, context, self.previous)
        if applied is None:
            return []
        self.states[signal.entity] = applied.state
        self.ledger.append(applied.data)
        self.previous = applied.head
        entry = decode_entry(applied.data)
        self.view.take(entry)
        return [entry]
