"""The clock's worker: the engine's loop over `control`, which also beats when nothing was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, NoReturn

from services.clock.broadcaster import CONTROL, Broadcaster
from services.clock.broker_time import CheckedLog
from services.clock.wall import wall_clock
from services.runtime.context import Context
from services.runtime.kafka import Kafka
from services.runtime.limits import POLL_WAIT_S
from services.runtime.loop import Loop
from services.runtime.partition import Partition
from services.runtime.policies import SHOWN_CHARS, PolicySource
from services.runtime.port import Log
from services.runtime.settings import Settings
from services.runtime.shell import run
from services.runtime.stage import Core, Record

CONTROL_PARTITION: Final = 0
TICK_INTERVAL_S: Final = 1.0
"""How often every partition hears what time it is."""
SKEW_S_MAX: Final = 10.0
"""How far this machine's clock may be from the broker's."""


class ClockStage:
    """The stage `clock`. Its changelog holds nothing but the guard, and with it what the clock said last."""

    name = "clock"
    inputs: tuple[str, ...] = (CONTROL,)
    changelog: str = "clock-state"
    history: Mapping[str, timedelta] = MappingProxyType({})
    batch_records_max = 100

    def __init__(
        self,
        source: PolicySource,
        *,
        partitions: int,
        simulated: bool,
        interval_s: float,
        skew_s_max: float,
        now: Callable[[], datetime] = wall_clock,
    ) -> None:
        self.now = now
        self.simulated = simulated
        self.skew_max = timedelta(seconds=skew_s_max)
        self._interval = timedelta(seconds=interval_s)
        self._partitions = partitions
        self._source = source
        self._core: Broadcaster | None = None
        self._waits_for: str | None = None

    def core(self, partition: int) -> Core:
        """A new broadcaster."""
        assert partition == CONTROL_PARTITION
        self._core = Broadcaster(
            self._partitions,
            simulated=self.simulated,
            interval=self._interval,
            now=self.now,
            has_text=self._source.policies.__contains__,
        )
        return self._core

    async def prepare(self, core: Core, records: Mapping[str, Sequence[Record]]) -> None:
        """Nothing: what must wait is waited for by `Beat`, with the ticks going on."""

    def waiting(self, version: str | None) -> None:
        """Take note of the policy whose text is waited for."""
        self._waits_for = version

    def overloaded(self) -> str | None:
        """Why the clock isn't ready although its partition runs."""
        if self._waits_for is not None:
            return (
                f"the text of policy `{self._waits_for[:SHOWN_CHARS]}` isn't in `policies`, so its "
                "activation waits; activate the same file again (`goodstanding policy activate FILE`)"
            )
        if self._core is not None and (behind := self._core.behind()) > self.skew_max:
            return (
                f"this machine's clock is {behind.total_seconds():.1f} s behind the last tick, expected at "
                f"most {self.skew_max.total_seconds():g} s; no tick goes out until it has caught up: "
                "check the time service"
            )
        return None


class Beat(Partition):
    """The partition of `control`. Unlike others it steps without records too: when a tick is due."""

    def __init__(self, context: Context, number: int, stage: ClockStage) -> None:
        super().__init__(context, number)
        self._stage = stage

    async def _serve(self, assignment: int) -> None:
        live = await self._take_up(assignment)
        if live is None:
            return
        core = live.core
        assert isinstance(core, Broadcaster)
        self._enter("running", "")
        while self._current(assignment):
            pages = await self._inbox.next()
            version = core.waits_for(pages.get(CONTROL, ()))
            self._stage.waiting(version)
            if not core.due() and (not pages or version is not None):
                self._inbox.put_back(pages)
                await self._remind(live)
                await asyncio.sleep(POLL_WAIT_S if pages else 0)
                continue
            if not self._current(assignment):
                continue
            self._idle.clear()
            try:
                self._inbox.put_back(await live.process(pages))
            finally:
                self._idle.set()
            self._worked()
        self._enter("paused", "a rebalance is under way")


class ClockLoop(Loop):
    """The engine's loop with the one partition that beats."""

    def __init__(
        self, stage: ClockStage, kafka: Log, *, prefix: str = "", instance: str | None = None
    ) -> None:
        checked = kafka if stage.simulated else CheckedLog(kafka, stage.now, stage.skew_max)
        super().__init__(stage, checked, prefix=prefix, partitions=1, instance=instance)
        self._clock = stage

    async def _take_up(self, context: Context, assignment: int) -> None:
        mine = CONTROL_PARTITION in {at.partition for at in self._assigned}
        if mine and CONTROL_PARTITION not in self._parts:
            part = self._parts[CONTROL_PARTITION] = Beat(context, CONTROL_PARTITION, self._clock)
            name = f"{context.group}.{part.number}"
            task = self._tasks[CONTROL_PARTITION] = asyncio.create_task(part.run(), name=name)
            task.add_done_callback(lambda _: self._changed.set())
        await super()._take_up(context, assignment)


def main(settings: Settings) -> NoReturn:
    """Run the clock until SIGTERM, then exit 0."""
    kafka = Kafka(settings.bootstrap_servers)
    source = PolicySource(kafka, settings.topic_prefix)
    stage = ClockStage(
        source,
        partitions=settings.partitions,
        simulated=settings.time_mode == "events",
        interval_s=TICK_INTERVAL_S,
        skew_s_max=SKEW_S_MAX,
    )
    loop = ClockLoop(stage, kafka, prefix=settings.topic_prefix, instance=settings.instance_id or None)
    run(stage.name, [source, loop], settings)
