"""What a core is handed: bounded, the first input first, nobody starved."""

from __future__ import annotations

import pytest
from aiokafka.structs import ConsumerRecord, TopicPartition

from services.runtime import inbox
from services.runtime.inbox import Inbox, Page, Pages
from tests.contract.worlds import Simulated

INPUTS = ("first", "posts", "reports")


def page(topic: str, count: int, size: int = 1, since: int = 0) -> Page:
    """Records of one topic."""
    return [
        ConsumerRecord(topic, 0, since + n, 0, 0, b"k", b"x" * size, 0, 1, size, ()) for n in range(count)
    ]


def counts(pages: Pages) -> dict[str, int]:
    """How many of each."""
    return {topic: len(one) for topic, one in pages.items()}


def test_a_batch_within_its_bounds_is_handed_in_whole() -> None:
    """The same objects, uncopied."""
    pages = {"a": page("a", 3), "b": page("b", 2)}
    batch, rest = inbox._bound(pages, 5)
    assert batch is pages
    assert rest == {}


def test_a_batch_is_bounded_by_records_over_all_inputs() -> None:
    """The rest comes next, in order."""
    batch, rest = inbox._bound({"a": page("a", 3), "b": page("b", 4)}, 5)
    assert (counts(batch), counts(rest)) == ({"a": 3, "b": 2}, {"b": 2})
    assert [record.offset for record in rest["b"]] == [2, 3]


def test_a_batch_is_bounded_by_bytes_and_never_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """One record that is larger than the bound makes a batch of its own."""
    monkeypatch.setattr(inbox, "BATCH_BYTES_MAX", 100)
    batch, rest = inbox._bound({"a": page("a", 1, 500), "b": page("b", 3, 40)}, 1_000)
    assert (counts(batch), counts(rest)) == ({"a": 1}, {"b": 3})
    batch, rest = inbox._bound(rest, 1_000)
    assert (counts(batch), counts(rest)) == ({"b": 2}, {"b": 1})


async def _inbox(world: Simulated, records: dict[str, int]) -> Inbox:
    await world.create(*INPUTS, partitions=1)
    member = world.process().member("group", None)
    ats: dict[str, TopicPartition] = {topic: world.at(topic, 0) for topic in INPUTS}
    member.take([*ats.values()])
    member.assigned.set()
    for topic, at in ats.items():
        member.seek(at, 0)
        await world.produce(topic, [(b"k", b"v")] * records.get(topic, 0))
    return Inbox(member, ats, 10)


def test_the_first_input_is_polled_first_and_the_others_take_turns() -> None:
    """A backlog of posts can't starve reports."""
    world = Simulated()

    async def scenario() -> None:
        box = await _inbox(world, {"first": 4, "posts": 100, "reports": 100})
        assert [counts(await box.next()) for _ in range(4)] == [
            {"first": 4, "posts": 6},
            {"reports": 10},
            {"posts": 10},
            {"reports": 10},
        ]

    world.run(scenario())


def test_what_a_step_left_over_is_handed_in_first() -> None:
    """Before anything new, and in offset order."""
    world = Simulated()

    async def scenario() -> None:
        box = await _inbox(world, {"posts": 15})
        first = await box.next()
        box.put_back({"posts": first["posts"][7:]})
        second = await box.next()
        assert [record.offset for record in second["posts"]] == [7, 8, 9]
        assert [record.offset for record in (await box.next())["posts"]] == [10, 11, 12, 13, 14]

    world.run(scenario())


def test_nothing_is_left_of_what_was_cleared() -> None:
    """After a failure the position is set anew, and everything comes again from the log."""
    world = Simulated()

    async def scenario() -> None:
        box = await _inbox(world, {"posts": 10})
        box.put_back(await box.next())
        box.clear()
        assert await box.next() == {}

    world.run(scenario())
