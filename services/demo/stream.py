"""Sending events into a deployment, waiting until they are decided, and letting its simulated time run.

What was sent is decided when screening has committed past it, and enforcement past the last signal that came
of it. Offsets between a committed one and the end may be transaction markers only, so the signals themselves
are followed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord, TopicPartition

from events.control import ActivationRequested, AdvanceRequested, activation_requested, advance_requested
from events.policy import Policy
from services.clock.wall import wall_clock
from services.commands.failures import CommandFailed
from services.demo.crowd import Sent
from services.exit_codes import ExitCode
from services.present import clock_word
from services.runtime import postgres
from services.runtime.kafka import BoundedConsumer, Kafka, admin, plain_producer
from services.runtime.reading import positions
from services.runtime.settings import Settings

OUTCOMES: Final = ("strikes", "sanctions")
FOLLOWED: Final = ("signals", "ledger", "dead_letters", *OUTCOMES)
WAIT_S_MAX: Final = 120.0
POLL_S: Final = 0.02
FETCH_MS: Final = 50

Offsets = dict[TopicPartition, int]


class Stream:
    """The way into one deployment and out of it again. Made by `opened`."""

    def __init__(
        self,
        settings: Settings,
        producer: AIOKafkaProducer,
        follower: BoundedConsumer,
        ends: AIOKafkaConsumer,
        clock: BoundedConsumer,
        client: AIOKafkaAdminClient,
        db: asyncpg.Pool,
        check: Callable[[], str | None],
    ) -> None:
        self.db: Final = db
        self._settings = settings
        self._producer = producer
        self._follower = follower
        self._ends = ends
        self._clock = clock
        self._admin = client
        self._check = check
        self._sent: Offsets = {}
        self._seen: Offsets = {}
        self._positions: Offsets = {}
        self._outcomes: list[ConsumerRecord[bytes, bytes]] = []
        self.dead: Final[list[ConsumerRecord[bytes, bytes]]] = []
        """Every dead letter so far."""
        self.signals = 0
        """How many signals came by."""

    async def send(self, events: Iterable[Sent]) -> int:
        """Send in this order, each stamped with its time; how many there were."""
        waiting = [
            await self._producer.send(
                self._settings.topic(one.topic), one.value, key=one.key, timestamp_ms=one.stamp
            )
            for one in events
        ]
        for taken in await asyncio.gather(*waiting):
            at = TopicPartition(taken.topic, taken.partition)
            self._sent[at] = max(self._sent.get(at, 0), taken.offset + 1)
        return len(waiting)

    async def settle(self) -> None:
        """Wait until everything sent so far is decided. Raises `CommandFailed` when that takes too long."""
        await self._until(self._screened, "screening")
        await self.settle_signals()

    async def settle_signals(self) -> None:
        """Wait until every signal is decided."""
        await self._until(self._enforced, "enforcement")

    async def settle_projections(self) -> None:
        """Wait until PostgreSQL shows everything that was decided."""
        await self._until(self._projected, "projecting")

    async def activate(self, policy: Policy, by: str) -> None:
        """Put a policy into force, and wait until the clock has told everybody."""
        await self._producer.send_and_wait(
            self._settings.topic("policies"), policy.canonical, key=policy.version.encode()
        )
        await self._ask(activation_requested(policy.version, by, wall_clock()))

    async def advance(self, to: datetime, by: str) -> None:
        """Let simulated time run, and wait until what was due is decided."""
        await self._ask(advance_requested(to, by, wall_clock()))
        await self.settle_signals()

    def take_outcomes(self) -> list[ConsumerRecord[bytes, bytes]]:
        """What came out on `strikes` and `sanctions` since the last call, in order within each account."""
        taken, self._outcomes = self._outcomes, []
        return taken

    async def _ask(self, event: ActivationRequested | AdvanceRequested) -> None:
        value = event.model_dump_json(exclude_none=True).encode()
        taken = await self._producer.send_and_wait(self._settings.topic("control"), value)

        async def answered() -> bool:
            found = await clock_word(self._clock, self._settings.topic_prefix)
            return found is not None and found[0] > taken.offset

        await self._until(answered, "clock")

    async def _screened(self) -> bool:
        committed = await self._committed("screening")
        return all(committed.get(at, 0) >= offset for at, offset in self._sent.items())

    async def _enforced(self) -> bool:
        # In this order: what the committed batches have sent lies before the ends that are asked for next.
        committed = await self._committed("enforcement")
        await self._follow(await self._ends.end_offsets([*self._positions]))
        name = self._settings.topic("signals")
        return all(committed.get(at, 0) >= offset for at, offset in self._seen.items() if at.topic == name)

    async def _projected(self) -> bool:
        await self._follow(await self._ends.end_offsets([*self._positions]))
        shown = {one.partition: one.next for one in await positions(self.db)}
        name = self._settings.topic("ledger")
        return all(
            shown.get(at.partition, 0) >= offset for at, offset in self._seen.items() if at.topic == name
        )

    async def _committed(self, stage: str) -> Offsets:
        found = await self._admin.list_consumer_group_offsets(self._settings.topic_prefix + stage)
        return {at: one.offset for at, one in found.items()}

    async def _follow(self, ends: Offsets) -> None:
        """Read everything that is followed up to these ends."""
        while any(self._positions[at] < end for at, end in ends.items()):
            for at, page in (await self._follower.getmany(timeout_ms=FETCH_MS)).items():
                self._seen[at] = page[-1].offset + 1
                self._take(at.topic.removeprefix(self._settings.topic_prefix), page)
            for at in ends:
                self._positions[at] = await self._follower.position(at)

    def _take(self, topic: str, page: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        if topic in OUTCOMES:
            self._outcomes += page
        elif topic == "dead_letters":
            self.dead.extend(page)
        elif topic == "signals":
            self.signals += len(page)

    async def _until(self, there: Callable[[], Any], stage: str) -> None:
        deadline = time.monotonic() + WAIT_S_MAX
        while not await there():
            stopped = self._check()
            if stopped is not None or time.monotonic() > deadline:
                raise CommandFailed(
                    ExitCode.NOT_REACHABLE,
                    f"the worker `{stopped}` has stopped"
                    if stopped
                    else f"`{stage}` hasn't come to the end of its input within {WAIT_S_MAX:.0f} s",
                    f"see its log: {stopped or stage}.log in the demo's folder of the state folder",
                )
            await asyncio.sleep(POLL_S)

    async def follow_all(self) -> None:
        """Begin to follow, from the beginning of each topic."""
        parts = [
            TopicPartition(self._settings.topic(topic), number)
            for topic in FOLLOWED
            for number in range(self._settings.partitions)
        ]
        self._follower.assign(parts)
        self._positions = await self._follower.beginning_offsets(parts)
        for at, offset in self._positions.items():
            self._follower.seek(at, offset)


@asynccontextmanager
async def opened(settings: Settings, check: Callable[[], str | None]) -> AsyncIterator[Stream]:
    """A stream to a deployment. `check` names a worker that has stopped, so that nobody waits for it."""
    async with AsyncExitStack() as held:
        kafka = Kafka(settings.bootstrap_servers)
        held.push_async_callback(kafka.close)
        producer = plain_producer(settings.bootstrap_servers)
        follower = kafka.reader()
        # Of the log's very end, open transactions included.
        ends = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers, group_id=None)
        clock = kafka.reader()
        for client in (producer, follower, ends, clock):
            await client.start()
            held.push_async_callback(client.stop)
        client = admin(settings.bootstrap_servers)
        await client.start()
        held.push_async_callback(client.close)
        db = await postgres.pool(settings.postgres_dsn, application="goodstanding-demo", connections_max=2)
        held.push_async_callback(db.close)
        stream = Stream(settings, producer, follower, ends, clock, client, db, check)
        await stream.follow_all()
        yield stream
