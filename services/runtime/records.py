"""Consumed records as light structs: what aiokafka makes of each costs as much as reading its batch.

Only how a record looks is changed; which records there are stays aiokafka's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from aiokafka.consumer import fetcher
from aiokafka.structs import TopicPartition


class Consumed(msgspec.Struct, gc=False):
    """One record, with the attributes of aiokafka's `ConsumerRecord` that have a meaning."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    serialized_key_size: int
    serialized_value_size: int
    headers: tuple[tuple[str, bytes], ...]


class _Records(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka ships no types
    def __iter__(self) -> Iterator[Consumed]:
        records: Iterator[Consumed] = self._records_iterator
        return records

    def _consumer_record(self, tp: TopicPartition, record: Any) -> Consumed:
        key, value, headers = record.key, record.value, record.headers
        return Consumed(
            tp.topic,
            tp.partition,
            record.offset,
            record.timestamp,
            record.timestamp_type,
            key,
            value,
            -1 if key is None else len(key),
            -1 if value is None else len(value),
            tuple(headers) if headers else (),
        )


def lighten() -> None:
    """From now on, consumers of this process hand out `Consumed`."""
    fetcher.PartitionRecords = _Records
