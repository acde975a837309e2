"""The stage `enforcement`: hands signals to a `Partition`, and what comes out to the engine."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Final, NoReturn

import msgspec

from services.enforcement.partition import Guard, Partition, Unreadable
from services.runtime import metrics
from services.runtime.faults import Refused
from services.runtime.kafka import Kafka
from services.runtime.policies import PolicySource
from services.runtime.settings import Settings
from services.runtime.shell import run_worker
from services.runtime.stage import Batch, Core, Output, Record

log = logging.getLogger(__name__)

NAME: Final = "enforcement"
BATCH_RECORDS_MAX: Final = 2_000

_encoder: Final = msgspec.json.Encoder()
_guards: Final = msgspec.json.Decoder(Guard)


class Enforcement:
    """The stage."""

    name = NAME
    inputs: tuple[str, ...] = ("signals",)
    changelog: str = "enforcement-state"
    history: Mapping[str, timedelta] = MappingProxyType({})
    batch_records_max = BATCH_RECORDS_MAX

    def __init__(self, source: PolicySource, prefix: str = "") -> None:
        self._source = source
        self._prefix = prefix
        self._cores: dict[int, EnforcementCore] = {}

    def core(self, partition: int) -> Core:
        """A new, empty core for one partition."""
        core = EnforcementCore(Partition(partition, self._prefix, self._source.policies))
        self._cores[partition] = core
        return core

    async def prepare(self, core: Core, records: Mapping[str, Sequence[Record]]) -> None:
        """Wait until the text of every policy that these signals name is there.

        A missing text blocks, it is never an error.
        """
        assert isinstance(core, EnforcementCore)
        for version in sorted(core.part.needs(records.get("signals", ())) - self._source.policies.keys()):
            await self._source.require(version)

    def overloaded(self) -> str | None:
        """Why the worker is not ready although it runs: too many decisions failed of late."""
        struggling = sorted(number for number, core in self._cores.items() if core.part.struggling())
        if not struggling:
            return None
        where = f"decisions keep failing in partitions {struggling}"
        return f"{where}: see the cases of kind `failed`, and mend the build"


class EnforcementCore:
    """One partition, as the engine sees it."""

    def __init__(self, part: Partition) -> None:
        self.part = part
        self._label = str(part.partition)

    def restore(self, key: bytes, value: bytes | None) -> None:
        """Take up one entity's state."""
        self.part.restore(key.decode(), value)

    def resume(self, guard: bytes | None) -> None:
        """Take up where the partition was. Raises `Refused` for a changelog that can't be read."""
        try:
            self.part.resume(None if guard is None else _guards.decode(guard))
        except Unreadable as error:
            raise Refused(str(error)) from error

    def observe(self, records: Mapping[str, Sequence[Record]]) -> None:
        """Never called: enforcement keeps no windows."""
        raise NotImplementedError(f"enforcement has no history, and was given {sorted(records)}")

    def held(self) -> int:
        """Entities with a state."""
        return len(self.part.states)

    def step(self, records: Mapping[str, Sequence[Record]]) -> Batch:
        """Apply a batch of signals."""
        signals = records.get("signals", ())
        made = self.part.step(signals)
        self._count(made.entries, made.failed, made.dead)
        return Batch(
            outputs=[Output(*record) for record in made.records],
            next_offsets={"signals": made.next_offset},
            changes=made.changes,
            guard=_encoder.encode(self.part.guard),
        )

    def _count(self, entries: int, failed: int, dead: int) -> None:
        metrics.LEDGER_ENTRIES.labels(self._label).inc(entries)
        metrics.STATE_ENTITIES.labels(NAME, self._label).set(len(self.part.states))
        if failed:
            metrics.FAILED.labels(NAME, "decision").inc(failed)
            log.error(
                "%d decisions failed in partition %s: cases of kind `failed` hold them", failed, self._label
            )
        if dead:
            metrics.DEAD_LETTERS.labels(NAME, "signals", "not_a_signal").inc(dead)


def main(settings: Settings) -> NoReturn:
    """Run enforcement until SIGTERM, then exit 0."""
    source = PolicySource(Kafka(settings.bootstrap_servers), settings.topic_prefix)
    run_worker(Enforcement(source, settings.topic_prefix), settings, [source])
