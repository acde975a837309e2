"""The broker away: stopped, killed with transactions open, or gone for long."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from services.runtime.embedded import EmbeddedKafka
from tests.contract.verifying import verify
from tests.fault.processes import stage_on

pytestmark = [pytest.mark.fault, pytest.mark.kafka, pytest.mark.timeout(240)]

AWAY_S = 12.0
"""Longer than a session and than a transaction."""


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_a_broker_that_goes_away_and_comes_back_loses_nothing(
    kafka: EmbeddedKafka, tmp_path: Path, how: str
) -> None:
    """Under load, with transactions open; meanwhile the worker lives, isn't ready, and says why."""
    with stage_on(kafka.bootstrap, tmp_path) as stage:

        async def scenario() -> None:
            await stage.create()
            worker = stage.worker(records_max=5)
            await worker.ready()
            await stage.send(1_000)
            await asyncio.sleep(0.3)
            await asyncio.to_thread(kafka.kill if how == "kill" else kafka.stop)
            await asyncio.sleep(AWAY_S)
            assert await worker.why_not_ready()
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
