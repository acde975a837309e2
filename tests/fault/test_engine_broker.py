"""The broker away: stopped, killed with transactions open, or gone for long."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest
from aiokafka.client import AIOKafkaClient

from services.runtime.embedded import EmbeddedKafka
from services.runtime.faults import INFRASTRUCTURE
from services.runtime.kafka import Kafka
from tests.contract.verifying import verify
from tests.fault.processes import stage_on

pytestmark = [pytest.mark.fault, pytest.mark.kafka, pytest.mark.timeout(240)]

AWAY_S = 12.0
"""Longer than a session and than a transaction."""
LONG_AWAY_S = 60.0
GROWN_KIB_MAX = 32 * 1024


@pytest.mark.parametrize(
    ("how", "away_s"),
    [
        ("kill", AWAY_S),
        ("stop", AWAY_S),
        pytest.param("kill", LONG_AWAY_S, marks=pytest.mark.long),
    ],
)
def test_a_broker_that_goes_away_and_comes_back_loses_nothing(
    kafka: EmbeddedKafka, tmp_path: Path, how: str, away_s: float
) -> None:
    """Under load, with transactions open; meanwhile the worker isn't ready, says why, and doesn't grow."""
    with stage_on(kafka.bootstrap, tmp_path) as stage:

        async def scenario() -> None:
            await stage.create()
            worker = stage.worker(records_max=5)
            await worker.ready()
            await stage.send(1_000)
            await asyncio.sleep(0.3)
            await asyncio.to_thread(kafka.kill if how == "kill" else kafka.stop)
            held_kib = worker.resident_kib()
            await asyncio.sleep(away_s)
            assert await worker.why_not_ready()
            assert worker.resident_kib() - held_kib < GROWN_KIB_MAX
            await asyncio.to_thread(kafka.start)
            await stage.send(100)
            assert await verify(stage.world, stage.group, partitions=stage.partitions) == 2_200
            await worker.ready()

        try:
            stage.world.run(scenario())
        finally:
            kafka.start()


def test_sigterm_while_the_broker_is_away_ends_the_worker_all_the_same(
    kafka: EmbeddedKafka, tmp_path: Path
) -> None:
    """Every wait is bounded: nothing hangs on a broker that doesn't answer."""
    with stage_on(kafka.bootstrap, tmp_path) as stage:

        async def scenario() -> None:
            await stage.create()
            worker = stage.worker(records_max=5)
            await worker.ready()
            await stage.send(500)
            await asyncio.sleep(0.2)
            await asyncio.to_thread(kafka.kill)
            await asyncio.sleep(1)
            worker.signal(signal.SIGTERM)
            assert await worker.exit_code(20) == 0
            await asyncio.to_thread(kafka.start)
            stage.worker()
            assert await verify(stage.world, stage.group, partitions=stage.partitions) == 1_000

        try:
            stage.world.run(scenario())
        finally:
            kafka.start()


def test_a_worker_started_while_the_broker_is_away_works_once_it_is_back(
    kafka: EmbeddedKafka, tmp_path: Path
) -> None:
    """As after a power cut, when nobody waits for anybody."""
    with stage_on(kafka.bootstrap, tmp_path) as stage:

        async def scenario() -> None:
            await stage.create()
            await stage.send(100)
            await asyncio.to_thread(kafka.stop)
            worker = stage.worker()
            await worker.live()
            await asyncio.sleep(2)
            await asyncio.to_thread(kafka.start)
            await worker.ready()
            assert await verify(stage.world, stage.group, partitions=stage.partitions) == 200

        try:
            stage.world.run(scenario())
        finally:
            kafka.start()


async def test_a_broker_that_names_no_broker_yet_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """So answers one that has just started; it is an infrastructure error like any other."""

    async def names_nobody(_: AIOKafkaClient) -> None:
        """The metadata are empty."""

    monkeypatch.setattr(AIOKafkaClient, "bootstrap", names_nobody)
    with pytest.raises(INFRASTRUCTURE):
        await Kafka("127.0.0.1:9").take_over("id", "prefix-")
