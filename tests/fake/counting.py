"""A small stateful stage: counts records per key, and says each count.

Every input record leads to one output `{"key", "count", "sum", "from", "offset"}` where its key hashes, and
one in ten also to one without a key. State per key is `{"count", "sum"}`. Values are decimal integers, or
`erase`, which makes a key begin anew and leaves a tombstone; anything else goes to `refused`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from services.runtime.stage import Batch, Core, Output, Record

INPUTS = ("orders", "returns")
OUTPUT = "counted"
NOTES = "notes"
REFUSED = "refused"
CHANGELOG = "counts"
ERASE = b"erase"
TOPICS = (*INPUTS, OUTPUT, NOTES, REFUSED, CHANGELOG)


class Counting:
    """The stage. `chunk` makes each step stop short."""

    name = "counting"
    inputs: tuple[str, ...] = INPUTS
    history: Mapping[str, timedelta] = {}

    def __init__(
        self, *, changelog: str = CHANGELOG, records_max: int = 200, chunk: int | None = None
    ) -> None:
        self.changelog = changelog
        self.batch_records_max = records_max
        self.chunk = chunk
        self.cores: list[CountingCore] = []

    def core(self, partition: int) -> CountingCore:
        """A new, empty core."""
        core = CountingCore(self, partition)
        self.cores.append(core)
        return core

    async def prepare(self, core: Core, records: Mapping[str, Sequence[Record]]) -> None:
        """Nothing to wait for."""


class CountingCore:
    """One partition's counts."""

    def __init__(self, stage: Counting, partition: int) -> None:
        self.stage = stage
        self.partition = partition
        self.state: dict[bytes, dict[str, int]] = {}
        self.total = 0
        self.seen: list[Record] = []

    def restore(self, key: bytes, value: bytes | None) -> None:
        """One key's counts."""
        if value is None:
            self.state.pop(key, None)
        else:
            self.state[key] = json.loads(value)

    def resume(self, guard: bytes | None) -> None:
        """The total is kept in the guard."""
        self.total = json.loads(guard)["total"] if guard is not None else 0

    def observe(self, records: Mapping[str, Sequence[Record]]) -> None:
        """Remember what was seen."""
        for page in records.values():
            self.seen.extend(page)

    def held(self) -> int:
        """Keys that count."""
        return len(self.state)

    def step(self, records: Mapping[str, Sequence[Record]]) -> Batch:
        """Count."""
        outputs: list[Output] = []
        changed: dict[bytes, None] = {}
        offsets: dict[str, int] = {}
        left = self.stage.chunk or 1_000_000
        for topic, page in records.items():
            for record in page[:left]:
                self._count(topic, record, outputs, changed)
                offsets[topic] = record.offset + 1
                left -= 1
        changes: dict[bytes, bytes | None] = {
            key: json.dumps(self.state[key]).encode() if key in self.state else None for key in changed
        }
        return Batch(outputs, offsets, changes, json.dumps({"total": self.total}).encode())

    def _count(self, topic: str, record: Record, outputs: list[Output], changed: dict[bytes, None]) -> None:
        key, value = record.key, number_of(record.value)
        if key is None or value is None:
            headers = (("reason", b"not a number"), ("topic", topic.encode()))
            outputs.append(Output(REFUSED, key, record.value, self.partition, headers))
            return
        self.total += 1
        changed[key] = None
        if record.value == ERASE:
            self.state.pop(key, None)
            state = {"count": 0, "sum": 0}
        else:
            state = self.state.setdefault(key, {"count": 0, "sum": 0})
            state["count"] += 1
            state["sum"] += value
        said: dict[str, Any] = {"key": key.decode(), **state, "from": topic, "offset": record.offset}
        outputs.append(Output(OUTPUT, key, json.dumps(said).encode()))
        if record.value != ERASE and value % 10 == 0:
            outputs.append(Output(NOTES, None, record.value))


def number_of(value: bytes | None) -> int | None:
    """What a record counts: 0 for an erasure, None for what is refused."""
    if value == ERASE:
        return 0
    try:
        return int(value or b"")
    except ValueError:
        return None
