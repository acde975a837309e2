"""Proves what the counting stage did, from the log alone.

Reads the committed input offsets, then compares whole sequences: outputs, state, guard and dead letters
against arithmetic that is written apart from the stage. Extras fail too, and so does having read nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from typing import Any

from services.runtime.port import Log
from tests.contract.worlds import Record, World, read
from tests.fake.counting import CHANGELOG, ERASE, INPUTS, NOTES, OUTPUT, REFUSED

IDLE_S_MAX = 60.0


async def verify(
    world: World, group: str, *, partitions: int, inputs: tuple[str, ...] = INPUTS, changelog: bool = True
) -> int:
    """Wait until the group has read everything, then compare; the number of input records.

    Raises `AssertionError`.
    """
    log = world.process()
    committed = await _idle(world, log, group, inputs, partitions)
    for topic in (OUTPUT, NOTES, REFUSED, *([CHANGELOG] if changelog else [])):
        await settled(world, log, topic, partitions)  # the markers are written after the offsets' own
    pages = {
        (topic, p): [r for r in await read(log, world.at(topic, p)) if r.offset < committed[topic, p]]
        for topic in inputs
        for p in range(partitions)
    }
    counted = [r for p in range(partitions) for r in await read(log, world.at(OUTPUT, p))]
    notes = [r for p in range(partitions) for r in await read(log, world.at(NOTES, p))]
    refused = [r for p in range(partitions) for r in await read(log, world.at(REFUSED, p))]
    records = [r for page in pages.values() for r in page]
    assert records, "nothing was read: the verifier proves nothing"
    good = [r for r in records if _number(r) is not None and r.key is not None]
    _compare_counts(world, good, counted)
    tens = Counter(r.value for r in good if r.value != ERASE and (_number(r) or 0) % 10 == 0)
    assert Counter(r.value for r in notes) == tens
    bad = Counter((r.key, r.value) for r in records if r.key is None or _number(r) is None)
    assert Counter((r.key, r.value) for r in refused) == bad
    if changelog:
        for p in range(partitions):
            own = _in_order(world, [r for topic in inputs for r in pages[topic, p]], counted)
            await _compare_state(world, log, p, own, {topic: committed[topic, p] for topic in inputs})
    return len(records)


def _compare_counts(world: World, good: list[Record], counted: list[Record]) -> None:
    """Per key: every input record once, in its input's order, with the running count and sum."""
    values = {(r.topic.removeprefix(world.prefix), r.partition, r.offset): r for r in good}
    expected: dict[bytes, Counter[tuple[str, int]]] = defaultdict(Counter)
    homes = {r.key: r.partition for r in good}
    for r in good:
        expected[r.key][r.topic.removeprefix(world.prefix), r.offset] += 1
    said: dict[bytes, list[dict[str, Any]]] = defaultdict(list)
    for r in counted:
        assert r.key is not None
        said[r.key].append(json.loads(r.value))
    found = {key: Counter((one["from"], one["offset"]) for one in ones) for key, ones in said.items()}
    for key in expected.keys() | found.keys():
        missing = sorted(expected[key] - found.get(key, Counter()))
        extra = sorted(found.get(key, Counter()) - expected[key])
        assert (missing, extra) == ([], []), f"{key!r}: missing {missing}, extra {extra}"
    for key, ones in said.items():
        number = total = 0
        last: dict[str, int] = {}
        for one in ones:
            record = values[one["from"], homes[key], one["offset"]]
            number, total = (0, 0) if record.value == ERASE else (number + 1, total + int(record.value))
            assert (one["count"], one["sum"]) == (number, total), (
                f"{key!r}: {one} isn't number {number}, sum {total}"
            )
            assert one["offset"] > last.get(one["from"], -1), f"{key!r}: {one} out of order"
            last[one["from"]] = one["offset"]


def _in_order(world: World, own: list[Record], counted: list[Record]) -> list[Record]:
    """The input of a partition as the stage took it: between two topics, its outputs alone say how."""
    said = [(r.key, json.loads(r.value)) for r in counted]
    places = {(key, one["from"], one["offset"]): place for place, (key, one) in enumerate(said)}
    return sorted(own, key=lambda r: places.get((r.key, r.topic.removeprefix(world.prefix), r.offset), -1))


async def _compare_state(
    world: World, log: Log, p: int, own: list[Record], committed: dict[str, int]
) -> None:
    """The changelog, replayed, is the fold of the input; the guard names the committed offsets."""
    state: dict[bytes, Any] = {}
    for record in await read(log, world.at(CHANGELOG, p)):
        assert record.key is not None
        if record.value is None:
            state.pop(record.key, None)
        else:
            state[record.key] = json.loads(record.value)
    guard = state.pop(b"partition:%d" % p, None)
    model: dict[bytes, dict[str, int]] = {}
    total = 0
    for r in own:
        number = _number(r)
        total += r.key is not None and number is not None
        if r.key is not None and r.value == ERASE:
            model.pop(r.key, None)
        elif r.key is not None and number is not None:
            one = model.setdefault(r.key, {"count": 0, "sum": 0})
            one["count"] += 1
            one["sum"] += number
    assert state == model
    if own:
        assert guard is not None
        assert guard["offsets"] == committed
        assert guard["stage"]["total"] == total


async def settled(world: World, log: Log, topic: str, partitions: int) -> None:
    """No transaction stays open."""
    reader = log.reader()
    await reader.start()
    try:
        ats = [world.at(topic, p) for p in range(partitions)]
        async with asyncio.timeout(IDLE_S_MAX):
            while True:
                stable = await reader.end_offsets(ats)
                if all([stable[at] == await world.high(at) for at in ats]):
                    return
                await asyncio.sleep(0.2)
    finally:
        await reader.stop()


async def _idle(
    world: World, log: Log, group: str, inputs: tuple[str, ...], partitions: int
) -> dict[tuple[str, int], int]:
    """The committed offsets, once they have reached the end of every input."""
    ats = {(topic, p): world.at(topic, p) for topic in inputs for p in range(partitions)}
    member, reader = log.member(group, None), log.reader()
    await member.start()
    await reader.start()
    found: dict[tuple[str, int], int] = {}
    ends: dict[tuple[str, int], int] = {}
    try:
        async with asyncio.timeout(IDLE_S_MAX):
            while True:
                listed = await reader.end_offsets([*ats.values()])
                ends = {name: listed[at] for name, at in ats.items()}
                known = await member.committed_many([*ats.values()])
                found = {name: known[at].offset if at in known else 0 for name, at in ats.items()}
                if found == ends:
                    return found
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"the group stands at {found}, the input ends at {ends}") from None
    finally:
        await member.stop()
        await reader.stop()


def _number(record: Record) -> int | None:
    if record.value == ERASE:
        return 0
    try:
        return int(record.value or b"")
    except ValueError:
        return None
