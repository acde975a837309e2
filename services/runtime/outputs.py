"""Outputs on their way: to which partition, and in which record batches."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Iterator, Mapping, Sequence
from struct import unpack_from
from typing import Any, Final

from aiokafka.structs import TopicPartition

from services.runtime import hooks
from services.runtime.faults import Oversize, Refused
from services.runtime.limits import OUTPUT_BYTES_MAX, ROUTES_MAX
from services.runtime.port import Builder, Producer
from services.runtime.stage import Output

_MASK: Final = 0xFFFFFFFF
_M: Final = 0x5BD1E995
_SEED: Final = 0x9747B28C


def murmur2(data: bytes) -> int:
    """The hash of Kafka's default partitioner, as a non-negative int; aiokafka's own walks byte by byte."""
    length = len(data)
    h = _SEED ^ length
    for k in unpack_from(f"<{length // 4}I", data):
        mixed = k * _M & _MASK
        h = (h * _M & _MASK) ^ ((mixed ^ mixed >> 24) * _M & _MASK)
    rest = length & 3
    if rest:
        h = ((h ^ int.from_bytes(data[-rest:], "little")) * _M) & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return (h ^ h >> 15) & 0x7FFFFFFF


class Router:
    """Names and partitions of outputs.

    `counts` maps real topic names to partition numbers, as of start-up.
    """

    def __init__(self, prefix: str, counts: Mapping[str, int]) -> None:
        self._prefix = prefix
        self._counts = counts
        self._names: dict[str, str] = {}
        self._hashes: dict[bytes, int] = {}

    def group(self, outputs: Sequence[Output], home: int) -> dict[TopicPartition, list[Output]]:
        """Outputs per topic-partition, in order.

        One without key or partition goes to `home` (modulo the count).
        """
        groups: dict[tuple[str, int], list[Output]] = {}
        for output in outputs:
            partition = output.partition
            if partition is None:
                count = self._count(output.topic)
                partition = (home if output.key is None else self._hash(output.key)) % count
            target = (output.topic, partition)
            group = groups.get(target)
            if group is None:
                groups[target] = [output]
            else:
                group.append(output)
        return {
            TopicPartition(self._prefix + topic, self._known(topic, partition)): group
            for (topic, partition), group in groups.items()
        }

    def _hash(self, key: bytes) -> int:
        found = self._hashes.get(key)
        if found is None:
            if len(self._hashes) >= ROUTES_MAX:
                self._hashes.clear()
            found = self._hashes[key] = murmur2(key)
        return found

    def _count(self, topic: str) -> int:
        count = self._counts.get(self._prefix + topic)
        if count is None:
            raise Refused(
                f"unknown topic `{self._prefix + topic}`: a stage sends to it, but there is none; "
                "create it (`goodstanding topics create`), then start the worker again"
            )
        return count

    def _known(self, topic: str, partition: int) -> int:
        count = self._count(topic)
        if not 0 <= partition < count:
            raise Refused(
                f"partition {partition} of topic `{self._prefix + topic}` doesn't exist: it has {count}; "
                "the stage names partitions of its own number, so all keyed topics must have as many"
            )
        return partition


async def send(producer: Producer, groups: Mapping[TopicPartition, Sequence[Output]]) -> list[Future[Any]]:
    """Queue everything, one record batch per topic-partition, more when full; await all the futures.

    Raises `Oversize` for a record that no topic takes.
    """
    futures: list[Future[Any]] = []
    for (topic, partition), outputs in groups.items():
        for builder in _batches(producer, topic, outputs):
            futures.append(await producer.send_batch(builder, topic, partition=partition))
            if len(futures) == 1:
                hooks.at(hooks.FIRST_SEND)
    return futures


def _batches(producer: Producer, topic: str, outputs: Sequence[Output]) -> Iterator[Builder]:
    builder = producer.create_batch()
    append = builder.append
    for output in outputs:
        if append(timestamp=None, key=output.key, value=output.value, headers=[*output.headers]) is None:
            yield _checked(builder, topic)
            builder = producer.create_batch()
            append = builder.append
            append(timestamp=None, key=output.key, value=output.value, headers=[*output.headers])
    yield _checked(builder, topic)


def _checked(builder: Builder, topic: str) -> Builder:
    """Only a record that is alone in its batch can make it larger than `SEND_BYTES_MAX`."""
    if builder.size() > OUTPUT_BYTES_MAX:
        raise Oversize(
            f"a record of {builder.size()} bytes for topic `{topic}`, expected at most {OUTPUT_BYTES_MAX}; "
            "the stage must cap what it collects and answer oversize with an outcome of its own"
        )
    return builder
