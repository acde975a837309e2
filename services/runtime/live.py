"""One partition's runtime while it lives: producer, core and offsets belong to one moment of the log.

Whenever a batch isn't known to be committed, all three are dropped together and built again from what is.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping

from aiokafka.structs import OffsetAndMetadata, TopicPartition

from services.runtime import guard, hooks, metrics, transaction
from services.runtime.context import Context
from services.runtime.faults import Broken
from services.runtime.inbox import Pages
from services.runtime.port import Producer
from services.runtime.stage import Batch, Core, Output


class Live:
    """A built runtime.

    `next` holds the next offset per catalogue topic, `committed` those that the guard has (none before the
    first commit), `built_in` the assignment it was built for.
    """

    def __init__(
        self,
        context: Context,
        partition: int,
        producer: Producer,
        core: Core,
        offsets: dict[str, int],
        committed: Mapping[str, int],
        times: dict[str, int],
        built_in: int,
    ) -> None:
        self.producer = producer
        self.core = core
        self.next = offsets
        self.committed = committed
        self.built_in = built_in
        self.assignment = built_in
        self._times = times
        self._context = context
        self._partition = partition
        self._guard = b""
        self._where = f"{context.group}, partition {partition}"

    async def process(self, pages: Pages) -> Pages:
        """Compute one batch and commit it; gives back what the step left over.

        Raises `Broken` for a bug in the stage; after any other error too, the runtime must be dropped.
        """
        began = time.perf_counter()
        batch = self._step(pages)
        computed = time.perf_counter()
        hooks.at(hooks.COMPUTED)
        offsets, rest = self._advance(pages, batch)
        times = self._stamp(pages, offsets)
        groups = self._context.router.group(batch.outputs, self._partition)
        self._add_state(groups, batch, guard.encode(offsets, times, batch.guard, self.core.held()))
        await transaction.commit(self.producer, self._context.group, groups, self._commits(offsets))
        self.next, self.committed, self._times, self._guard = offsets, offsets, times, batch.guard
        stage = self._context.stage.name
        metrics.STEP_SECONDS.labels(stage).observe(computed - began)
        metrics.COMMIT_SECONDS.labels(stage).observe(time.perf_counter() - computed)
        self._count(pages, rest, batch)
        return rest

    def _step(self, pages: Pages) -> Batch:
        try:
            return self.core.step(pages)
        except Exception as error:
            raise Broken(f"{self._where}: the stage's step raised {error!r}") from error

    def _advance(self, pages: Pages, batch: Batch) -> tuple[dict[str, int], Pages]:
        """The offsets after the batch, and the records that it didn't consume."""
        rest: Pages = {}
        for topic, offset in batch.next_offsets.items():
            last = pages[topic][-1].offset + 1 if topic in pages else self.next.get(topic, -1)
            if not self.next.get(topic, last + 1) <= offset <= last:
                raise Broken(
                    f"{self._where}: the stage's step moved `{topic}` to offset {offset}, "
                    f"expected {self.next.get(topic)} to {last}"
                )
        offsets = {**self.next, **batch.next_offsets}
        for topic, page in pages.items():
            if page[-1].offset >= offsets[topic]:
                rest[topic] = [record for record in page if record.offset >= offsets[topic]]
        if rest == pages and batch.guard == self._guard and not batch.outputs and not batch.changes:
            raise Broken(
                f"{self._where}: the stage's step consumed nothing and changed nothing; it would run for ever"
            )
        return offsets, rest

    def _stamp(self, pages: Pages, offsets: Mapping[str, int]) -> dict[str, int]:
        """The times of the last records consumed, for the inputs whose history is re-read."""
        times = self._times
        for topic in self._context.stage.history:
            consumed = [
                record.timestamp for record in pages.get(topic, ())[-1:] if record.offset < offsets[topic]
            ]
            if not consumed:
                consumed = [
                    record.timestamp for record in pages.get(topic, ()) if record.offset < offsets[topic]
                ][-1:]
            if consumed:
                times = {**times, topic: consumed[0]}
        return times

    async def tell(self) -> None:
        """Commit once more what is committed: the group's coordinator was seen to forget."""
        await transaction.commit(self.producer, self._context.group, {}, self._commits(self.committed))

    def _add_state(self, groups: dict[TopicPartition, list[Output]], batch: Batch, data: bytes) -> None:
        """Put changes and guard where they belong."""
        changelog = self._context.stage.changelog
        records = [Output(changelog, key, value) for key, value in batch.changes.items()]
        records.append(Output(changelog, guard.key(self._partition), data))
        groups[self._context.at(changelog, self._partition)] = records

    def _commits(self, offsets: Mapping[str, int]) -> dict[TopicPartition, OffsetAndMetadata]:
        return {
            self._context.at(topic, self._partition): OffsetAndMetadata(offset, "")
            for topic, offset in offsets.items()
        }

    def _count(self, pages: Pages, rest: Pages, batch: Batch) -> None:
        stage, partition = self._context.stage.name, str(self._partition)
        total = 0
        for topic, page in pages.items():
            records = len(page) - len(rest.get(topic, ()))
            metrics.RECORDS.labels(stage, topic, partition).inc(records)
            total += records
        for topic, number in Counter(output.topic for output in batch.outputs).items():
            metrics.OUTPUTS.labels(stage, topic).inc(number)
        metrics.BATCHES.labels(stage, partition).inc()
        metrics.BATCH_RECORDS.labels(stage).observe(total)
