"""Watching a worker from outside: how many records it has committed, and how much processor time that took.

A figure is the slope between two looks: the first when a tenth is done, so that start-up and warming up are
left out, and the last before the input ran out. What is said of many times, medians and such, is here too.
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
from statistics import median, quantiles
from types import MappingProxyType
from typing import Final, NamedTuple, Self

from services.runtime import metrics as catalogue
from services.runtime.embedded.child import free_port
from services.runtime.settings import PROJECT, Settings

LOOK_INTERVAL_S: Final = 0.5
START_WAIT_S_MAX: Final = 120.0
STALL_S_MAX: Final = 30.0
QUIET_S: Final = 2.0
"""Nothing new for so long, where all that was laid ready is done: nothing more comes."""
WARM_SHARE: Final = 0.1
FAULTS: Final = tuple(
    f"{family.name}_total"
    for counter in (catalogue.DEAD_LETTERS, catalogue.FAILED)
    for family in counter.describe()
)
"""Counters of what must not occur while a figure is taken, as a worker shows them."""
MS_PER_S: Final = 1_000
_SAMPLE: Final = re.compile(r"^(\w+)(?:\{(.*)\})? ([0-9.e+-]+)$", re.MULTILINE)
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')


class Look(NamedTuple):
    """A moment: seconds of a steady clock and of the processor; records and outputs committed so far."""

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
    """What is measured didn't do its work, or not long enough: there is no figure."""


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
                self._process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def ready(self) -> None:
        """Wait until it says that it is ready."""
        deadline = time.monotonic() + START_WAIT_S_MAX
        while time.monotonic() < deadline:
            self.check()
            try:
                await asyncio.to_thread(self._get, "ready")
            except OSError:
                await asyncio.sleep(0.1)
            else:
                return
        raise self.failed(f"not ready after {START_WAIT_S_MAX:.0f} s")

    async def metrics(self) -> Mapping[str, list[tuple[dict[str, str], float]]]:
        """Its metrics: samples by name. Raises `Failed` when it has ended, `OSError` when it is silent."""
        self.check()
        found: dict[str, list[tuple[dict[str, str], float]]] = {}
        for name, labels, value in _SAMPLE.findall(await asyncio.to_thread(self._get, "metrics")):
            found.setdefault(name, []).append((dict(_LABEL.findall(labels)), float(value)))
        return found

    async def look(self, topic: str) -> Look | None:
        """How far it is with an input; None where it doesn't answer.

        Raises `Failed` when it has ended, refused a record, or a rule or decision of it raised.
        """
        try:
            metrics = await self.metrics()
        except OSError:
            return None
        if faults := [(name, *sample) for name in FAULTS for sample in metrics.get(name, ()) if sample[1]]:
            raise self.failed(f"counts what must not occur: {faults}")
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

    def check(self) -> None:
        """Raise `Failed` when it has ended."""
        if self._process is not None and self._process.poll() is not None:
            raise self.failed(f"ended with {self._process.returncode}")

    def failed(self, what: str) -> Failed:
        """The error to raise, with the end of its log."""
        tail = self._log.read_text(errors="replace")[-2_000:]
        return Failed(f"{self.stage}: {what}; its log ends:\n{tail}")


async def drain(workers: Sequence[Worker], topic: str, records: int) -> Rate:
    """Watch workers of one stage until so many records are committed and nothing more comes; their rate."""
    return slope(await drained(workers, topic, records))


async def drained(workers: Sequence[Worker], topic: str, records: int) -> list[Look]:
    """Watch workers of one stage until so many records are committed and nothing more comes.

    A look for each time they moved on, from when all of them work: one that comes later takes partitions
    over from the others.
    """
    for worker in workers:
        await worker.ready()
    looks: list[Look] = []
    moved_at = time.monotonic()
    while time.monotonic() - moved_at < STALL_S_MAX:
        found = [look for worker in workers if (look := await worker.look(topic)) is not None]
        done = sum(look.records for look in found)
        moved = not looks or done != looks[-1].records
        if moved and len(found) == len(workers) and all(look.records for look in found):
            looks.append(
                Look(
                    found[-1].at_s,
                    sum(look.cpu_s for look in found),
                    done,
                    sum(look.outputs for look in found),
                )
            )
            moved_at = time.monotonic()
        elif looks and done >= records and time.monotonic() - moved_at > QUIET_S:
            return looks
        await asyncio.sleep(LOOK_INTERVAL_S)
    raise workers[0].failed(f"stands at {looks[-1].records if looks else 0:.0f} of {records} records")


def slope(looks: Sequence[Look]) -> Rate:
    """The rate from the look at which a tenth was done to the last one before the input ran out.

    Raises `Failed` where those two are one.
    """
    full = [look for look in looks[:-1] if look.records >= WARM_SHARE * looks[-1].records]
    if len(full) < 2:
        raise Failed(f"{looks[-1].records:.0f} records were done too soon for a rate: give more `--seconds`")
    first, last = full[0], full[-1]
    records = last.records - first.records
    return Rate(
        records / (last.at_s - first.at_s),
        (last.cpu_s - first.cpu_s) / records * 1e6,
        int(looks[-1].records),
        (last.outputs - first.outputs) / records,
    )


def median_and_p95_ms(name: str, times_s: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile of seconds, as figures in milliseconds."""
    return {
        f"{name}_median_ms": _ms(median(times_s)),
        f"{name}_p95_ms": _ms(quantiles(times_s, n=20, method="inclusive")[-1]),
    }


def tail_ms(name: str, times_s: Sequence[float]) -> dict[str, float]:
    """How many there are of seconds, and how long the longest are, as figures in milliseconds."""
    # Inclusive: of fewer than a thousand the other way would make up a p99.9 above the longest.
    cuts = quantiles(times_s, n=1000, method="inclusive")
    return {
        f"{name}.samples": len(times_s),
        f"{name}.p50_ms": _ms(cuts[499]),
        f"{name}.p95_ms": _ms(cuts[949]),
        f"{name}.p99_ms": _ms(cuts[989]),
        f"{name}.p999_ms": _ms(cuts[998]),
        f"{name}.max_ms": _ms(max(times_s)),
    }


def _ms(time_s: float) -> float:
    return round(MS_PER_S * time_s, 1)
