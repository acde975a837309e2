"""The clock on a real Kafka: what everybody who reads `signals` hears."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka.structs import TopicPartition

from events.codec import decode_signal
from events.control import activation_requested, advance_requested
from events.dead_letters import from_headers
from events.signals import PolicyActivated, Signal, Tick
from services.clock.wall import wall_clock
from services.clock.worker import ClockLoop, ClockStage
from services.runtime import topics
from services.runtime.embedded import EmbeddedKafka
from services.runtime.kafka import Kafka, admin, plain_producer
from services.runtime.policies import PolicySource
from services.runtime.restore import pages
from services.runtime.settings import Settings
from tests.support.policies import small_policy

pytestmark = pytest.mark.kafka

PARTITIONS = 2
WAIT_S = 30.0
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = small_policy()


class Deployment:
    """Topics of its own on the shared broker."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.bootstrap = bootstrap
        self.prefix = prefix

    async def create(self) -> None:
        """Make the topics."""
        settings = Settings(bootstrap_servers=self.bootstrap, topic_prefix=self.prefix, partitions=PARTITIONS)
        client = admin(self.bootstrap)
        await client.start()
        try:
            await topics.create(client, settings)
        finally:
            await client.close()

    async def send(self, topic: str, value: bytes, key: bytes | None = None) -> int:
        """Write one record; its offset."""
        producer = plain_producer(self.bootstrap)
        await producer.start()
        try:
            taken = await producer.send_and_wait(self.prefix + topic, value, key=key)
        finally:
            await producer.stop()
        offset: int = taken.offset
        return offset

    async def activate(self) -> int:
        """Ask for the policy; the request's offset."""
        return await self.send(
            "control", activation_requested(POLICY.version, "ada", NOON).model_dump_json().encode()
        )

    async def publish(self) -> None:
        """Write the policy's text."""
        await self.send("policies", POLICY.canonical, POLICY.version.encode())

    async def advance(self, to: datetime) -> None:
        """Ask that time run."""
        await self.send("control", advance_requested(to, "ada", NOON).model_dump_json().encode())

    async def heard(self, partition: int) -> list[Signal]:
        """Every committed signal of a partition, in order."""
        at = TopicPartition(f"{self.prefix}signals", partition)
        kafka = Kafka(self.bootstrap)
        reader = kafka.reader()
        await reader.start()
        try:
            end = (await reader.end_offsets([at]))[at]
            return [decode_signal(r.value) async for page in pages(reader, at, 0, end) for r in page]
        finally:
            await reader.stop()

    async def ticks(self, partition: int = 0) -> list[datetime]:
        """The times that a partition has heard."""
        return [signal.body.at for signal in await self.heard(partition) if isinstance(signal.body, Tick)]

    @asynccontextmanager
    async def clock(
        self, *, simulated: bool = False, now: Callable[[], datetime] = wall_clock, interval_s: float = 0.2
    ) -> AsyncIterator[ClockLoop]:
        """A running clock."""
        kafka = Kafka(self.bootstrap)
        async with PolicySource(Kafka(self.bootstrap), self.prefix) as source:
            stage = ClockStage(
                source,
                partitions=PARTITIONS,
                simulated=simulated,
                interval_s=interval_s,
                skew_s_max=5,
                now=now,
            )
            loop = ClockLoop(stage, kafka, prefix=self.prefix)
            task = asyncio.create_task(loop.run())
            try:
                yield loop
            finally:
                loop.drain()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


@pytest.fixture
async def deployment(kafka: EmbeddedKafka, prefix: str) -> Deployment:
    """A deployment of this test's own."""
    made = Deployment(kafka.bootstrap, prefix)
    await made.create()
    return made


async def until(there: Callable[[], object]) -> None:
    """Wait for a condition that may be asynchronous."""
    async with asyncio.timeout(WAIT_S):
        while True:
            found = there()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.1)


async def test_every_partition_hears_the_time_from_one_of_two_clocks(deployment: Deployment) -> None:
    """Two are started, one speaks; when it goes the other goes on, and nothing is said twice or backwards."""

    async def several() -> bool:
        return len(await deployment.ticks()) >= 3

    async with deployment.clock() as first:
        async with deployment.clock():
            await until(several)
            await until(lambda: not first.reasons())
        count = len(await deployment.ticks())

        async def more() -> bool:
            return len(await deployment.ticks()) > count + 2

        await until(more)
    for partition in range(PARTITIONS):
        heard = await deployment.heard(partition)
        times = [signal.body.at for signal in heard if isinstance(signal.body, Tick)]
        assert times == sorted(set(times))
        assert len({signal.id for signal in heard}) == len(heard)
        assert {signal.entity for signal in heard} == {f"partition:{partition}"}


async def test_an_activation_waits_for_its_text_while_time_goes_on(deployment: Deployment) -> None:
    """It is neither dropped nor a dead letter, and the worker says what it waits for."""
    offset = await deployment.activate()
    async with deployment.clock() as clock:
        await until(lambda: any("isn't in `policies`" in reason for reason in clock.reasons()))

        async def ticking() -> bool:
            return len(await deployment.ticks()) >= 2

        await until(ticking)
        await deployment.publish()

        async def activated() -> bool:
            return all(
                [
                    any(isinstance(s.body, PolicyActivated) for s in await deployment.heard(p))
                    for p in range(PARTITIONS)
                ]
            )

        await until(activated)
        await until(lambda: not clock.reasons())
    bodies = [s.body for s in await deployment.heard(1) if isinstance(s.body, PolicyActivated)]
    assert bodies == [PolicyActivated(POLICY.version, offset)]


async def test_simulated_time_runs_as_far_as_asked_over_restarts(deployment: Deployment) -> None:
    """The guard travels with the committed offset: a new clock repeats nothing and skips nothing."""
    await deployment.publish()
    await deployment.activate()
    await deployment.advance(NOON)
    async with deployment.clock(simulated=True):

        async def begun() -> bool:
            return await deployment.ticks() == [NOON]

        await until(begun)
    await deployment.advance(NOON + 250 * HOUR)
    async with deployment.clock(simulated=True):

        async def arrived() -> bool:
            return len(await deployment.ticks()) == 251

        await until(arrived)
    for partition in range(PARTITIONS):
        assert await deployment.ticks(partition) == [NOON + step * HOUR for step in range(251)]


@pytest.mark.parametrize("wrong", [HOUR, -HOUR])
async def test_a_clock_that_disagrees_with_the_brokers_says_nothing(
    deployment: Deployment, wrong: timedelta
) -> None:
    """A tick an hour early would end suspensions early: nothing is committed, and the reason says why."""
    async with deployment.clock(now=lambda: wall_clock() + wrong) as clock:
        await until(lambda: any("the broker's, expected at most 5 s" in reason for reason in clock.reasons()))
    assert await deployment.ticks() == []
    async with deployment.clock():

        async def ticking() -> bool:
            return bool(await deployment.ticks())

        await until(ticking)


async def test_a_record_that_is_no_request_becomes_a_dead_letter(deployment: Deployment) -> None:
    """And the clock goes on with what is behind it."""
    await deployment.send("control", b"{}", b"k")
    await deployment.advance(NOON)
    async with deployment.clock(simulated=True):

        async def ticked() -> bool:
            return await deployment.ticks() == [NOON]

        await until(ticked)
    at = TopicPartition(f"{deployment.prefix}dead_letters", 0)
    kafka = Kafka(deployment.bootstrap)
    reader = kafka.reader()
    await reader.start()
    found = []
    for partition in range(PARTITIONS):
        at = TopicPartition(f"{deployment.prefix}dead_letters", partition)
        end = (await reader.end_offsets([at]))[at]
        found += [record async for page in pages(reader, at, 0, end) for record in page]
    await reader.stop()
    letter = from_headers(found[0].headers)
    assert (len(found), found[0].key, found[0].value) == (1, b"k", b"{}")
    assert letter is not None
    assert (letter.topic, letter.offset) == ("control", 0)
