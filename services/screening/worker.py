"""The stage `screening`: hands records to `screen.py`, takes up policies, keeps the breakers in the guard.

Counts and logs.

Its guard, JSON in the metadata of the committed offset, holds the policy in force and what the breakers
know, and no more. Its windows are rebuilt by reading the last minutes of `posts` again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, NoReturn, Protocol

import msgspec
from aiokafka.structs import TopicPartition

from events.policy import Policy
from services.runtime import metrics
from services.runtime.faults import Refused
from services.runtime.kafka import Kafka
from services.runtime.kept_files import compiled_patterns
from services.runtime.policies import PolicySource as TopicPolicies
from services.runtime.port import Log
from services.runtime.restore import pages
from services.runtime.settings import Settings
from services.runtime.shell import run_worker
from services.runtime.stage import Batch, Core, Output, Record
from services.screening.breaker import Breakers, Missed
from services.screening.digests import IdentityKey
from services.screening.rulebook import Rulebook
from services.screening.screen import Screen
from services.screening.text.matching import Compiled
from services.screening.window import WINDOW

log = logging.getLogger(__name__)

NAME: Final = "screening"
BATCH_RECORDS_MAX: Final = 4_000
AGAIN_RECORDS_MAX: Final = 1_000
"""Posts that are screened again within one batch, beside its own."""
POLICY_WAIT_S: Final = 1.0
RULEBOOKS_MAX: Final = 4
"""Compiled policies kept; all partitions of a process share them."""


class PolicySource(Protocol):
    """Where policies come from: `services/runtime/policies.py`."""

    def latest(self) -> tuple[int, Policy] | None:
        """Sequence and policy of the last activation whose text is there."""

    async def wait_latest(self) -> tuple[int, Policy]:
        """Wait until there is one."""


class Rereader(Protocol):
    """Reads records of an input again."""

    async def read(
        self, topic: str, partition: int, start: int, end: int, records_max: int
    ) -> Sequence[Record]:
        """At most so many records from offset `start`, below `end`.

        Fewer only where that is all there still is.
        """


class Guard(msgspec.Struct, frozen=True, gc=False):
    """The stage's part of the guard."""

    sequence: int
    policy_version: str
    breakers: Breakers


_DECODER: Final = msgspec.json.Decoder(Guard)
_ENCODER: Final = msgspec.json.Encoder()


class Screening:
    """The stage.

    `rereader` None: what a suspended rule has missed stays noted until a process with one takes over.
    """

    name = NAME
    inputs: tuple[str, ...] = ("decisions", "accounts", "reports", "posts")
    changelog: str = "screening-state"
    history: Mapping[str, timedelta] = {"posts": WINDOW}
    batch_records_max = BATCH_RECORDS_MAX

    def __init__(
        self,
        policies: PolicySource,
        key: IdentityKey,
        rereader: Rereader | None = None,
        compiled: Compiled | None = None,
    ) -> None:
        self._policies = policies
        self._key = key
        self._rereader = rereader
        self._compiled = compiled
        self._rulebooks: dict[str, asyncio.Task[Rulebook]] = {}

    def core(self, partition: int) -> Core:
        """A new core for one partition."""
        return ScreeningCore(partition, Screen(self._key))

    async def prepare(self, core: Core, records: Mapping[str, Sequence[Record]]) -> None:
        """Wait for a policy at least as new as the last one in force here, and read again what is due."""
        del records
        assert isinstance(core, ScreeningCore)
        core.offer(*await self._newest(core.sequence))
        due = core.due()
        if due is not None and self._rereader is not None:
            found = await self._rereader.read("posts", core.partition, due.start, due.end, AGAIN_RECORDS_MAX)
            core.take_again(due, found)

    async def _newest(self, sequence: int) -> tuple[int, Rulebook]:
        """The latest activation.

        One older than what was in force would undo it, so a newer one is waited for.
        """
        latest, policy = await self._policies.wait_latest()
        while latest < sequence:
            log.warning(
                "the policy in force has sequence %s, and only %s can be read: waiting", sequence, latest
            )
            await asyncio.sleep(POLICY_WAIT_S)
            latest, policy = await self._policies.wait_latest()
        found = self._rulebooks.get(policy.version)
        if found is None:
            # In a thread: compiling takes seconds, and the consumer has to be heard of meanwhile. Once only,
            # whichever partition asks first, and even if that one is cancelled.
            making = asyncio.to_thread(Rulebook, policy, compiled=self._compiled)
            found = self._rulebooks[policy.version] = asyncio.create_task(making)
            while len(self._rulebooks) > RULEBOOKS_MAX:
                del self._rulebooks[next(iter(self._rulebooks))]
        return latest, await asyncio.shield(found)


class ScreeningCore:
    """One partition's screening."""

    def __init__(self, partition: int, screen: Screen) -> None:
        self.partition: Final = partition
        self.sequence = -1
        self._screen = screen
        self._offered: tuple[int, Rulebook] | None = None
        self._again: tuple[Missed, Sequence[Record]] | None = None
        self._partition = str(partition)

    def restore(self, key: bytes, value: bytes | None) -> None:
        """Never called: the changelog holds nothing but the guard."""
        raise NotImplementedError(f"screening keeps no state by key, and was given `{key!r}`")

    def resume(self, guard: bytes | None) -> None:
        """Take up the policy's sequence and the breakers."""
        if guard is not None:
            kept = _DECODER.decode(guard)
            self.sequence = kept.sequence
            self._screen.breakers = kept.breakers

    def observe(self, records: Mapping[str, Sequence[Record]]) -> None:
        """Rebuild the window."""
        self._screen.observe(records.get("posts", ()))

    def offer(self, sequence: int, rulebook: Rulebook) -> None:
        """The rules to take up at the next batch's beginning."""
        self._offered = (sequence, rulebook)

    def due(self) -> Missed | None:
        """What is to be screened again next; nothing while the rule that missed it is still the same."""
        if self._offered is not None:
            self._screen.take_up(self._offered[1])
        return self._screen.breakers.due()

    def take_again(self, missed: Missed, records: Sequence[Record]) -> None:
        """Records of a missed range, for the next batch."""
        self._again = (missed, records)

    def held(self) -> int:
        """Nothing: the changelog holds nothing but the guard."""
        return 0

    def step(self, records: Mapping[str, Sequence[Record]]) -> Batch:
        """Screen a batch."""
        self._take_up()
        outputs = self._screen_again()
        for topic, page in records.items():
            if topic == "posts":
                outputs += self._screen.screen_posts(page)
            else:
                for record in page:
                    outputs += self._screen.screen(topic, record)
        self._tell()
        return Batch(
            outputs=outputs,
            next_offsets={topic: page[-1].offset + 1 for topic, page in records.items() if page},
            guard=_ENCODER.encode(
                Guard(self.sequence, self._screen.rulebook.policy.version, self._screen.breakers)
            ),
        )

    def _take_up(self) -> None:
        if self._offered is None:
            return
        sequence, rulebook = self._offered
        self._offered = None
        self._screen.take_up(rulebook)
        if sequence != self.sequence:
            self.sequence = sequence
            metrics.POLICY_SEQUENCE.labels(NAME, self._partition).set(sequence)
            log.info("partition %s: policy %.12s in force", self.partition, rulebook.policy.version)

    def _screen_again(self) -> list[Output]:
        if self._again is None:
            return []
        missed, records = self._again
        self._again = None
        outputs = self._screen.screen_again(missed, records)
        upto = missed.end if len(records) < AGAIN_RECORDS_MAX else records[-1].offset + 1
        self._screen.breakers.screened_again(upto)
        log.info(
            "partition %s: rule `%s` has seen the posts at %s to %s that it had missed",
            self.partition,
            missed.rule,
            missed.start,
            upto - 1,
        )
        return outputs

    def _tell(self) -> None:
        """Metrics and log of what happened since the last batch."""
        counts = self._screen.take_counts()
        for (topic, reason), number in counts.dead.items():
            metrics.DEAD_LETTERS.labels(NAME, topic, reason).inc(number)
        for (guideline, mode), number in counts.findings.items():
            metrics.FINDINGS.labels(guideline, mode).inc(number)
        for rule, number in counts.failed.items():
            metrics.FAILED.labels(NAME, rule).inc(number)
        for script, number in counts.unread.items():
            metrics.UNREAD_POSTS.labels(script).inc(number)
        breakers = self._screen.breakers
        metrics.SUSPENDED_RULES.labels(self._partition).set(breakers.suspended)
        metrics.MISSED_POSTS.labels(self._partition).set(breakers.to_be_seen)
        for rule, offset, error in counts.incidents:
            metrics.RULE_SUSPENSIONS.labels(rule).inc()
            log.error(
                "partition %s: rule `%s` keeps raising (last `%s`, at offset %s of `posts`) and is "
                "suspended; "
                "what it misses is noted and will be screened again once it is mended; "
                "raise its version with the fix",
                self.partition,
                rule,
                error,
                offset,
            )


class LogRereader:
    """Reads from the log with a reader of its own."""

    def __init__(self, kafka: Log, prefix: str) -> None:
        self._log = kafka
        self._prefix = prefix

    async def read(
        self, topic: str, partition: int, start: int, end: int, records_max: int
    ) -> Sequence[Record]:
        """See `Rereader`. What retention has deleted meanwhile is skipped, and logged."""
        at = TopicPartition(self._prefix + topic, partition)
        found: list[Record] = []
        reader = self._log.reader()
        await reader.start()
        try:
            begin = (await reader.beginning_offsets([at]))[at]
            if begin > start:
                log.error(
                    "%s: offsets %s to %s are gone and can't be screened again",
                    at,
                    start,
                    min(begin, end) - 1,
                )
            async for page in pages(reader, at, max(begin, start), end):
                found += [record for record in page if record.offset < end]
                if len(found) >= records_max:
                    break
        finally:
            await reader.stop()
        return found[:records_max]


def main(settings: Settings) -> NoReturn:
    """Run screening until SIGTERM, then exit 0."""
    if not settings.identity_key:
        raise Refused(
            "setting identity_key (GOODSTANDING_IDENTITY_KEY) is missing: addresses can't be digested "
            "without it; "
            "make one with `openssl rand -hex 32` and give all screening workers the same"
        )
    key = IdentityKey(settings.identity_key_id, settings.identity_key.encode())
    kafka = Kafka(settings.bootstrap_servers)
    policies = TopicPolicies(kafka, settings.topic_prefix)
    rereader = LogRereader(kafka, settings.topic_prefix)
    stage = Screening(policies, key, rereader, compiled_patterns(settings))
    run_worker(stage, settings, [policies])
