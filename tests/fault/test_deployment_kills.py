"""The real stages, killed at every crash point, at random and while rebalancing, under load.

What came of it is proved by a process of its own, `tests/verifier`: outputs against the model, the chain, the
changelog and PostgreSQL. The seed is printed.
"""

# ruff: noqa: ASYNC110 - another process can only be polled

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.runtime.hooks import POINTS
from services.runtime.settings import Settings
from tests.acceptance.test_on_kafka import environment, logs, made, proved, settings  # noqa: F401  # fixtures
from tests.support.kafka_player import Deployment, Event
from tests.support.policies import community
from tests.support.signals import day

pytestmark = [pytest.mark.kafka, pytest.mark.fault]

PROJECT = Path(__file__).parents[2]
STAGES = ("screening", "enforcement", "clock", "projecting")
COUNTED = ("screening", "enforcement")
ACCOUNTS = 400
"""Enough that nobody's episode reaches the size from which further acts are only folded."""
KILLS = 20
LOAD_PAUSE_S = 0.1
KILL_PAUSE_S = (0.5, 3.0)
CRASH_S_MAX = 60.0
REBALANCE_PAUSE_S = 4.0
BODIES = (
    "how do i build a funnel for weekly retention?",
    "group by plan first, then compare the cohorts",
    "you are a fucking idiot",
    "what the fuck is this report",
    "buy now at https://cheap-dashboards.example/?ref=me, 50% off, limited offer",
    "call her at +1 415 555 2671, she never answers mail",
)


class Fleet:
    """The deployment's processes, each with an instance id of its own, so that a restart is quick."""

    def __init__(self, settings: Settings, folder: Path) -> None:  # noqa: F811
        self._settings = settings
        self._folder = folder
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, stage: str, crash: tuple[str, int] | None = None) -> None:
        """Start a worker of a stage; with `crash`, one that dies when it passes a point for the n-th time."""
        module = ["services.cli", "worker", stage]
        if crash is not None:
            module = ["tests.fault.crashing_worker", stage, crash[0], str(crash[1])]
        with (self._folder / f"{name}.log").open("ab") as log:
            self._children[name] = subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=PROJECT,
                env={
                    **environment(self._settings),
                    "GOODSTANDING_INSTANCE_ID": name,
                    "PYTHONPATH": str(PROJECT),
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self, name: str) -> None:
        """SIGKILL."""
        self._children[name].kill()
        self._children[name].wait()

    async def crashed(self, name: str) -> None:
        """Wait until a worker has killed itself."""
        async with asyncio.timeout(CRASH_S_MAX):
            while self._children[name].poll() is None:
                await asyncio.sleep(0.05)
        assert self._children[name].returncode < 0, f"{name} ended by itself, see its log"

    def end(self) -> None:
        """Kill whatever is left."""
        for name in self._children:
            self.kill(name)


class Load:
    """Events of a few hundred people, seeded, for as long as it runs."""

    def __init__(self, deployment: Deployment, seed: int) -> None:
        self._deployment = deployment
        self._dice = random.Random(seed)
        self._sent = 0
        self._stopped = asyncio.Event()

    async def run(self) -> int:
        """Send until stopped; how many events were sent."""
        while not self._stopped.is_set():
            await self._deployment.send(*(self._event() for _ in range(5)))
            await asyncio.sleep(LOAD_PAUSE_S)
        return self._sent

    def stop(self) -> None:
        """No more."""
        self._stopped.set()

    def _event(self) -> Event:
        self._sent += 1
        number, subject = self._sent, f"u{self._dice.randrange(ACCOUNTS)}"
        what, topic = "post.created", "posts"
        data: dict[str, Any] = {"post": f"p{number}", "revision": 1, "body": self._dice.choice(BODIES)}
        data["thread"] = f"of-{subject}"  # somebody who writes into many threads at once floods
        if number % 11 == 0:
            about = {"account": f"u{self._dice.randrange(ACCOUNTS)}", "post": f"p{number - 5}", "revision": 1}
            what, topic = "report.filed", "reports"
            data = {"report": f"r{number}", "reporter": {"account": subject}, "about": about}
            data |= {"reason": "no-bullying", "text": "look at this"}
        elif number % 17 == 0:
            what, topic = "account.registered", "accounts"
            data = {"kind": self._dice.choice(("person", "staff")), "profile": {}}
        event = {
            "specversion": "1.0",
            "id": f"load-{number if number % 23 else number - 1}",  # now and then, an id comes twice
            "source": "/load",
            "type": f"goodstanding.{what}.v1",
            "subject": subject,
            "time": (self._deployment.at + timedelta(milliseconds=number)).isoformat(),
            "data": data,
        }
        return topic, subject, event


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
