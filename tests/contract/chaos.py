"""Faults by dice on the simulated log: workers killed, frozen, drained, replies lost, records rejected.

The seed is the report.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field

from aiokafka.errors import KafkaConnectionError

from services.runtime.loop import Loop
from tests.contract.verifying import verify
from tests.contract.worlds import Simulated
from tests.fake.counting import INPUTS, TOPICS, Counting
from tests.fake.log import Process

PARTITIONS = 2
WORKERS_MAX = 3
FAULTY = (
    "produce<",
    "produce>",
    "offsets<",
    "offsets>",
    "commit<",
    "commit>",
    "init<",
    "init>",
    "fetch",
    "committed",
    "list",
)


@dataclass
class Worker:
    """One process with its loop."""

    process: Process
    loop: Loop
    task: asyncio.Task[None]
    frozen: bool = False


@dataclass
class Chaos:
    """One run.

    `calm` ends the faults; errors that end a worker without our doing are kept, and raised by `end`.
    """

    world: Simulated
    dice: random.Random
    error_rate: float = 0.004
    workers: list[Worker] = field(default_factory=list)
    gone: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> Worker:
        """A new worker."""
        process = self.world.process()
        process.on_point = self._maybe_fail
        loop = Loop(Counting(records_max=7), process, prefix=self.world.prefix, partitions=PARTITIONS)
        worker = Worker(process, loop, asyncio.ensure_future(loop.run()))
        self.workers.append(worker)
        return worker

    def _maybe_fail(self, name: str) -> None:
        if name in FAULTY and self.dice.random() < self.error_rate:
            raise KafkaConnectionError(f"by dice at {name}")

    async def step(self) -> None:
        """One random act, and a random while."""
        self._raise_ended()
        act = self.dice.choice(["start", "start", "kill", "freeze", "thaw", "drain", "wait", "wait"])
        worker = self.dice.choice(self.workers) if self.workers else None
        if worker is None or (act == "start" and len(self.workers) < WORKERS_MAX):
            self.start()
        elif act == "kill":
            self.kill(worker)
        elif act == "freeze" and not worker.frozen:
            worker.frozen = True
            worker.process.freeze()
        elif act == "thaw" and worker.frozen:
            worker.frozen = False
            worker.process.thaw()
        elif act == "drain" and not worker.frozen:
            self.workers.remove(worker)
            worker.loop.drain()
            self.gone.append(worker.task)
        await asyncio.sleep(self.dice.choice([0.05, 0.3, 1.0, 7.5]))

    def kill(self, worker: Worker) -> None:
        """SIGKILL."""
        self.workers.remove(worker)
        worker.process.kill()
        worker.task.cancel()
        self.gone.append(worker.task)

    async def end(self) -> None:
        """Stop the faults, let one more worker join, and prove the result."""
        self.error_rate = 0.0
        for worker in self.workers:
            worker.process.thaw()
        self.start()
        await verify(self.world, self.world.prefix + "counting", partitions=PARTITIONS)
        self._raise_ended()
        for worker in self.workers:
            worker.loop.drain()
        for error in await asyncio.gather(
            *(worker.task for worker in self.workers), *self.gone, return_exceptions=True
        ):
            if isinstance(error, Exception):
                raise error

    def _raise_ended(self) -> None:
        for worker in self.workers:
            if worker.task.done():
                worker.task.result()


async def story(world: Simulated, seed: int, *, acts: int = 12, error_rate: float = 0.004) -> None:
    """A whole run from a seed."""
    dice = random.Random(seed)
    await world.create(*TOPICS, partitions=PARTITIONS)
    chaos = Chaos(world, dice, error_rate)
    for act in range(acts):
        for topic in INPUTS:
            since = act * 100
            await world.produce(topic, [(b"k%d" % dice.randrange(6), b"%d" % (since + n)) for n in range(12)])
        await chaos.step()
    await chaos.end()


def run(seed: int, error_rate: float = 0.004) -> None:
    """One story in a world of its own. Raises whatever was noticed; the message names the seed."""
    world = Simulated(seed)
    try:
        world.run(story(world, seed, error_rate=error_rate))
    except Exception as error:
        raise AssertionError(f"seed {seed}: {error!r}") from error
