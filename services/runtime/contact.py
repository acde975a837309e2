"""A worker's first contact with its broker, which may not be there yet."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from services.runtime.faults import INFRASTRUCTURE
from services.runtime.limits import CALL_TIMEOUT_S, REBUILD_BACKOFF_S_MAX, REBUILD_BACKOFF_S_MIN
from services.runtime.port import Member

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Member)
T = TypeVar("T")


class Contact:
    """Tries until there is a broker. `why` says what is waited for; empty once a member is started."""

    def __init__(self, name: str) -> None:
        self.why = "connecting to the broker"
        self._name: Final = name
        self._given_up: Final = asyncio.Event()

    def give_up(self) -> None:
        """Have `reach` return without a member, unless it has one."""
        self._given_up.set()

    async def reach(self, make: Callable[[], M], check: Callable[[], Awaitable[T]]) -> tuple[M, T] | None:
        """A started member and what was checked before; None when it was given up.

        Raises whatever is wrong with more than the way to the broker, such as `Refused`.
        """
        backoff_s = REBUILD_BACKOFF_S_MIN
        while not self._given_up.is_set():
            member = make()
            try:
                found = await check()
                async with asyncio.timeout(CALL_TIMEOUT_S):
                    await member.start()
            except INFRASTRUCTURE as error:
                log.warning("%s: no broker yet, %r, trying again in %.1f s", self._name, error, backoff_s)
                self.why = f"connecting to the broker: {error}"
                await member.stop()
            except BaseException:
                await member.stop()
                raise
            else:
                self.why = ""
                return member, found
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(backoff_s):
                    await self._given_up.wait()
            backoff_s = min(2 * backoff_s, REBUILD_BACKOFF_S_MAX)
        return None
