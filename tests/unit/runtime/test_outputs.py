"""Where outputs go, and in which batches."""

from __future__ import annotations

import pytest
from aiokafka.partitioner import murmur2 as reference
from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from services.runtime import outputs
from services.runtime.faults import Oversize, Refused
from services.runtime.limits import OUTPUT_BYTES_MAX
from services.runtime.outputs import Router, murmur2
from services.runtime.stage import Output
from tests.contract.worlds import Simulated


@given(st.binary(max_size=60))
def test_keys_hash_as_kafkas_own_clients_hash_them(key: bytes) -> None:
    """Else a record would end in another partition than its entity's."""
    assert murmur2(key) == reference(key) & 0x7FFFFFFF


def test_outputs_go_where_their_key_hashes_or_where_they_say() -> None:
    """A record with neither goes home, so that the same batch gives the same bytes in the same place."""
    router = Router("p.", {"p.a": 16, "p.b": 4})
    groups = router.group(
        [
            Output("a", b"key", b"1"),
            Output("a", b"key", b"2"),
            Output("a", b"key", b"3", partition=5),
            Output("b", None, b"4"),
        ],
        home=6,
    )
    assert {at: [output.value for output in group] for at, group in groups.items()} == {
        TopicPartition("p.a", murmur2(b"key") % 16): [b"1", b"2"],
        TopicPartition("p.a", 5): [b"3"],
        TopicPartition("p.b", 2): [b"4"],
    }


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (Output("missing", b"k", b"v"), r"unknown topic `p\.missing`.*topics create"),
        (Output("a", b"k", b"v", partition=16), r"partition 16 of topic `p\.a` doesn't exist: it has 16"),
    ],
)
def test_a_destination_that_does_not_exist_is_named_with_its_remedy(output: Output, message: str) -> None:
    """Rather than waiting for it until the transaction times out."""
    with pytest.raises(Refused, match=message):
        Router("p.", {"p.a": 16}).group([output], home=0)


def test_remembered_hashes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys come from users."""
    monkeypatch.setattr(outputs, "ROUTES_MAX", 10)
    router = Router("", {"a": 4})
    router.group([Output("a", b"%d" % number, b"") for number in range(95)], home=0)
    assert len(router._hashes) <= 10


def test_a_full_batch_is_sent_and_the_next_one_begun() -> None:
    """In order, and nothing twice."""
    world = Simulated()

    async def scenario() -> None:
        await world.create("a", partitions=1)
        producer = world.process().producer("id")
        await producer.start()
        await producer.begin_transaction()
        sent = [Output("a", b"k", b"%05d" % number + b"x" * 100_000) for number in range(25)]
        futures = await outputs.send(producer, {world.at("a", 0): sent})
        assert len(futures) == 3
        for future in futures:
            await future
        entries = world.broker.logs[world.at("a", 0)]
        assert [entry.record.value[:5] for entry in entries if entry.record] == [
            b"%05d" % n for n in range(25)
        ]

    world.run(scenario())


def test_a_record_that_no_topic_takes_is_named_before_it_is_sent() -> None:
    """The broker would refuse it again and again."""
    world = Simulated()

    async def scenario() -> None:
        producer = world.process().producer("id")
        await producer.start()
        await producer.begin_transaction()
        with pytest.raises(Oversize, match=r"for topic `fake\.a`, expected at most 1040000"):
            await outputs.send(producer, {world.at("a", 0): [Output("a", b"k", b"x" * OUTPUT_BYTES_MAX)]})

    world.run(scenario())
