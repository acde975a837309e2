"""The projector between a real Kafka and a real PostgreSQL."""

from __future__ import annotations

from random import Random

import pytest
from prometheus_client import REGISTRY

from events.contents import Content, encode_content
from events.ledger import ReferralProposed, ReferralSettled
from events.signals import Actor
from services.projecting import contents
from services.runtime import reading
from services.runtime.embedded import EmbeddedKafka
from services.runtime.kafka import Kafka
from tests.contract.test_projecting_tables import same
from tests.support.entries import T0, Ledger, random_history, strike_issued
from tests.support.projecting import (
    PARTITIONS,
    connected,
    held,
    make_topics,
    migrated,
    model,
    projector,
    reached,
    send,
    send_raw,
    until,
)

pytestmark = pytest.mark.kafka


async def test_the_committed_ledger_arrives_whole(kafka: EmbeddedKafka, prefix: str, database: str) -> None:
    """PostgreSQL equals the fold of the ledger, and the worker says that it is ready."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    sent = [
        await send(kafka.bootstrap, prefix, random_history(Random(p), 300, 6, p)) for p in range(PARTITIONS)
    ]
    async with projector(kafka.bootstrap, prefix, database) as worker:
        assert worker.reasons() != []
        await until(lambda: reached(database, [*sent[0], *sent[1]]), "both partitions are projected")
        await until(lambda: worker.reasons() == [], "the worker is ready")
    assert same(await held(database), model(*sent))


async def test_a_restarted_worker_goes_on_where_postgres_is(
    kafka: EmbeddedKafka, prefix: str, database: str
) -> None:
    """What comes between two workers arrives once; Kafka's own offsets aren't asked."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    history = random_history(Random(7), 200, 4, 0)
    sent = await send(kafka.bootstrap, prefix, history[:100])
    async with projector(kafka.bootstrap, prefix, database):
        await until(lambda: reached(database, sent), "the first half is projected")
    sent += await send(kafka.bootstrap, prefix, history[100:])
    async with projector(kafka.bootstrap, prefix, database):
        await until(lambda: reached(database, sent), "the second half is projected")
    assert same(await held(database), model(sent))


async def test_an_aborted_transaction_never_arrives(kafka: EmbeddedKafka, prefix: str, database: str) -> None:
    """Only the committed ledger counts."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    history = random_history(Random(8), 40, 4, 0)
    producer = Kafka(kafka.bootstrap).producer(f"{prefix}aborting")
    await producer.start()
    await producer.begin_transaction()
    await (await producer.send(f"{prefix}ledger", history[0].data, b"account:x", 0))
    await producer.abort_transaction()
    await producer.stop()
    sent = await send(kafka.bootstrap, prefix, history)
    async with projector(kafka.bootstrap, prefix, database):
        await until(lambda: reached(database, sent), "what was committed is projected")
    assert same(await held(database), model(sent))


async def test_a_record_that_cant_be_applied_stops_its_partition_and_is_named(
    kafka: EmbeddedKafka, prefix: str, database: str
) -> None:
    """Everything before it is applied, nothing after it, and other partitions go on."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    before = await send(kafka.bootstrap, prefix, random_history(Random(9), 90, 4, 0))
    await send_raw(kafka.bootstrap, f"{prefix}ledger", [(b"account:x", b'{"entity": 1}', 0)])
    await send(kafka.bootstrap, prefix, random_history(Random(10), 10, 4, 0))
    other = await send(kafka.bootstrap, prefix, random_history(Random(11), 50, 4, 1))
    async with projector(kafka.bootstrap, prefix, database) as worker:
        await until(
            lambda: any("is stopped" in reason for reason in worker.reasons()), "the partition has stopped"
        )
        await until(lambda: reached(database, other), "the other partition is projected")
        [reason] = worker.reasons()
    assert f"offset {before[-1].offset + 2}" in reason
    assert same(await held(database), model(before, other))


async def test_contents_are_put_and_erased_and_a_hold_beats_an_erasure(
    kafka: EmbeddedKafka, prefix: str, database: str
) -> None:
    """A tombstone erases, except what is held; that goes when the hold is released."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)

    def content(ref: str, text: str) -> tuple[bytes, bytes, int]:
        return ref.encode(), encode_content(Content(ref, "acc-1", "post", text, T0, T0, post="post-1")), 0

    topic = f"{prefix}contents"
    await send_raw(
        kafka.bootstrap,
        topic,
        [
            content("ref-1", "first"),
            content("ref-1", "second"),
            content("ref-2", "kept"),
            content("ref-3", "gone"),
        ],
    )
    async with projector(kafka.bootstrap, prefix, database), connected(database) as connection:

        async def refs() -> list[str]:
            return [row["ref"] for row in await connection.fetch("SELECT ref FROM contents ORDER BY ref")]

        async def are(*expected: str) -> bool:
            return await refs() == list(expected)

        await until(lambda: are("ref-1", "ref-2", "ref-3"), "contents have arrived")
        assert (await reading.contents(connection, "ref-1")).text == "second"
        await contents.place_hold(connection, "legal-1", ["ref-2"], "person:ann")
        await send_raw(kafka.bootstrap, topic, [(b"ref-2", None, 0), (b"ref-3", None, 0)])
        await until(lambda: are("ref-1", "ref-2"), "what isn't held is erased")
        await contents.release_hold(connection, "legal-1")
        assert await refs() == ["ref-1"]
        with pytest.raises(reading.NotFound, match="`ref-2`"):
            await reading.contents(connection, "ref-2")


async def test_what_a_referral_is_about_is_held_until_it_is_turned_down(
    kafka: EmbeddedKafka, prefix: str, database: str
) -> None:
    """What it names and whatever is kept of its posts; another's content isn't."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)

    def content(ref: str, post: str | None) -> tuple[bytes, bytes, int]:
        return ref.encode(), encode_content(Content(ref, "acc-1", "post", "text", T0, T0, post=post)), 0

    topic = f"{prefix}contents"
    await send_raw(
        kafka.bootstrap,
        topic,
        [content("named", None), content("of-post", "post-1"), content("other", "post-2")],
    )
    made = Ledger()
    actor = Actor("person", "mod-bea")
    proposed = ReferralProposed(
        "ref-1", "case-2", "case-1", False, ("post-1",), ("named",), actor, None, None, made.now
    )
    async with projector(kafka.bootstrap, prefix, database), connected(database) as connection:

        async def are(*expected: str) -> bool:
            rows = await connection.fetch("SELECT ref FROM contents ORDER BY ref")
            return [row["ref"] for row in rows] == list(expected)

        await until(lambda: are("named", "of-post", "other"), "contents have arrived")
        made.add("acc-1", proposed)
        sent = await send(kafka.bootstrap, prefix, made.entries)
        await until(lambda: reached(database, sent), "the referral is projected")
        await send_raw(
            kafka.bootstrap, topic, [(b"named", None, 0), (b"of-post", None, 0), (b"other", None, 0)]
        )
        await until(lambda: are("named", "of-post"), "what isn't held is erased")
        made.add("acc-1", ReferralSettled("ref-1", "dismissed", actor, None, made.now))
        await send(kafka.bootstrap, prefix, made.entries[1:])
        await until(are, "what was asked to be erased meanwhile is erased")


async def test_lag_tools_are_given_a_hint(kafka: EmbeddedKafka, prefix: str, database: str) -> None:
    """Positions are committed to the group too, and measured."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    made = Ledger()
    made.add("acc-1", strike_issued("strike-1", made.now))
    sent = await send(kafka.bootstrap, prefix, made.entries)
    async with projector(kafka.bootstrap, prefix, database) as worker:
        await until(lambda: reached(database, sent), "the entry is projected")
        at = next(at for at in worker._parts if at.topic.endswith("ledger") and at.partition == 0)

        async def hinted() -> bool:
            return bool(await worker._member.committed(at) == sent[0].offset + 1)

        await until(hinted, "the group's offset follows")
        position = REGISTRY.get_sample_value(
            "goodstanding_projection_position", {"projection": "ledger", "partition": "0"}
        )
        assert position == sent[0].offset + 1
