"""Rebuilding the state of one partition of enforcement from what was written down.

Entities come from the ledger alone: its entries are folded, and each holds the whole signal that it remembers
as seen. The partition's own part, which is its guard, needs more:

- how many entries there are, and the last one's hash: from the ledger;
- where reading goes on: the group's committed offset, which came with the last entry's transaction;
- `now` (`heard` before the first tick): from `signals` up to there, where ticks are;
- the policy in force: from `signals` as well, or from `control` where retention has removed the activation;
- the tick that is still firing: the next signal, where the last entry was caused by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from events.codec import decode_entry
from events.ledger import Entry, genesis
from events.signals import PolicyActivated, Tick
from services.enforcement.partition import NEVER, Guard, Record, follow
from services.enforcement.state import encode_state
from services.replay.chain import Fault, Head, Position, extend, out_of_sequence, shown, unchained
from services.replay.verify import Deciders, fold


class NotWhole(Exception):
    """The ledger contradicts itself, so no state follows from it; the message names the entry."""


class Unknown(Exception):
    """What was written down doesn't suffice; the message says what is missing, where, and what to do."""


class Known(msgspec.Struct, frozen=True, gc=False):
    """What is known of a partition's input besides its records.

    `committed` is the offset in `signals` up to which the group has committed (exclusive), None: never;
    `begin` and `end` are the log's bounds. `activations` are all that `control` asks for, as (sequence,
    version) in order; those from `answered` on were not broadcast yet (None: that isn't known).
    """

    committed: int | None
    begin: int
    end: int
    activations: Sequence[tuple[int, str]] = ()
    answered: int | None = None


class Rebuilt(msgspec.Struct, frozen=True, gc=False):
    """A partition's state: the changelog's bytes of every entity, and the stage's part of the guard.

    `guard` None: the partition was never read. `begun` is as good a guard: a worker may have stopped just
    after it began the next tick, before anything fired.
    """

    states: dict[str, bytes]
    guard: Guard | None
    begun: Guard | None
    head: Head


class Rebuild:
    """Takes every entry of a partition's ledger, then its signals, each in order; gives what they come to."""

    def __init__(self, deciders: Deciders, partition: int, prefix: str, known: Known) -> None:
        self._deciders = deciders
        self._partition = partition
        self._known = known
        self._head = Head(0, genesis(partition, prefix))
        self._states: dict[str, Any] = {}
        self._last: Entry | None = None
        self._guard = Guard()
        self._tick_policy = ""
        self._next: Position | None = None
        self._next_tick: tuple[str, datetime] | None = None
        self._later: int | None = None

    # --- the ledger -------------------------------------------------------------------------------

    def take(self, offset: int, data: bytes) -> None:
        """Fold one entry. Raises `NotWhole` for one that isn't the next of its chain."""
        fault = self._take(offset, data)
        if fault is not None:
            raise NotWhole(
                f"the ledger isn't whole, {fault}; no state is made from it: "
                "find out what happened with `goodstanding replay --verify`, and restore the ledger"
            )

    def _take(self, offset: int, data: bytes) -> Fault | None:
        try:
            entry = decode_entry(data)
        except msgspec.DecodeError as error:
            return Fault(Position(self._partition, offset), f"this is no ledger entry: {error}")
        at = Position(self._partition, offset, entry.entity, entry.sequence)
        decider = self._deciders.get(entry.entity.partition(":")[0])
        if decider is None:
            return Fault(at, f"this build knows no entities like `{entry.entity}`: use the one that wrote it")
        state = self._states.get(entry.entity)
        if state is None:
            state = decider.initial(entry.entity)
        fault = unchained(at, entry.previous, self._head)
        fault = fault or out_of_sequence(at, entry.sequence, state.sequence + 1)
        if fault is not None:
            return fault
        try:
            self._states[entry.entity] = fold(decider, state, entry)
        except Exception as error:  # noqa: BLE001  # whatever a forged entry makes it raise is that entry's fault
            return Fault(at, f"its outcomes can't be folded: {error!r}")
        self._head = extend(self._head, data)
        self._last = entry
        return None

    # --- signals ----------------------------------------------------------------------------------

    def hear(self, record: Record) -> bool:
        """Follow one record of `signals`; False once no later one is needed."""
        assert self._known.committed is not None
        if record.offset >= self._known.committed:
            return self._look_ahead(record)
        signal = follow(self._guard, record)
        self._guard.cursor = None  # all that it led to is in the ledger
        if signal is not None and isinstance(signal.body, Tick):
            self._tick_policy = signal.policy_version
        return True

    def _look_ahead(self, record: Record) -> bool:
        """What was not decided yet says whether a tick is half fired, and which activations came later."""
        ahead = replace(self._guard)
        signal = follow(ahead, record)
        if self._next is None:
            self._next = Position(self._partition, record.offset)
            if signal is not None and ahead.cursor is not None and ahead.now is not None:
                self._next_tick = (signal.id, ahead.now)
        if signal is not None and isinstance(signal.body, PolicyActivated):
            self._later = signal.body.sequence
            return False
        return self._forgotten()

    def _forgotten(self) -> bool:
        """Whether the activation in force may be among what retention has removed."""
        return self._known.begin > 0 and self._guard.policy is None

    # --- what it comes to -------------------------------------------------------------------------

    def result(self) -> Rebuilt:
        """The partition's state. Raises `Unknown`."""
        known, states = self._known, {entity: encode_state(one) for entity, one in self._states.items()}
        if known.committed is None:
            if self._head.count:
                raise Unknown(
                    f"the group has committed no offset of `signals`, partition {self._partition}, though "
                    f"its ledger has {self._head.count} entries: where to go on isn't known; "
                    "set the group's offset to the one behind the last signal that was decided, then "
                    "rebuild again"
                )
            return Rebuilt({}, None, None, self._head)
        if not known.begin <= known.committed <= known.end:
            raise Unknown(
                f"the group's committed offset {known.committed} is outside the log of `signals`, partition "
                f"{self._partition} ({known.begin} to {known.end}): input was deleted before it was decided, "
                "or the topic was made anew; restore the topic, or set the group's offset right"
            )
        guard = replace(self._guard, entries=self._head.count, head=self._head.hash)
        if known.begin > 0 and guard.now is None:
            raise Unknown(
                f"no tick is left in `signals`, partition {self._partition}, from offset {known.begin} to "
                f"the committed {known.committed}: retention has removed what says how far time had come; "
                "restore the topic as it was"
            )
        if self._forgotten():
            guard = self._with_policy(guard)
        return self._checked(states, *self._with_cursor(guard))

    def _with_policy(self, guard: Guard) -> Guard:
        """With the activation that `control` remembers: the last one broadcast before what is to be read."""
        below = self._known.answered if self._later is None else self._later
        before = [one for one in self._known.activations if below is None or one[0] < below]
        if not before and not self._tick_policy:
            return guard
        if not before or before[-1][1] != self._tick_policy:
            said = f"policy {shown(before[-1][1])}" if before else "none"
            raise Unknown(
                f"the activation in force isn't left in `signals`, partition {self._partition}, and the last "
                f"one before offset {self._known.committed} in `control` is of {said}, while the last tick "
                f"names {shown(self._tick_policy)}; restore `control` or `signals` as they were"
            )
        return replace(guard, policy=before[-1][1], policy_sequence=before[-1][0])

    def _with_cursor(self, guard: Guard) -> tuple[Guard, Guard | None]:
        """The guard, and one that is as good; with a cursor where the next tick has fired already."""
        if self._next is None or self._next_tick is None:
            return guard, None
        tick, now = self._next_tick
        begun = replace(guard, now=now, cursor=self._next.offset, heard=None)
        last = self._last
        fired = last is not None and isinstance(last.cause.body, Tick) and last.cause.id == tick
        return (begun, None) if fired else (guard, begun)

    def _checked(self, states: dict[str, bytes], guard: Guard, begun: Guard | None) -> Rebuilt:
        now = guard.now or guard.heard or NEVER
        if self._last is not None and self._last.recorded_at > now:
            raise Unknown(
                f"the last entry of the ledger, partition {self._partition}, was recorded at "
                f"{self._last.recorded_at.isoformat()}, after the last tick below the committed offset "
                f"{self._known.committed}: the group's offset was set back, or `signals` isn't what was "
                "decided; set the offset to the one behind the last signal that was decided"
            )
        return Rebuilt(states, guard, begun, self._head)
