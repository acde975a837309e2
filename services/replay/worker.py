"""Where replay meets the world: reads the topics `ledger` and `policies`, and exported files.

Writes nothing but the export.

Everything is read without a group, under `read_committed`, up to the last stable offset known at the start.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Self

from aiokafka.structs import ConsumerRecord, TopicPartition

from events.codec import decode_entry
from events.ledger import genesis
from events.policy import Policy
from services.enforcement.partition import DECIDERS
from services.replay import export as lines
from services.replay.chain import Head, extend
from services.replay.verify import Report, Verifier
from services.replay.what_if import EXAMPLES_MAX, Answer, WhatIf
from services.runtime.kafka import Kafka
from services.runtime.policies import PolicySource
from services.runtime.port import Log
from services.runtime.restore import pages
from services.runtime.settings import Settings

if TYPE_CHECKING:  # brings the pattern matcher, which only posts need
    from services.replay.what_if_posts import PostsAnswer
    from services.screening.digests import IdentityKey
    from services.screening.rulebook import Rulebook

LEDGER: Final = "ledger"

Progress = Callable[[int], None]
"""Told after every page how many entries were read so far."""


class NoLedger(Exception):
    """There is no topic to read from; the message says which."""


class LedgerSource:
    """The ledger and the policies of one deployment. Use as `async with`."""

    def __init__(self, log: Log, prefix: str = "") -> None:
        self._log = log
        self._prefix = prefix
        self.policies: Mapping[str, Policy] = {}
        self._counts: Mapping[str, int] = {}

    async def __aenter__(self) -> Self:
        """Look for the topic, and read the policies. Raises `NoLedger`."""
        self._counts = await self._log.partition_counts()
        if self._prefix + LEDGER not in self._counts:
            raise NoLedger(
                f"there is no topic `{self._prefix + LEDGER}`; is the topic prefix right? "
                "make the topics with `goodstanding topics create`"
            )
        async with PolicySource(self._log, self._prefix) as source:
            self.policies = dict(source.policies)
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close the connection."""
        await self._log.close()

    @property
    def partitions(self) -> int:
        """How many partitions the ledger has."""
        return self._counts[self._prefix + LEDGER]

    async def entries(self, partition: int) -> AsyncIterator[list[tuple[int, bytes]]]:
        """Pages of a partition's committed entries, each with its offset."""
        place = TopicPartition(self._prefix + LEDGER, partition)
        async for page in _kept(self._log, place):
            yield [(record.offset, record.value or b"") for record in page]


def _source(settings: Settings) -> LedgerSource:
    return LedgerSource(Kafka(settings.bootstrap_servers), settings.topic_prefix)


# --- verifying ------------------------------------------------------------------------------------


def verify_export(path: Path, heads: Path | None = None) -> Report:
    """Verify an exported file, and hold it against heads that were kept in another.

    Raises:
        OSError: a file can't be read.
        ExportError: what was read is no export.
    """
    recorded = [] if heads is None else [lines.read_heads(heads.read_bytes())]
    with path.open("rb") as file:
        return lines.verify_lines(file, DECIDERS, recorded)


async def verify_kafka(
    settings: Settings, recorded: Mapping[int, Head] | None = None, progress: Progress | None = None
) -> Report:
    """Verify the ledger as the broker has it.

    Raises:
        NoLedger: there is none.
        KafkaError: the broker can't be asked.
    """
    async with _source(settings) as source:
        return await verify_source(source, settings.topic_prefix, recorded, progress)


async def verify_source(
    source: LedgerSource,
    prefix: str,
    recorded: Mapping[int, Head] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Verify what a source has, partition by partition."""
    verifier = Verifier(
        DECIDERS, source.policies, prefix=prefix, recorded=[] if recorded is None else [recorded]
    )
    count = 0
    for partition in range(source.partitions):
        verifier.partition(partition)
        async for page in source.entries(partition):
            for offset, data in page:
                if verifier.take(partition, offset, data) is not None:
                    return verifier.report()
            count += len(page)
            if progress is not None:
                progress(count)
    return verifier.report()


# --- exporting ------------------------------------------------------------------------------------


async def export(settings: Settings, path: Path, progress: Progress | None = None) -> dict[int, Head]:
    """Write the whole ledger to a file, and give its heads. The file appears under its name once it is whole.

    Raises:
        OSError: the file can't be written.
        NoLedger: there is no ledger.
    """
    async with _source(settings) as source:
        with _written(path) as file:
            return await _write(source, settings.topic_prefix, file, progress)


async def _write(
    source: LedgerSource, prefix: str, file: BinaryIO, progress: Progress | None
) -> dict[int, Head]:
    file.write(lines.write_header(prefix, source.partitions))
    file.writelines(lines.write_policies(source.policies))
    heads: dict[int, Head] = {}
    count = 0
    for partition in range(source.partitions):
        file.write(lines.write_partition(partition))
        head = Head(0, genesis(partition, prefix))
        async for page in source.entries(partition):
            for _, data in page:
                file.write(data + b"\n")
                head = extend(head, data)
            count += len(page)
            if progress is not None:
                progress(count)
        heads[partition] = head
    file.write(lines.write_heads(heads))
    return heads


@contextlib.contextmanager
def _written(path: Path) -> Iterator[BinaryIO]:
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


async def heads(settings: Settings) -> dict[int, Head]:
    """Each partition's count and head, to be kept elsewhere. Reads every entry. Raises `NoLedger`."""
    async with _source(settings) as source:
        found: dict[int, Head] = {}
        for partition in range(source.partitions):
            head = Head(0, genesis(partition, settings.topic_prefix))
            async for page in source.entries(partition):
                for _, data in page:
                    head = extend(head, data)
            found[partition] = head
        return found


# --- what if --------------------------------------------------------------------------------------


async def what_if_kafka(
    settings: Settings,
    candidate: Policy,
    guideline: str | None = None,
    examples: int = EXAMPLES_MAX,
    progress: Progress | None = None,
) -> Answer:
    """What a candidate would have led to, over the ledger as the broker has it. Raises `NoLedger`.

    Memory holds the entities of one partition.
    """
    async with _source(settings) as source:
        return await what_if_source(source, candidate, guideline, examples, progress)


async def what_if_source(
    source: LedgerSource,
    candidate: Policy,
    guideline: str | None = None,
    examples: int = EXAMPLES_MAX,
    progress: Progress | None = None,
) -> Answer:
    """The same, over what a source has."""
    what_if = WhatIf(candidate, source.policies, guideline=guideline, examples=examples)
    for partition in range(source.partitions):
        async for page in source.entries(partition):
            for _, data in page:
                what_if.take(decode_entry(data))
            if progress is not None:
                progress(what_if.answer.entries)
        what_if.settle()
    return what_if.answer


async def what_if_posts_kafka(
    settings: Settings,
    rules: Rulebook,
    candidate: Rulebook,
    key: IdentityKey,
    guideline: str | None = None,
    examples: int = EXAMPLES_MAX,
    progress: Progress | None = None,
) -> PostsAnswer:
    """What a candidate's rules would find in the posts that are still kept. Raises `NoLedger`."""
    from services.replay.what_if_posts import PostsWhatIf

    log = Kafka(settings.bootstrap_servers)
    what_if = PostsWhatIf(rules, candidate, key, guideline=guideline, examples=examples)
    topic = settings.topic("posts")
    try:
        counts = await log.partition_counts()
        if topic not in counts:
            raise NoLedger(f"there is no topic `{topic}`; is the topic prefix right?")
        for partition in range(counts[topic]):
            async for page in _kept(log, TopicPartition(topic, partition)):
                for record in page:
                    what_if.take(partition, record.value, record.timestamp)
                if progress is not None:
                    progress(what_if.answer.posts)
            what_if.leave(partition)
    finally:
        await log.close()
    return what_if.answer


async def _kept(log: Log, place: TopicPartition) -> AsyncIterator[Sequence[ConsumerRecord[bytes, bytes]]]:
    """Pages of what a partition holds, up to its end as it is now."""
    reader = log.reader()
    await reader.start()
    try:
        begin = (await reader.beginning_offsets([place]))[place]
        end = (await reader.end_offsets([place]))[place]
        async for page in pages(reader, place, begin, end):
            yield [record for record in page if record.offset < end]
    finally:
        await reader.stop()
