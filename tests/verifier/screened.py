"""Every committed input record was screened once: its signals are those of a fresh screening.

Input topics have no order among them, so records are told apart by where their chain of causes began. Which
policy was in force at a record is decided at a batch boundary; a record's signals must be those under one of
the activated policies.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from events.codec import decode_signal
from events.policy import Policy
from events.signals import Signal
from services.runtime.kept_files import compiled_patterns
from services.runtime.settings import load_settings
from services.runtime.stage import Output
from services.screening.digests import IdentityKey
from services.screening.rulebook import Rulebook
from services.screening.screen import Screen
from services.screening.worker import ScreeningCore
from tests.verifier.reading import Record, Unproved

Place: TypeAlias = tuple[str, int, int]
"""Topic of the catalogue, partition and offset of an input record."""
Letter: TypeAlias = tuple[bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]
"""Key, value and headers of a dead letter: its bytes, where it stood and why it was refused."""


def rescreened(
    inputs: Mapping[str, Mapping[int, Sequence[Record]]],
    committed: Mapping[tuple[str, int], int],
    policy: Policy,
    key: IdentityKey,
    batch_size: int,
) -> tuple[dict[Place, list[bytes]], Counter[Letter]]:
    """The signals of each input record under one policy, and the dead letters."""
    found: dict[Place, list[bytes]] = defaultdict(list)
    dead: Counter[Letter] = Counter()
    rulebook = Rulebook(policy, compiled=compiled_patterns(load_settings()))
    for number in sorted({partition for pages in inputs.values() for partition in pages}):
        core = ScreeningCore(number, Screen(key))
        core.resume(None)
        core.offer(0, rulebook)
        for topic, pages in inputs.items():
            records = [r for r in pages.get(number, ()) if r.offset < committed[topic, number]]
            for begin in range(0, len(records), batch_size):
                outputs = core.step({topic: records[begin : begin + batch_size]}).outputs
                dead.update((o.key, o.value, o.headers) for o in outputs if o.topic == "dead_letters")
                for signal, value in _signals(outputs):
                    assert signal.origin is not None, "a signal of screening says where it began"
                    found[signal.origin.topic, signal.origin.partition, signal.origin.offset].append(value)
    return found, dead


def compare(
    actual: Mapping[int, Sequence[Record]],
    emitted: frozenset[str],
    variants: Sequence[Mapping[Place, Sequence[bytes]]],
) -> int:
    """Hold screened signals against what each input record leads to; how many. Raises `Unproved`.

    `emitted` are the ids of signals that enforcement sent.
    """
    have: dict[Place, list[bytes]] = defaultdict(list)
    for records in actual.values():
        for record in records:
            signal = decode_signal(record.value or b"")
            if signal.id in emitted or signal.entity.startswith("partition:"):
                continue
            if signal.origin is None:
                raise Unproved(
                    f"signal `{signal.id}` says nothing of where it began, and no entry emitted it"
                )
            have[signal.origin.topic, signal.origin.partition, signal.origin.offset].append(
                record.value or b""
            )
    places = {place for variant in variants for place in variant} | have.keys()
    for place in sorted(places):
        expected = [sorted(variant.get(place, ())) for variant in variants]
        if sorted(have.get(place, ())) not in expected:
            raise Unproved(
                f"input {place} left {len(have.get(place, ()))} signals, expected {len(expected[0])}: "
                f"{have.get(place, [])[:1]}, expected {expected[0][:1]}"
            )
    return sum(len(values) for values in have.values())


def _signals(outputs: Iterable[Output]) -> Iterable[tuple[Signal, bytes]]:
    for output in outputs:
        if output.topic == "signals" and output.value is not None:
            yield decode_signal(output.value), output.value
