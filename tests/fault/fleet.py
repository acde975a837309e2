"""The processes of a whole deployment for fault tests, and a load of events to go with them."""

# ruff: noqa: ASYNC110 - another process can only be polled

from __future__ import annotations

import asyncio
import random
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from events.policy import Policy
from services.runtime.settings import Settings
from tests.acceptance.test_on_kafka import environment, made
from tests.support.kafka_player import Deployment, Event
from tests.support.signals import day

PROJECT = Path(__file__).parents[2]
STAGES = ("screening", "enforcement", "clock", "projecting")
COUNTED = ("screening", "enforcement")
"""Those that count each record once, by transactions."""
ACCOUNTS = 400
"""Enough that nobody's episode reaches the size from which further acts are only folded."""
LOAD_PAUSE_S = 0.1
CRASH_S_MAX = 60.0
WORDS_CHARS_MAX = 300
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

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def names(self) -> list[str]:
        """Of all that were ever started."""
        return [*self._children]

    def start(
        self,
        name: str,
        stage: str,
        crash: tuple[str, int] | None = None,
        bootstrap: str | None = None,
        project: Path = PROJECT,
    ) -> None:
        """Start a worker of a stage; with `crash`, one that dies when it passes a point for the n-th time.

        With `bootstrap` it reaches the broker in another way than the settings say; `project` is the build's
        folder.
        """
        settings = self._settings
        if bootstrap is not None:
            settings = settings.model_copy(update={"bootstrap_servers": bootstrap})
        module = ["services.cli", "worker", stage]
        if crash is not None:
            module = ["tests.fault.crashing_worker", stage, crash[0], str(crash[1])]
        with (self._folder / f"{name}.log").open("ab") as log:
            self._children[name] = subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=project,
                env={
                    **environment(settings),
                    "GOODSTANDING_INSTANCE_ID": name,
                    "PYTHONPATH": str(project),
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self, name: str) -> None:
        """SIGKILL."""
        self._children[name].kill()
        self._children[name].wait()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Any other signal, if it still runs."""
        if self._children[name].poll() is None:
            self._children[name].send_signal(number)

    def ended(self, name: str) -> int | None:
        """Its exit code, None while it runs."""
        return self._children[name].poll()

    def last_words(self, name: str) -> str:
        """Why it ended: the last line of its log in which it says so, in short."""
        text = (self._folder / f"{name}.log").read_text(errors="replace")
        lines = [line for line in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).splitlines() if line.strip()]
        told = [line for line in lines if re.match(r"[\w.]*(Error|Refused|Broken|Exception)\b", line.strip())]
        return (told or lines or [""])[-1].strip()[:WORDS_CHARS_MAX]

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

    def __init__(self, deployment: Deployment, seed: int, accounts: int = ACCOUNTS) -> None:
        self.sent = 0
        self._deployment = deployment
        self._accounts = accounts
        self._dice = random.Random(seed)
        self._stopped = asyncio.Event()

    async def run(self) -> int:
        """Send until stopped; how many events were sent."""
        while not self._stopped.is_set():
            await self._deployment.send(*(self._event() for _ in range(5)))
            await asyncio.sleep(LOAD_PAUSE_S)
        return self.sent

    def stop(self) -> None:
        """No more."""
        self._stopped.set()

    def _event(self) -> Event:
        self.sent += 1
        number, subject = self.sent, f"u{self._dice.randrange(self._accounts)}"
        what, topic = "post.created", "posts"
        data: dict[str, Any] = {"post": f"p{number}", "revision": 1, "body": self._dice.choice(BODIES)}
        data["thread"] = f"of-{subject}"  # somebody who writes into many threads at once floods
        if number % 11 == 0:
            about = {
                "account": f"u{self._dice.randrange(self._accounts)}",
                "post": f"p{number - 5}",
                "revision": 1,
            }
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
    settings: Settings,
    folder: Path,
    seed: int,
    policy: Policy,
    prove: Callable[[Settings], Awaitable[None]],
) -> AsyncIterator[Fleet]:
    """A deployment that is sent events all the while; at the end it rests, and everything is proved."""
    await made(settings)
    with ExitStack() as stack:
        fleet = Fleet(settings, folder)
        stack.callback(fleet.end)
        for stage in STAGES:
            fleet.start(stage, stage)
        async with Deployment(settings, {"default": policy}) as deployment:
            await deployment.advance(day(0))
            await deployment.activate("default")
            load = Load(deployment, seed)
            sending = asyncio.create_task(load.run())
            yield fleet
            load.stop()
            assert await sending > 0
            await deployment.advance(day(2))
            await deployment.quiet()
        await prove(settings)
