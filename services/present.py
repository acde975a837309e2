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
from services.runtime import guard
from services.runtime.kafka import admin
from services.runtime.limits import CALL_TIMEOUT_S
from services.runtime.settings import Settings

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
        client = admin(settings.bootstrap_servers)
        try:
            async with asyncio.timeout(CALL_TIMEOUT_S):
                await client.start()
            found = await clock_state(client, settings.topic_prefix)
        finally:
            await client.close()
        if found is not None and found[1].at is not None:
            return found[1].at
    return wall_clock()


async def clock_state(client: AIOKafkaAdminClient, prefix: str) -> tuple[int, State] | None:
    """The offset of `control` up to which the clock has answered, and what it said last.

    None before its first word.
    """
    at = TopicPartition(prefix + "control", 0)
    committed = (await committed_of(client, prefix + "clock")).get(at)
    if committed is None or committed.offset < 0 or not committed.metadata:
        return None
    held = guard.decode(committed.metadata.encode(), "the clock's committed offset")
    return committed.offset, decode_state(bytes(held.stage))


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
