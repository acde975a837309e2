"""A benchmark's watcher ends with what is measured, and what is measured with its watcher."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import pytest

from benchmarks.beside import beside
from benchmarks.measure import Failed


async def _watch(said: list[str], *, looks: int = 1_000_000) -> NoReturn:
    """Look on; fail after so many looks."""
    try:
        for _ in range(looks):
            said.append("look")
            await asyncio.sleep(0)
        raise Failed("the watcher saw nothing more")
    finally:
        said.append("closed")


async def test_a_watcher_ends_with_its_block() -> None:
    """It has looked, and has closed what it used by the time that the block is left."""
    said: list[str] = []
    async with beside(_watch(said)):
        await asyncio.sleep(0.01)
    assert said[0] == "look"
    assert said[-1] == "closed"


async def test_what_ends_a_watcher_ends_its_block_at_once() -> None:
    """A block that would wait for ever is left with the watcher's own error."""
    async with asyncio.timeout(5):
        with pytest.raises(Failed, match="nothing more"):
            async with beside(_watch([], looks=3)):
                await asyncio.Event().wait()


async def test_what_a_block_raises_is_raised_as_it_is_and_its_watcher_ends() -> None:
    """No group hides it."""
    said: list[str] = []

    async def measure() -> None:
        async with beside(_watch(said)):
            await asyncio.sleep(0.01)
            raise Failed("the engine stands still")

    with pytest.raises(Failed, match="stands still"):
        await measure()
    assert said[-1] == "closed"
