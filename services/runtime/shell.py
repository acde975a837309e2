"""The process around a stage: a Faust app that supervises, handles signals and logs, and counts nothing.

Faust's own Kafka clients stay off: everything that must be counted goes through the partition loop.
SIGTERM drains the runner and exits 0; a crash logs its traceback and exits non-zero.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Sequence
from typing import Any, Final, NoReturn, Protocol

import faust
import uvloop
from faust.app.base import BootStrategy
from faust.worker import Worker
from mode import Service

from services.runtime import limits
from services.runtime.faults import Refused
from services.runtime.health import Health
from services.runtime.kafka import Kafka
from services.runtime.loop import Loop
from services.runtime.quiet import hush
from services.runtime.records import lighten
from services.runtime.settings import Settings
from services.runtime.stage import Stage

log = logging.getLogger(__name__)

GC_THRESHOLDS: Final = (50_000, 20, 50)
"""How many new containers make Python look for cycles. A stage makes none, and its state is large: looking as
often as by default took a tenth of enforcement's time."""


class Runner(Protocol):
    """What a worker process does: the partition loop, or the clock, the projector, the deliverer."""

    async def run(self) -> None:
        """Work until drained; an exception ends the process."""

    def drain(self) -> None:
        """Finish what is in flight, then let `run` return, within `DRAIN_S_MAX`."""

    def reasons(self) -> list[str]:
        """Why it isn't ready; empty when it is."""


class _Boot(BootStrategy):
    """Starts nothing of Faust but its supervision."""

    enable_kafka = False
    enable_web = False
    enable_sensors = False


class _App(faust.App):
    BootStrategy = _Boot

    def _create_directories(self) -> None:
        """Faust would make folders for tables, which there are none of."""


class _Supervised(Service):
    """One runner as a service of the app."""

    def __init__(self, runner: Runner, drain_s: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._runner = runner
        self._drain_s = drain_s
        self._done = asyncio.Event()

    @Service.task
    async def _work(self) -> None:
        try:
            await self._runner.run()
        except Refused as error:
            log.critical("refused: %s", error)
            raise
        except Exception:
            log.critical("crashed", exc_info=True)  # mode only logs the reason, without its traceback
            raise
        finally:
            self._done.set()

    async def on_stop(self) -> None:
        """Let the runner finish, for a bounded time; after that its task is cancelled."""
        self._runner.drain()
        try:
            async with asyncio.timeout(self._drain_s):
                await self._done.wait()
        except TimeoutError:
            log.warning("still busy after %s s, letting go: the broker aborts what is open", self._drain_s)


def run_worker(stage: Stage, settings: Settings, companions: Sequence[Runner] = ()) -> NoReturn:
    """Run a stage's partition loop until SIGTERM, then exit 0.

    `companions` run beside it, such as a policy source.
    """
    lighten()
    loop = Loop(
        stage,
        Kafka(settings.bootstrap_servers),
        prefix=settings.topic_prefix,
        partitions=settings.partitions,
        instance=settings.instance_id or None,
    )
    run(stage.name, [*companions, loop], settings)


def run(name: str, runners: Sequence[Runner], settings: Settings, app: faust.App | None = None) -> NoReturn:
    """Run a process of the given runners until SIGTERM, then exit 0; a crash of one exits non-zero.

    `app` is a Faust app with work of its own; by default one that only supervises.
    """
    app = app or _App(
        f"goodstanding-{name}",
        broker=f"kafka://{settings.bootstrap_servers.partition(',')[0]}",
        autodiscover=False,
        web_enabled=False,
    )
    drain_s = min(settings.stop_timeout_s, limits.DRAIN_S_MAX)

    def reasons() -> list[str]:
        return [reason for runner in runners for reason in runner.reasons()]

    services: list[Service] = [Health(name, reasons, settings.metrics_host, settings.metrics_port)]
    services += [_Supervised(runner, drain_s) for runner in runners]
    hush()
    gc.set_threshold(*GC_THRESHOLDS)
    asyncio.set_event_loop(uvloop.new_event_loop())
    worker = Worker(app, *services, loglevel=settings.log_level, quiet=True, redirect_stdouts=False)
    worker.execute_from_commandline()
