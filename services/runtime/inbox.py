"""What one partition's core is handed next: bounded by records and bytes, the first input first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final

from aiokafka.structs import ConsumerRecord, TopicPartition

from services.runtime.limits import BATCH_BYTES_MAX, POLL_WAIT_S
from services.runtime.port import Member

Page = Sequence[ConsumerRecord[bytes, bytes]]
Pages = dict[str, Page]

_size_of: Final = attrgetter("serialized_value_size")


class Inbox:
    """Polls the inputs of one partition.

    The other inputs take turns, so that a backlog in one can't starve the rest.
    """

    def __init__(self, member: Member, inputs: Mapping[str, TopicPartition], records_max: int) -> None:
        self._member = member
        self._inputs = inputs
        self._names = {partition: topic for topic, partition in inputs.items()}
        self._records_max = records_max
        self._first, *self._others = inputs.values()
        self._rest: Pages = {}

    async def next(self) -> Pages:
        """The next batch, per catalogue name in the order of the inputs; empty after `POLL_WAIT_S`."""
        pages = self._rest or await self._poll()
        batch, self._rest = _bound(pages, self._records_max)
        return batch

    def put_back(self, rest: Pages) -> None:
        """What a step left over; it comes before what wasn't handed in yet."""
        if rest:
            merged = {topic: [*rest.get(topic, ()), *self._rest.get(topic, ())] for topic in self._inputs}
            self._rest = {topic: page for topic, page in merged.items() if page}

    def clear(self) -> None:
        """Forget what wasn't handed in: the position is about to be set anew."""
        self._rest = {}

    async def _poll(self) -> Pages:
        found: dict[TopicPartition, Page] = {}
        left = self._records_max
        for partition in (self._first, *self._others):
            page = (await self._member.getmany(partition, max_records=left)).get(partition)
            if page:
                found[partition] = page
                left -= len(page)
                if not left:
                    break
        if self._others:
            self._others.append(self._others.pop(0))
        if not found:
            wait_ms = int(POLL_WAIT_S * 1000)
            found.update(await self._member.getmany(*self._names, timeout_ms=wait_ms, max_records=left))
        return {topic: found[partition] for topic, partition in self._inputs.items() if partition in found}


def _bound(pages: Pages, records_max: int) -> tuple[Pages, Pages]:
    """Split pages into what fits a batch, and the rest. The first record always fits."""
    if sum(map(len, pages.values())) <= records_max and sum(
        sum(map(_size_of, page)) for page in pages.values()
    ) <= (BATCH_BYTES_MAX):
        return pages, {}
    batch: Pages = {}
    rest: Pages = {}
    records = size = 0
    for topic, page in pages.items():
        taken = 0
        for record in page:
            size += record.serialized_value_size
            if records and (records >= records_max or size > BATCH_BYTES_MAX):
                size = BATCH_BYTES_MAX + 1  # later inputs wait too, whatever their size
                break
            records += 1
            taken += 1
        if taken:
            batch[topic] = page[:taken]
        if taken < len(page):
            rest[topic] = page[taken:]
    return batch, rest
