"""What the API forgets of its own tables, over a real PostgreSQL."""

from __future__ import annotations

import asyncpg
import pytest

from services.api import retention
from services.runtime import metrics
from services.runtime.settings import Settings
from tests.support.projecting import connected, migrated

pytestmark = pytest.mark.kafka

ROWS = 2_500
"""More than go at once."""
INSERTS = {
    "access_log": """
        INSERT INTO desk.access_log (at, actor, method, route, result, status)
        SELECT now() - make_interval(days => $1, secs => n), 'ada', 'GET', '/v1/cases', 'seen', 200
        FROM generate_series(1, $2) AS n""",
    "decisions": """
        INSERT INTO desk.decisions (asked_at, decision, actor, request, entity, verb, since)
        SELECT now() - make_interval(days => $1, secs => n), $1 || '-' || n, 'ada', '', 'account:a', 'note', 0
        FROM generate_series(1, $2) AS n""",
    "sessions": """
        INSERT INTO desk.sessions (expires_at, token_hash, key_digest, actor, csrf)
        SELECT now() - make_interval(days => $1, secs => n), convert_to($1 || '-' || n, 'UTF8'), '', 'ada', ''
        FROM generate_series(1, $2) AS n""",
    "appeals_told": """
        WITH answered AS (
            INSERT INTO appeals (
                decided_at, appeal, account, about, about_kind, strikes, status, filed_as, filed_by, filed_at,
                open_until, fallen, version, change, sequence, partition, ledger_offset,
                recorded_at, effective_at
            )
            SELECT
                now() - make_interval(days => $1, secs => n), $1 || '-' || n, 'a', 's', 'strike', '{}',
                'denied', 'own', 'account', now(), now(), '{}', 2, 1, 1, 0, n, now(), now()
            FROM generate_series(1, $2) AS n
            RETURNING appeal
        )
        INSERT INTO desk.appeals_told (actor, appeal) SELECT 'ada', appeal FROM answered""",
}


async def left(connection: asyncpg.Connection, table: str) -> int:
    """How many rows a table of the desk has."""
    found: int = await connection.fetchval(f"SELECT count(*) FROM desk.{table}")
    return found


@pytest.mark.parametrize("table", INSERTS)
async def test_what_was_kept_for_its_time_goes_and_nothing_younger(
    database: str, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that is old, in however many steps, and counted; two who do so at once take each row once."""
    monkeypatch.setattr(retention, "PAUSE_S", 0.0)
    await migrated(database)
    (one,) = [kept for kept in retention.kept(Settings()) if kept.table == table]
    before = metrics.FORGOTTEN_ROWS.labels(table)._value.get()
    async with connected(database) as connection, connected(database) as other:
        await connection.execute(INSERTS[table], one.days, ROWS)
        await connection.execute(INSERTS[table], one.days - 1, 7)
        async with other.transaction():
            assert await other.fetchval(retention.SQL[one.forget], one.days, 10) == 10
            assert await retention.forget(connection, one) == ROWS - 10
        assert await left(connection, table) == 7
        assert await retention.forget(connection, one) == 0
    assert metrics.FORGOTTEN_ROWS.labels(table)._value.get() == before + ROWS - 10


async def test_old_rows_are_found_by_an_index(database: str) -> None:
    """Every hour nobody reads all of a table that holds nothing old, or of all appeals."""
    await migrated(database)
    async with connected(database) as connection:
        await connection.execute("SET enable_seqscan = off")
        indexes = ("access_log_at", "decisions_asked", "sessions_expire", "appeals_pkey")
        for one, index in zip(retention.kept(Settings()), indexes, strict=True):
            query = "EXPLAIN " + retention.SQL[one.forget]
            plan = "\n".join(row[0] for row in await connection.fetch(query, one.days, 1_000))
            assert index in plan, plan
