"""The outputs of a stage are those of its pure core over the same input, in batches of another size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.runtime.stage import Core, Output
from tests.verifier.reading import Record, Unproved

Key = bytes | None


@dataclass
class Rerun:
    """What a fresh core made of its input: what it sent, its state as last changed, its guard."""

    outputs: list[Output] = field(default_factory=list)
    state: dict[bytes, bytes | None] = field(default_factory=dict)
    guard: bytes = b"{}"


def rerun(core: Core, topic: str, records: Sequence[Record], batch_size: int) -> Rerun:
    """Feed a fresh core with these records of one input. Raises `Unproved` when it gets stuck."""
    core.resume(None)
    made = Rerun()
    begin = 0
    while begin < len(records):
        handed = records[begin : begin + batch_size]
        batch = core.step({topic: handed})
        made.outputs += batch.outputs
        made.state |= batch.changes
        made.guard = batch.guard
        reached = batch.next_offsets.get(topic, handed[0].offset)
        taken = sum(1 for record in handed if record.offset < reached)
        if not taken and not batch.outputs:
            raise Unproved(f"`{topic}`: the core takes nothing more at offset {handed[0].offset}")
        begin += taken
    return made


def by_key(outputs: Sequence[Output]) -> dict[str, dict[Key, list[bytes | None]]]:
    """The values that are sent to each topic, by key, in order."""
    found: dict[str, dict[Key, list[bytes | None]]] = defaultdict(lambda: defaultdict(list))
    for output in outputs:
        found[output.topic][output.key].append(output.value)
    return found


def compare(
    topic: str,
    expected: Mapping[Key, Sequence[bytes | None]],
    partitions: Mapping[int, Sequence[Record]],
    *,
    last_only: bool = False,
) -> int:
    """Hold a whole topic against what must be in it, key by key; how many records were compared.

    `last_only`: the topic is compacted, so only the last value of a key is sure to be there.
    Raises `Unproved`.
    """
    found: dict[Key, list[bytes | None]] = defaultdict(list)
    for records in partitions.values():
        for record in records:
            found[record.key].append(record.value)
    if extra := sorted(map(repr, found.keys() - expected.keys())):
        raise Unproved(f"`{topic}`: keys that nothing in the input led to: {', '.join(extra[:3])}")
    count = 0
    for key, values in expected.items():
        have = found.get(key, [])
        must = list(values[-1:]) if last_only else list(values)
        have = have[-1:] if last_only else have
        if have != must:
            raise Unproved(_differ(topic, key, have, must))
        count += len(must)
    return count


def _differ(topic: str, key: Key, have: Sequence[bytes | None], must: Sequence[bytes | None]) -> str:
    place = next(
        (n for n, (a, b) in enumerate(zip(have, must, strict=False)) if a != b), min(len(have), len(must))
    )
    shown = [repr(values[place])[:300] if place < len(values) else "nothing" for values in (have, must)]
    return (
        f"`{topic}`, key {key!r}: {len(have)} records, expected {len(must)}; "
        f"number {place} is {shown[0]}, expected {shown[1]}"
    )
