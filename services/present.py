"""What time it is: in simulated time what the clock said last, else the wall clock's."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
)
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from services.clock.clock import State, decode_state
from services.clock.wall import wall_clock
from services.runtime.kafka import Kafka
from services.runtime.port import Log, Reader
from services.runtime.restore import last_guard, opened
from services.runtime.settings import Settings

CLOCK_STATE: Final = "clock-state"
POLL_S: Final = 0.05
COORDINATOR_WAIT_S: Final = 15.0
COORDINATOR_LATE: Final = (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
)


async def present(settings: Settings) -> datetime:
    """What time it is, aware, in UTC and whole milliseconds.

    In simulated time, the clock is asked; where it has said nothing yet, the wall clock's time counts.
    """
    if settings.time_mode == "events":
        kafka = Kafka(settings.bootstrap_servers)
        try:
            found = await clock_state(kafka, settings.topic_prefix)
        finally:
            await kafka.close()
        if found is not None and found[1].at is not None:
            return found[1].at
    return wall_clock()


async def clock_state(log: Log, prefix: str) -> tuple[int, State] | None:
    """The offset of `control` up to which the clock has answered, and what it said last.

    None before its first word.
    """
    if prefix + CLOCK_STATE not in await log.partition_counts():
        return None
    async with opened(log) as reader:
        return await clock_word(reader, prefix)


async def clock_word(reader: Reader, prefix: str) -> tuple[int, State] | None:
    """`clock_state`, by a reader that may be asked again; the topic has to be there."""
    found = await last_guard(reader, TopicPartition(prefix + CLOCK_STATE, 0))
    return None if found is None else (found.offsets["control"], decode_state(bytes(found.stage)))


async def committed_of(client: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, OffsetAndMetadata]:
    """What a group has committed. A broker that was just made answers after a while."""
    deadline = time.monotonic() + COORDINATOR_WAIT_S
    while True:
        try:
            found: dict[TopicPartition, OffsetAndMetadata] = await client.list_consumer_group_offsets(group)
        except COORDINATOR_LATE:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(POLL_S)
        else:
            return found
