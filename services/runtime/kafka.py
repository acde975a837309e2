"""Every aiokafka client of the project is made here, with the settings that were measured to work.

`Kafka` answers the engine's port (`port.py`); `producer`, `reader`, `member` and `admin` serve whoever else
needs a client.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    KafkaError,
    TopicAuthorizationFailedError,
    for_code,
)
from aiokafka.protocol.commit import OffsetFetchRequest
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from services.runtime import limits, port
from services.runtime.hanging import watching

log = logging.getLogger(__name__)

MS: Final = 1000
UNAUTHORIZED: Final = (GroupAuthorizationFailedError, TopicAuthorizationFailedError)
POLL_INTERVAL_MS_MAX: Final = 24 * 60 * 60 * MS
"""A member that restores for long is alive: the heartbeat says so, and `/ready` says the rest."""


class TransactionalProducer(AIOKafkaProducer):  # type: ignore[misc]  # aiokafka ships no types
    """A producer that can be let go of at once: aiokafka's `stop` flushes first, and waits without bound."""

    async def discard(self) -> None:
        """Drop connections and tasks, whatever state they are in. What was sent stays uncommitted."""
        self._closed = True
        task = self._sender.sender_task
        if task is not None:
            task.cancel()
        await bounded(self.client.close(), "closing a producer")
        if task is not None:
            await asyncio.wait([task], timeout=limits.STOP_S_MAX)
        for future in (task, self._txn_manager.wait_for_transaction_end()):
            if future is not None and future.done() and not future.cancelled():
                future.exception()  # retrieved, so that asyncio doesn't warn: what it was has been reported


class BoundedConsumer(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka ships no types
    """A consumer whose `stop` is bounded, and that shows when a background task of its own has ended."""

    async def stop(self) -> None:
        """Leave the group and close; raises nothing."""
        await bounded(super().stop(), "closing a consumer")

    def check(self) -> None:
        """Raise what ended the fetcher or the coordinator, if one of them has ended.

        A coordinator that has met an error waits, for ever, until somebody takes note of it: it is told to
        join the group again, unless this user isn't let into it.
        """
        for task in (self._fetcher.error_future, getattr(self._coordinator, "_coordination_task", None)):
            if task is not None and task.done():
                raise KafkaError(f"the consumer's background task has ended: {task.exception()!r}")
        try:
            self._coordinator.check_errors()
        except UNAUTHORIZED:
            raise
        except KafkaError as error:
            log.warning("group `%s`: %r, joining it again", self._group_id, error)
            self._coordinator.request_rejoin()

    def join(self, topics: Sequence[str], listener: port.Listener) -> None:
        """Subscribe, or if subscribed ask to be assigned anew: to leave first races with the new join."""
        if self.subscription():
            self._coordinator.request_rejoin()
        else:
            self.subscribe(list(topics), listener=_Listener(listener))

    async def committed_many(
        self, partitions: Sequence[TopicPartition]
    ) -> dict[TopicPartition, OffsetAndMetadata]:
        """As `committed`, with metadata: aiokafka fetches it and leaves it out of its public answer.

        A coordinator that comes or goes answers without offsets, and is asked again, for `CALL_TIMEOUT_S`.
        """
        async with asyncio.timeout(limits.CALL_TIMEOUT_S):
            while True:
                await self._coordinator.ensure_coordinator_known()
                try:
                    told = await self._ask_for_offsets(partitions)
                except KafkaError as error:
                    if not error.retriable:
                        raise
                    self._coordinator.coordinator_dead()
                    await asyncio.sleep(limits.ASK_AGAIN_S)
                else:
                    return {at: found for at, found in told.items() if found.offset >= 0}

    async def _ask_for_offsets(
        self, partitions: Sequence[TopicPartition]
    ) -> dict[TopicPartition, OffsetAndMetadata]:
        """One answer: offset -1 says that there is none.

        Raises the error of the answer as a whole too, which aiokafka's own call overlooks.
        """
        wanted = defaultdict(list)
        for at in partitions:
            wanted[at.topic].append(at.partition)
        request = OffsetFetchRequest(self._coordinator.group_id, [*wanted.items()])
        answer = await self._coordinator._send_req(request)  # noqa: SLF001  # the only way to the whole answer
        told: dict[TopicPartition, OffsetAndMetadata] = {}
        codes = {answer.error_code}
        for topic, numbers in answer.topics:
            for number, offset, metadata, code in numbers:
                told[TopicPartition(topic, number)] = OffsetAndMetadata(offset, metadata)
                codes.add(code)
        if not any(codes) and told.keys() == set(partitions):
            return told
        kind = for_code(next(filter(None, codes))) if any(codes) else GroupCoordinatorNotAvailableError
        raise kind(f"asking for the committed offsets of {[*partitions]}")


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """Gives aiokafka's callbacks to a listener that is free of aiokafka."""

    def __init__(self, listener: port.Listener) -> None:
        self._listener = listener

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        await self._listener.on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        await self._listener.on_partitions_assigned(assigned)


class Kafka:
    """One cluster. `bootstrap` is `host:port[,host:port…]`."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self._admin: AIOKafkaAdminClient | None = None

    async def partition_counts(self) -> dict[str, int]:
        """Of every topic there is. Asks for all, since asking for one by name may create it."""
        if self._admin is None:
            client = admin(self.bootstrap)
            try:
                await client.start()
            except BaseException:
                await bounded(client.close(), "closing an admin client")
                raise
            self._admin = client
        async with asyncio.timeout(limits.CALL_TIMEOUT_S):
            topics = await self._admin.describe_topics()
        return {topic["topic"]: len(topic["partitions"]) for topic in topics if not topic["error_code"]}

    def producer(self, transactional_id: str) -> TransactionalProducer:
        """A transactional producer; `start` fences every older one with the same id."""
        return TransactionalProducer(
            bootstrap_servers=self.bootstrap,
            transactional_id=transactional_id,
            transaction_timeout_ms=int(limits.TRANSACTION_TIMEOUT_S * MS),
            max_batch_size=limits.SEND_BYTES_MAX,
            max_request_size=limits.OUTPUT_BYTES_MAX,
            linger_ms=0,
            request_timeout_ms=int(limits.TRANSACTION_TIMEOUT_S * MS),
        )

    async def take_over(self, transactional_id: str, prefix: str) -> TransactionalProducer:
        """A started producer, and an end of what the broker had left open under its id (`hanging.py`)."""
        producer = self.producer(transactional_id)
        try:
            async with watching(self.bootstrap, transactional_id, prefix) as hanging:
                fate, known = await hanging.before()
                await producer.start()
                await hanging.after(fate, known)
        except BaseException:
            await producer.discard()
            raise
        return producer

    def reader(self) -> BoundedConsumer:
        """A consumer outside any group, for restoring and for following topics whole."""
        return BoundedConsumer(
            bootstrap_servers=self.bootstrap,
            group_id=None,
            auto_offset_reset="none",
            enable_auto_commit=False,
            isolation_level="read_committed",
            fetch_max_wait_ms=int(limits.FETCH_WAIT_S * MS),
            max_partition_fetch_bytes=limits.RESTORE_PARTITION_BYTES,
        )

    def member(self, group: str, instance: str | None = None) -> BoundedConsumer:
        """A group member; `instance` makes it a static one, which a restart brings back at once."""
        return BoundedConsumer(
            bootstrap_servers=self.bootstrap,
            group_id=group,
            group_instance_id=instance,
            auto_offset_reset="none",
            enable_auto_commit=False,
            isolation_level="read_committed",
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=int(limits.SESSION_TIMEOUT_S * MS),
            heartbeat_interval_ms=int(limits.HEARTBEAT_S * MS),
            rebalance_timeout_ms=int(limits.REBALANCE_TIMEOUT_S * MS),
            max_poll_interval_ms=POLL_INTERVAL_MS_MAX,
            fetch_max_wait_ms=int(limits.FETCH_WAIT_S * MS),
            max_partition_fetch_bytes=limits.FETCH_PARTITION_BYTES,
        )

    async def close(self) -> None:
        """Close the connection that `partition_counts` keeps."""
        if self._admin is not None:
            await bounded(self._admin.close(), "closing an admin client")
            self._admin = None


def admin(bootstrap: str) -> AIOKafkaAdminClient:
    """An admin client, to be started and closed by the caller."""
    return AIOKafkaAdminClient(
        bootstrap_servers=bootstrap, request_timeout_ms=int(limits.CALL_TIMEOUT_S * MS)
    )


def plain_producer(bootstrap: str) -> AIOKafkaProducer:
    """An idempotent producer without transactions, for edges that publish single records."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        enable_idempotence=True,
        max_batch_size=limits.SEND_BYTES_MAX,
        max_request_size=limits.OUTPUT_BYTES_MAX,
        linger_ms=0,
    )


async def bounded(work: Awaitable[Any], what: str) -> None:
    """Await the end of a client, for `STOP_S_MAX` at most: nothing may hang on a broker that is gone.

    Whatever it raises is no more than a warning: the client isn't used again. uvloop, for one, raises
    `RuntimeError` where a connection is gone that aiokafka writes to.
    """
    try:
        async with asyncio.timeout(limits.STOP_S_MAX):
            with contextlib.suppress(KafkaError, OSError):
                await work
    except TimeoutError:
        log.warning("%s took longer than %s s, let go", what, limits.STOP_S_MAX)
    except Exception as error:  # noqa: BLE001  # see above
        log.warning("%s: %r", what, error)
