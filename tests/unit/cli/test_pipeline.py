"""Waiting for the stages: bounded, whatever the broker does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.commands import pipeline

WAIT_S = 0.05


class Reader:
    """Connects, and says nothing."""

    stopped = False

    async def start(self) -> None:
        """At once."""

    async def stop(self) -> None:
        """At once."""
        self.stopped = True


class Cluster:
    """A broker that is about to go away."""

    def __init__(self) -> None:
        self.made = Reader()

    def reader(self) -> Reader:
        """The one."""
        return self.made

    async def partition_counts(self) -> dict[str, int]:
        """No topics."""
        return {}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Nobody lags, as far as is known."""

    async def nobody(*_: Any) -> list[pipeline.Lag]:
        return []

    monkeypatch.setattr(pipeline, "lags", nobody)
    return Cluster()


async def test_a_broker_that_goes_silent_is_waited_for_no_longer_than_asked(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever let time run is told that it takes too long, and no client is left open."""

    async def silent(*_: Any) -> bool:
        await asyncio.sleep(60)
        return True

    monkeypatch.setattr(pipeline, "idle", silent)
    async with asyncio.timeout(10):
        async with pipeline.Quiet(cluster, cluster, "", ["screening"]) as quiet:
            assert not await quiet.wait(WAIT_S)
    assert cluster.made.stopped


async def test_a_time_out_of_a_call_is_not_taken_for_its_own(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says that the broker is away, and not that a stage is late."""

    async def away(*_: Any) -> bool:
        raise TimeoutError

    monkeypatch.setattr(pipeline, "idle", away)
    with pytest.raises(TimeoutError):
        async with pipeline.Quiet(cluster, cluster, "", ["screening"]) as quiet:
            await quiet.wait(60)
    assert cluster.made.stopped
