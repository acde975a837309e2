"""The real stages, killed at every crash point, at random and while rebalancing, under load.

What came of it is proved by a process of its own, `tests/verifier`: outputs against the model, the chain, the
changelog and PostgreSQL. The seed is printed.
"""

from __future__ import annotations

import asyncio
import random
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from services.runtime.hooks import POINTS
from services.runtime.settings import Settings
from tests.acceptance.test_on_kafka import logs, proved, settings  # noqa: F401  # fixtures
from tests.fault.fleet import COUNTED, STAGES, Fleet, under_load
from tests.support.policies import community

pytestmark = [pytest.mark.kafka, pytest.mark.fault]

KILLS = 20
KILL_PAUSE_S = (0.5, 3.0)
REBALANCE_PAUSE_S = 4.0


async def all_proved(settings: Settings) -> None:  # noqa: F811
    """By the verifier, of everything."""
    said = await asyncio.to_thread(proved, settings)
    assert "all proved" in said, said


def loaded(
    settings: Settings,  # noqa: F811
    folder: Path,
    seed: int,
) -> AbstractAsyncContextManager[Fleet]:
    """The community's rules are in force, and everything is proved."""
    return under_load(settings, folder, seed, community(), all_proved)


@pytest.mark.timeout(600)
async def test_a_stage_killed_at_each_crash_point_loses_and_doubles_nothing(
    settings: Settings,  # noqa: F811
    logs: Path,  # noqa: F811
) -> None:
    """Screening and enforcement die before, between and after sends, after offsets and after the commit."""
    async with loaded(settings, logs, seed=1) as fleet:
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
    async with loaded(settings, logs, seed) as fleet:
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
    async with loaded(settings, logs, seed=3) as fleet:
        for number in (2, 3):
            for stage in COUNTED:
                fleet.start(f"{stage}-{number}", stage)
            await asyncio.sleep(REBALANCE_PAUSE_S)
        for number in (3, 2):
            for stage in COUNTED:
                fleet.kill(f"{stage}-{number}")
        await asyncio.sleep(REBALANCE_PAUSE_S)
