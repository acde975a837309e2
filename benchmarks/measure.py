"""Watching a worker from outside: how many records it has committed, and how much processor time that took.

A figure is the slope between two looks: the first when a tenth is done, so that start-up and warming up are
left out, and the last before the input ran out.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple, Self

from services.runtime.embedded.child import free_port
from services.runtime.settings import PROJECT, Settings

LOOK_INTERVAL_S: Final = 0.5
START_WAIT_S_MAX: Final = 120.0
STALL_S_MAX: Final = 30.0
QUIET_S: Final = 2.0
"""Nothing new for so long, where all that was laid ready is done: nothing more comes."""
WARM_SHARE: Final = 0.1
_SAMPLE: Final = re.compile(r"^(\w+)(?:\{(.*)\})? ([0-9.e+-]+)$", re.MULTILINE)
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')


class Look(NamedTuple):
    """A moment: seconds of the wall clock and of the processor, records committed so far."""

    at_s: float
    cpu_s: float
    records: float
    outputs: float


class Rate(NamedTuple):
    """Records in a second of wall clock, processor time a record, records in all, outputs a record."""

    per_s: float
    cpu_us: float
    records: int
    outputs: float


class Failed(Exception):
    """A worker ended, or stood still."""


class Worker:
    """One stage in a process of its own; `number` tells several of a stage apart. It logs into `folder`.

    `more` are further settings, by name.
    """

    def __init__(
        self,
        stage: str,
        settings: Settings,
        folder: Path,
        number: int = 1,
        more: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        self.stage = stage
        self._port = free_port()
        self._log = folder / f"{settings.topic_prefix}{stage}-{number}.log"
        given = {
            "bootstrap_servers": settings.bootstrap_servers,
            "topic_prefix": settings.topic_prefix,
            "partitions": settings.partitions,
            "postgres_dsn": settings.postgres_dsn,
            "time_mode": settings.time_mode,
            "metrics_port": self._port,
            "log_level": "warning",
            **more,
        }
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("GOODSTANDING_")
        }
        self._env = {
            **inherited,
            **{f"GOODSTANDING_{name.upper()}": str(value) for name, value in given.items()},
        }
        self._command = [sys.executable, "-m", "benchmarks.worker", stage]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> Self:
        """Start it."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, env=self._env, cwd=PROJECT, stdout=log, stderr=log
            )
        return self

    def stop(self) -> None:
        """Stop it in order."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def ready(self) -> None:
        """Wait until it says that it is ready."""
        deadline = time.monotonic() + START_WAIT_S_MAX
        while time.monotonic() < deadline:
            self._check()
            try:
                await asyncio.to_thread(self._get, "ready")
            except OSError:
                await asyncio.sleep(0.1)
            else:
                return
        raise self.failed(f"not ready after {START_WAIT_S_MAX:.0f} s")

    async def metrics(self) -> Mapping[str, list[tuple[dict[str, str], float]]]:
        """Its metrics: samples by name."""
        self._check()
        found: dict[str, list[tuple[dict[str, str], float]]] = {}
        for name, labels, value in _SAMPLE.findall(await asyncio.to_thread(self._get, "metrics")):
            found.setdefault(name, []).append((dict(_LABEL.findall(labels)), float(value)))
        return found

    async def look(self, topic: str) -> Look | None:
        """How far it is with an input; None while it doesn't answer yet."""
        try:
            metrics = await self.metrics()
        except OSError:
            return None
        records = sum(
            value
            for labels, value in metrics.get("goodstanding_records_total", ())
            if labels["topic"] == topic
        )
        outputs = sum(
            value
            for labels, value in metrics.get("goodstanding_outputs_total", ())
            if labels["topic"] != topic
        )
        cpu = metrics["process_cpu_seconds_total"][0][1]
        return Look(time.monotonic(), cpu, records, outputs)

    def _get(self, path: str) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/{path}", timeout=5) as answer:
                return str(answer.read(), "utf-8")
        except urllib.error.HTTPError as error:
            raise OSError(error.code) from error

    def _check(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            raise self.failed(f"ended with {self._process.returncode}")

    def failed(self, what: str) -> Failed:
        """The error to raise, with the end of its log."""
        tail = self._log.read_text(errors="replace")[-2_000:]
        return Failed(f"{self.stage}: {what}; its log ends:\n{tail}")


async def drain(workers: Sequence[Worker], topic: str, records: int) -> Rate:
    """Watch workers of one stage until so many records are committed and nothing more comes; their rate.

    It counts from when all of them work, since one that comes later takes partitions over from the others.
    """
    for worker in workers:
        await worker.ready()
    looks: list[Look] = []
    done_by: list[float] = []
    moved_at = time.monotonic()
    while time.monotonic() - moved_at < STALL_S_MAX:
        found = [look for worker in workers if (look := await worker.look(topic)) is not None]
        done = sum(look.records for look in found)
        if len(found) == len(workers) and all(look.records for look in found) and done not in done_by[-1:]:
            looks.append(
                Look(
                    found[-1].at_s,
                    sum(look.cpu_s for look in found),
                    done,
                    sum(look.outputs for look in found),
                )
            )
            done_by.append(done)
            moved_at = time.monotonic()
        elif looks and done >= records and time.monotonic() - moved_at > QUIET_S:
            return slope(looks)
        await asyncio.sleep(LOOK_INTERVAL_S)
    raise workers[0].failed(f"stands at {looks[-1].records if looks else 0:.0f} of {records} records")


def slope(looks: list[Look]) -> Rate:
    """The rate from the look at which a tenth was done to the last one at full load."""
    first = next(look for look in looks if look.records >= WARM_SHARE * looks[-1].records)
    last = looks[-2] if len(looks) > 2 and looks[-2] is not first else looks[-1]
    records = max(1.0, last.records - first.records)
    seconds = last.at_s - first.at_s
    return Rate(
        records / seconds if seconds else 0.0,
        (last.cpu_s - first.cpu_s) / records * 1e6,
        int(looks[-1].records),
        (last.outputs - first.outputs) / records,
    )
