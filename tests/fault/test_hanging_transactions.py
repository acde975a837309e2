"""Transactions that the broker calls over and left open: closed by whoever takes the id over.

Such a transaction is made by writing to a partition that its coordinator wasn't told of, which brokers refuse
unless they are set not to look.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka.structs import TopicPartition

from services.runtime.embedded import EmbeddedKafka
from services.runtime.faults import Refused
from services.runtime.kafka import Kafka, TransactionalProducer
from tests.conftest import JARS
from tests.contract.worlds import Real, read

pytestmark = [pytest.mark.fault, pytest.mark.kafka, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def careless(stack_folder: Path) -> Iterator[Real]:
    """A broker that takes transactional records of which its coordinator doesn't know."""
    overrides = {"transaction.partition.verification.enable": "false"}
    with EmbeddedKafka(stack_folder / "careless", jars=JARS, overrides=overrides) as running:
        yield Real(running.bootstrap)


async def told_and_untold(world: Real, name: str) -> tuple[TopicPartition, TopicPartition]:
    """Two partitions; transactions of the test write to both and tell the coordinator of the first."""
    await world.create(name, partitions=2)
    return world.at(name, 0), world.at(name, 1)


async def write(
    producer: TransactionalProducer, told: TopicPartition, untold: TopicPartition, value: bytes
) -> None:
    """One record into each partition."""
    producer._txn_manager._txn_partitions.add(untold)
    for at in (told, untold):
        await producer.send_and_wait(at.topic, value, partition=at.partition)


async def leave_hanging(
    world: Real, told: TopicPartition, untold: TopicPartition, end: Callable[[Any], Awaitable[None]]
) -> str:
    """A transaction that its coordinator ends in one of its two partitions; its id."""
    name = f"{world.prefix}{told.topic}"
    producer = Kafka(world.bootstrap).producer(name)
    await producer.start()
    await producer.begin_transaction()
    await write(producer, told, untold, b"one")
    await end(producer)
    await producer.discard()
    return name


async def values(world: Real, at: TopicPartition) -> list[bytes | None]:
    """What is committed in a partition."""
    return [record.value for record in await read(world.process(), at)]


@pytest.mark.parametrize(("how", "kept"), [("commit", [b"one"]), ("abort", [])])
def test_what_hangs_is_ended_as_it_was_decided(careless: Real, how: str, kept: list[bytes]) -> None:
    """And only then may the next transaction of the same producer commit."""

    async def scenario() -> None:
        told, untold = await told_and_untold(careless, how)
        name = await leave_hanging(
            careless, told, untold, lambda producer: getattr(producer, f"{how}_transaction")()
        )
        assert await values(careless, told) == kept
        assert await values(careless, untold) == []
        producer = await Kafka(careless.bootstrap).take_over(name, careless.prefix)
        assert await values(careless, untold) == kept
        await producer.begin_transaction()
        await write(producer, told, untold, b"two")
        await producer.commit_transaction()
        await producer.discard()
        assert await values(careless, told) == [*kept, b"two"]

    careless.run(scenario())


def test_without_it_the_next_commit_commits_what_was_aborted(careless: Real) -> None:
    """The fault itself: a producer that is only started commits records that nobody ever committed."""

    async def scenario() -> None:
        told, untold = await told_and_untold(careless, "fault")
        name = await leave_hanging(careless, told, untold, lambda producer: producer.abort_transaction())
        producer = Kafka(careless.bootstrap).producer(name)
        await producer.start()
        await producer.begin_transaction()
        for at in (told, untold):
            await producer.send_and_wait(at.topic, b"two", partition=at.partition)
        await producer.commit_transaction()
        await producer.discard()
        assert await values(careless, told) == [b"two"]
        assert await values(careless, untold) == [b"one", b"two"]

    careless.run(scenario())


def test_what_nobody_knows_the_end_of_is_refused_by_name(careless: Real) -> None:
    """Whoever has only started a producer has made the coordinator forget how it was decided."""

    async def scenario() -> None:
        told, untold = await told_and_untold(careless, "unknown")
        name = await leave_hanging(careless, told, untold, lambda producer: producer.commit_transaction())
        forgetful = Kafka(careless.bootstrap).producer(name)
        await forgetful.start()
        await forgetful.discard()
        with pytest.raises(Refused, match=f"{untold.topic}-1 from offset 0.*kafka-transactions.sh abort"):
            await Kafka(careless.bootstrap).take_over(name, careless.prefix)

    careless.run(scenario())


def test_a_transaction_that_was_not_over_is_aborted_everywhere(careless: Real) -> None:
    """Taking the id over aborts it, and what the coordinator doesn't know of is aborted too."""

    async def scenario() -> None:
        told, untold = await told_and_untold(careless, "open")

        async def leave_open(_: Any) -> None:
            """Don't end it."""

        name = await leave_hanging(careless, told, untold, leave_open)
        producer = await Kafka(careless.bootstrap).take_over(name, careless.prefix)
        await producer.discard()
        assert await values(careless, told) == await values(careless, untold) == []
        assert await careless.high(untold) == 2

    careless.run(scenario())
