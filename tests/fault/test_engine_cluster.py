"""Leaders and coordinators that move: three brokers, of which one dies at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from services.runtime.embedded import EmbeddedKafka
from tests.conftest import JARS
from tests.contract.verifying import verify
from tests.fake.counting import CHANGELOG, INPUTS
from tests.fault.processes import Stage, stage_on

pytestmark = [pytest.mark.fault, pytest.mark.kafka]

BROKERS = 3
MOVED_S_MAX = 40.0
TRANSACTION_COORDINATOR = 1
LEADER, COORDINATOR = 0, 1
"""Places in what `places` gives."""


@pytest.fixture(scope="module")
def cluster(stack_folder: Path) -> Iterator[EmbeddedKafka]:
    """Three brokers; each partition has three copies, and two must have a record before it counts."""
    with EmbeddedKafka(stack_folder / "cluster", jars=JARS, brokers=BROKERS) as running:
        yield running


@pytest.fixture
def stage(cluster: EmbeddedKafka, tmp_path: Path) -> Iterator[Stage]:
    """A counting stage on three brokers."""
    with stage_on(cluster.bootstrap, tmp_path, replicas=BROKERS) as running:
        yield running


async def places(stage: Stage) -> tuple[int, int, int]:
    """The brokers that lead the first input partition, and coordinate its transactions and the group."""
    client = AIOKafkaClient(bootstrap_servers=stage.world.bootstrap)
    await client.bootstrap()
    try:
        await client.set_topics([stage.world.prefix + topic for topic in INPUTS])
        leader = client.cluster.leader_for_partition(stage.world.at(INPUTS[0], 0))
        transactions = await client.coordinator_lookup(
            TRANSACTION_COORDINATOR, f"{stage.world.prefix}{CHANGELOG}.0"
        )
        group = await client.coordinator_lookup(0, stage.group)
        return int(leader), int(transactions), int(group)
    finally:
        await client.close()


async def moved(stage: Stage, dead: int) -> None:
    """Wait until nothing is led or coordinated by a broker that is dead."""
    async with asyncio.timeout(MOVED_S_MAX):
        while True:
            with contextlib.suppress(KafkaError):  # the client asks any broker, the dead one too
                if dead not in await places(stage):
                    return
            await asyncio.sleep(0.2)


@pytest.mark.timeout(180)
def test_leader_and_coordinator_die_and_what_was_counted_is_equal(
    cluster: EmbeddedKafka, stage: Stage
) -> None:
    """Under load the leader is killed, then whoever coordinates; two of three are always there."""

    async def scenario() -> None:
        await stage.create()
        worker = stage.worker(records_max=20)
        await worker.ready()
        async with stage.load():
            for role in (LEADER, COORDINATOR):
                victim = (await places(stage))[role]
                await asyncio.to_thread(cluster.kill, victim)
                await moved(stage, victim)
                await asyncio.sleep(2)
                await asyncio.to_thread(cluster.start, victim)
        assert await verify(stage.world, stage.group, partitions=stage.partitions) > 1_000
        await worker.ready()

    try:
        stage.world.run(scenario())
    finally:
        cluster.start()


@pytest.mark.long
@pytest.mark.timeout(600)
def test_every_broker_dies_twice_in_turn_under_load(cluster: EmbeddedKafka, stage: Stage) -> None:
    """Each partition's leader and every coordinator moves several times, with two workers at it."""

    async def scenario() -> None:
        await stage.create()
        workers = [stage.worker(records_max=20), stage.worker(records_max=20)]
        for worker in workers:
            await worker.ready()
        async with stage.load():
            for victim in [*range(BROKERS), *range(BROKERS)]:
                await asyncio.to_thread(cluster.kill, victim)
                await moved(stage, victim)
                await asyncio.sleep(3)
                await asyncio.to_thread(cluster.start, victim)
                await asyncio.sleep(3)
        assert await verify(stage.world, stage.group, partitions=stage.partitions) > 2_000

    try:
        stage.world.run(scenario())
    finally:
        cluster.start()
