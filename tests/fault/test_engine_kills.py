"""Workers killed at named points, and at random: nothing is lost or counted twice."""

from __future__ import annotations

import asyncio
import random
import signal

import pytest

from services.runtime import hooks
from tests.contract.verifying import verify
from tests.fault.processes import Stage

pytestmark = [pytest.mark.fault, pytest.mark.kafka, pytest.mark.timeout(240)]

KILLS = 20
SEED = random.SystemRandom().randrange(2**32)


@pytest.mark.parametrize("point", hooks.POINTS)
def test_a_worker_killed_between_any_two_steps_leaves_whole_batches(stage: Stage, point: str) -> None:
    """The next worker aborts what is open, restores, and goes on as if nothing had happened."""

    async def scenario() -> None:
        await stage.create()
        await stage.send(300)
        assert await stage.worker(crash=(point, 4), instance="one").exit_code(30) == -signal.SIGKILL
        stage.worker(instance="one")
        assert await verify(stage.world, stage.group, partitions=stage.partitions) == 600

    stage.world.run(scenario())


def test_twenty_random_kills_under_load_change_nothing(stage: Stage) -> None:
    """Two workers, one static; one of them is killed again and again. A failure names the seed."""
    dice = random.Random(SEED)

    async def scenario() -> None:
        await stage.create()
        async with stage.load():
            workers = [stage.worker(instance="first"), stage.worker()]
            for _ in range(KILLS):
                await asyncio.sleep(dice.uniform(0.2, 2.5))
                index = dice.randrange(2)
                workers[index].signal(signal.SIGKILL)
                await workers[index].exit_code()
                workers[index] = stage.worker(instance="first") if index == 0 else stage.worker()
        try:
            assert await verify(stage.world, stage.group, partitions=stage.partitions) > 1_000
        except AssertionError as error:
            raise AssertionError(f"seed {SEED}: {error}") from error

    stage.world.run(scenario())
