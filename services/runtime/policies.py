"""Which policies there are, and which was activated last.

The topics `policies` and `control`, read whole and then followed.

A policy's key is the SHA-256 of its text. A text that hashes to something else is refused: it is logged, and
whoever waits for that version keeps waiting and says why. The sequence of an activation is the offset of its
record in `control`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Self

import msgspec
from aiokafka.structs import ConsumerRecord, TopicPartition
from pydantic import ValidationError

from events.control import ActivationRequested, parse_control_event
from events.ids import digest
from events.policy import Policy, load_canonical
from services.runtime.faults import INFRASTRUCTURE
from services.runtime.limits import POLL_WAIT_S
from services.runtime.port import Log, Reader
from services.runtime.restore import pages

log = logging.getLogger(__name__)

POLICIES: Final = "policies"
CONTROL: Final = "control"
RETRY_S: Final = 1.0
SHOWN_CHARS: Final = 12
"""How much of a version is enough for a person to tell it from others."""


class PolicySource:
    """Every policy text and activation on one log. Use as `async with`, or `start` and `stop`."""

    def __init__(self, log: Log, prefix: str = "") -> None:
        self._log = log
        self._texts = TopicPartition(prefix + POLICIES, 0)
        self._control = TopicPartition(prefix + CONTROL, 0)
        self._next: dict[TopicPartition, int] = {}
        self._policies: dict[str, Policy] = {}
        self._activations: dict[int, str] = {}
        self._asked_at: dict[int, datetime] = {}
        self._refused: dict[str, str] = {}
        self._waiting: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._reader: Reader | None = None
        self._follower: asyncio.Task[None] | None = None
        self._caught_up = False
        self._draining = asyncio.Event()
        self.policies: Final[Mapping[str, Policy]] = MappingProxyType(self._policies)
        """Every policy whose text is present, by version; follows the topic."""

    async def start(self) -> None:
        """Read both topics to their end, then follow them. Raises what the broker's client raises."""
        self._reader = self._log.reader()
        try:
            await self._reader.start()
            await self._catch_up(self._reader)
        except BaseException:
            await self._reader.stop()
            raise
        self._follower = asyncio.create_task(self._follow(self._reader, fresh=False), name="policies")

    async def stop(self) -> None:
        """Stop following."""
        if self._follower is not None:
            self._follower.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._follower
        if self._reader is not None:  # a follower that was cancelled before its first step stopped nothing
            await self._reader.stop()

    async def run(self) -> None:
        """Read and follow until drained, beside a worker's loop.

        A broker that isn't there yet is waited for.
        """
        self._follower = asyncio.create_task(self._follow(self._log.reader(), fresh=True), name="policies")
        drained = asyncio.ensure_future(self._draining.wait())
        try:
            await asyncio.wait({drained, self._follower}, return_when=asyncio.FIRST_COMPLETED)
            if self._follower.done():
                self._follower.result()
        finally:
            drained.cancel()
            await self.stop()

    def drain(self) -> None:
        """Let `run` return."""
        self._draining.set()

    def reasons(self) -> list[str]:
        """Why a worker that needs policies isn't ready; empty when nobody waits here."""
        if not self._caught_up:
            return [f"reading topics `{self._texts.topic}` and `{self._control.topic}`"]
        return [self._why(version) for version in sorted(self._waiting)]

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Stop."""
        await self.stop()

    def latest(self) -> tuple[int, Policy] | None:
        """Sequence and policy of the highest activation whose text is present.

        None until both topics were read to their end.
        """
        if not self._caught_up:
            return None
        present = [sequence for sequence, version in self._activations.items() if version in self._policies]
        if not present:
            return None
        return max(present), self._policies[self._activations[max(present)]]

    def activations(self) -> tuple[tuple[int, str], ...]:
        """Every activation asked for: sequence and version, in order."""
        return tuple(sorted(self._activations.items()))

    def asked_at(self) -> Mapping[int, datetime]:
        """When each activation was asked for, by its sequence."""
        return MappingProxyType(self._asked_at)

    async def require(self, version: str) -> Policy:
        """Wait until the text of that version is there, however long that takes."""
        await self._until(lambda: version in self._policies, version)
        return self._policies[version]

    async def wait_latest(self) -> tuple[int, Policy]:
        """Wait until any activated policy is there."""
        await self._until(lambda: self.latest() is not None, "")
        found = self.latest()
        assert found is not None
        return found

    async def _until(self, there: Callable[[], bool], version: str) -> None:
        if there():
            return
        self._waiting[version] = self._waiting.get(version, 0) + 1
        if self._caught_up:
            log.warning(self._why(version))
        try:
            while not there():
                await self._change()
        finally:
            self._waiting[version] -= 1
            if not self._waiting[version]:
                del self._waiting[version]

    async def _change(self) -> None:
        """Wait for the next record, or raise what ended the following."""
        changed = asyncio.ensure_future(self._changed.wait())
        follower = {self._follower} if self._follower is not None else set()
        await asyncio.wait({changed, *follower}, return_when=asyncio.FIRST_COMPLETED)
        if changed.cancel() and self._follower is not None:
            self._follower.result()  # raises what ended it
            raise RuntimeError("the policy source was stopped while somebody waited for it")

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _why(self, version: str) -> str:
        if not version:
            return "no policy is activated; activate one (`goodstanding policy activate FILE`)"
        return self._refused.get(version) or (
            f"the text of policy `{version[:SHOWN_CHARS]}` isn't in topic `{self._texts.topic}`; "
            "write it there by activating the same file again (`goodstanding policy activate FILE`)"
        )

    async def _catch_up(self, reader: Reader) -> None:
        """Read from where this source stands to the end: texts first, so that activations find theirs."""
        both = [self._texts, self._control]
        begins = await reader.beginning_offsets(both)
        ends = await reader.end_offsets(both)
        for partition in both:
            begin = max(begins[partition], self._next.get(partition, 0))
            self._next[partition] = begin
            async for page in pages(reader, partition, begin, ends[partition]):
                for record in page:
                    self._apply(partition, record)
            self._next[partition] = max(self._next[partition], ends[partition])
        self._caught_up = True
        self._tell()

    async def _follow(self, reader: Reader, *, fresh: bool) -> None:
        """Follow both topics for ever; a `fresh` reader must catch up first.

        A broker that goes away is asked again.
        """
        while True:
            try:
                if fresh:
                    await reader.start()
                    await self._catch_up(reader)
                await self._poll(reader)
            except INFRASTRUCTURE as error:
                log.warning("following policies broke off, trying again in %s s: %r", RETRY_S, error)
            finally:
                await reader.stop()
            await asyncio.sleep(RETRY_S)
            reader, fresh = self._log.reader(), True

    async def _poll(self, reader: Reader) -> None:
        both = [self._texts, self._control]
        reader.assign(both)
        for partition in both:
            reader.seek(partition, self._next[partition])
        while True:
            found = await reader.getmany(*both, timeout_ms=int(POLL_WAIT_S * 1000))
            for partition in both:
                for record in found.get(partition, ()):
                    self._apply(partition, record)

    def _apply(self, partition: TopicPartition, record: ConsumerRecord[bytes, bytes]) -> None:
        self._next[partition] = record.offset + 1
        if partition == self._texts:
            self._take_text((record.key or b"").decode(errors="replace"), record.value)
        else:
            self._take_control(record.offset, record.value)
        self._tell()

    def _take_text(self, version: str, text: bytes | None) -> None:
        if text is None:
            log.error(
                "policy `%s` was deleted from its topic: this process keeps it, the next won't", version
            )
            return
        if digest(text) != version:
            self._refuse(version, f"hashes to `{digest(text)[:SHOWN_CHARS]}`, expected its own key")
            return
        try:
            self._policies[version] = load_canonical(text)
        except (ValidationError, msgspec.DecodeError) as error:
            self._refuse(version, f"can't be read by this build: {error}")
        else:
            self._refused.pop(version, None)

    def _refuse(self, version: str, what: str) -> None:
        if version in self._policies:
            log.error("`%s`: a second text of policy `%s` %s: ignored", self._texts.topic, version, what)
            return
        self._refused[version] = (
            f"the text of policy `{version[:SHOWN_CHARS]}` in topic `{self._texts.topic}` {what}; "
            "activate the right file again (`goodstanding policy activate FILE`)"
        )
        log.error(self._refused[version])

    def _take_control(self, offset: int, value: bytes | None) -> None:
        try:
            event = parse_control_event(value or b"")
        except ValidationError:
            return  # the clock answers for it, with a dead letter
        if isinstance(event, ActivationRequested):
            self._activations[offset] = event.data.version
            self._asked_at[offset] = event.requested_at
