"""Worker processes for fault tests: started, asked, stopped, killed. Each ends with its test."""

# ruff: noqa: ASYNC110 - another process can only be polled

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp

from services.runtime.embedded.child import free_port
from tests.contract.worlds import Real
from tests.fake.counting import INPUTS, TOPICS

PROJECT = Path(__file__).parents[2]
READY_S_MAX = 40.0


class WorkerProcess:
    """One worker of the counting stage. Its log is kept beside it, and shown when it fails."""

    def __init__(self, world: Real, folder: Path, partitions: int, **given: Any) -> None:
        self.port = free_port()
        self.log = folder / f"worker-{self.port}.log"
        arguments = {
            "bootstrap": world.bootstrap,
            "prefix": world.prefix,
            "partitions": partitions,
            "port": self.port,
            **given,
        }
        with self.log.open("wb") as out:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "tests.fault.counting_worker", json.dumps(arguments)],
                cwd=PROJECT,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(PROJECT)},
            )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self._child.poll() is None:
            self._child.send_signal(number)

    async def exit_code(self, seconds: float = 20.0) -> int:
        """Wait for its end."""
        async with asyncio.timeout(seconds):
            while self._child.poll() is None:
                await asyncio.sleep(0.05)
        return int(self._child.returncode)

    async def ready(self) -> None:
        """Wait until it says so. Raises with its log when it ends before."""
        async with asyncio.timeout(READY_S_MAX), aiohttp.ClientSession() as session:
            while (await self._ask(session))[0] != 200:
                assert self._child.poll() is None, self.log.read_text()
                await asyncio.sleep(0.1)

    async def live(self) -> None:
        """Wait until it answers at all: before that, a signal finds no handler."""
        async with asyncio.timeout(READY_S_MAX), aiohttp.ClientSession() as session:
            while not (await self._ask(session))[0]:
                await asyncio.sleep(0.05)

    async def why_not_ready(self) -> list[str]:
        """The reasons it gives; empty when ready."""
        async with aiohttp.ClientSession() as session:
            _, body = await self._ask(session)
        return list(body.get("reasons", ["no answer"]))

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}/metrics") as answer,
        ):
            lines = (await answer.text()).splitlines()
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.startswith((name + "{", name + " ")) and all(one in line for one in wanted)
        )

    def resident_kib(self) -> int:
        """The memory that it holds now."""
        status = Path(f"/proc/{self._child.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])

    async def _ask(self, session: aiohttp.ClientSession) -> tuple[int, dict[str, Any]]:
        try:
            async with session.get(
                f"http://127.0.0.1:{self.port}/ready", timeout=aiohttp.ClientTimeout(2)
            ) as answer:
                return answer.status, await answer.json()
        except (aiohttp.ClientError, TimeoutError):
            return 0, {}

    def end(self) -> None:
        """Kill whatever is left."""
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGCONT)
            self._child.kill()
        self._child.wait()


class Stage:
    """The counting stage under test: its topics, its load and its workers."""

    def __init__(self, world: Real, folder: Path, partitions: int = 2) -> None:
        self.world = world
        self.partitions = partitions
        self.group = world.prefix + "counting"
        self._folder = folder
        self._workers: list[WorkerProcess] = []
        self._sent = 0

    async def create(self) -> None:
        """Its topics."""
        await self.world.create(*TOPICS, partitions=self.partitions)

    def worker(self, **given: Any) -> WorkerProcess:
        """One more process."""
        worker = WorkerProcess(self.world, self._folder, self.partitions, **given)
        self._workers.append(worker)
        return worker

    async def send(self, count: int) -> None:
        """Records into both inputs, with a dead letter here and there."""
        for topic in INPUTS:
            numbers = range(self._sent, self._sent + count)
            await self.world.produce(
                topic, [(b"k%d" % (n % 23), b"%d" % n if n % 97 else b"bad %d" % n) for n in numbers]
            )
            self._sent += count

    @contextlib.asynccontextmanager
    async def load(self, per_second: int = 400) -> AsyncIterator[None]:
        """Send all the time."""
        enough = asyncio.Event()

        async def go() -> None:
            while not enough.is_set():
                await self.send(per_second // 10)
                await asyncio.sleep(0.2)

        task = asyncio.create_task(go())
        try:
            yield
        finally:
            enough.set()
            await task

    def end(self) -> None:
        """End every worker."""
        for worker in self._workers:
            worker.end()


@contextlib.contextmanager
def stage_on(bootstrap: str, folder: Path, partitions: int = 2, replicas: int = 1) -> Iterator[Stage]:
    """A counting stage with topics of its own."""
    stage = Stage(Real(bootstrap, replicas), folder, partitions)
    try:
        yield stage
    finally:
        stage.end()
