"""One assigned partition on its way into PostgreSQL.

One connection, one transaction per batch, position and rows together.

PostgreSQL says where to go on; Kafka's own offsets are a hint for lag tools. What a failure means:

- PostgreSQL is away: hold the partition, try again with growing pauses, then read there what had been
  committed.
- somebody else has taken the partition over: write nothing more, and take it back only after a while, or on a
  new assignment.
- an entry can't be applied: narrow it down to the one record, stop there and say so; nothing is ever skipped.

"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from typing import Any, Final, Protocol

from aiokafka.errors import IllegalStateError, KafkaError, KafkaTimeoutError
from aiokafka.structs import ConsumerRecord, TopicPartition

from projections.table import CannotApply
from services.projecting import builds, contents, evidence, project
from services.projecting.offsets import Lost, Place
from services.runtime import metrics, postgres
from services.runtime.faults import Refused
from services.runtime.limits import CALL_TIMEOUT_S, POLL_WAIT_S
from services.runtime.port import Member
from services.runtime.postgres import MISSING, UNAVAILABLE, Connection

log = logging.getLogger(__name__)

BATCH_RECORDS_MAX: Final = 2_000
RETRY_S_MIN: Final = 0.1
RETRY_S_MAX: Final = 5.0
LOST_S_MIN: Final = 5.0
LOST_S_MAX: Final = 60.0
"""How long to stay away from a partition that another owner has taken, growing from loss to loss."""
NARROWING: Final = 16
"""A batch that can't be applied is tried again at a sixteenth of its size, until it is one record."""

Records = Sequence[ConsumerRecord]


class Sink(Protocol):
    """What becomes of a topic's records."""

    topic: str
    """The catalogue's name."""

    async def reader(self, connection: Connection) -> str:
        """The name under which positions are kept.

        Raises `Refused` when the database isn't as this build needs it.
        """

    async def apply(self, connection: Connection, reader: str, records: Records) -> None:
        """Write what follows from the records, within the caller's transaction. Raises `CannotApply`."""


class LedgerSink:
    """The ledger goes into the tables of the live build, whose schema is the reader's name."""

    topic: str = builds.LEDGER

    async def reader(self, connection: Connection) -> str:
        """The live build's schema."""
        return (await builds.live_of_this_version(connection)).schema

    async def apply(self, connection: Connection, reader: str, records: Records) -> None:
        """Fold the entries into the build's tables, and hold what referrals are about."""
        batch = project.decode(records)
        await project.apply(connection, reader, batch)
        await evidence.follow(connection, batch)


class ContentsSink:
    """Contents go into their side store, which no rebuild touches."""

    topic: str = contents.CONTENTS

    async def reader(self, connection: Connection) -> str:  # noqa: ARG002 - the protocol's signature
        """Always the same: there is one store."""
        return self.topic

    async def apply(self, connection: Connection, reader: str, records: Records) -> None:  # noqa: ARG002 - the same
        """Put and erase contents."""
        await contents.apply(connection, records)


class Partition:
    """Runs as one task. `assign` and `pause` are called from rebalance callbacks, and only signal."""

    def __init__(self, sink: Sink, member: Member, at: TopicPartition, dsn: str) -> None:
        self.at = at
        self.state = "paused"
        self.why = "not assigned yet"
        self.place: Place | None = None
        self._sink = sink
        self._member = member
        self._dsn = dsn
        self._connection: Connection | None = None
        self._assignment = 0
        self._taken_in = 0
        self._going = asyncio.Event()
        self._reassigned = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._records_max = BATCH_RECORDS_MAX
        self._retry_s = RETRY_S_MIN
        self._lost_s = LOST_S_MIN

    @property
    def next(self) -> int | None:
        """The next offset, where it is known."""
        return None if self.place is None else self.place.next

    def assign(self, assignment: int) -> None:
        """Go on, under an assignment that is newer than all before."""
        self._assignment = assignment
        self._reassigned.set()
        self._going.set()

    def pause(self) -> None:
        """Begin no further batch."""
        self._going.clear()

    async def idle(self) -> None:
        """Wait until no batch is in flight."""
        await self._idle.wait()

    async def run(self) -> None:
        """Work until cancelled. Raises `Refused` and bugs, which end the process."""
        try:
            while True:
                await self._going.wait()
                await self._turn()
        finally:
            await self._let_go()

    async def _turn(self) -> None:
        """Work until something comes between, and answer that."""
        try:
            await self._work()
        except UNAVAILABLE as error:
            await self._wait_for_postgres(error)
        except Lost as error:
            await self._stay_away(error)
        except CannotApply as error:
            await self._narrow(error)
        except MISSING as error:
            raise Refused(f"{self}: {error}; run the migrations (`goodstanding db migrate`)") from error
        except IllegalStateError:
            # The group took the partition away between two steps: the next assignment says what to do.
            self._enter("paused", "a rebalance is under way")
            await asyncio.sleep(POLL_WAIT_S)
        except KafkaError as error:
            log.warning("%s: %r, reading again in %.1f s", self, error, self._retry_s)
            self._enter("waiting", f"Kafka is away: {error!r}")
            self._taken_in = 0
            await self._pause_for_retry()

    async def _work(self) -> None:
        place = await self._take_up()
        self._enter("running", "")
        while self._going.is_set() and self._taken_in == self._assignment:
            found = await self._member.getmany(
                self.at, timeout_ms=int(POLL_WAIT_S * 1000), max_records=self._records_max
            )
            if self._connection is None or self._connection.is_closed():
                raise ConnectionResetError("the server closed the connection")
            records = found.get(self.at)
            if not records or not self._going.is_set():
                continue
            self._idle.clear()
            try:
                await self._apply(place, records)
            finally:
                self._idle.set()
            self._retry_s, self._lost_s = RETRY_S_MIN, LOST_S_MIN
        self._enter("paused", "a rebalance is under way")

    async def _take_up(self) -> Place:
        """Connect, fence whoever had the partition before, and read on where PostgreSQL is."""
        if self._connection is None or self._connection.is_closed():
            self._enter("connecting", "connecting to PostgreSQL")
            self._connection = await project.writer(self._dsn, f"goodstanding-projecting-{self.at.partition}")
        begin, end = await self._bounds()
        if self.place is None or self._taken_in != self._assignment:
            assignment = self._assignment
            place = Place(await self._sink.reader(self._connection), self._sink.topic, self.at.partition)
            await place.claim(self._connection, begin)
            self.place, self._taken_in = place, assignment
        else:
            place = self.place
            await place.reread(self._connection)
        if not begin <= place.next <= end:
            raise Refused(
                f"{place}: PostgreSQL has come to offset {place.next}, the topic holds {begin} to {end}; "
                "records were deleted before they were projected, or the topic was made anew: "
                "restore the topic, or empty the database and migrate it again"
            )
        self._member.seek(self.at, place.next)
        return place

    async def _bounds(self) -> tuple[int, int]:
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                begin = (await self._member.beginning_offsets([self.at]))[self.at]
                end = (await self._member.end_offsets([self.at]))[self.at]
        except TimeoutError as error:
            raise KafkaTimeoutError(f"no answer within {CALL_TIMEOUT_S:.0f} s") from error
        return begin, end

    async def _apply(self, place: Place, records: Records) -> None:
        connection = self._connection
        assert connection is not None
        began = time.perf_counter()
        next_offset = records[-1].offset + 1
        async with connection.transaction():
            # First the fence: it holds the row, so that nobody can take the partition over in between.
            await place.advance(connection, next_offset)
            await self._sink.apply(connection, place.reader, records)
        place.moved(next_offset)
        self._records_max = min(2 * self._records_max, BATCH_RECORDS_MAX)
        self._measure(len(records), time.perf_counter() - began)

    def _measure(self, records: int, seconds: float) -> None:
        assert self.place is not None
        topic, partition = self._sink.topic, str(self.at.partition)
        metrics.RECORDS.labels("projecting", topic, partition).inc(records)
        metrics.BATCHES.labels("projecting", partition).inc()
        metrics.PROJECTION_SECONDS.labels(topic).observe(seconds)
        metrics.PROJECTION_POSITION.labels(topic, partition).set(self.place.next)

    async def _wait_for_postgres(self, error: BaseException) -> None:
        """The outcome of what was under way is unknown; `_take_up` reads it.

        Nothing is kept in memory meanwhile.
        """
        log.warning("%s: %r, trying again in %.1f s", self, error, self._retry_s)
        self._enter("waiting", f"PostgreSQL is away: {type(error).__name__}: {error}")
        metrics.REBUILDS.labels("projecting", str(self.at.partition), "infrastructure").inc()
        await self._let_go()
        await self._pause_for_retry()

    async def _pause_for_retry(self) -> None:
        await asyncio.sleep(self._retry_s)
        self._retry_s = min(2 * self._retry_s, RETRY_S_MAX)

    async def _stay_away(self, error: Lost) -> None:
        """Don't take back at once what another owner has taken: two that do so would do it for ever."""
        before, self.place = self.place, None
        metrics.REBUILDS.labels("projecting", str(self.at.partition), "fenced").inc()
        if before is not None and await self._moved_on(before):
            log.info("%s: another build is live, going on with that", self)
            return
        log.warning("%s, staying away for %.1f s", error, self._lost_s)
        self._enter("fenced", "another owner has taken over")
        await self._until_reassigned(self._lost_s)
        self._lost_s = min(2 * self._lost_s, LOST_S_MAX)

    async def _moved_on(self, before: Place) -> bool:
        """Whether the loss was a swap of builds rather than another owner."""
        assert self._connection is not None
        try:
            return await self._sink.reader(self._connection) != before.reader
        except UNAVAILABLE:
            return False

    async def _narrow(self, error: CannotApply) -> None:
        if self._records_max > 1:
            self._records_max = max(1, self._records_max // NARROWING)
            return
        log.error("%s stopped: %s", self, error)
        self._enter("stopped", str(error))
        await self._until_reassigned(None)
        self._records_max = BATCH_RECORDS_MAX

    async def _until_reassigned(self, wait_s: float | None) -> None:
        """Wait for an assignment newer than the one that the partition was taken up in."""
        self._reassigned.clear()
        if self._taken_in != self._assignment:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._reassigned.wait()

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        await postgres.let_go(connection)

    def _enter(self, state: str, why: str) -> None:
        self.state, self.why = state, why

    def __str__(self) -> str:
        return f"projecting, {self._sink.topic} partition {self.at.partition}"


def sinks() -> dict[str, Any]:
    """What becomes of each topic, by catalogue name; the ledger first."""
    return {sink.topic: sink for sink in (LedgerSink(), ContentsSink())}
