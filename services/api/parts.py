"""What the API is made of: what it asks, what it sends to, and what time it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

import msgspec
from aiokafka.structs import ConsumerRecord

from events.dead_letters import DeadLetter
from events.policy import Policy
from services.keys import Operator
from services.runtime.reading import Database
from services.what_if import KeptPosts


class Outbox(Protocol):
    """Where events go: the topics of a deployment, by the catalogue's names."""

    async def send(self, topic: str, key: bytes, value: bytes, now: datetime) -> None:
        """Send a record, and wait until the log has it."""


class Refused(Protocol):
    """The input that was refused, as the log keeps it."""

    def read(self, since: datetime | None) -> AsyncIterator[tuple[DeadLetter | None, ConsumerRecord]]:
        """Every dead letter from a moment on, partition by partition, in the order of their offsets."""

    async def find(self, partition: int, offset: int) -> tuple[DeadLetter | None, ConsumerRecord] | None:
        """The one at a place; None where none is kept."""


class Tokens(Protocol):
    """Whoever vouches for bearer tokens that are no API keys."""

    async def find(self, token: str) -> Operator:
        """Whose token it is. Raises `services.api.tokens.BadToken`."""


class Parts(msgspec.Struct, frozen=True):
    """One deployment, as the API sees it.

    `policies` are all texts by version; `activations` the sequence and version of each that was asked for,
    `asked_at` by sequence when. `tokens` None: only API keys are taken. `kept` are the posts that a what-if
    screens again.
    """

    database: Database
    policies: Callable[[], Mapping[str, Policy]]
    activations: Callable[[], tuple[tuple[int, str], ...]]
    now: Callable[[], Awaitable[datetime]]
    outbox: Outbox
    refused: Refused
    tokens: Tokens | None = None
    kept: KeptPosts | None = None
    asked_at: Callable[[], Mapping[int, datetime]] = dict

    def in_force(self) -> str | None:
        """The version that was activated last, of those whose text is there; None before any."""
        texts = self.policies()
        there = [version for _, version in self.activations() if version in texts]
        return there[-1] if there else None


MakeParts = Callable[[], AbstractAsyncContextManager[Parts]]
"""Makes the parts when the server starts, and lets go of them at its end."""
