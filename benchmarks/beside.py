"""Watching beside what is measured: a watcher that dies ends the measuring, so that no figure is its word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Never


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, Never]) -> AsyncIterator[None]:
    """Run what works until it is cancelled in the background, and cancel it at the end of the block.

    What ends it before then is raised, and what the block was waiting for is cancelled at once.
    """
    try:
        async with asyncio.TaskGroup() as group:
            working = group.create_task(work)
            yield
            working.cancel()
    except BaseExceptionGroup as errors:
        # A group of its own would hide `Failed` from whoever expects it; the watcher's error comes first.
        first = errors.exceptions[0]
        raise first from first.__cause__
