"""An event loop whose time jumps: whenever nothing is ready, the clock moves to the next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

VIRTUAL_S_MAX = 3_600.0


class _Jumping(selectors.SelectSelector):
    """Never sleeps; adds what it would have slept to the clock. It reads no files either."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            if ready := super().select(0):
                return ready
            raise RuntimeError("every task waits, and no timer would wake one: a deadlock")
        self.now += max(0.0, timeout)
        if self.now > VIRTUAL_S_MAX:
            raise RuntimeError(f"{VIRTUAL_S_MAX} simulated seconds have passed: nothing would end this test")
        return []


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, in simulated time."""
    with asyncio.Runner(loop_factory=_VirtualLoop) as runner:
        return runner.run(main)
