"""Letting simulated time run: settle what was sent, ask the clock, wait until what became due is decided."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from events.control import advance_requested
from services import present
from services.clock.wall import wall_clock
from services.commands import connect, pipeline
from services.commands.failures import CommandFailed
from services.exit_codes import ExitCode
from services.runtime.kafka import Kafka

SETTLE_S: Final = 120.0


class Timekeeper:
    """Advances the clock of a deployment in time mode `events`, for an operator."""

    def __init__(
        self, kafka: Kafka, admin: AIOKafkaAdminClient, producer: AIOKafkaProducer, actor: str
    ) -> None:
        self._kafka = kafka
        self._admin = admin
        self._producer = producer
        self._actor = actor
        self._prefix = connect.settings().topic_prefix

    async def now(self) -> datetime | None:
        """The last tick; None before the first."""
        found = await present.clock_state(self._kafka, self._prefix)
        return found[1].at if found else None

    async def settle(self, what: str = "events that were sent before") -> None:
        """Wait until nothing lies before screening and enforcement. Raises `CommandFailed`."""
        async with pipeline.Quiet(self._kafka, self._admin, self._prefix) as quiet:
            if not await quiet.wait(SETTLE_S):
                raise _late(what)

    async def advance(self, until: datetime, *, settle: bool = True, wait: bool = True) -> datetime:
        """Have time run to `until`, and give the time that it is then. Raises `CommandFailed`."""
        if settle:
            await self.settle()
        event = advance_requested(until, self._actor, wall_clock())
        value = event.model_dump_json(exclude_none=True).encode()
        taken = await self._producer.send_and_wait(f"{self._prefix}control", value)
        if not wait:
            return until
        state = await pipeline.wait_clock(
            self._kafka, self._prefix, lambda answered, _: answered > taken.offset, SETTLE_S
        )
        if state is None:
            raise _late("the request to the clock")
        await self.settle("the ticks")
        return state.at or until


@asynccontextmanager
async def timekeeper(actor: str) -> AsyncIterator[Timekeeper]:
    """A timekeeper with clients of its own. Raises `CommandFailed` where time isn't simulated."""
    if connect.settings().time_mode != "events":
        raise CommandFailed(
            ExitCode.REFUSED,
            "time runs by the wall clock here, and can't be asked to run ahead",
            "for a demo or test set GOODSTANDING_TIME_MODE=events for all workers, on topics of its own",
        )
    async with connect.log() as kafka, connect.administrator() as admin, connect.producer() as producer:
        yield Timekeeper(kafka, admin, producer, actor)


def _late(what: str) -> CommandFailed:
    return CommandFailed(
        ExitCode.NOT_YET,
        f"{what} weren't all answered within {SETTLE_S:.0f} s",
        "see `goodstanding status` for who is behind; time goes on when all workers run",
    )
