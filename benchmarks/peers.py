"""Engines seen from outside, all in the same way: the offsets that they commit, and what their processes use.

Nothing is asked of the engines themselves. How far one is, is what its consumer group has committed;
processor time and memory are what the system says of its processes; what it has done is what a reader of
committed records finds in its output topic.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from benchmarks.measure import LOOK_INTERVAL_S, START_WAIT_S_MAX, Failed
from services.runtime.kafka import Kafka
from services.runtime.port import Reader
from services.runtime.restore import pages
from services.runtime.settings import PROJECT

STALL_S_MAX: Final = 60.0
STOP_S_MAX: Final = 20.0
SETTLE_S_MAX: Final = 60.0
"""How long an engine that was killed may leave transactions open."""
LOG_CHARS: Final = 2_000
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


class Program(NamedTuple):
    """What is run as one process; `environment` comes on top of this process's own."""

    command: Sequence[str]
    environment: Mapping[str, str] = {}


class Warmth(NamedTuple):
    """When an engine is warm: after so many seconds and records, or after the most seconds."""

    seconds: float
    records: int = 0
    seconds_max: float = 0.0

    def of(self, sights: Sequence[Sight]) -> list[Sight]:
        """The sights of a warm engine; the last one if it isn't warm yet."""
        begin_s = sights[0].at_s
        return [
            sight
            for sight in sights
            if sight.at_s - begin_s >= self.seconds
            and (sight.records >= self.records or sight.at_s - begin_s >= self.seconds_max)
        ] or [sights[-1]]


class Sight(NamedTuple):
    """A moment: seconds of the wall clock and of the processor, records committed, memory in MiB.

    `full`: no partition is at its end yet, so that the engine has as much to do as it can.
    """

    at_s: float
    cpu_s: float
    records: int
    rss_mib: float
    full: bool


class Pace(NamedTuple):
    """Records in a second, processor time a record, most memory seen, over how many seconds that was."""

    per_s: float
    cpu_us: float
    rss_mib: float
    seconds: float


class Running:
    """The processes of one engine. They log into `log`."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self._log = log
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, program: Program) -> None:
        """Start one more process."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("GOODSTANDING_")
        }
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                program.command,
                env={**environment, **program.environment},
                cwd=PROJECT,
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)

    def usage(self) -> tuple[float, float]:
        """Processor seconds and MiB of memory of all processes. Raises `Failed` when one has ended."""
        ticks = rss_pages = 0
        for process in self._processes:
            if process.poll() is not None:
                raise self.failed(f"ended with {process.returncode}")
            # The name, in brackets, may hold spaces; the fields are counted from behind it.
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
            rss_pages += int(fields[21])
        return ticks / _TICKS_PER_S, rss_pages * _PAGE_BYTES / 2**20

    def stop(self) -> None:
        """Ask all to end, and kill what hasn't after `STOP_S_MAX`."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_S_MAX
        for process in self._processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def failed(self, what: str) -> Failed:
        """The error to raise, with the end of the log."""
        return Failed(
            f"{self.name}: {what}; its log ends:\n{self._log.read_text(errors='replace')[-LOG_CHARS:]}"
        )


@contextlib.contextmanager
def running(name: str, programs: Sequence[Program], log: Path) -> Iterator[Running]:
    """One engine, from its start to its end."""
    processes = Running(name, log)
    try:
        for program in programs:
            processes.start(program)
        yield processes
    finally:
        processes.stop()


async def watch(
    engine: Running, committed: Committed, ends: Mapping[int, int], *, warmth: Warmth, seconds: float
) -> list[Sight]:
    """Look on for so long from when it is warm, or until all is done; a sight for each time it moved on."""
    sights: list[Sight] = []
    moved_at, patience_s = time.monotonic(), START_WAIT_S_MAX
    while time.monotonic() - moved_at < patience_s:
        cpu_s, rss_mib = engine.usage()
        offsets = await committed.offsets()
        done = sum(offsets.values())
        if done > (sights[-1].records if sights else 0):
            moved_at, patience_s = time.monotonic(), STALL_S_MAX
            full = all(offsets.get(at, 0) < end for at, end in ends.items())
            sights.append(Sight(moved_at, cpu_s, done, rss_mib, full))
            if done >= sum(ends.values()) or moved_at - warmth.of(sights)[0].at_s >= seconds:
                return sights
        await asyncio.sleep(LOOK_INTERVAL_S / 2)
    raise engine.failed(f"stands at {sights[-1].records if sights else 0} of {sum(ends.values())} records")


def pace(engine: Running, sights: Sequence[Sight], warmth: Warmth) -> Pace:
    """The slope between two sights: warm, and before any partition was at its end."""
    span = [sight for sight in warmth.of(sights) if sight.full]
    if len(span) < 2:
        raise engine.failed(f"was done with {sights[-1].records} records before it was warm: lay more ready")
    first, last = span[0], span[-1]
    records, seconds = last.records - first.records, last.at_s - first.at_s
    return Pace(
        records / seconds,
        (last.cpu_s - first.cpu_s) / records * 1e6,
        max(sight.rss_mib for sight in span),
        seconds,
    )


class Committed:
    """What a consumer group has committed of one topic."""

    def __init__(self, client: AIOKafkaAdminClient, group: str, topic: str, partitions: int) -> None:
        self._client = client
        self._group = group
        self._at = [TopicPartition(topic, partition) for partition in range(partitions)]

    async def offsets(self) -> dict[int, int]:
        """The next offset of each partition of which one is committed; empty while there is no such group."""
        try:
            found = await self._client.list_consumer_group_offsets(self._group, partitions=self._at)
        except KafkaError:
            return {}
        return {at.partition: answer.offset for at, answer in found.items() if answer.offset >= 0}


async def committed_values(bootstrap: str, topic: str, partitions: int) -> list[list[bytes]]:
    """The committed values of a topic, by partition, in order, once no transaction is open on it any more."""
    ats = [TopicPartition(topic, partition) for partition in range(partitions)]
    reader = Kafka(bootstrap).reader()
    await reader.start()
    try:
        begins, ends = await reader.beginning_offsets(ats), await _settled(bootstrap, reader, ats)
        return [
            [record.value async for page in pages(reader, at, begins[at], ends[at]) for record in page]
            for at in ats
        ]
    finally:
        await reader.stop()


async def _settled(
    bootstrap: str, reader: Reader, ats: Sequence[TopicPartition]
) -> dict[TopicPartition, int]:
    """The ends of partitions, once what is committed reaches to the end of the log."""
    plain = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await plain.start()
    try:
        async with asyncio.timeout(SETTLE_S_MAX):
            while True:
                stable = await reader.end_offsets(ats)
                if stable == await plain.end_offsets(ats):
                    return stable
                await asyncio.sleep(LOOK_INTERVAL_S)
    finally:
        await plain.stop()
