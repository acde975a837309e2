"""What the engine believes of Kafka: the simulated log and the real one answer alike."""

# ruff: noqa: ASYNC110, D102, D103 - helpers of the tests below, which poll

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from services.runtime.faults import FENCED
from services.runtime.port import Log, Producer
from tests.contract.worlds import World, read

GROUP = "group"


async def transact(producer: Producer, at: TopicPartition, *values: bytes) -> None:
    """Begin, and send one batch."""
    await producer.begin_transaction()
    await send(producer, at, *values)


async def send(producer: Producer, at: TopicPartition, *values: bytes) -> None:
    """Send one batch and wait for the broker's answer."""
    batch = producer.create_batch()
    for value in values:
        batch.append(timestamp=None, key=b"k", value=value, headers=[("h", b"1")])
    await (await producer.send_batch(batch, at.topic, partition=at.partition))


async def started(log: Log, transactional_id: str) -> Producer:
    producer = log.producer(transactional_id)
    await producer.start()
    return producer


async def values(log: Log, at: TopicPartition) -> list[bytes | None]:
    return [record.value for record in await read(log, at)]


async def ends(log: Log, at: TopicPartition) -> tuple[int, int]:
    """Beginning and last stable offset."""
    reader = log.reader()
    await reader.start()
    try:
        return (await reader.beginning_offsets([at]))[at], (await reader.end_offsets([at]))[at]
    finally:
        await reader.stop()


def test_a_commit_shows_its_records_and_its_marker_takes_an_offset(world: World) -> None:
    """Two records and a marker: the next offset is 3, and a restore must be able to reach it."""

    async def scenario() -> None:
        await world.create("t")
        log, at = world.process(), world.at("t", 0)
        producer = await started(log, world.prefix + "id")
        await transact(producer, at, b"1", b"2")
        await producer.commit_transaction()
        await (second := await started(log, world.prefix + "id")).discard()  # waits for the markers
        assert second is not producer
        records = await read(log, at)
        assert [(r.offset, r.key, r.value, tuple(r.headers)) for r in records] == [
            (0, b"k", b"1", (("h", b"1"),)),
            (1, b"k", b"2", (("h", b"1"),)),
        ]
        assert await ends(log, at) == (0, 3)
        await producer.discard()

    world.run(scenario())


def test_an_open_transaction_hides_what_follows_until_its_id_is_taken_up_again(world: World) -> None:
    """The last stable offset stands before it; a new owner's start aborts it."""

    async def scenario() -> None:
        await world.create("t")
        log, at = world.process(), world.at("t", 0)
        producer = await started(log, world.prefix + "id")
        await transact(producer, at, b"open")
        await producer.discard()
        await world.produce("t", [(b"k", b"plain")], partition=0)
        assert await values(log, at) == []
        assert await ends(log, at) == (0, 0)
        await (await started(log, world.prefix + "id")).discard()
        assert await values(log, at) == [b"plain"]

    world.run(scenario())


@pytest.mark.parametrize("when", ["send", "offsets", "commit"])
def test_a_new_producer_with_the_same_id_fences_the_old_one(world: World, when: str) -> None:
    """The old owner's transaction ends with it, wherever it stood, and nothing of it is ever seen."""

    async def scenario() -> None:
        await world.create("t", "in")
        log, at = world.process(), world.at("t", 0)
        old = await started(log, world.prefix + "id")
        await old.begin_transaction()
        offsets = {world.at("in", 0): OffsetAndMetadata(5, "")}
        if when != "send":
            await send(old, at, b"old")
        if when == "commit":
            await old.send_offsets_to_transaction(offsets, world.prefix + GROUP)
        new = await started(log, world.prefix + "id")

        async def go_on() -> None:
            if when == "send":
                await send(old, at, b"old")
            elif when == "offsets":
                await old.send_offsets_to_transaction(offsets, world.prefix + GROUP)
            await old.commit_transaction()

        with pytest.raises(FENCED):
            await go_on()
        await transact(new, at, b"new")
        await new.commit_transaction()
        await (await started(log, world.prefix + "id")).discard()
        assert await values(log, at) == [b"new"]
        assert await committed(world, log, "in") is None
        await old.discard()
        await new.discard()

    world.run(scenario())


def test_a_commit_succeeds_though_a_record_was_rejected(world: World) -> None:
    """This is why every send is awaited: the future tells, the commit doesn't."""

    async def scenario() -> None:
        await world.create("t", bytes_max=1_000)
        await world.create("u")
        log = world.process()
        producer = await started(log, world.prefix + "id")
        await transact(producer, world.at("u", 0), b"fits")
        with pytest.raises(KafkaError):
            await send(producer, world.at("t", 0), b"x" * 2_000)
        await producer.commit_transaction()
        await (await started(log, world.prefix + "id")).discard()
        assert await values(log, world.at("u", 0)) == [b"fits"]
        assert await values(log, world.at("t", 0)) == []
        await producer.discard()

    world.run(scenario())


async def committed(world: World, log: Log, topic: str) -> OffsetAndMetadata | None:
    member = log.member(world.prefix + GROUP, None)
    await member.start()
    try:
        at = world.at(topic, 0)
        return (await member.committed_many([at])).get(at)
    finally:
        await member.stop()


def test_offsets_and_their_metadata_are_committed_with_the_transaction(world: World) -> None:
    """The guard of a stage without a changelog travels so; it is stable once the id is taken up again."""

    async def scenario() -> None:
        await world.create("in", "t")
        log = world.process()
        producer = await started(log, world.prefix + "id")
        for offset in (3, 8):
            await transact(producer, world.at("t", 0), b"x")
            offsets = {world.at("in", 0): OffsetAndMetadata(offset, f'{{"offset":{offset}}}')}
            await producer.send_offsets_to_transaction(offsets, world.prefix + GROUP)
            await producer.commit_transaction()
        await (await started(log, world.prefix + "id")).discard()
        assert await committed(world, log, "in") == OffsetAndMetadata(8, '{"offset":8}')
        await producer.discard()

    world.run(scenario())


def test_offsets_of_a_transaction_that_was_let_go_are_never_committed(world: World) -> None:
    """`discard` leaves the transaction to the broker, and the next owner's start aborts it."""

    async def scenario() -> None:
        await world.create("in", "t")
        log = world.process()
        producer = await started(log, world.prefix + "id")
        await transact(producer, world.at("t", 0), b"x")
        await producer.send_offsets_to_transaction(
            {world.at("in", 0): OffsetAndMetadata(3, "")}, world.prefix + GROUP
        )
        await producer.discard()
        await (await started(log, world.prefix + "id")).discard()
        assert await committed(world, log, "in") is None

    world.run(scenario())


def test_a_batch_takes_the_first_record_whatever_its_size_and_none_when_full(world: World) -> None:
    """Oversize shows as a batch of one record that is too large."""

    async def scenario() -> None:
        producer = await started(world.process(), world.prefix + "id")
        batch = producer.create_batch()
        assert batch.append(timestamp=None, key=b"k", value=b"x" * 1_100_000, headers=[]) is not None
        assert batch.append(timestamp=None, key=b"k", value=b"x", headers=[]) is None
        assert batch.size() > 1_100_000
        await producer.discard()

    world.run(scenario())


def test_a_reader_never_chooses_a_position_by_itself(world: World) -> None:
    """Without a seek it raises, beyond the log too: a silent reset would lose or repeat."""

    async def scenario() -> None:
        await world.create("t")
        at = world.at("t", 0)
        await world.produce("t", [(b"k", b"1"), (b"k", b"2")], partition=0)
        reader = world.process().reader()
        await reader.start()
        reader.assign([at])
        with pytest.raises(NoOffsetForPartitionError):
            await reader.getmany(at, timeout_ms=5_000)
        reader.seek(at, 7)
        with pytest.raises(OffsetOutOfRangeError):
            await reader.getmany(at, timeout_ms=5_000)
        await reader.stop()

    world.run(scenario())


def test_getmany_is_bounded_and_goes_on_where_it_stopped(world: World) -> None:
    """A batch is bounded by records; the position follows what was handed out."""

    async def scenario() -> None:
        await world.create("t")
        at = world.at("t", 1)
        await world.produce("t", [(b"k", b"%d" % n) for n in range(5)], partition=1)
        reader = world.process().reader()
        await reader.start()
        reader.assign([at])
        reader.seek(at, 0)
        pages = [(await reader.getmany(at, timeout_ms=5_000, max_records=3))[at]]
        assert await reader.position(at) == 3
        pages.append((await reader.getmany(at, timeout_ms=5_000, max_records=3))[at])
        assert [[record.value for record in page] for page in pages] == [[b"0", b"1", b"2"], [b"3", b"4"]]
        assert not await reader.getmany(at, timeout_ms=300)
        await reader.stop()

    world.run(scenario())


def test_offsets_for_times_gives_the_first_at_or_after_and_none_beyond_the_end(world: World) -> None:
    """Windows are re-read from there."""

    async def scenario() -> None:
        await world.create("t")
        at = world.at("t", 0)
        await world.produce("t", [(b"k", b"1")] * 4, partition=0, since_ms=1_000_000)
        reader = world.process().reader()
        await reader.start()
        found = (await reader.offsets_for_times({at: 1_000_002}))[at]
        assert found is not None
        assert found.offset == 2
        assert (await reader.offsets_for_times({at: 1_000_004}))[at] is None
        await reader.stop()

    world.run(scenario())


def test_records_deleted_by_retention_move_the_beginning_offset(world: World) -> None:
    """The engine compares it with the committed offset, and refuses."""

    async def scenario() -> None:
        await world.create("t")
        await world.produce("t", [(b"k", b"1")] * 5, partition=0)
        await world.truncate(world.at("t", 0), 3)
        assert await ends(world.process(), world.at("t", 0)) == (3, 5)

    world.run(scenario())


def test_partition_counts_are_told_for_every_topic(world: World) -> None:
    """Asking doesn't create anything."""

    async def scenario() -> None:
        await world.create("a", partitions=3)
        log = world.process()
        counts = await log.partition_counts()
        assert counts[world.prefix + "a"] == 3
        assert world.prefix + "b" not in counts
        await log.close()

    world.run(scenario())


class Noting:
    """Notes rebalances."""

    def __init__(self) -> None:
        self.events: list[tuple[str, frozenset[TopicPartition]]] = []

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        self.events.append(("revoked", frozenset(revoked)))

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        self.events.append(("assigned", frozenset(assigned)))

    @property
    def holds(self) -> frozenset[TopicPartition]:
        """What is assigned now."""
        return self.events[-1][1] if self.events and self.events[-1][0] == "assigned" else frozenset()


async def until(condition: object, seconds: float = 20.0) -> None:
    """Wait for a condition."""
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.05)


def test_members_get_the_same_partitions_of_every_topic_and_are_revoked_first(world: World) -> None:
    """Partition p of each input belongs to one owner: the engine's transactions rely on it."""

    async def scenario() -> None:
        await world.create("a", "b", partitions=3)
        topics = [world.prefix + "a", world.prefix + "b"]
        first, second = (
            world.process().member(world.prefix + GROUP, None),
            world.process().member(world.prefix + GROUP, None),
        )
        one, two = Noting(), Noting()
        await first.start()
        first.join(topics, one)
        await until(lambda: len(one.holds) == 6)
        await second.start()
        second.join(topics, two)
        await until(
            lambda: one.holds and two.holds and len(one.holds | two.holds) == 6 and len(one.holds) < 6
        )
        assert not one.holds & two.holds
        for held in (one.holds, two.holds):
            of_a = {at.partition for at in held if at.topic.endswith("a")}
            assert of_a == {at.partition for at in held if at.topic.endswith("b")}
        assert [name for name, _ in one.events][-2:] == ["revoked", "assigned"]
        await first.stop()
        await until(lambda: len(two.holds) == 6)
        await second.stop()

    world.run(scenario())


def test_joining_again_brings_a_new_assignment(world: World) -> None:
    """A fenced partition without a rebalance asks for one so."""

    async def scenario() -> None:
        await world.create("a")
        member = world.process().member(world.prefix + GROUP, None)
        noting = Noting()
        await member.start()
        member.join([world.prefix + "a"], noting)
        await until(lambda: len(noting.holds) == 2)
        seen = len(noting.events)
        member.join([world.prefix + "a"], noting)
        await until(lambda: len(noting.events) > seen and len(noting.holds) == 2)
        member.seek(world.at("a", 0), 0)
        await world.produce("a", [(b"k", b"1")], partition=0)
        assert (await member.getmany(world.at("a", 0), timeout_ms=5_000))[world.at("a", 0)][0].value == b"1"
        await member.stop()

    world.run(scenario())
