"""State and offsets lost, cut or compacted under a stage: restored or refused, never begun anew silently."""

# ruff: noqa: ASYNC110 - a broker can only be polled

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata

from services.runtime.embedded import EmbeddedKafka
from services.runtime.embedded.jars import run_java
from services.runtime.faults import Refused
from services.runtime.kafka import admin
from services.runtime.loop import Loop
from tests.conftest import JARS
from tests.contract.verifying import verify
from tests.contract.worlds import Real, read
from tests.fake.counting import CHANGELOG, ERASE, INPUTS, TOPICS, Counting

pytestmark = [pytest.mark.fault, pytest.mark.kafka, pytest.mark.timeout(180)]

PARTITIONS = 2
KEYS = 5
COMPACTED_S_MAX = 90.0
STARTED_S_MAX = 30.0


@pytest.fixture(scope="module")
def cleaning(stack_folder: Path) -> Iterator[EmbeddedKafka]:
    """A broker whose cleaner hardly ever rests."""
    overrides = {"log.cleaner.backoff.ms": "200", "log.retention.check.interval.ms": "500"}
    with EmbeddedKafka(stack_folder / "cleaning", jars=JARS, overrides=overrides) as running:
        yield running


@pytest.fixture
def world(cleaning: EmbeddedKafka) -> Real:
    """Topics of its own."""
    return Real(cleaning.bootstrap)


async def made(world: Real, **config: str) -> None:
    """The topics of the counting stage; its changelog with this configuration."""
    await world.create(*[topic for topic in TOPICS if topic != CHANGELOG], partitions=PARTITIONS)
    await remade(world, CHANGELOG, **config)


async def remade(world: Real, topic: str, **config: str) -> None:
    """One topic with a configuration of its own."""
    configs = {name.replace("_", "."): value for name, value in config.items()}
    await administer(
        world, "create_topics", [NewTopic(world.prefix + topic, PARTITIONS, 1, topic_configs=configs)]
    )


async def administer(world: Real, what: str, *given: Any) -> None:
    """Ask the broker's administration, and give it a moment to carry it out."""
    client = admin(world.bootstrap)
    await client.start()
    try:
        await getattr(client, what)(*given)
    finally:
        await client.close()
    await asyncio.sleep(1)


async def fill(world: Real, count: int, since: int = 0) -> None:
    """Records into both inputs; each key is erased now and then, the first one at the end."""
    for number, topic in enumerate(INPUTS):
        begin = since + number * 1_000
        pairs = [(b"k%d" % (n % KEYS), b"%d" % n if n % 37 else ERASE) for n in range(begin, begin + count)]
        await world.produce(topic, [*pairs, (b"k0", ERASE)])


async def work(world: Real, stage: Counting | None = None) -> int:
    """One worker until everything is read and verified; the number of input records."""
    loop = Loop(
        stage or Counting(records_max=20), world.process(), prefix=world.prefix, partitions=PARTITIONS
    )
    task = asyncio.create_task(loop.run())
    try:
        verifying = asyncio.create_task(verify(world, world.prefix + "counting", partitions=PARTITIONS))
        await asyncio.wait([task, verifying], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            verifying.cancel()
            task.result()
        return await verifying
    finally:
        loop.drain()
        await asyncio.gather(task, return_exceptions=True)


async def refused(world: Real, stage: Counting | None = None) -> str:
    """Why a worker doesn't start."""
    loop = Loop(stage or Counting(), world.process(), prefix=world.prefix, partitions=PARTITIONS)
    with pytest.raises(Refused) as caught:
        async with asyncio.timeout(STARTED_S_MAX):
            await loop.run()
    return str(caught.value)


def test_a_compacted_changelog_with_tombstones_gives_the_whole_state_back(world: Real) -> None:
    """Erased keys stay erased once their tombstones are gone, and counts go on from where they were."""

    async def compacted() -> bool:
        """Whether more of each partition of the changelog is gone than is left."""
        pages = [await read(world.process(), world.at(CHANGELOG, p)) for p in range(PARTITIONS)]
        return all(page and len(page) < page[-1].offset // 2 for page in pages)

    async def scenario() -> None:
        await made(
            world,
            cleanup_policy="compact",
            segment_ms="200",
            min_cleanable_dirty_ratio="0.001",
            delete_retention_ms="0",
        )
        await fill(world, 300)
        before = await work(world)
        since = 100_000
        async with asyncio.timeout(COMPACTED_S_MAX):
            while not await compacted():
                await asyncio.sleep(0.5)
                await fill(world, 3, since)  # a segment is only closed, and so cleaned, when another begins
                before, since = await work(world), since + 3
        assert await work(world) == before
        await fill(world, 50, 200_000)
        assert await work(world) == before + 102

    world.run(scenario())


def test_a_changelog_that_was_emptied_is_refused(world: Real) -> None:
    """Deleted and made anew, as a careless operator would."""

    async def scenario() -> None:
        await made(world)
        await fill(world, 50)
        await work(world)
        await administer(world, "delete_topics", [world.prefix + CHANGELOG])
        await remade(world, CHANGELOG)
        assert "the guard says absent" in await refused(world)

    world.run(scenario())


def test_a_changelog_that_has_lost_its_end_is_refused(world: Real) -> None:
    """An older guard than the committed offsets: the state would be that of an earlier moment."""

    async def scenario() -> None:
        await made(world)
        await fill(world, 50)
        await work(world)
        kept = [await read(world.process(), world.at(CHANGELOG, p)) for p in range(PARTITIONS)]
        await fill(world, 50, 5_000)
        await work(world)
        await administer(world, "delete_topics", [world.prefix + CHANGELOG])
        await remade(world, CHANGELOG)
        for partition, records in enumerate(kept):
            await world.produce(CHANGELOG, [(r.key, r.value) for r in records], partition=partition)
        assert "they are written together" in await refused(world)

    world.run(scenario())


def test_a_changelog_that_has_lost_its_beginning_is_refused(world: Real) -> None:
    """What was deleted from a topic that should only ever be compacted was somebody's state."""

    async def scenario() -> None:
        await made(world, cleanup_policy="compact,delete")
        await fill(world, 50)
        await work(world)
        await world.produce(INPUTS[0], [(b"k%d" % (KEYS - 1), b"1")])  # one key of many is written again
        await work(world)
        for partition in range(PARTITIONS):
            at = world.at(CHANGELOG, partition)
            records = await read(world.process(), at)
            guards = [r.offset for r in records if r.key == b"partition:%d" % partition]
            await world.truncate(at, guards[-1])
        await refused(world)

    world.run(scenario())


def test_retention_that_has_passed_the_committed_offset_is_refused(world: Real) -> None:
    """The input was deleted by its age, by the broker itself, before anybody had read it."""

    async def scenario() -> None:
        await world.create(*[topic for topic in TOPICS if topic != INPUTS[0]], partitions=PARTITIONS)
        await remade(world, INPUTS[0], segment_ms="200")
        await fill(world, 50)
        await work(world)
        await fill(world, 50, 5_000)
        config = {"retention.ms": "1500", "segment.ms": "200"}
        resource = ConfigResource(ConfigResourceType.TOPIC, world.prefix + INPUTS[0], config)
        await administer(world, "alter_configs", [resource])
        for number in range(3):  # the last segment is never deleted while it is written to
            await world.produce(INPUTS[0], [(b"k%d" % n, b"1") for n in range(KEYS)])
            await asyncio.sleep(1 + number)
        async with asyncio.timeout(COMPACTED_S_MAX):
            while not await deleted(world):
                await asyncio.sleep(0.5)
        assert "input was deleted before it was processed" in await refused(world)

    world.run(scenario())


async def deleted(world: Real) -> bool:
    """Whether some of the first input is gone that wasn't read."""
    member, reader = world.process().member(world.prefix + "counting"), world.process().reader()
    await member.start()
    await reader.start()
    try:
        ats = [world.at(INPUTS[0], p) for p in range(PARTITIONS)]
        begins = await reader.beginning_offsets(ats)
        committed = await member.committed_many(ats)
        return any(begins[at] > committed[at].offset for at in ats)
    finally:
        await member.stop()
        await reader.stop()


def delete_group(world: Real, name: str) -> None:
    """Delete a group with all of its offsets, by Kafka's own tool."""
    run_java(
        JARS,
        [
            "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
            *("--bootstrap-server", world.bootstrap, "--delete", "--group", name),
        ],
        what="deleting a group",
        say=lambda _: None,
        timeout_s=60,
    )


def test_deleted_group_offsets_are_restored(world: Real) -> None:
    """The guard knows better: nothing is read twice, and the group has its offsets back."""

    async def scenario() -> None:
        await made(world)
        await fill(world, 50)
        before = await work(world)
        await asyncio.to_thread(delete_group, world, world.prefix + "counting")
        assert await work(world) == before
        await fill(world, 50, 5_000)
        assert await work(world) == 2 * before

    world.run(scenario())


@pytest.mark.parametrize("grown", [INPUTS[0], CHANGELOG])
def test_partitions_that_are_added_are_refused_at_the_start(world: Real, grown: str) -> None:
    """Keys would move away from their state."""

    async def scenario() -> None:
        await made(world)
        await fill(world, 50)
        await work(world)
        await administer(world, "create_partitions", {world.prefix + grown: NewPartitions(PARTITIONS + 1)})
        found = await refused(world)
        assert f"`{world.prefix}{grown}` has 3 partitions, expected 2" in found

    world.run(scenario())


@pytest.mark.parametrize(
    "grown",
    [
        pytest.param(INPUTS[:1], id="one-input"),
        pytest.param(TOPICS, id="every-topic"),
    ],
)
def test_partitions_that_are_added_under_a_running_worker_stop_it(
    world: Real, grown: tuple[str, ...]
) -> None:
    """As soon as the group assigns one of them: keys would move away from their state."""

    async def scenario() -> None:
        await made(world)
        await fill(world, 50)
        loop = Loop(Counting(), world.process(), prefix=world.prefix, partitions=PARTITIONS)
        task = asyncio.create_task(loop.run())
        await verify(world, world.prefix + "counting", partitions=PARTITIONS)
        more = {world.prefix + topic: NewPartitions(PARTITIONS + 1) for topic in grown}
        await administer(world, "create_partitions", more)
        member = loop._parts[0]._context.member
        await member._client.force_metadata_update()  # type: ignore[attr-defined]  # else minutes later
        try:
            with pytest.raises(Refused, match="partition"):
                async with asyncio.timeout(STARTED_S_MAX):
                    await asyncio.shield(task)
        finally:
            loop.drain()
            await asyncio.gather(task, return_exceptions=True)

    world.run(scenario())


def test_the_guard_of_another_schema_is_refused_on_a_real_changelog(world: Real) -> None:
    """A newer build wrote it."""

    async def scenario() -> None:
        await made(world)
        await fill(world, 50)
        await work(world)
        records = await read(world.process(), world.at(CHANGELOG, 0))
        guard = json.loads([r.value for r in records if r.key == b"partition:0"][-1])
        newer = json.dumps({**guard, "schema": guard["schema"] + 1}).encode()
        await world.produce(CHANGELOG, [(b"partition:0", newer)], partition=0)
        assert "run the build that wrote it, or a newer one" in await refused(world)

    world.run(scenario())


def test_a_worker_whose_join_met_an_error_joins_again(world: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that restarts was seen to answer `UnknownError`: the client then waits until it is asked."""
    joining = CoordinatorGroupRebalance.perform_group_join
    failed: list[CoordinatorGroupRebalance] = []

    async def join(rebalance: CoordinatorGroupRebalance) -> Any:
        if len(failed) < 2:
            failed.append(rebalance)
            raise KafkaError("UnknownError")
        return await joining(rebalance)

    async def scenario() -> None:
        await made(world)
        await fill(world, 50)
        assert await work(world) == 102
        assert len(failed) == 2

    monkeypatch.setattr(CoordinatorGroupRebalance, "perform_group_join", join)
    world.run(scenario())


def test_a_committed_offset_is_never_absent_while_its_coordinator_comes_and_goes(
    world: Real, cleaning: EmbeddedKafka
) -> None:
    """An answer of a broker that is stopping holds no offsets: to take it for `none` would begin anew."""

    async def scenario() -> None:
        await world.create("t")
        group, at = world.prefix + "group", world.at("t", 0)
        await world.commit(group, {at: OffsetAndMetadata(7, "")})
        stopped = asyncio.create_task(asyncio.to_thread(cleaning.restart))
        member = world.process().member(group)
        await member.start()
        asked = answered = 0
        try:
            while not stopped.done():
                asked += 1
                with contextlib.suppress(KafkaError, TimeoutError, OSError):
                    async with asyncio.timeout(1):
                        found = await member.committed_many([at])
                    assert found[at].offset == 7, f"answer {answered} of {asked}"
                    answered += 1
        finally:
            await stopped
            await member.stop()
        assert answered

    world.run(scenario())
