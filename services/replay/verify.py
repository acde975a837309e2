"""Verifying a ledger: reads entries and policies, nothing else, and names the first gap or difference.

1. Each entry names the hash of the bytes before it: nothing was changed, removed or put elsewhere.
2. Each entity's sequence runs from 1 without gaps, in one partition.
3. The outcomes, folded, give the standing that the entry carries.
4. What this decider decided is decided again, and must come out byte for byte, save for fields that were
   added at the end since, which hold their defaults; the rest is counted as decided by other builds.
5. Heads that were recorded elsewhere are met: what was cut off at the end is missed too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from events.codec import decode_entry, encode
from events.ledger import Entry, genesis
from events.policy import Policy
from events.signals import Signal
from services.enforcement.decider import Context, Decider
from services.enforcement.ledgering import ENTRY_BYTES_MAX, STATE_BYTES_MAX, apply, make_entry
from services.enforcement.state import encode_state
from services.replay.chain import Fault, Head, Position, extend, out_of_sequence, shown, unchained

Deciders = Mapping[str, Decider[Any]]
"""The decider of each kind of entity, by what entities of that kind are called before the colon."""

NEAR_CHARS: Final = 60
"""How much is shown on either side of the first byte that differs."""
STATE_UNMEASURED_BYTES_MAX: Final = STATE_BYTES_MAX // 8
"""A state is only measured where its entity's entries have come to more than this: what they add to it is
several times smaller than they are."""


class Report(msgspec.Struct, frozen=True, gc=False):
    """What verifying came to. `fault` None: nothing is wrong.

    `other_builds` counts entries that were not decided again, by the decider version that made them.
    """

    entries: int
    decided_again: int
    other_builds: dict[str, int]
    entities: int
    heads: dict[int, Head]
    fault: Fault | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return self.fault is None


class _Entity(msgspec.Struct, gc=False):
    """An entity so far. `size` is that of all its entries."""

    partition: int
    sequence: int
    state: Any
    size: int


class _Claim(msgspec.Struct, frozen=True, gc=False):
    """What of an entry it takes to come to the rest of it again."""

    entity: str
    sequence: int
    recorded_at: datetime
    cause: Signal
    policy_version: str
    decider_version: str
    previous: str


_claims: Final = msgspec.json.Decoder(_Claim)


class Verifier:
    """Takes every entry of a ledger in the order of its partitions; stops at the first fault.

    `recorded` are heads that were kept elsewhere: each is met when its partition has that many entries.
    """

    def __init__(
        self,
        deciders: Deciders,
        policies: Mapping[str, Policy],
        *,
        prefix: str = "",
        recorded: Iterable[Mapping[int, Head]] = (),
    ) -> None:
        self._deciders = deciders
        self._policies = policies
        self._prefix = prefix
        self._recorded: dict[int, dict[int, str]] = {}
        self._heads: dict[int, Head] = {}
        self._entities: dict[str, _Entity] = {}
        self._other: dict[str, int] = {}
        self._entries = 0
        self._again = 0
        self.fault: Fault | None = None
        for heads in recorded:
            self.expect(heads)

    def expect(self, heads: Mapping[int, Head]) -> None:
        """Heads that were recorded. Call before the entries that they cover."""
        for partition, head in heads.items():
            self.partition(partition)
            known = self._recorded.setdefault(partition, {}).setdefault(head.count, head.hash)
            if known != head.hash and self.fault is None:
                self.fault = Fault(
                    Position(partition, head.count),
                    f"two heads of {head.count} entries were recorded: {shown(known)} and {shown(head.hash)}",
                )
            have = self._heads[partition]
            if have.count == head.count and self.fault is None:
                self.fault = self._unmet(Position(partition, head.count), have)

    def partition(self, partition: int) -> None:
        """Say that there is such a partition, though it may be empty."""
        if partition not in self._heads:
            self._heads[partition] = Head(0, genesis(partition, self._prefix))

    def take(self, partition: int, offset: int, data: bytes) -> Fault | None:
        """Verify one entry. Once a fault is found, nothing more is looked at."""
        if self.fault is None:
            self.partition(partition)
            self.fault = self._check(partition, offset, data)
        return self.fault

    @property
    def heads(self) -> dict[int, Head]:
        """Each partition's head so far."""
        return dict(sorted(self._heads.items()))

    def report(self) -> Report:
        """What it came to, once every entry was taken."""
        if self.fault is None:
            self.fault = self._missing()
        return Report(
            entries=self._entries,
            decided_again=self._again,
            other_builds=dict(sorted(self._other.items())),
            entities=len(self._entities),
            heads=self.heads,
            fault=self.fault,
        )

    # --- one entry --------------------------------------------------------------------------------

    def _check(self, partition: int, offset: int, data: bytes) -> Fault | None:
        head = self._heads[partition]
        try:
            claim = _claims.decode(data)
        except msgspec.DecodeError as error:
            return _no_entry(Position(partition, offset), error)
        at = Position(partition, offset, claim.entity, claim.sequence)
        fault = unchained(at, claim.previous, head) or self._check_sequence(at)
        if fault is not None:
            return fault
        fault = self._check_decision(at, claim, data)
        if fault is not None:
            return fault
        self._entries += 1
        self._heads[partition] = extend(head, data)
        return self._unmet(at, self._heads[partition])

    def _check_sequence(self, at: Position) -> Fault | None:
        known = self._entities.get(at.entity)
        expected = 1 if known is None else known.sequence + 1
        fault = out_of_sequence(at, at.sequence, expected)
        if fault is not None:
            return fault
        if known is not None and known.partition != at.partition:
            return Fault(
                at, f"its entity's entries are in partition {known.partition}, and an entity has one"
            )
        return None

    def _check_decision(self, at: Position, claim: _Claim, data: bytes) -> Fault | None:
        decider = self._deciders.get(claim.entity.partition(":")[0])
        if decider is None:
            return Fault(
                at, f"this build knows no entities like `{claim.entity}`; verify with the build that wrote it"
            )
        policy = self._policies.get(claim.policy_version)
        if policy is None:
            return Fault(
                at,
                f"the text of policy {shown(claim.policy_version)} isn't there; add it and verify again",
            )
        known = self._entities.get(claim.entity)
        state = decider.initial(claim.entity) if known is None else known.state
        size = len(data) if known is None else known.size + len(data)
        context = Context(now=claim.recorded_at, policy=policy, policies=self._policies)
        after = None
        if claim.decider_version == decider.version:
            after = _alike(decider, state, claim, context, data, measured=size > STATE_UNMEASURED_BYTES_MAX)
        if after is None:
            checked = self._check_whole(at, data, decider, state, context)
            if isinstance(checked, Fault):
                return checked
            after = checked
        else:
            self._again += 1
        self._entities[claim.entity] = _Entity(at.partition, claim.sequence, after, size)
        return None

    def _check_whole(
        self, at: Position, data: bytes, decider: Decider[Any], state: Any, context: Context
    ) -> Any:
        """The state after an entry that isn't at once seen to be right; or what is wrong with it."""
        try:
            entry = decode_entry(data)
        except msgspec.DecodeError as error:
            return _no_entry(at, error)
        if entry.decider_version == decider.version:
            fault = self._decide_again(at, entry, data, decider, state, context)
            if fault is not None:
                return fault
            self._again += 1
        else:
            self._other[entry.decider_version] = self._other.get(entry.decider_version, 0) + 1
        try:
            state = fold(decider, state, entry)
            standing = decider.standing(state, context.now, context.policy)
        except Exception as error:  # noqa: BLE001  # whatever a forged entry makes it raise is that entry's fault
            return Fault(at, f"its outcomes can't be folded: {error!r}")
        if standing != entry.standing:
            difference = _differ(encode(entry.standing), encode(standing))
            return Fault(at, f"its outcomes lead to another standing: {difference}")
        return state

    def _decide_again(
        self, at: Position, entry: Entry, data: bytes, decider: Decider[Any], state: Any, context: Context
    ) -> Fault | None:
        try:
            applied = apply(decider, state, entry.cause, context, entry.previous)
        except Exception as error:  # noqa: BLE001  # as above
            return Fault(at, f"deciding it again raised {error!r}")
        if applied is None:
            return Fault(at, "decided again, its cause has no effect, and would leave no entry")
        if applied.data != data and not (applied.entry == entry and _is_older(data, applied.data)):
            stands = data if applied.entry == entry else encode(entry)
            return Fault(at, f"decided again, it comes out differently: {_differ(stands, applied.data)}")
        return None

    # --- heads ------------------------------------------------------------------------------------

    def _unmet(self, at: Position, head: Head) -> Fault | None:
        recorded = self._recorded.get(at.partition, {}).get(head.count)
        if recorded is None or recorded == head.hash:
            return None
        return Fault(
            at,
            f"after {head.count} entries the head is {shown(head.hash)}, and {shown(recorded)} was recorded: "
            "the last of them was changed, or they are others",
        )

    def _missing(self) -> Fault | None:
        for partition in sorted(self._recorded):
            count = max(self._recorded[partition])
            have = self._heads[partition].count
            if have < count:
                return Fault(
                    Position(partition, have),
                    f"the ledger ends after {have} entries, and {count} were recorded: "
                    f"{count - have} are missing at the end",
                )
        return None


def _no_entry(at: Position, error: Exception) -> Fault:
    return Fault(Position(at.partition, at.offset), f"this is no ledger entry: {error}")


def _alike(
    decider: Decider[Any], state: Any, claim: _Claim, context: Context, data: bytes, *, measured: bool
) -> Any | None:
    """The state after an entry that comes out as it stands, byte for byte: so it is with nearly all.

    Its outcomes, as they were decided again, are folded, and the standing is of that. None where anything is
    different, or where that can't be told so fast. `measured`: the state may be too large by now.
    """
    try:
        decision = decider.decide(state, claim.cause, context)
        if not decision.outcomes and not decision.signals:
            return None
        for outcome in decision.outcomes:
            state = decider.evolve(state, outcome)
        state = decider.applied(state, claim.cause, claim.sequence)
        entry = make_entry(decider, state, claim.cause, context, claim.previous, decision, claim.sequence)
        alike = encode(entry) == data
    except Exception:  # noqa: BLE001  # what it is, is found out where the entry is looked at as a whole
        return None
    fits = len(data) <= ENTRY_BYTES_MAX and not (measured and len(encode_state(state)) > STATE_BYTES_MAX)
    return state if alike and fits else None


def fold(decider: Decider[Any], state: Any, entry: Entry) -> Any:
    """The state after an entry: its outcomes, and the entry itself."""
    for outcome in entry.outcomes:
        state = decider.evolve(state, outcome)
    return decider.applied(state, entry.cause, entry.sequence)


def verify(
    entries: Iterable[tuple[int, int, bytes]],
    policies: Mapping[str, Policy],
    deciders: Deciders,
    *,
    prefix: str = "",
    recorded: Iterable[Mapping[int, Head]] = (),
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Verify entries given as (partition, offset, bytes), each partition's in order.

    `progress` is told how many were taken.
    """
    verifier = Verifier(deciders, policies, prefix=prefix, recorded=recorded)
    for count, (partition, offset, data) in enumerate(entries, start=1):
        if verifier.take(partition, offset, data) is not None:
            break
        if progress is not None:
            progress(count)
    return verifier.report()


def _is_older(stands: bytes, expected: bytes) -> bool:
    """Whether the recorded bytes lack nothing but fields that were added at the end since they were written.

    That those hold their defaults is for the caller to see: both decode to the same entry.
    """
    recorded = msgspec.json.decode(stands)
    return msgspec.json.encode(recorded) == stands and _begins(recorded, msgspec.json.decode(expected))


def _begins(stands: Any, expected: Any) -> bool:
    """Whether each object has the first of the fields expected of it, in order, and all else is equal."""
    if isinstance(stands, dict) and isinstance(expected, dict):
        return list(stands) == list(expected)[: len(stands)] and all(
            _begins(value, expected[name]) for name, value in stands.items()
        )
    if isinstance(stands, list) and isinstance(expected, list):
        return len(stands) == len(expected) and all(map(_begins, stands, expected))
    return bool(stands == expected)


def _differ(stands: bytes, expected: bytes) -> str:
    """Two texts around the first byte in which they differ."""
    place = next(
        (i for i, (a, b) in enumerate(zip(stands, expected, strict=False)) if a != b),
        min(len(stands), len(expected)),
    )
    begin = max(0, place - NEAR_CHARS // 2)
    return f"`…{_cut(stands, begin)}…` stands there, expected `…{_cut(expected, begin)}…` (byte {place})"


def _cut(text: bytes, begin: int) -> str:
    return text[begin : begin + NEAR_CHARS].decode(errors="replace")
