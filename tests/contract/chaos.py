"""Faults by dice on the simulated log: workers killed and frozen at any call, replies lost, topics compacted.

A story is one schedule: a seed decides what happens, where, and how long every call takes. The seed is the
report: `python -m tests.contract.chaos SEED` plays one again, `python -m tests.contract.chaos SEED COUNT` so
many from there on.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import logging
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from aiokafka.errors import KafkaConnectionError

from services.runtime.loop import Loop
from tests.contract.verifying import verify
from tests.contract.worlds import Simulated
from tests.fake.broker import Broker
from tests.fake.counting import CHANGELOG, ERASE, INPUTS, TOPICS, Counting
from tests.fake.log import Process

PARTITIONS = 2
WORKERS_MAX = 3
RECORDS_PER_ACT = 12
KEYS = 6
ERASED = 0.05
STRIKE_CALLS_MAX = 60
"""Within so many calls a worker is struck: a batch takes about ten."""
ERROR_RATE = 0.004
WHILES_S = (0.05, 0.05, 0.3, 0.3, 0.3, 1.0, 1.0, 7.5)
"""The last is longer than a session."""
ACTS = ("start", "start", "kill", "strike", "freeze", "stall", "thaw", "drain", "slow", "compact", "wait")
FAULTY = frozenset(
    {
        *("produce<", "produce>", "offsets<", "offsets>", "commit<", "commit>", "init<", "init>"),
        *("fetch", "committed", "list"),
    }
)
SLOW = ("produce<", "offsets<", "commit<", "commit>", "init>", "fetch", "committed", "list")
SLOW_S = (0.1, 1.0, 4.0, 12.0)
"""The last is longer than a transaction."""
TOLD_EACH = 100


@dataclass
class Worker:
    """One process with its loop."""

    process: Process
    loop: Loop
    task: asyncio.Task[None]
    frozen: bool = False
    struck: Callable[[], None] | None = None
    strike_at: int = 0


@dataclass
class Chaos:
    """One run.

    `calm` ends the faults; errors that end a worker without our doing are kept, and raised by `end`.
    """

    world: Simulated
    dice: random.Random
    error_rate: float = ERROR_RATE
    workers: list[Worker] = field(default_factory=list)
    gone: list[Worker] = field(default_factory=list)

    def start(self) -> Worker:
        """A new worker."""
        process = self.world.process()
        loop = Loop(Counting(records_max=7), process, prefix=self.world.prefix, partitions=PARTITIONS)
        worker = Worker(process, loop, asyncio.ensure_future(loop.run()))
        process.on_point = partial(self._at, worker)
        self.workers.append(worker)
        return worker

    def _at(self, worker: Worker, name: str) -> None:
        """At every call of a worker: strike it if it is time, or let the call fail."""
        if worker.struck is not None and worker.process.points >= worker.strike_at:
            strike, worker.struck = worker.struck, None
            strike()
        elif name in FAULTY and self.dice.random() < self.error_rate:
            raise KafkaConnectionError(f"by dice at {name}")

    async def step(self) -> None:
        """One random act, and a random while."""
        self._raise_ended()
        act = self.dice.choice(ACTS)
        worker = self.dice.choice(self.workers) if self.workers else None
        if worker is None or (act == "start" and len(self.workers) < WORKERS_MAX):
            self.start()
        elif act == "compact":
            for partition in range(PARTITIONS):
                self.world.broker.compact(self.world.at(CHANGELOG, partition))
        elif not worker.frozen or act in {"kill", "thaw"}:
            self._happens(act, worker)
        await asyncio.sleep(self.dice.choice(WHILES_S))

    def _happens(self, act: str, worker: Worker) -> None:
        if act == "kill":
            self.kill(worker)
        elif act == "freeze":
            self._freeze(worker)
        elif act in {"strike", "stall"}:
            worker.strike_at = worker.process.points + self.dice.randint(1, STRIKE_CALLS_MAX)
            worker.struck = partial(self.kill if act == "strike" else self._freeze, worker)
        elif act == "thaw":
            self._thaw(worker)
        elif act == "slow":
            worker.process.delays = {self.dice.choice(SLOW): self.dice.choice(SLOW_S)}
        elif act == "drain":
            worker.struck = None
            self.workers.remove(worker)
            worker.loop.drain()
            self.gone.append(worker)

    def kill(self, worker: Worker) -> None:
        """SIGKILL."""
        self.workers.remove(worker)
        worker.process.kill()
        worker.task.cancel()
        self.gone.append(worker)

    def _freeze(self, worker: Worker) -> None:
        """SIGSTOP."""
        worker.frozen = True
        worker.process.freeze()

    def _thaw(self, worker: Worker) -> None:
        """SIGCONT."""
        worker.frozen = False
        worker.process.thaw()

    async def end(self) -> None:
        """Stop the faults, let one more worker join, and prove the result."""
        self.error_rate = 0.0
        for worker in self.workers:
            worker.struck = None
            worker.process.delays = {}
            self._thaw(worker)
        self.start()
        await verify(self.world, self.world.prefix + "counting", partitions=PARTITIONS)
        self._raise_ended()
        for worker in self.workers:
            worker.loop.drain()
        self.gone += self.workers
        await asyncio.wait([worker.task for worker in self.gone])
        for worker in self.gone:
            if not worker.task.cancelled():
                worker.task.result()

    def _raise_ended(self) -> None:
        """Nobody ends by itself."""
        for worker in list(self.workers):
            if worker.task.done():
                worker.task.result()
                self.workers.remove(worker)


async def story(world: Simulated, seed: int, *, acts: int = 10, error_rate: float = ERROR_RATE) -> None:
    """A whole run from a seed."""
    dice = random.Random(seed)
    await world.create(*TOPICS, partitions=PARTITIONS)
    chaos = Chaos(world, dice, error_rate)
    for act in range(acts):
        for topic in INPUTS:
            since = act * 100
            await world.produce(topic, [_pair(dice, since + n) for n in range(RECORDS_PER_ACT)])
        await chaos.step()
    await chaos.end()


def _pair(dice: random.Random, number: int) -> tuple[bytes, bytes]:
    """One input record."""
    key = b"k%d" % dice.randrange(KEYS)
    return key, ERASE if dice.random() < ERASED else b"%d" % number


def run(seed: int, error_rate: float = ERROR_RATE) -> str:
    """One story in a world of its own; a digest of all that was written and when.

    Raises whatever was noticed; the message names the seed.
    """
    world = Simulated(seed)
    try:
        world.run(story(world, seed, error_rate=error_rate))
    except Exception as error:
        raise AssertionError(f"seed {seed}: {error!r}") from error
    finally:
        gc.unfreeze()  # a restore leaves what is there out of the collector's sight, and there are many here
    return digest(world.broker)


def digest(broker: Broker) -> str:
    """The same for the same schedule: offsets, times and bytes of every log."""
    found = hashlib.sha256()
    for at, entries in sorted(broker.logs.items()):
        for entry in entries:
            record = entry.record
            written = None if record is None else (record.timestamp, record.key, record.value)
            found.update(repr((at, entry.offset, written)).encode())
    return found.hexdigest()


def main() -> None:
    """Play stories; the first that goes wrong ends it."""
    first, count = (int(word) for word in [*sys.argv[1:], "1"][:2])
    logging.disable(logging.CRITICAL)
    for number, seed in enumerate(range(first, first + count), 1):
        found = run(seed)
        if count == 1 or number % TOLD_EACH == 0:
            sys.stdout.write(f"seed {seed}: {found}, {number} of {count}\n")


if __name__ == "__main__":
    main()
