"""The first contact with a broker: tried again while it is away, given up when told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from services.runtime.contact import Contact
from services.runtime.faults import Refused

WAIT_S_MAX = 5.0


class Member:
    """A member that starts once there is a broker. `left`: how often there is none before."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.stopped = 0

    async def start(self) -> None:
        """Start, or find nobody."""
        if self.left:
            self.left -= 1
            raise KafkaConnectionError("nobody there")

    async def stop(self) -> None:
        """Count it."""
        self.stopped += 1


async def checked() -> str:
    """All is as it must be."""
    return "counts"


async def test_it_is_tried_again_until_there_is_a_broker() -> None:
    """What was started in vain is stopped each time, and meanwhile it says what it waits for."""
    member: Any = Member(left=2)
    contact = Contact("a stage")
    assert contact.why
    async with asyncio.timeout(WAIT_S_MAX):
        assert await contact.reach(lambda: member, checked) == (member, "counts")
    assert (member.stopped, contact.why) == (2, "")


async def test_whoever_is_told_to_stop_meanwhile_waits_no_longer() -> None:
    """Not even until the next try."""
    member: Any = Member(left=1_000)
    contact = Contact("a stage")
    reaching = asyncio.create_task(contact.reach(lambda: member, checked))
    while "nobody there" not in contact.why:  # noqa: ASYNC110 - it can only be polled
        await asyncio.sleep(0.01)
    contact.give_up()
    async with asyncio.timeout(0.05):
        assert await reaching is None


async def test_what_more_time_does_not_mend_is_raised() -> None:
    """And the member is stopped."""

    async def wrong() -> None:
        raise Refused("topic `posts` is missing")

    member: Any = Member(left=0)
    with pytest.raises(Refused, match="is missing"):
        await Contact("a stage").reach(lambda: member, wrong)
    assert member.stopped == 1
