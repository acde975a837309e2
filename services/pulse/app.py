"""The Faust app of pulse: one agent that watches what the other stages write.

It reads committed records only, begins at the end of its topics whenever it starts, and commits no offset at
all. Where it falls behind, it lets go of what it missed and says how much that was: a rate is about now.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter, deque
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import faust
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from faust.app.base import BootStrategy
from faust.transport.drivers import aiokafka as driver

from services.flow import STAGES
from services.pulse.rates import Rates
from services.pulse.seen import Count, Item, seen
from services.runtime import limits
from services.runtime.settings import Settings

log = logging.getLogger(__name__)

NAME: Final = "pulse"
FEED_ITEMS_MAX: Final = 200
"""How many lines of the feed are kept, here and in the database."""
TAKE_EVENTS_MAX: Final = 500
TAKE_WITHIN_S: Final = 0.25
BEHIND_S_MAX: Final = 20.0
"""Older records than this are let go of, and the reading goes on at the end."""


class Watched:
    """What the agent has seen since the process started."""

    def __init__(self, app: faust.App) -> None:
        self.rates: Final = Rates(app)
        self.feed: Final[deque[Item]] = deque(maxlen=FEED_ITEMS_MAX)
        """What the database hasn't been told yet, the newest last."""
        self.found: Counter[tuple[date, str]] = Counter()
        """Findings by day and guideline that the database hasn't been told of yet."""
        self._taken: Counter[tuple[Count, int]] = Counter()
        self.records = 0
        self.late = 0
        """Records that were too old to count when their turn came."""
        self.behind = False

    def take(self, topic: str, value: bytes | None, headers: Any, at_s: float, now_s: float) -> None:
        """Take one record; `at_s` is when the broker got it."""
        if now_s - at_s > BEHIND_S_MAX:
            self.late += 1
            self.behind = True
            return
        told = seen(topic, value, tuple(headers.items()) if isinstance(headers, Mapping) else headers or ())
        self.records += 1
        for count in told.counts:
            self._taken[count, int(at_s)] += 1
            if count[0] == "findings" and told.day is not None:
                self.found[told.day, count[1]] += 1
        self.feed.extend(told.items)

    def settle(self) -> None:
        """Put what was taken into the tables: once for many records, since a count is in a dozen windows."""
        taken, self._taken = self._taken, Counter()
        for (count, second), number in taken.items():
            self.rates.add(count, second, number)

    def hand_over(self) -> tuple[list[Item], Counter[tuple[date, str]]]:
        """What is to be told to the database: lines of the feed, and findings by day and guideline."""
        items, found = list(self.feed), self.found
        self.feed.clear()
        self.found = Counter()
        return items, found

    def take_back(self, items: list[Item], found: Counter[tuple[date, str]]) -> None:
        """What couldn't be told; of the feed, the newest lines are kept."""
        lines = [*items, *self.feed]
        self.feed.clear()
        self.feed.extend(lines)
        self.found.update(found)


class _Thread(driver.AIOKafkaConsumerThread):
    """Faust's consumer, but for committed records only, from the end, and committing nothing."""

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        conf = self.app.conf
        self._assignor = RoundRobinPartitionAssignor
        return AIOKafkaConsumer(
            client_id=conf.broker_client_id,
            group_id=conf.id,
            bootstrap_servers=driver.server_list(transport.url, transport.default_port),
            partition_assignment_strategy=(self._assignor,),
            enable_auto_commit=False,
            auto_offset_reset="latest",
            isolation_level="read_committed",
            session_timeout_ms=int(limits.SESSION_TIMEOUT_S * 1000),
            heartbeat_interval_ms=int(limits.HEARTBEAT_S * 1000),
            rebalance_timeout_ms=int(limits.REBALANCE_TIMEOUT_S * 1000),
            max_partition_fetch_bytes=limits.FETCH_PARTITION_BYTES,
            fetch_max_wait_ms=int(limits.FETCH_WAIT_S * 1000),
        )

    async def seek_to_committed(self) -> Mapping[Any, int]:
        """Where Faust would go on after the last commit, go to the end."""
        ends: Mapping[Any, int] = await self.call_thread(self._to_the_end)
        return ends

    async def _to_the_end(self) -> Mapping[Any, int]:
        consumer = self._ensure_consumer()
        assigned = consumer.assignment()
        ends: dict[Any, int] = await consumer.end_offsets(assigned) if assigned else {}
        for at, end in ends.items():
            consumer.seek(at, end)
        return ends

    async def on_thread_stop(self) -> None:
        """Close the consumer, whatever state it is in: the worker waits for this thread without bound.

        With the broker away, aiokafka raises the cancellation of its own requests here, which ended the
        thread before it had said that it was stopping.
        """
        try:
            async with asyncio.timeout(limits.STOP_S_MAX):
                await super().on_thread_stop()
        except (asyncio.CancelledError, Exception) as error:  # noqa: BLE001 - it is closing, whatever happens
            log.warning("the consumer didn't close in order: %r", error)

    async def commit(self, offsets: Mapping[Any, int]) -> bool:
        """Nothing: whoever starts begins at the end. Faust only wants to see that it was done."""
        now = time.monotonic()
        self.tp_last_committed_at.update(dict.fromkeys(offsets, now))
        return True

    def verify_event_path(self, now: float, tp: Any) -> None:
        """Faust's own warnings about commits that lag say nothing here."""


class _Consumer(driver.Consumer):
    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class _Transport(driver.Transport):
    Consumer = _Consumer


class _Boot(BootStrategy):
    """No web server, no sensors, and no producer: pulse writes to no topic."""

    enable_kafka_producer = False
    enable_web = False
    enable_sensors = False


class Pulse(faust.App):
    """The app, with what it has watched."""

    BootStrategy = _Boot

    def __init__(self, settings: Settings) -> None:
        brokers = ";".join(f"kafka://{server.strip()}" for server in settings.bootstrap_servers.split(","))
        super().__init__(
            settings.topic_prefix + NAME,
            broker=brokers,
            store="memory://",
            autodiscover=False,
            web_enabled=False,
            topic_allow_declare=False,
            topic_disable_leader=True,
            table_cleanup_interval=10.0,
            stream_wait_empty=False,
            stream_recovery_delay=0.0,
            broker_request_timeout=limits.CALL_TIMEOUT_S,
            broker_session_timeout=limits.SESSION_TIMEOUT_S,
        )
        self.watched: Final = Watched(self)
        prefix = settings.topic_prefix
        self.topics_read: Final = tuple(prefix + topic for topic in STAGES[NAME].reads)

        async def watch(stream: Any) -> None:
            async for events in stream.take_events(TAKE_EVENTS_MAX, within=TAKE_WITHIN_S):
                now_s = time.time()
                for event in events:
                    message = event.message
                    topic = message.topic.removeprefix(prefix)
                    self.watched.take(topic, event.value, message.headers, message.timestamp, now_s)
                self.watched.settle()

        read = self.topic(
            *self.topics_read,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
            allow_empty=True,
        )
        self.agent(read, name="watch")(watch)

    def _new_transport(self) -> _Transport:
        return _Transport(self.conf.broker_consumer, self)

    def _create_directories(self) -> None:
        """Faust would make folders for tables on disk, which there are none of."""

    def assigned(self) -> int:
        """How many partitions this process watches; 0 while it has none, or hasn't gone to their ends yet."""
        if not self.tables.actives_ready:
            return 0
        with contextlib.suppress(Exception):
            return len(self.consumer.assignment())
        return 0

    async def catch_up(self) -> int:
        """Where the agent has fallen behind, go on at the end; how many records were let go of."""
        if not self.watched.behind:
            return 0
        self.watched.behind = False
        at = {
            place: offset
            for place in self.consumer.assignment()
            if (offset := await self.consumer.position(place))
        }
        ends = await self.consumer.highwaters(*at)
        missed = sum(max(0, end - at[place]) for place, end in ends.items())
        await self.consumer.seek_wait(ends)
        return missed
