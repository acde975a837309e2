"""Transactions that are over, but still open in some partition: found, and closed as they were decided.

When a broker restarts, the coordinator of a decided transaction was seen to leave out the marker of every
partition that had no leader at that moment, and to call the transaction complete (Apache Kafka 4.3.1; a
cluster of one broker that was killed does so once in a few times). Its records then hold back every reader
of the partition, and the producer's next commit would commit them with its own, even where they had been
aborted or are being computed again. So whoever takes a transactional id over looks for them before it writes
anything, by the requests that Kafka's own tool for hanging transactions uses, and has the missing markers
written.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final, NamedTuple

from aiokafka.client import AIOKafkaClient
from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError, for_code
from aiokafka.structs import TopicPartition

from services.runtime import limits
from services.runtime.faults import Refused
from services.runtime.protocol import DescribeProducers, DescribeTransactions, WriteMarker

log = logging.getLogger(__name__)

OFFSETS_TOPIC: Final = "__consumer_offsets"
COMMITTED: Final = "CompleteCommit"
COMPLETE: Final = frozenset({COMMITTED, "CompleteAbort"})
DECIDED: Final = frozenset({"PrepareCommit", "PrepareAbort"})
EMPTY: Final = "Empty"
POLL_S: Final = 0.1
TRANSACTION_COORDINATOR: Final = 1
_UNKNOWN_ID: Final = 105
_RETRIED: Final = frozenset({3, 5, 6, 7, 14, 15, 16})
"""The topic, the leader or the coordinator isn't known yet, or not here any more: asked again."""


class Fate(NamedTuple):
    """What the coordinator says of an id: the state of its last transaction, and whose it was."""

    state: str
    producer_id: int
    started_ms: int


class Open(NamedTuple):
    """A transaction of one producer that is open in a partition."""

    epoch: int
    coordinator_epoch: int
    first_offset: int


class Hanging:
    """Looks after one transactional id. `prefix`: that of the topics to which its transactions may write."""

    def __init__(self, client: AIOKafkaClient, transactional_id: str, prefix: str) -> None:
        self._client = client
        self._id = transactional_id
        self._prefix = prefix

    async def before(self) -> tuple[Fate | None, Mapping[TopicPartition, Open]]:
        """To be asked before the id is taken over: its last transaction, and where that hangs.

        Of a transaction that isn't over, the second says nothing: taking the id over ends it.
        """
        fate = await self._fate()
        while fate is not None and fate.state in DECIDED:
            await asyncio.sleep(POLL_S)
            fate = await self._fate()
        if fate is None or fate.state not in COMPLETE:
            return fate, {}
        found = await self._open(fate.producer_id)
        # Only if nobody has begun another transaction meanwhile is it that one which is open.
        return (fate, found) if await self._fate() == fate else await self.before()

    async def after(self, fate: Fate | None, known: Mapping[TopicPartition, Open]) -> None:
        """To be called once the id is taken over, with what `before` said: nothing of it stays open.

        Raises `Refused` where it can't be known how a transaction was decided.
        """
        if fate is None:
            return
        found = await self._open(fate.producer_id)
        if not found:
            return
        if fate.state == EMPTY:
            where = ", ".join(
                f"{at.topic}-{at.partition} from offset {one.first_offset}" for at, one in found.items()
            )
            raise Refused(
                f"transactions of `{self._id}` are over but still open in {where}, and nothing says how they "
                "were decided: look at what they wrote, then end each with `kafka-transactions.sh abort`"
            )
        for at, one in sorted(found.items()):
            same = at in known and known[at].first_offset == one.first_offset
            commit = same and fate.state == COMMITTED
            log.warning(
                "%s: the broker left a transaction open in %s-%d from offset %d, %s it there too",
                self._id, at.topic, at.partition, one.first_offset, "committing" if commit else "aborting",
            )  # fmt: skip
            await self._close(at, fate.producer_id, one, commit=commit)
        if await self._open(fate.producer_id):
            raise KafkaError(f"transactions of `{self._id}` are still open after their markers were written")

    async def _fate(self) -> Fate | None:
        """None for an id that the coordinator doesn't know."""
        while True:
            try:
                node = await self._client.coordinator_lookup(TRANSACTION_COORDINATOR, self._id)
            except GroupCoordinatorNotAvailableError:  # a new cluster has yet to make its topic
                await asyncio.sleep(POLL_S)
                continue
            answer = await self._client.send(node, DescribeTransactions([self._id]))
            (code, _, state, _, started_ms, producer_id, *_) = answer.transactions[0]
            if code == _UNKNOWN_ID:
                return None
            if code not in _RETRIED:
                _check(code, f"describing the transactions of `{self._id}`")
                return Fate(state, producer_id, started_ms)
            await asyncio.sleep(POLL_S)

    async def _open(self, producer_id: int) -> dict[TopicPartition, Open]:
        """Where the producer has a transaction open."""
        found: dict[TopicPartition, Open] = {}
        cluster = await self._client.fetch_all_metadata()
        left = self._partitions(cluster)
        while left:
            by_node: dict[int, list[TopicPartition]] = defaultdict(list)
            for at in left:
                by_node[cluster.leader_for_partition(at)].append(at)
            left = by_node.pop(-1, []) + by_node.pop(None, [])  # type: ignore[call-overload]  # both: no leader
            for node, ats in by_node.items():
                left += await self._ask(node, ats, producer_id, found)
            if left:
                await asyncio.sleep(POLL_S)
                cluster = await self._client.fetch_all_metadata()
        return found

    async def _ask(
        self, node: int, ats: Sequence[TopicPartition], producer_id: int, found: dict[TopicPartition, Open]
    ) -> list[TopicPartition]:
        """Ask one leader; the partitions that have to be asked for again."""
        again: list[TopicPartition] = []
        answer = await self._client.send(node, DescribeProducers(ats))
        for topic, partitions, _ in answer.topics:
            for partition, code, _, producers, _ in partitions:
                at = TopicPartition(topic, partition)
                if code in _RETRIED:
                    again.append(at)
                    continue
                _check(code, f"describing the producers of {topic}-{partition}")
                for id_, epoch, _, _, coordinator_epoch, first_offset, _ in producers:
                    if id_ == producer_id and first_offset >= 0:
                        found[at] = Open(epoch, coordinator_epoch, first_offset)
        return again

    def _partitions(self, cluster: ClusterMetadata) -> list[TopicPartition]:
        return [
            TopicPartition(topic, partition)
            for topic in sorted(cluster.topics(exclude_internal_topics=False))
            if topic == OFFSETS_TOPIC or topic.startswith(self._prefix)
            for partition in sorted(cluster.partitions_for_topic(topic) or ())
        ]

    async def _close(self, at: TopicPartition, producer_id: int, one: Open, *, commit: bool) -> None:
        cluster = await self._client.fetch_all_metadata()
        node = cluster.leader_for_partition(at)
        request = WriteMarker(at, producer_id, one.epoch, one.coordinator_epoch, commit=commit)
        answer = await self._client.send(node, request)
        codes = [
            code
            for _, topics, _ in answer.markers
            for _, partitions, _ in topics
            for _, code, _ in partitions
        ]
        for code in codes:
            _check(code, f"writing a marker to {at.topic}-{at.partition}")


@contextlib.asynccontextmanager
async def watching(bootstrap: str, transactional_id: str, prefix: str) -> AsyncIterator[Hanging]:
    """A client for the while in which an id is taken over."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=int(limits.CALL_TIMEOUT_S * 1000))
    try:
        await client.bootstrap()
        if not client.cluster.brokers():
            raise KafkaError("the broker names no broker yet: it has just started")
        yield Hanging(client, transactional_id, prefix)
    finally:
        await client.close()


def _check(code: int, what: str) -> None:
    if code:
        raise for_code(code)(what)
