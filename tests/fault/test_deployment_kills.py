"""The real stages, killed at every crash point, at random and while rebalancing, under load.

What came of it is proved by a process of its own, `tests/verifier`: outputs against the model, the chain, the
changelog and PostgreSQL. The seed is printed.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from services.runtime.hooks import POINTS
from services.runtime.settings import Settings
from tests.acceptance.test_on_kafka import logs, made, proved, settings  # noqa: F401  # fixtures
from tests.fault.fleet import STAGES, Fleet, Load
from tests.support.kafka_player import Deployment
from tests.support.policies import community
from tests.support.signals import day

pytestmark = [pytest.mark.kafka, pytest.mark.fault]

COUNTED = ("screening", "enforcement")
KILLS = 20
KILL_PAUSE_S = (0.5, 3.0)
REBALANCE_PAUSE_S = 4.0


@asynccontextmanager
async def under_load(
    settings: Settings,  # noqa: F811
    folder: Path,
    seed: int,
) -> AsyncIterator[Fleet]:
    """A deployment that is sent events all the while; at the end it rests, and everything is proved."""
    await made(settings)
    with ExitStack() as stack:
        fleet = Fleet(settings, folder)
        stack.callback(fleet.end)
        for stage in STAGES:
            fleet.start(stage, stage)
        async with Deployment(settings, {"default": community()}) as deployment:
            await deployment.advance(day(0))
            await deployment.activate("default")
            load = Load(deployment, seed)
            sending = asyncio.create_task(load.run())
            yield fleet
            load.stop()
            assert await sending > 0
            await deployment.advance(day(2))
            await deployment.quiet()
        said = await asyncio.to_thread(proved, settings)
        assert "all proved" in said, said


@pytest.mark.timeout(600)
async def test_a_stage_killed_at_each_crash_point_loses_and_doubles_nothing(
    settings: Settings,  # noqa: F811
    logs: Path,  # noqa: F811
) -> None:
    """Screening and enforcement die before, between and after sends, after offsets and after the commit."""
    async with under_load(settings, logs, seed=1) as fleet:
        for stage in COUNTED:
            for passage, point in enumerate(POINTS, start=2):
                fleet.kill(stage)
                fleet.start(stage, stage, crash=(point, passage))
                await fleet.crashed(stage)
                fleet.start(stage, stage)


@pytest.mark.timeout(600)
async def test_twenty_kills_at_random_lose_and_double_nothing(
    settings: Settings,  # noqa: F811
    logs: Path,  # noqa: F811
) -> None:
    """Any of the workers, at any moment, the clock and the projector included."""
    seed = random.SystemRandom().randrange(1_000_000)
    sys.stdout.write(f"seed {seed}\n")
    dice = random.Random(seed)
    async with under_load(settings, logs, seed) as fleet:
        for _ in range(KILLS):
            await asyncio.sleep(dice.uniform(*KILL_PAUSE_S))
            stage = dice.choice(STAGES)
            fleet.kill(stage)
            fleet.start(stage, stage)


@pytest.mark.timeout(600)
async def test_one_two_three_and_one_worker_again_lose_and_double_nothing(
    settings: Settings,  # noqa: F811
    logs: Path,  # noqa: F811
) -> None:
    """Both counted stages are rebalanced under load; the last step is a kill of two workers each."""
    async with under_load(settings, logs, seed=3) as fleet:
        for number in (2, 3):
            for stage in COUNTED:
                fleet.start(f"{stage}-{number}", stage)
            await asyncio.sleep(REBALANCE_PAUSE_S)
        for number in (3, 2):
            for stage in COUNTED:
                fleet.kill(f"{stage}-{number}")
        await asyncio.sleep(REBALANCE_PAUSE_S)
