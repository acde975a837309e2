"""The partition loop with a small stateful stage, on the simulated log and on a real Kafka."""

# ruff: noqa: ASYNC110, D103 - helpers of the tests below, which poll

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest
from aiokafka.structs import OffsetAndMetadata

from services.runtime import guard
from services.runtime.faults import Broken, Refused
from services.runtime.loop import Loop
from services.runtime.stage import Batch
from tests.contract.verifying import settled, verify
from tests.contract.worlds import Pair, World, read
from tests.fake.counting import CHANGELOG, INPUTS, OUTPUT, TOPICS, Counting, CountingCore

PARTITIONS = 2


def pairs(count: int, keys: int = 5, since: int = 0) -> list[Pair]:
    """Numbers under a few keys, one in eleven not a number."""
    return [
        (b"k%d" % (n % keys), b"%d" % n if n % 11 else b"bad %d" % n) for n in range(since, since + count)
    ]


@contextlib.asynccontextmanager
async def working(world: World, stage: Counting) -> AsyncIterator[Loop]:
    """A worker, drained at the end."""
    loop = Loop(stage, world.process(), prefix=world.prefix, partitions=PARTITIONS)
    task = asyncio.create_task(loop.run())
    try:
        await ready(loop, task)
        yield loop
    finally:
        loop.drain()
        await task


async def ready(loop: Loop, task: asyncio.Task[None] | None = None) -> None:
    """Wait until a worker is ready, or has ended."""
    async with asyncio.timeout(30):
        while loop.reasons():
            if task is not None and task.done():
                await task
                return
            await asyncio.sleep(0.05)


async def fill(world: World, count: int = 300, since: int = 0) -> None:
    """Records into both inputs."""
    for number, topic in enumerate(INPUTS):
        await world.produce(topic, pairs(count, since=since + number * 1_000))


async def prepared(world: World, count: int = 300) -> None:
    await world.create(*TOPICS, partitions=PARTITIONS)
    await fill(world, count)


async def run_once(world: World, stage: Counting | None = None) -> int:
    """Work through everything, and verify; the number of records."""
    stage = stage or Counting()
    async with working(world, stage):
        return await verify(world, world.prefix + stage.name, partitions=PARTITIONS)


def test_every_record_has_exactly_one_effect_over_restarts(world: World) -> None:
    """A second worker restores the first one's state and goes on."""

    async def scenario() -> None:
        await prepared(world)
        assert await run_once(world) == 600
        await fill(world, since=5_000)
        assert await run_once(world) == 1_200

    world.run(scenario())


def test_workers_come_and_go_and_nothing_is_counted_twice(world: World) -> None:
    """One, two, one: partitions move under load."""

    async def scenario() -> None:
        await prepared(world)
        async with working(world, Counting(records_max=20)):
            await fill(world, since=5_000)
            async with working(world, Counting(records_max=20)):
                await fill(world, since=10_000)
            await fill(world, since=15_000)
            assert await verify(world, world.prefix + "counting", partitions=PARTITIONS) == 2_400

    world.run(scenario())


def test_a_rebalance_that_returns_a_partition_resumes_warm(world: World) -> None:
    """State is not restored again when the committed offsets are still its own."""

    async def scenario() -> None:
        await prepared(world, 50)
        stage = Counting()
        async with working(world, stage) as loop:
            await verify(world, world.prefix + "counting", partitions=PARTITIONS)
            built = len(stage.cores)
            loop._ask_for_rejoin()
            await asyncio.sleep(1)
            await ready(loop)
            await fill(world, 50, since=5_000)
            await verify(world, world.prefix + "counting", partitions=PARTITIONS)
            assert len(stage.cores) == built

    world.run(scenario())


def test_a_step_that_stops_short_is_handed_the_rest_again(world: World) -> None:
    """As with ticks, which fire in chunks."""

    async def scenario() -> None:
        await prepared(world, 100)
        assert await run_once(world, Counting(chunk=7)) == 200

    world.run(scenario())


def test_the_stages_part_of_the_guard_comes_back_after_a_restart(world: World) -> None:
    """With the offsets that it belongs to."""

    async def scenario() -> None:
        await prepared(world, 100)
        for stage in (Counting(), last := Counting()):
            async with working(world, stage) as loop:
                await _consumed(world, loop)
        assert sum(core.total for core in last.cores) == 200 - len([n for n in range(100) if n % 11 == 0]) - 9

    world.run(scenario())


async def _consumed(world: World, loop: Loop) -> None:
    """Wait until nothing is left to read."""
    async with asyncio.timeout(30):
        while True:
            ends = {
                (topic, p): await world.high(world.at(topic, p))
                for topic in INPUTS
                for p in range(PARTITIONS)
            }
            parts = {number: part.next for number, part in loop._parts.items()}
            if all((parts.get(p) or {}).get(topic) == end for (topic, p), end in ends.items()):
                return
            await asyncio.sleep(0.1)


def test_windows_are_rebuilt_from_history_before_anything_is_processed(world: World) -> None:
    """Records within the window before the last one consumed are seen again, and no others."""

    async def scenario() -> None:
        await world.create(*TOPICS, partitions=PARTITIONS)
        await world.produce("orders", pairs(100), partition=0, since_ms=1_000_000)

        class Windowed(Counting):
            history: Mapping[str, timedelta] = {"orders": timedelta(milliseconds=30)}

        for stage in (Windowed(), last := Windowed()):
            async with working(world, stage) as loop:
                await _consumed(world, loop)
        seen = [record.timestamp for core in last.cores for record in core.seen]
        assert seen == list(range(1_000_069, 1_000_100))

    world.run(scenario())


@pytest.mark.parametrize("told", [3, None], ids=["less", "nothing"])
def test_offsets_that_the_coordinator_has_forgotten_are_told_again(world: World, told: int | None) -> None:
    """Nothing is read twice, and the group has its offsets back: the guard was written with them."""

    async def scenario() -> None:
        await prepared(world, 50)
        await run_once(world)
        stage = Counting()
        if told is None:
            stage.name = "renamed"
        else:
            offsets = {world.at(t, p): OffsetAndMetadata(told, "") for t in INPUTS for p in range(PARTITIONS)}
            await world.commit(world.prefix + stage.name, offsets)
        async with working(world, stage) as loop:
            await _consumed(world, loop)
        assert await verify(world, world.prefix + stage.name, partitions=PARTITIONS) == 100

    world.run(scenario())


def test_a_guard_of_which_only_the_offsets_are_known_is_gone_on_from(world: World) -> None:
    """As `goodstanding state adopt` writes it: the stage begins without a part of its own."""

    async def scenario() -> None:
        await prepared(world, 50)
        for p in range(PARTITIONS):
            offsets = {topic: await world.high(world.at(topic, p)) for topic in INPUTS}
            await world.produce(
                CHANGELOG, [(guard.key(p), guard.encode(offsets, {}, guard.NOTHING, 0))], partition=p
            )
        stage = Counting()
        async with working(world, stage) as loop:
            await _consumed(world, loop)
        assert [core.total for core in stage.cores] == [0] * PARTITIONS

    world.run(scenario())


def test_an_offset_beyond_the_guard_is_refused(world: World) -> None:
    """Moved by hand: never a silent jump."""

    async def scenario() -> None:
        await prepared(world, 50)
        await run_once(world)
        await world.produce("orders", [(b"k", b"1")] * 20, partition=0)
        at = world.at("orders", 0)
        end = await world.high(at)
        await world.commit(world.prefix + "counting", {at: OffsetAndMetadata(end, "")})
        loop = Loop(Counting(), world.process(), prefix=world.prefix, partitions=PARTITIONS)
        with pytest.raises(Refused, match=rf"the committed offset is {end}, the guard says"):
            async with asyncio.timeout(30):
                await loop.run()

    world.run(scenario())


def test_a_lost_changelog_is_refused(world: World) -> None:
    """Offsets without a guard: the state would be empty."""

    async def scenario() -> None:
        await prepared(world, 50)
        await run_once(world)
        await world.create("emptied", partitions=PARTITIONS)
        loop = Loop(
            Counting(changelog="emptied"), world.process(), prefix=world.prefix, partitions=PARTITIONS
        )
        with pytest.raises(Refused, match="the guard says absent"):
            async with asyncio.timeout(30):
                await loop.run()

    world.run(scenario())


def test_input_deleted_before_it_was_processed_is_refused(world: World) -> None:
    """Retention has passed the committed offset."""

    async def scenario() -> None:
        await prepared(world, 50)
        await run_once(world)
        await world.produce("orders", [(b"k", b"1")] * 20, partition=0)
        at = world.at("orders", 0)
        await world.truncate(at, await world.high(at) - 5)
        loop = Loop(Counting(), world.process(), prefix=world.prefix, partitions=PARTITIONS)
        with pytest.raises(Refused, match="outside the log"):
            async with asyncio.timeout(30):
                await loop.run()

    world.run(scenario())


def test_topics_that_are_missing_or_differ_in_partitions_are_refused_at_the_start(world: World) -> None:
    """The message names the topic and the remedy."""

    async def scenario() -> None:
        await world.create(*INPUTS, partitions=PARTITIONS)
        with pytest.raises(Refused, match=f"topic `{world.prefix}{CHANGELOG}` doesn't exist.*topics create"):
            await Loop(Counting(), world.process(), prefix=world.prefix).run()
        await world.create(CHANGELOG, partitions=3)
        with pytest.raises(Refused, match="has 3 partitions, expected 2"):
            await Loop(Counting(), world.process(), prefix=world.prefix).run()
        with pytest.raises(Refused, match="has 2 partitions, expected 4"):
            await Loop(Counting(), world.process(), prefix=world.prefix, partitions=4).run()

    world.run(scenario())


def test_an_exception_of_a_step_ends_the_worker_and_commits_nothing_of_the_batch(world: World) -> None:
    """A bug is neither retried nor skipped."""

    async def scenario() -> None:
        await prepared(world, 50)

        class Failing(Counting):
            def core(self, partition: int) -> CountingCore:
                core = super().core(partition)

                def step(records: object) -> Batch:
                    raise ZeroDivisionError("a bug")

                core.step = step  # type: ignore[method-assign]  # the bug
                return core

        loop = Loop(Failing(), world.process(), prefix=world.prefix, partitions=PARTITIONS)
        with pytest.raises(Broken, match="a bug"):
            async with asyncio.timeout(30):
                await loop.run()
        assert [await read(world.process(), world.at(OUTPUT, p)) for p in range(PARTITIONS)] == [[], []]
        assert await run_once(world) == 100

    world.run(scenario())


def test_a_record_that_the_broker_rejects_stops_the_batch_and_shows_as_not_ready(world: World) -> None:
    """Nothing of the batch is committed, though Kafka would; an operator sees the reason."""

    async def scenario() -> None:
        await world.create(*[topic for topic in TOPICS if topic != OUTPUT], partitions=PARTITIONS)
        await world.create(OUTPUT, partitions=PARTITIONS, bytes_max=80)
        await world.produce("orders", [(b"k", b"10")] * 3, partition=0)
        loop = Loop(Counting(), world.process(), prefix=world.prefix, partitions=PARTITIONS)
        task = asyncio.create_task(loop.run())
        async with asyncio.timeout(30):
            while not any("MessageSizeTooLarge" in reason for reason in loop.reasons()):
                await asyncio.sleep(0.05)
        loop.drain()
        await task
        published = [
            await read(world.process(), world.at(topic, p)) for topic in TOPICS[2:] for p in range(PARTITIONS)
        ]
        assert not any(published)

    world.run(scenario())


def test_a_refused_record_keeps_its_bytes_and_headers(world: World) -> None:
    """A dead letter is an output like any other: with headers, in the same transaction."""

    async def scenario() -> None:
        await world.create(*TOPICS, partitions=PARTITIONS)
        await world.produce("orders", [(b"k", b"\xff\x00")], partition=1)
        async with working(world, Counting()) as loop:
            await _consumed(world, loop)
        await settled(world, world.process(), "refused", PARTITIONS)
        (record,) = await read(world.process(), world.at("refused", 1))
        assert (record.key, record.value) == (b"k", b"\xff\x00")
        assert dict(record.headers) == {"reason": b"not a number", "topic": b"orders"}

    world.run(scenario())


def test_the_guard_names_offsets_and_the_stages_own_part(world: World) -> None:
    """It is what an operator would look at."""

    async def scenario() -> None:
        await world.create(*TOPICS, partitions=PARTITIONS)
        await world.produce("orders", [(b"k", b"1")] * 3, partition=1)
        async with working(world, Counting()) as loop:
            await _consumed(world, loop)
        await settled(world, world.process(), CHANGELOG, PARTITIONS)
        records = await read(world.process(), world.at(CHANGELOG, 1))
        guard = json.loads([record.value for record in records if record.key == b"partition:1"][-1])
        assert guard == {
            "offsets": {"orders": 3, "returns": 0},
            "stage": {"total": 3},
            "times": {},
            "schema": 1,
            "held": 1,
        }

    world.run(scenario())
