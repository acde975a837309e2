"""One assigned partition: takes it up, works through it, and decides what a failure means.

- fenced: somebody else owns it. Drop the runtime, build it again only for a newer assignment.
- infrastructure: drop the runtime, build it again after a while.
- anything else ends the process.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from services.runtime import build, metrics
from services.runtime.context import Context
from services.runtime.faults import FENCED, INFRASTRUCTURE
from services.runtime.inbox import Inbox, Pages
from services.runtime.limits import (
    FENCED_REJOIN_S,
    REBUILD_BACKOFF_S_MAX,
    REBUILD_BACKOFF_S_MIN,
    REMIND_IDLE_S,
)
from services.runtime.live import Live

log = logging.getLogger(__name__)

STATES: Final = ("paused", "fencing", "restoring", "running", "fenced", "retrying")


class Partition:
    """Runs as one task. `assign` and `pause` are called from rebalance callbacks, and only signal."""

    def __init__(self, context: Context, number: int) -> None:
        self.number = number
        self.state = "paused"
        self.why = "not assigned yet"
        self._context = context
        self._live: Live | None = None
        self._inbox = Inbox(context.member, context.inputs(number), context.stage.batch_records_max)
        self._assignment = 0
        self._going = asyncio.Event()
        self._reassigned = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._backoff_s = REBUILD_BACKOFF_S_MIN
        self._reminded = asyncio.get_running_loop().time()

    @property
    def next(self) -> dict[str, int] | None:
        """The next offsets while running."""
        return self._live.next if self._live is not None and self.state == "running" else None

    def assign(self, assignment: int) -> None:
        """Go on, under an assignment that is newer than all before."""
        self._assignment = assignment
        self._reassigned.set()
        self._going.set()

    def pause(self) -> None:
        """Begin no further batch."""
        self._going.clear()

    async def idle(self) -> None:
        """Wait until no batch is in flight, and no fencing that could hit the next owner."""
        await self._idle.wait()

    async def run(self) -> None:
        """Work until cancelled. Raises what ends the process: `Refused`, `Broken`, bugs of the engine."""
        try:
            while True:
                await self._going.wait()
                try:
                    await self._serve(self._assignment)
                except FENCED as error:
                    await self._fenced(error)
                except INFRASTRUCTURE as error:
                    await self._retry(error)
        finally:
            await self._drop()
            self._enter("paused", "not assigned")

    async def _serve(self, assignment: int) -> None:
        """Process batches for as long as this is the assignment."""
        live = await self._take_up(assignment)
        if live is None:
            return
        self._enter("running", "")
        while self._current(assignment):
            pages = await self._poll(assignment)
            if not self._current(assignment):
                continue
            if not pages:
                await self._remind(live)
                continue
            await self._context.stage.prepare(live.core, pages)
            if not self._current(assignment):
                continue
            self._idle.clear()
            try:
                self._inbox.put_back(await live.process(pages))
            finally:
                self._idle.set()
            self._worked()
        self._enter("paused", "a rebalance is under way")

    def _worked(self) -> None:
        """A batch was committed."""
        self._backoff_s = REBUILD_BACKOFF_S_MIN
        self._reminded = asyncio.get_running_loop().time()

    async def _remind(self, live: Live) -> None:
        """While nothing is to be done, look now and then whether the group still knows what was committed."""
        if asyncio.get_running_loop().time() - self._reminded < REMIND_IDLE_S:
            return
        self._reminded = asyncio.get_running_loop().time()
        self._idle.clear()
        try:
            await build.remind(self._context, self.number, live)
        finally:
            self._idle.set()

    async def _poll(self, assignment: int) -> Pages:
        """The next batch.

        What a poll raises under a rebalance concerns positions that are about to be set anew.
        """
        try:
            return await self._inbox.next()
        except INFRASTRUCTURE:
            if self._current(assignment):
                raise
            return {}

    def _current(self, assignment: int) -> bool:
        return self._going.is_set() and self._assignment == assignment

    async def _take_up(self, assignment: int) -> Live | None:
        """A runtime whose state is what is committed, positioned; None when the assignment has passed."""
        live = self._live
        if live is not None and live.assignment != assignment and not await self._unmoved(live):
            log.info("%s: was moved on by another owner, restoring", self._name)
            await self._drop()
            live = None
        if live is None:
            live = self._live = await self._build(assignment)
        if not self._current(assignment):
            return None
        live.assignment = assignment
        self._inbox.clear()
        for topic, partition in self._context.inputs(self.number).items():
            self._context.member.seek(partition, live.next[topic])
        return live

    async def _unmoved(self, live: Live) -> bool:
        """Whether the committed offsets are still the runtime's own: then it may go on warm."""
        inputs = self._context.inputs(self.number)
        committed = await self._context.member.committed_many([*inputs.values()])
        return all(
            at in committed and committed[at].offset == live.next[topic] for topic, at in inputs.items()
        )

    async def _build(self, assignment: int) -> Live:
        self._enter("fencing", "taking the partition over")
        self._idle.clear()
        try:
            producer = await build.fence(self._context, self.number)
        finally:
            self._idle.set()
        self._enter("restoring", "reading state back")
        return await build.build(self._context, self.number, producer, assignment)

    async def _fenced(self, error: BaseException) -> None:
        """Let go.

        Unless the runtime was older than the assignment, wait for a new one: to rebuild would fence the
        owner.
        """
        built_in = self._live.built_in if self._live is not None else self._assignment
        log.warning("%s: fenced, %r", self._name, error)
        await self._drop("fenced")
        self._enter("fenced", "another owner has taken over, or the broker aborted a stalled transaction")
        while built_in == self._assignment:
            self._reassigned.clear()
            try:
                async with asyncio.timeout(FENCED_REJOIN_S):
                    await self._reassigned.wait()
            except TimeoutError:
                self._context.rejoin()

    async def _retry(self, error: BaseException) -> None:
        log.warning("%s: %r, building it again in %.1f s", self._name, error, self._backoff_s)
        self._enter("retrying", f"{type(error).__name__}: {error}")
        await self._drop("infrastructure")
        await asyncio.sleep(self._backoff_s)
        self._backoff_s = min(2 * self._backoff_s, REBUILD_BACKOFF_S_MAX)

    async def _drop(self, reason: str | None = None) -> None:
        """Producer, state and unread records go together."""
        live, self._live = self._live, None
        self._inbox.clear()
        if reason is not None:
            metrics.REBUILDS.labels(self._context.stage.name, str(self.number), reason).inc()
        if live is not None:
            await live.producer.discard()

    def _enter(self, state: str, why: str) -> None:
        self.state, self.why = state, why
        for one in STATES:
            metrics.PARTITION_STATE.labels(self._context.stage.name, str(self.number), one).set(one == state)

    @property
    def _name(self) -> str:
        return f"{self._context.group}, partition {self.number}"
