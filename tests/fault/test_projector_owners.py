"""Two projectors on one partition, and projectors that come and go.

Only one commits, nothing is lost or doubled.
"""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from projections.recorded import Recorded
from services.projecting import partition as partitions
from services.runtime.embedded import EmbeddedKafka
from tests.contract.test_projecting_tables import same
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


async def both(bootstrap: str, prefix: str, entries: int, seed: int) -> list[list[Recorded]]:
    """A ledger of two partitions, as sent."""
    await make_topics(bootstrap, prefix)
    print(f"seed {seed}")  # noqa: T201 - a seed is a bug report
    return [
        await send(bootstrap, prefix, random_history(Random(seed + p), entries, 8, p))
        for p in range(PARTITIONS)
    ]


async def test_two_projectors_that_both_believe_they_own_a_partition(
    kafka: EmbeddedKafka, prefix: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The epoch lets one of them write; the other stays away, longer from loss to loss."""
    monkeypatch.setattr(partitions, "LOST_S_MIN", 0.5)
    monkeypatch.setattr(partitions, "BATCH_RECORDS_MAX", 50)
    await migrated(database)
    sent = await both(kafka.bootstrap, prefix, 1_000, seed=60)
    # Two groups: neither is told of the other, so each believes that it owns every partition.
    async with (
        projector(kafka.bootstrap, prefix, database) as one,
        projector(kafka.bootstrap, prefix, database, group="another-group") as two,
    ):
        await until(lambda: reached(database, [*sent[0], *sent[1]]), "everything is projected")
        epochs = await epoch_sum(database)
        await asyncio.sleep(2)
        assert await epoch_sum(database) - epochs <= 8
        assert one.reasons() != two.reasons() or one.reasons() == []
    assert same(await held(database), model(*sent))


async def epoch_sum(dsn: str) -> int:
    """How often partitions have been taken over, all in all."""
    async with connected(dsn) as connection:
        return int(await connection.fetchval("SELECT sum(epoch) FROM stream_offsets"))


async def test_projectors_that_join_and_leave_under_load(
    kafka: EmbeddedKafka, prefix: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1, 2, 3 and 1 again: each partition has one owner who commits, and everything arrives."""
    monkeypatch.setattr(partitions, "BATCH_RECORDS_MAX", 20)
    await migrated(database)
    sent = await both(kafka.bootstrap, prefix, 2_000, seed=70)
    async with projector(kafka.bootstrap, prefix, database) as stays:
        async with projector(kafka.bootstrap, prefix, database):
            await asyncio.sleep(0.5)
            async with projector(kafka.bootstrap, prefix, database):
                await asyncio.sleep(0.5)
        await until(lambda: reached(database, [*sent[0], *sent[1]]), "everything is projected")
        await until(lambda: stays.reasons() == [], "the one that stays is ready")
    assert same(await held(database), model(*sent))


async def test_a_projector_cancelled_in_mid_batch_leaves_nothing_half_done(
    kafka: EmbeddedKafka, prefix: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a killed process would, its tasks end anywhere; the next one goes on from what was committed."""
    monkeypatch.setattr(partitions, "BATCH_RECORDS_MAX", 20)
    await migrated(database)
    sent = await both(kafka.bootstrap, prefix, 600, seed=80)
    random = Random(80)
    for _ in range(4):
        async with projector(kafka.bootstrap, prefix, database) as worker:
            await until(lambda: worker._tasks != {}, "it has begun")
            await asyncio.sleep(random.uniform(0.05, 0.4))
            for task in list(worker._tasks.values()):
                task.cancel()
            worker._tasks.clear()
            worker._parts.clear()
    async with projector(kafka.bootstrap, prefix, database):
        await until(lambda: reached(database, [*sent[0], *sent[1]]), "everything is projected")
    assert same(await held(database), model(*sent))
