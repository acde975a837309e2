"""One batch into one transaction: outputs, state, guard and offsets, or nothing.

Compute first, then begin, send, commit: an open transaction holds back every reader of the partitions it has
touched.
"""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from services.runtime import hooks, outputs
from services.runtime.faults import worst
from services.runtime.limits import TRANSACTION_TIMEOUT_S
from services.runtime.port import Producer
from services.runtime.stage import Output


async def commit(
    producer: Producer,
    group: str,
    groups: Mapping[TopicPartition, Sequence[Output]],
    offsets: dict[TopicPartition, OffsetAndMetadata],
) -> None:
    """Commit one batch, within `TRANSACTION_TIMEOUT_S`.

    After any error the outcome is unknown: drop the producer.
    """
    async with bounded():
        await producer.begin_transaction()
        hooks.at(hooks.BEGUN)
        await settle(await outputs.send(producer, groups))
        hooks.at(hooks.SENT)
        await producer.send_offsets_to_transaction(offsets, group)
        hooks.at(hooks.OFFSETS_SENT)
        await producer.commit_transaction()
        hooks.at(hooks.COMMITTED)


@asynccontextmanager
async def bounded() -> AsyncIterator[None]:
    """A whole transaction, from begin to end, within `TRANSACTION_TIMEOUT_S`: the broker ends it then too."""
    try:
        async with asyncio.timeout(TRANSACTION_TIMEOUT_S):
            yield
    except AssertionError as error:  # how aiokafka says that its transaction broke off in the background
        raise KafkaError(f"the producer's transaction is in no state to go on: {error}") from error


async def settle(futures: Sequence[Future[Any]]) -> None:
    """Wait for every send, then raise the worst failure: a commit succeeds though a record was rejected."""
    results = await asyncio.gather(*futures, return_exceptions=True)
    errors = [result for result in results if isinstance(result, BaseException)]
    if errors:
        raise worst(errors)
