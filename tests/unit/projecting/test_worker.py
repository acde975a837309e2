"""The projector's process before it has a broker."""

# ruff: noqa: ASYNC110 - a worker can only be polled

from __future__ import annotations

import asyncio

from services.projecting.worker import Projecting
from services.runtime.kafka import Kafka

NOBODY = "127.0.0.1:9"
WAIT_S_MAX = 20.0


async def test_a_projector_without_a_broker_says_so_tries_again_and_stops_when_told() -> None:
    """It neither ends by itself nor claims to be ready."""
    projector = Projecting(Kafka(NOBODY), "postgresql://nobody@127.0.0.1:9/nothing")
    running = asyncio.create_task(projector.run())
    async with asyncio.timeout(WAIT_S_MAX):
        while not projector.reasons()[0].startswith("connecting to the broker: "):
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)  # long enough for another try
        assert not running.done()
        projector.drain()
        await running
