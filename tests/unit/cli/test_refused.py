"""One dead letter, read at its place in the topic."""

# ruff: noqa: ARG002 - the methods are the port's

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from services.refused import NoTopic, refused_record

OFFSETS = (3, 4, 6)
"""Those that are kept: earlier ones are gone, and nothing is at 5."""


class Topic:
    """A log and its reader: one partition of dead letters. It notes where it was read from."""

    def __init__(self) -> None:
        self.at = 0
        self.sought: list[int] = []

    async def partition_counts(self) -> dict[str, int]:
        """One topic with one partition."""
        return {"dead_letters": 1}

    def reader(self) -> Any:
        """Itself."""
        return self

    async def start(self) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Nothing to do."""

    def assign(self, partitions: Any) -> None:
        """There is one."""

    def seek(self, partition: Any, offset: int) -> None:
        """Go to a place."""
        self.at = offset
        self.sought.append(offset)

    async def position(self, partition: Any) -> int:
        """Where it is."""
        return self.at

    async def getmany(self, partition: Any, timeout_ms: int) -> dict[Any, list[Any]]:
        """All from there on."""
        found = [SimpleNamespace(offset=at, headers=()) for at in OFFSETS if at >= self.at]
        self.at = OFFSETS[-1] + 1
        return {partition: found}

    async def beginning_offsets(self, partitions: Any) -> dict[Any, int]:
        """The first that is kept."""
        return dict.fromkeys(partitions, OFFSETS[0])

    async def end_offsets(self, partitions: Any) -> dict[Any, int]:
        """Behind the last."""
        return dict.fromkeys(partitions, OFFSETS[-1] + 1)


@pytest.mark.parametrize(
    ("partition", "offset", "there"),
    [(0, 4, True), (0, 6, True), (0, 5, False), (0, 2, False), (0, 7, False), (1, 4, False)],
)
async def test_one_dead_letter_is_sought_at_its_place(partition: int, offset: int, there: bool) -> None:
    """Nothing before it is read; what is gone, or never was, isn't taken for its neighbour."""
    topic: Any = Topic()
    found = await refused_record(topic, "", partition, offset)
    assert (found is not None) == there
    if found is not None:
        assert found[1].offset == offset
        assert topic.sought == [offset]


async def test_a_topic_that_is_missing_is_named() -> None:
    """So that the operator can make it."""
    topic: Any = Topic()
    with pytest.raises(NoTopic, match=r"elsewhere\.dead_letters"):
        await refused_record(topic, "elsewhere.", 0, 4)
