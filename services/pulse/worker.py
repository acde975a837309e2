"""Pulse's worker: the Faust app that watches, and beside it who writes down once a second what it has seen.

One process is enough. Of two, each would watch some of the partitions and say so; the console shows the last
one that wrote. PostgreSQL or Kafka may be away: what happened meanwhile is missing in the rates, and the time
at which they were last written says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NoReturn

from aiokafka.errors import KafkaError

from services.flow import STAGES
from services.pulse.app import FEED_ITEMS_MAX, NAME, Pulse
from services.pulse.broker import Broker
from services.pulse.days import Days, add_found
from services.pulse.seen import Item
from services.runtime import metrics, postgres
from services.runtime.faults import Refused
from services.runtime.postgres import MISSING, UNAVAILABLE, Connection, Queries
from services.runtime.settings import Settings
from services.runtime.shell import run

log = logging.getLogger(__name__)

SQL: Final = Queries(Path(__file__).parent / "sql")
WRITE_INTERVAL_S: Final = 1.0
LAG_EVERY_WRITES: Final = 5
"""Groups are asked where they are at every so manieth writing."""
DAYS_EVERY_WRITES: Final = 5
AWAY: Final = (KafkaError, TimeoutError, OSError)


class Writer:
    """Writes rates, feed and lags, and notes how the measured topics grow."""

    def __init__(self, pulse: Pulse, settings: Settings) -> None:
        self._pulse = pulse
        self._settings = settings
        self._broker = Broker(settings.bootstrap_servers, settings.topic_prefix)
        self._open = False
        self._connection: Connection | None = None
        self._started_at = datetime.now(UTC)
        self._draining = asyncio.Event()
        self._days = Days()
        self._writes = 0
        self._missed = 0
        self._why = {"kafka": "not asked yet", "postgres": "not asked yet"}

    async def run(self) -> None:
        """Write every second until drained. What is away is asked again."""
        tables = self._pulse.watched.rates.tables
        for table in tables:
            await self._pulse.add_runtime_dependency(table)
        try:
            while not self._draining.is_set():
                began = time.monotonic()
                await self._measure()
                await self._write()
                metrics.READY.labels(NAME).set(not self.reasons())
                left_s = WRITE_INTERVAL_S - (time.monotonic() - began)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.01, left_s)):
                        await self._draining.wait()
        finally:
            await self._broker.close()
            await postgres.let_go(self._connection)

    def drain(self) -> None:
        """Let `run` return."""
        self._draining.set()

    def reasons(self) -> list[str]:
        """Why it isn't ready."""
        if self._draining.is_set():
            return ["stopping"]
        reasons = [why for why in self._why.values() if why]
        if not self._pulse.assigned():
            reasons.append("not assigned: the group hasn't answered yet")
        return reasons

    async def _measure(self) -> None:
        """Note what Kafka says, and have the agent catch up."""
        watched = self._pulse.watched
        try:
            if not self._open:
                await self._broker.open()
                self._open = True
            for topic, number in (await self._broker.grown()).items():
                if number:
                    watched.rates.add((topic, ""), time.time(), number)
            if watched.behind:
                self._missed += await self._pulse.catch_up()
            self._why["kafka"] = ""
        except AWAY as error:
            self._away("kafka", error)
            await self._broker.close()
            self._open = False

    async def _write(self) -> None:
        items, found = self._pulse.watched.hand_over()
        try:
            if self._connection is None:
                self._connection = await postgres.connect(self._settings.postgres_dsn, application=NAME)
            await self._lags(self._connection)
            async with self._connection.transaction():
                await self._put(self._connection, items)
                await add_found(self._connection, found)
            items, found = [], Counter()
            if self._writes % DAYS_EVERY_WRITES == 0:
                await self._days.count(self._connection)
            self._why["postgres"] = ""
            metrics.PULSE_WRITES.inc()
        except (*UNAVAILABLE, *MISSING) as error:
            self._away("postgres", error)
            self._pulse.watched.take_back(items, found)
            connection, self._connection = self._connection, None
            await postgres.let_go(connection)

    async def _put(self, connection: Connection, items: Sequence[Item]) -> None:
        rates = list(self._pulse.watched.rates.told(time.time()))
        await connection.execute(
            SQL["rates"],
            [rate.name for rate in rates],
            [rate.label for rate in rates],
            [",".join(map(str, rate.seconds)) for rate in rates],
            [rate.minute for rate in rates],
        )
        if items:
            columns = zip(
                *((i.at, i.what, i.account, i.guideline, i.id, i.detail) for i in items), strict=True
            )
            await connection.execute(SQL["feed"], *map(list, columns))
            await connection.execute(SQL["feed_cut"], FEED_ITEMS_MAX)
        late = self._missed + self._pulse.watched.late
        metrics.PULSE_MISSED.set(late)
        every = self._broker.partitions(STAGES[NAME].reads)
        await connection.execute(SQL["state"], self._started_at, self._pulse.assigned(), every, late)

    async def _lags(self, connection: Connection) -> None:
        self._writes += 1
        if not self._open or self._writes % LAG_EVERY_WRITES:
            return
        rows = await connection.fetch(SQL["projected"])
        try:
            behind = await self._broker.lags({(row["topic"], row["partition"]): row["next"] for row in rows})
        except AWAY as error:
            self._away("kafka", error)
            return
        await connection.execute(
            SQL["lags"], [stage for stage, _ in behind], [topic for _, topic in behind], list(behind.values())
        )

    def _away(self, what: str, error: BaseException) -> None:
        if not self._why[what] or self._writes == 0:
            log.warning("%s doesn't answer, asking again: %r", what, error)
        self._why[what] = f"{what} doesn't answer: {type(error).__name__}"


def main(settings: Settings) -> NoReturn:
    """Run pulse until SIGTERM, then exit 0."""
    if not settings.postgres_dsn:
        raise Refused(
            "pulse needs PostgreSQL to show what it sees: set `GOODSTANDING_POSTGRES_DSN` to "
            "`postgresql://user:password@host:port/database`"
        )
    pulse = Pulse(settings)
    run(NAME, [Writer(pulse, settings)], settings, pulse)
