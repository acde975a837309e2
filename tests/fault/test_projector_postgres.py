"""PostgreSQL fails under the projector.

Whatever happens, its tables equal the fold of the committed ledger, once.
"""

from __future__ import annotations

import asyncio
import gc
import resource
from random import Random
from typing import Literal

import asyncpg
import pytest

from projections.recorded import Recorded
from services.runtime.embedded import EmbeddedKafka, EmbeddedPostgres
from tests.contract.test_projecting_tables import same
from tests.support.cutting import Cutting
from tests.support.entries import random_history
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
    until,
)

pytestmark = [pytest.mark.kafka, pytest.mark.fault]


async def histories(bootstrap: str, prefix: str, entries: int, seed: int = 0) -> list[list[Recorded]]:
    """A ledger of two partitions, as sent."""
    await make_topics(bootstrap, prefix)
    print(f"seed {seed}")  # noqa: T201 - a seed is a bug report
    return [
        await send(bootstrap, prefix, random_history(Random(seed + p), entries, 8, p))
        for p in range(PARTITIONS)
    ]


async def never_past_unprocessed(dsn: str) -> None:
    """I6: every position is just past the last entry that the tables hold."""
    async with connected(dsn) as connection:
        rows = await connection.fetch(
            "SELECT held.next, (SELECT max(ledger_offset) FROM build_1.audit_entries AS entry WHERE "
            "entry.partition = held.partition) AS last "
            "FROM stream_offsets AS held WHERE held.reader = 'build_1'"
        )
    for row in rows:
        assert row["next"] == (0 if row["last"] is None else row["last"] + 1)


@pytest.mark.parametrize("how", ["reply_lost", "request_lost"])
async def test_a_connection_cut_at_commit_loses_and_doubles_nothing(
    kafka: EmbeddedKafka, prefix: str, database: str, how: Literal["reply_lost", "request_lost"]
) -> None:
    """The outcome of a COMMIT is unknown to the client; the table of positions knows it."""
    await migrated(database)
    sent = await histories(kafka.bootstrap, prefix, 1_500)
    async with Cutting(database, how, every=2) as proxy:
        async with projector(kafka.bootstrap, prefix, proxy.dsn):
            await until(
                lambda: reached(database, [*sent[0], *sent[1]]),
                "everything is projected in spite of the cuts",
            )
        assert proxy.cuts > 0
    await never_past_unprocessed(database)
    assert same(await held(database), model(*sent))


async def test_backends_terminated_all_the_time_lose_and_double_nothing(
    kafka: EmbeddedKafka, prefix: str, database: str
) -> None:
    """`pg_terminate_backend` hits connections wherever they happen to be."""
    await migrated(database)
    sent = await histories(kafka.bootstrap, prefix, 2_000, seed=20)
    async with projector(kafka.bootstrap, prefix, database), connected(database) as connection:
        random = Random(20)
        for _ in range(30):
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name LIKE 'goodstanding-projecting-%' AND datname = current_database()"
            )
            await asyncio.sleep(random.uniform(0.0, 0.05))
            await never_past_unprocessed(database)
        await until(lambda: reached(database, [*sent[0], *sent[1]]), "everything is projected")
    await never_past_unprocessed(database)
    assert same(await held(database), model(*sent))


async def test_an_immediate_restart_loses_and_doubles_nothing(
    kafka: EmbeddedKafka, prefix: str, postgres: EmbeddedPostgres, database: str
) -> None:
    """The server dies without a word, recovers, and the projector goes on."""
    await migrated(database)
    sent = await histories(kafka.bootstrap, prefix, 2_000, seed=30)
    async with projector(kafka.bootstrap, prefix, database):

        async def begun() -> bool:
            async with connected(database) as connection:
                return bool(await connection.fetchval("SELECT count(*) FROM build_1.audit_entries"))

        await until(begun, "the projector has begun")
        await asyncio.to_thread(postgres.kill)
        await asyncio.to_thread(postgres.start)
        await until(lambda: reached(database, [*sent[0], *sent[1]]), "everything is projected")
    await never_past_unprocessed(database)
    assert same(await held(database), model(*sent))


@pytest.mark.parametrize("down_s", [3.0, pytest.param(60.0, marks=pytest.mark.long)])
async def test_while_postgres_is_down_the_projector_says_so_and_holds_little(
    kafka: EmbeddedKafka, prefix: str, postgres: EmbeddedPostgres, database: str, down_s: float
) -> None:
    """Not ready meanwhile, memory bounded whatever comes in, and everything arrives afterwards."""
    await migrated(database)
    sent = await histories(kafka.bootstrap, prefix, 100, seed=40)
    async with projector(kafka.bootstrap, prefix, database) as worker:
        await until(lambda: reached(database, [*sent[0], *sent[1]]), "the projector has caught up")
        await asyncio.to_thread(postgres.stop)
        try:
            # Nothing comes in, and it notices all the same.
            await until(lambda: any("PostgreSQL is away" in r for r in worker.reasons()), "it isn't ready")
            more = [random_history(Random(50 + p), 1_500, 8, p + PARTITIONS) for p in range(PARTITIONS)]
            moved = [[Recorded(p, e.offset, e.entry, e.data) for e in more[p]] for p in range(PARTITIONS)]
            gc.collect()
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for p in range(PARTITIONS):
                sent[p] += await send(kafka.bootstrap, prefix, moved[p])
            await asyncio.sleep(down_s)
            grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            assert grown_kib < 64 * 1024
            assert all("PostgreSQL is away" in r or "connecting" in r for r in worker.reasons())
        finally:
            await asyncio.to_thread(postgres.start)
        await until(lambda: reached(database, [*sent[0], *sent[1]]), "everything has arrived")
        await until(lambda: worker.reasons() == [], "it is ready again")
    assert same(await held(database), model(*sent))


async def test_a_database_that_was_never_migrated_is_refused(
    kafka: EmbeddedKafka, prefix: str, database: str
) -> None:
    """The worker ends, and the error says what to run."""
    from services.projecting.worker import Projecting
    from services.runtime.faults import Refused
    from services.runtime.kafka import Kafka

    await make_topics(kafka.bootstrap, prefix)
    worker = Projecting(Kafka(kafka.bootstrap), database, prefix=prefix)
    with pytest.raises(Refused, match="goodstanding db migrate"):
        async with asyncio.timeout(30):
            await worker.run()
    with pytest.raises(asyncpg.UndefinedTableError):
        async with connected(database) as connection:
            await connection.fetch("SELECT * FROM stream_offsets")
