"""Everything at once, for as long as asked: `python -m tests.fault.soak --minutes 30 [--seed N]`.

Real Kafka, real PostgreSQL and every stage as processes, two of those that count: one of each reaches the
broker through a proxy. While events come in, good and bad, a seed chooses faults (`strikes.py`). Afterwards
everything rests, `tests/verifier` proves what came of it, and a report is written to `build/soak.md`.
Exit code 0: proved; 1: not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from aiokafka.errors import KafkaError

from events.control import advance_requested
from services.runtime.embedded import EmbeddedKafka, EmbeddedPostgres
from services.runtime.kafka import plain_producer
from services.runtime.settings import Settings
from tests.acceptance.test_on_kafka import PARTITIONS, environment, made
from tests.conftest import JARS
from tests.fault.fleet import PROJECT, Fleet, Load
from tests.fault.proxy import Proxy
from tests.fault.strikes import BY_PROXY, FAULTS, WORKERS, Fault
from tests.support.kafka_player import Deployment
from tests.support.policies import community
from tests.support.signals import day

REPORT = PROJECT / "build" / "soak.md"
ACCOUNTS_PER_MINUTE = 2_000
EVENTS_PER_TURN, TURN_S = 5, 0.1
BAD_EVERY = 200
HOUR_EVERY_S = 5.0
TOLD_EVERY_S = 5.0
PAUSE_S = (0.5, 4.0)
QUIET_TRIES_MAX = 10
TRIES_PER_BROKER = 3
"""A broker whose coordinator lets nobody join (docs/faults.md, Known gaps) is restarted after so many."""
VERIFIED_S_MAX = 1_800.0
SAID_CHARS_MAX = 300


class Soak:
    """One run."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        self.folder = folder
        self.struck: Counter[str] = Counter()
        self.ended: list[str] = []
        self.starts = 0
        self.restarts_at_rest = 0
        self.proved: list[str] = []
        self.load: Load
        self.fleet: Fleet
        self.proxy: Proxy
        self.kafka: EmbeddedKafka
        self.postgres: EmbeddedPostgres
        self._deployment: Deployment
        self._settings: Settings
        self._deck: list[Fault] = []
        self._held = set[str]()
        self._enough = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self, minutes: float) -> AsyncIterator[None]:
        """Servers, proxy and workers, with a policy in force."""
        with ExitStack() as stack:
            self.kafka = await asyncio.to_thread(EmbeddedKafka(self.folder / "kafka", jars=JARS).start)
            stack.callback(self.kafka.kill)
            self.postgres = await asyncio.to_thread(EmbeddedPostgres(self.folder / "postgres").start)
            stack.callback(self.postgres.kill)
            self._settings = Settings(
                bootstrap_servers=self.kafka.bootstrap,
                topic_prefix="soak-",
                partitions=PARTITIONS,
                time_mode="events",
                postgres_dsn=self.postgres.dsn,
                log_level="warning",
            )
            await made(self._settings)
            async with AsyncExitStack() as clients:
                self.proxy = await clients.enter_async_context(Proxy(self._broker_port))
                self.fleet = Fleet(self._settings, self.folder)
                stack.callback(self.fleet.end)
                for name in WORKERS:
                    self.start(name)
                self._deployment = Deployment(self._settings, {"default": community()})
                await clients.enter_async_context(self._deployment)
                await self._deployment.advance(day(0))
                await self._deployment.activate("default")
                self.load = Load(self._deployment, self.seed, int(ACCOUNTS_PER_MINUTE * max(minutes, 1)))
                yield

    async def go(self, minutes: float) -> None:
        """Strike while events come in, then let everything rest and prove it."""
        began, end = time.monotonic(), time.monotonic() + 60 * minutes
        async with self.running(minutes):
            sending = [asyncio.create_task(work) for work in (self._send(), self._hours(), self._tell(began))]
            while time.monotonic() < end:
                await self._strike()
                self.revive()
                for task in sending:
                    if task.done():
                        task.result()
                await asyncio.sleep(self.dice.uniform(*PAUSE_S))
            self._enough.set()
            await asyncio.gather(*sending)
            await self._rest()
            await self._prove()

    async def _strike(self) -> None:
        if not self._deck:
            self._deck = [fault for fault in FAULTS for _ in range(fault.weight)]
            self.dice.shuffle(self._deck)
        fault = self._deck.pop()
        self.struck[fault.name] += 1
        await fault.strike(self)

    def start(self, name: str, crash: tuple[str, int] | None = None) -> None:
        """Start a worker, through the proxy if it is one of those."""
        self.starts += 1
        bootstrap = f"127.0.0.1:{self.proxy.port}" if name in BY_PROXY else None
        self.fleet.start(name, name.partition("-")[0], crash, bootstrap)

    def revive(self) -> None:
        """Start again who has ended by himself, as an orchestrator would; the report names him."""
        for name in WORKERS:
            code = self.fleet.ended(name)
            if code is not None and name not in self._held:
                self.note(f"{name}, exit code {code}: {self.fleet.last_words(name)}")
                self.start(name)

    def note(self, ended: str) -> None:
        """Keep what is to be said of a worker that ended otherwise than it was told to."""
        self.ended.append(ended)
        say(ended)

    @contextlib.contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """While a fault is about a worker, nobody else starts it again."""
        self._held.add(name)
        try:
            yield
        finally:
            self._held.discard(name)

    def anyone(self) -> str:
        """Any worker."""
        return self.dice.choice(WORKERS)

    # what goes on all the while

    async def _send(self) -> None:
        """Events, and now and then one that can't be read."""
        while not self._enough.is_set():
            for _ in range(EVENTS_PER_TURN):
                topic, key, event = self.load._event()
                at = datetime.fromisoformat(event["time"])
                await self._until_taken(topic, key, msgspec.json.encode(event), at)
            if self.load.sent % BAD_EVERY < EVENTS_PER_TURN:
                await self._until_taken(
                    "posts", "bad", b'{"number": %d, ' % self.load.sent, self._deployment.at
                )
            await asyncio.sleep(TURN_S)

    async def _hours(self) -> None:
        """Time goes by, an hour at a time."""
        while not self._enough.is_set():
            await asyncio.sleep(HOUR_EVERY_S)
            to = self._deployment.at + timedelta(hours=1)
            asked = advance_requested(to, "soak", self._deployment._moment())
            await self._until_taken("control", None, asked.model_dump_json().encode(), to)
            self._deployment.at = to

    async def _until_taken(self, topic: str, key: str | None, value: bytes, at: datetime) -> None:
        """Send again whatever the broker didn't answer: the same id counts once."""
        while True:
            try:
                await self._deployment._send(topic, key, value, at)
            except (KafkaError, TimeoutError, OSError):
                await self._connected()
            else:
                return

    async def _connected(self) -> None:
        """A new producer each time: one whose start failed can't be started again."""
        while True:
            with contextlib.suppress(KafkaError, OSError):
                await self._deployment._producer.stop()
            self._deployment._producer = plain_producer(self.kafka.bootstrap)
            try:
                await self._deployment._producer.start()
            except (KafkaError, OSError):
                await asyncio.sleep(1)
            else:
                return

    async def _tell(self, began: float) -> None:
        while not self._enough.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TOLD_EVERY_S):
                    await self._enough.wait()
            say(
                f"{time.monotonic() - began:5.0f} s: {self.load.sent} events, {self.struck.total()} faults, "
                f"{self.starts} starts, {len(self.ended)} ended by themselves"
            )

    # the end

    async def _rest(self) -> None:
        """No more faults: everybody runs, and works through what is left."""
        say("resting: no more faults")
        await asyncio.to_thread(self.kafka.start)
        await asyncio.to_thread(self.postgres.start)
        for tried in range(QUIET_TRIES_MAX):
            if tried and tried % TRIES_PER_BROKER == 0:
                say(f"the stages haven't come to rest after {tried} tries: restarting the broker")
                self.restarts_at_rest += 1
                await asyncio.to_thread(self.kafka.restart)
            self.revive()
            with contextlib.suppress(TimeoutError, KafkaError, AssertionError):
                await self._deployment.advance(self._deployment.at + timedelta(days=2))
                break
        else:
            say(f"the stages haven't come to rest after {QUIET_TRIES_MAX} tries")

    async def _prove(self) -> None:
        say("verifying")
        verifier = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.verifier", "--bootstrap", self._settings.bootstrap_servers),
            *("--prefix", self._settings.topic_prefix, "--dsn", self._settings.postgres_dsn),
            *("--seed", str(self.seed)),
            cwd=PROJECT,
            env=environment(self._settings),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(VERIFIED_S_MAX):
                said, _ = await verifier.communicate()
        except TimeoutError:
            verifier.kill()
            await verifier.wait()
            said = f"NOT PROVED: the verifier wasn't done after {VERIFIED_S_MAX} s".encode()
        self.proved = said.decode(errors="replace").strip().splitlines()

    @property
    def _broker_port(self) -> int:
        return int(self.kafka.bootstrap.rpartition(":")[2])


def report(soak: Soak, minutes: float) -> str:
    """What a reader wants to know of a run, as Markdown."""
    faults = [f"| {fault.name} | {soak.struck[fault.name]} |" for fault in FAULTS]
    proved = [
        line.removeprefix("proved: ").rpartition(": ") for line in soak.proved if line.startswith("proved")
    ]
    other = [line for line in soak.proved if not line.startswith("proved")]
    what = (
        f"`make soak MINUTES={minutes:g} SEED={soak.seed}`: {soak.load.sent} events, "
        f"{soak.struck.total()} faults, {soak.starts} starts of workers."
    )
    lines = [
        "# Soak",
        "",
        what,
        "",
        "| fault | times |",
        "|---|---|",
        *faults,
        "",
        f"Workers that ended by themselves: {len(soak.ended) or 'none'}.",
        "",
        *[f"- {line}" for line in soak.ended],
        *([""] if soak.ended else []),
        f"The broker restarted for the stages to come to rest (Known gaps): {soak.restarts_at_rest} times.",
        "",
        "What the verifier proved, a process of its own that believes only what is committed:",
        "",
        "| proved | number |",
        "|---|---|",
        *[f"| {what} | {count} |" for what, _, count in proved],
        "",
        *[f"> {line[:SAID_CHARS_MAX]}" for line in other],
        "",
    ]
    return "\n".join(lines)


def say(line: str) -> None:
    """Show progress."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run, and say what came of it."""
    parser = argparse.ArgumentParser(
        prog="tests.fault.soak", description="Breaks everything at once, and proves it."
    )
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    given = parser.parse_args()
    say(f"seed {given.seed}, {given.minutes:g} minutes")
    logging.disable(logging.CRITICAL)  # what clients say of a broker that is away is no news here
    folder = Path(tempfile.mkdtemp(prefix="goodstanding-"))
    soak = Soak(given.seed, folder)
    asyncio.run(soak.go(given.minutes))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(report(soak, given.minutes))
    said = soak.proved[-1] if soak.proved else "nothing was proved"
    say(f"{REPORT.relative_to(PROJECT)}: {said[:SAID_CHARS_MAX]}")
    if "all proved" not in soak.proved:
        say(f"the logs are kept in {folder}")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
