"""Rebuilding beside the live tables, comparing row by row, and swapping."""

from __future__ import annotations

from random import Random

import pytest

from projections import fold
from services.projecting import builds
from services.projecting.purge import purge
from services.projecting.rebuild import rebuild
from services.runtime.embedded import EmbeddedKafka
from services.runtime.faults import Refused
from tests.contract.test_projecting_tables import same
from tests.support.entries import random_history
from tests.support.projecting import (
    PARTITIONS,
    apply,
    connected,
    held,
    make_topics,
    migrated,
    model,
    projector,
    reached,
    send,
    until,
)

pytestmark = pytest.mark.kafka


async def test_a_rebuild_equals_the_live_tables_and_is_swapped_in(
    kafka: EmbeddedKafka, prefix: str, database: str
) -> None:
    """The new build holds the same rows, and the views show it."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    sent = [
        await send(kafka.bootstrap, prefix, random_history(Random(p), 200, 5, p)) for p in range(PARTITIONS)
    ]
    for partition in sent:
        await apply(database, partition, 30)
    seen: list[tuple[int, int]] = []
    report = await rebuild(kafka.bootstrap, database, prefix=prefix, progress=lambda *now: seen.append(now))
    assert report.equal
    assert report.swapped
    assert report.entries == 400
    assert seen[-1][0] == 400
    async with connected(database) as connection:
        live = await builds.live(connection)
        assert live is not None
        assert live.number == report.build == 2
        assert await connection.fetchval("SELECT count(*) FROM audit_entries") == 400
    assert same(await held(database), model(*sent))


async def test_what_differs_is_reported_row_by_row_and_if_equal_keeps_the_live_tables(
    kafka: EmbeddedKafka, prefix: str, database: str
) -> None:
    """A row changed by hand, one deleted, one added: each is counted and named."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    sent = await send(kafka.bootstrap, prefix, random_history(Random(3), 200, 5, 0))
    await apply(database, sent)
    async with connected(database) as connection:
        await connection.execute("UPDATE build_1.standings SET active_points = 99 WHERE account = 'acc-0-1'")
        strike = await connection.fetchval(
            "DELETE FROM build_1.strikes WHERE strike = (SELECT min(strike) FROM build_1.strikes) RETURNING "
            "strike"
        )
        await connection.execute("INSERT INTO build_1.purges VALUES ('nobody', 1)")
    report = await rebuild(kafka.bootstrap, database, prefix=prefix, swap="if_equal")
    found = {difference.table: difference for difference in report.differences if not difference.equal}
    assert not report.swapped
    assert found.keys() == {"standings", "strikes"}
    assert (found["standings"].changed, found["standings"].examples) == (1, ["changed: acc-0-1"])
    assert (found["strikes"].added, found["strikes"].examples) == (1, [f"added: {strike}"])
    async with connected(database) as connection:
        live = await builds.live(connection)
        assert live is not None
        assert live.number == 1
        assert await builds.others(connection) == []


async def test_a_rebuild_brings_a_purged_account_back(
    kafka: EmbeddedKafka, prefix: str, database: str
) -> None:
    """The ledger still has everything."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    sent = await send(kafka.bootstrap, prefix, random_history(Random(4), 100, 3, 0))
    await apply(database, sent)
    async with connected(database) as connection:
        await purge(connection, "acc-0-1")
    report = await rebuild(kafka.bootstrap, database, prefix=prefix)
    assert not report.equal
    assert report.swapped
    assert same(await held(database), model(sent))


async def test_a_live_worker_moves_over_to_the_new_build(
    kafka: EmbeddedKafka, prefix: str, database: str
) -> None:
    """It projects before, during and after the swap, and misses nothing."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    history = random_history(Random(5), 400, 5, 0)
    sent = await send(kafka.bootstrap, prefix, history[:300])
    async with projector(kafka.bootstrap, prefix, database) as worker:
        await until(lambda: worker.reasons() == [], "the worker is ready")
        report = await rebuild(kafka.bootstrap, database, prefix=prefix)
        assert report.equal
        sent += await send(kafka.bootstrap, prefix, history[300:])
        await until(lambda: reached(database, sent), "everything is in the new build", wait_s=20)
        await until(lambda: worker.reasons() == [], "the worker is ready again")
    assert same(await held(database), model(sent))


async def test_two_rebuilds_at_once_are_refused(kafka: EmbeddedKafka, prefix: str, database: str) -> None:
    """The second is told to wait."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    async with connected(database) as connection:
        from services.projecting.rebuild import LOCK

        await connection.fetchval("SELECT pg_advisory_lock($1)", LOCK)
        with pytest.raises(Refused, match="another rebuild is under way"):
            await rebuild(kafka.bootstrap, database, prefix=prefix)


async def test_a_new_version_is_filled_beside_the_old_and_swapped(
    kafka: EmbeddedKafka, prefix: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old version stays until then, and is kept as retired afterwards."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    sent = await send(kafka.bootstrap, prefix, random_history(Random(6), 50, 3, 0))
    await apply(database, sent)
    monkeypatch.setattr(fold, "VERSION", 2)
    report = await rebuild(kafka.bootstrap, database, prefix=prefix)
    assert report.swapped
    async with connected(database) as connection:
        live = await builds.live_of_this_version(connection)
        assert (live.number, live.version) == (2, 2)
        assert [build.number for build in await builds.others(connection)] == [1]


async def test_what_the_desk_keeps_is_untouched(kafka: EmbeddedKafka, prefix: str, database: str) -> None:
    """A lease taken before a rebuild is there after it."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    sent = await send(kafka.bootstrap, prefix, random_history(Random(6), 20, 3, 0))
    await apply(database, sent)
    async with connected(database) as connection:
        await connection.execute(
            "INSERT INTO desk.leases (case_id, actor, until) VALUES ('case-1', 'ada', now())"
        )
        await rebuild(kafka.bootstrap, database, prefix=prefix)
        assert await connection.fetchval("SELECT case_id FROM desk.leases") == "case-1"
