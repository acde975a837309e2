"""A desk without Kafka: decisions go through the real decider, and their entries into a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from events.codec import decode_entry
from events.decisions import parse_decision_event
from events.signals import Signal
from projections.recorded import Recorded
from services.deciding import signal_of
from tests.support.policies import small_policy
from tests.support.projecting import apply
from tests.support.world import World


class DecidingWorld:
    """An outbox at whose end somebody decides: enforcement's own core, one partition of it.

    What is sent is decided and projected at once; while `held` is set, it waits until `release`.
    """

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.world = World(small_policy())
        self.sent: list[bytes] = []
        self.held = False
        self._waiting: list[Signal] = []
        self._applied = 0
        self._one_by_one = asyncio.Lock()

    async def tell(self, *signals: Signal) -> None:
        """Have signals decided, and what came of them projected."""
        async with self._one_by_one:
            self.world.send(*signals)
            await self._project()

    async def advance(self, to: datetime) -> None:
        """Let time run, with what becomes due by then."""
        async with self._one_by_one:
            self.world.advance(to)
            await self._project()

    async def _project(self) -> None:
        data: Sequence[bytes] = self.world.ledger[self._applied :]
        made = [
            Recorded(0, self._applied + number, decode_entry(value), value)
            for number, value in enumerate(data)
        ]
        self._applied += len(made)
        await apply(self.dsn, made)

    async def send(self, topic: str, key: bytes, value: bytes, now: datetime) -> None:
        """Take a decision as the topic does: under an id that it has seen before, it decides nothing."""
        assert topic == "decisions"
        self.sent.append(value)
        event = parse_decision_event(value)
        assert key == f"account:{event.subject}".encode()
        signal = signal_of(event, self.world.policy.version, now)
        if self.held:
            self._waiting.append(signal)
        else:
            await self.tell(signal)

    async def now(self) -> datetime:
        """The last moment that anything was decided at."""
        assert self.world.now is not None
        return self.world.now

    async def release(self) -> None:
        """Let what waits be decided."""
        self.held = False
        waiting, self._waiting = self._waiting, []
        await self.tell(*waiting)
