"""One partition of enforcement: signals in, ledger entries and outcomes out.

Pure: time comes in ticks, policies as data. A tick may free many deadlines. They fire in the order of
(deadline, entity), in chunks: a batch that has written enough stops, keeps the tick as its cursor, and is
handed the same tick again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import Any, Final, Protocol

import msgspec

from events.codec import decode_signal, encode
from events.dead_letters import DeadReason, to_headers
from events.ids import partition_entity
from events.ledger import Failed, genesis
from events.policy import Policy
from events.publish import public_events
from events.signals import PolicyActivated, Signal, Tick
from services.enforcement.account import ACCOUNT
from services.enforcement.campaign import CAMPAIGN
from services.enforcement.decider import Context, Decider
from services.enforcement.identity import IDENTITY
from services.enforcement.ledgering import Applied, apply

BATCH_ENTRIES_MAX: Final = 2_000
"""Entries that a batch has written when a tick in it is left to be continued in the next one."""
FAILURES_WINDOW_SIGNALS: Final = 1_000
FAILURES_MAX: Final = 100
"""More failed decisions than this within the window are a fault of this build: the worker turns not-ready."""

NEVER: Final = datetime.min.replace(tzinfo=UTC)
DECIDERS: Final[Mapping[str, Decider[Any]]] = {
    decider.prefix: decider for decider in (ACCOUNT, IDENTITY, CAMPAIGN)
}


class Record(Protocol):
    """What this needs of an input record; see `services/runtime/stage.py`."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Guard(msgspec.Struct, gc=False):
    """Enforcement's part of the guard, changed in place by each record.

    `now` is the last tick's. `heard`: before the first tick, the latest time at which a signal was received.
    `cursor`: the offset of the tick that is still firing.
    """

    now: datetime | None = None
    policy: str | None = None
    policy_sequence: int = -1
    entries: int = 0
    head: str = ""
    cursor: int | None = None
    heard: datetime | None = None

    def activate(self, activated: PolicyActivated) -> None:
        """Take up a policy, unless it was asked for before the one in force."""
        if activated.sequence > self.policy_sequence:
            self.policy = activated.version
            self.policy_sequence = activated.sequence

    def begin(self, tick: Tick, offset: int) -> datetime | None:
        """Take up a tick, or go on with it, and say what time it is; None where its time has passed.

        Time doesn't go back, not even from what was heard before the first tick.
        """
        if self.now is not None and tick.at <= self.now and self.cursor != offset:
            return None
        now = max(at for at in (tick.at, self.now, self.heard) if at is not None)
        self.now, self.cursor, self.heard = now, offset, None
        return now

    def hear(self, received_at: datetime) -> datetime:
        """The time at a signal before the first tick."""
        self.heard = received_at if self.heard is None else max(received_at, self.heard)
        return self.heard


class Made(msgspec.Struct, gc=False):
    """What a step made: records to send as (topic, key, value, partition, headers), and changed states."""

    records: list[tuple[str, bytes | None, bytes | None, int | None, tuple[tuple[str, bytes], ...]]]
    changes: dict[bytes, bytes | None]
    next_offset: int
    entries: int = 0
    failed: int = 0
    dead: int = 0


class Unreadable(Exception):
    """The changelog holds a state that this build can't read; the message says whose, and what to do."""


class Partition:
    """The entities of one partition, and where its chain of entries has got to."""

    def __init__(self, partition: int, prefix: str, policies: Mapping[str, Policy]) -> None:
        self.partition: Final = partition
        self.states: dict[str, Any] = {}
        self.guard = Guard(head=genesis(partition, prefix))
        self._policies = policies
        self._unreadable: dict[str, str] = {}
        self._due: list[tuple[datetime, str]] = []
        self._scheduled: dict[str, datetime] = {}
        self._decoded: dict[int, Signal | DeadReason] = {}
        self._recent_failures: deque[bool] = deque(maxlen=FAILURES_WINDOW_SIGNALS)

    def restore(self, key: str, value: bytes | None) -> None:
        """Take up one entity's state from the changelog; None: it was erased.

        One that can't be read is a fault only where no later record follows: until the topic is compacted,
        a changelog that was rebuilt still has what it was rebuilt for.
        """
        if self._unreadable:
            self._unreadable.pop(key, None)
        if value is None:
            self.states.pop(key, None)
            return
        try:
            self.states[key] = _decider_of(key).decode(value)
        except (msgspec.MsgspecError, ValueError) as error:
            self.states.pop(key, None)
            self._unreadable[key] = str(error)

    def resume(self, guard: Guard | None) -> None:
        """Take up where the partition was, once every state is restored. Raises `Unreadable`."""
        for entity, why in self._unreadable.items():
            raise Unreadable(
                f"the state of `{entity}` in `enforcement-state`, partition {self.partition}, can't be read: "
                f"{why}; run the build that wrote it, or have it made anew from the ledger with "
                f"`goodstanding state rebuild --partition {self.partition}`"
            )
        if guard is not None:
            self.guard = guard
        for entity, state in self.states.items():
            self._schedule(entity, state)

    def needs(self, records: Sequence[Record]) -> set[str]:
        """The policy versions that these records can't be decided without."""
        self._decoded = {record.offset: _decode(record) for record in records}
        versions = set()
        for signal in self._decoded.values():
            if isinstance(signal, Signal):
                body = signal.body
                version = body.version if isinstance(body, PolicyActivated) else signal.policy_version
                if version:
                    versions.add(version)
        if self.guard.policy is not None:
            versions.add(self.guard.policy)
        return versions

    def step(self, records: Sequence[Record]) -> Made:
        """Apply records in order; stops early within a tick that has more to fire."""
        made = Made([], {}, records[0].offset)
        for record in records:
            signal = self._decoded.get(record.offset) or _decode(record)
            if isinstance(signal, DeadReason):
                headers = to_headers(signal, record.topic, record.partition, record.offset, record.timestamp)
                made.records.append(
                    ("dead_letters", record.key, record.value, None, (*record.headers, *headers))
                )
                made.dead += 1
            elif isinstance(signal.body, Tick):
                if not self._tick(signal, signal.body, record.offset, made):
                    return made
            elif isinstance(signal.body, PolicyActivated):
                self.guard.activate(signal.body)
            else:
                self._apply(signal, made)
            made.next_offset = record.offset + 1
        return made

    def struggling(self) -> bool:
        """Whether so many decisions failed of late that the fault must be this build's."""
        return sum(self._recent_failures) > FAILURES_MAX

    def _tick(self, signal: Signal, tick: Tick, offset: int, made: Made) -> bool:
        """Fire what is due; False where there is more to fire than one batch takes."""
        guard = self.guard
        now = guard.begin(tick, offset)
        if now is None:
            return True
        if not (guard.policy or signal.policy_version):
            now = NEVER  # nothing can be decided before the first policy
        while self._due and self._due[0][0] <= now:
            deadline, entity = self._due[0]
            waiting = self._scheduled.get(entity) == deadline
            if waiting and made.entries >= BATCH_ENTRIES_MAX:
                return False
            heappop(self._due)
            if waiting:
                del self._scheduled[entity]
                self._apply(msgspec.structs.replace(signal, entity=entity), made)
        guard.cursor = None
        return True

    def _context(self, signal: Signal) -> Context:
        """The partition's time and policy; before its first tick or activation, the signal's own."""
        guard = self.guard
        now = guard.now
        if now is None:
            now = guard.hear(signal.received_at)
        return Context(now, self._policies[guard.policy or signal.policy_version], self._policies)

    def _apply(self, signal: Signal, made: Made) -> None:
        entity = signal.entity
        decider = DECIDERS[entity.partition(":")[0]]
        state = self.states.get(entity)
        if state is None:
            state = decider.initial(entity)
        applied = apply(decider, state, signal, self._context(signal), self.guard.head)
        if applied is None:
            return
        self.states[entity] = applied.state
        if decider.reschedules(state, applied.state):
            self._schedule(entity, applied.state)
        self.guard.entries += 1
        self.guard.head = applied.head
        self._publish(entity, applied, made)

    def _publish(self, entity: str, applied: Applied, made: Made) -> None:
        key = entity.encode()
        made.records.append(("ledger", key, applied.data, self.partition, ()))
        for topic, public_key, value in public_events(applied.entry):
            made.records.append((topic, public_key, value, None, ()))
        for emitted in applied.entry.emitted:
            made.records.append(("signals", emitted.entity.encode(), encode(emitted), None, ()))
        made.changes[key] = applied.state_data
        made.entries += 1
        failed = Failed in map(type, applied.entry.outcomes)
        made.failed += failed
        self._recent_failures.append(failed)

    def _schedule(self, entity: str, state: Any) -> None:
        deadlines = DECIDERS[entity.partition(":")[0]].deadlines(state)
        first = min(deadlines, default=None)
        if first is None:
            self._scheduled.pop(entity, None)
        elif self._scheduled.get(entity) != first:
            self._scheduled[entity] = first
            heappush(self._due, (first, entity))


def follow(guard: Guard, record: Record) -> Signal | None:
    """What a record of `signals` does to time and policy, with the signal in it; None: there is none.

    For who has what it led to from the ledger. A tick is only begun: its cursor stays.
    """
    signal = _decode(record)
    if isinstance(signal, DeadReason):
        return None
    if isinstance(signal.body, Tick):
        guard.begin(signal.body, record.offset)
    elif isinstance(signal.body, PolicyActivated):
        guard.activate(signal.body)
    elif guard.now is None:
        guard.hear(signal.received_at)
    return signal


def _decider_of(entity: str) -> Decider[Any]:
    """Raises `ValueError` for a kind of entity that this build doesn't know."""
    decider = DECIDERS.get(entity.partition(":")[0])
    if decider is None:
        raise ValueError("entities of this kind are unknown to this build")
    return decider


def _decode(record: Record) -> Signal | DeadReason:
    """The signal in a record, or why there is none.

    Only a foreign producer can have written such a record.
    """
    remedy = "only stages write `signals`: find out what else does, and have it send events instead"
    if record.value is None:
        return DeadReason("value_missing", "value", "a signal", "nothing", remedy)
    try:
        signal = decode_signal(record.value)
    except msgspec.ValidationError:
        return DeadReason(
            "field_invalid", "value", "a signal of this build's schema", "something else", remedy
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return DeadReason("json_invalid", "value", "JSON", "something else", remedy)
    if record.key != signal.entity.encode():
        # The key chose the partition, so that entity's state, if it has any, may be in another.
        return DeadReason("key_mismatch", "entity", "the entity that the key names", "another", remedy)
    kind = signal.entity.partition(":")[0]
    if isinstance(signal.body, Tick | PolicyActivated):
        if signal.entity == partition_entity(record.partition):
            return signal
        return DeadReason("key_mismatch", "entity", "the partition that the record is in", "another", remedy)
    if kind not in DECIDERS:
        return DeadReason("type_misplaced", "entity", "an account", "an entity of another kind", remedy)
    return signal
