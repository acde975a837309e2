"""The console's queue over a real PostgreSQL: what comes first, how pages go on, by which index."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from events import ledger
from events.capabilities import DECIDE_APPEALS
from services.answers import BadPage
from services.api import retention
from services.api.console import leases, queue
from services.api.console.queries import SQL
from services.api.console.queue import Asked
from services.keys import READ, Operator
from services.runtime.settings import Settings
from tests.support.entries import PERSON, Ledger, case_finding
from tests.support.projecting import apply, connected, migrated

pytestmark = pytest.mark.kafka

WHO = Operator("ada", frozenset({READ}))
CASES = 24


def waiting() -> Ledger:
    """Open cases of every severity, some urgent, opened in an order that is neither."""
    made = Ledger()
    dice = Random(7)
    for number in range(CASES):
        case, severity = f"case-{number:02}", dice.randrange(5)
        opened = ledger.CaseOpened(
            case, f"post:{number}", "finding", dice.random() < 0.3, "looks like spam", made.now
        )
        found = replace(case_finding(str(number), made.now), severity=severity)
        made.add(f"acc-{dice.randrange(9)}", opened, ledger.CaseUpdated(case, 1, made.now, finding=found))
    return made


@pytest.fixture
async def db(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A database in which they wait."""
    await migrated(database)
    await apply(database, waiting().entries)
    async with connected(database) as connection:
        yield connection


def place(case: Any) -> tuple[Any, ...]:
    """Where a case belongs in the queue."""
    return not case["urgent"], -case["severity"], case["opened_at"], case["case_id"]


async def test_the_urgent_come_first_then_the_gravest_then_the_oldest(db: asyncpg.Connection) -> None:
    """Though urgent ones are less grave, and grave ones younger, than others."""
    cases = [row.case for row in (await queue.cases(db, WHO, Asked())).rows]
    assert len(cases) == CASES
    assert cases == sorted(cases, key=place)
    assert len({(case["urgent"], case["severity"]) for case in cases}) > 5
    grave = (await queue.cases(db, WHO, Asked(severity=3))).rows
    assert [row.case for row in grave] == [case for case in cases if case["severity"] >= 3]


@pytest.mark.parametrize("tab", ["unreviewed", "all"])
async def test_pages_hold_every_case_once(
    db: asyncpg.Connection, tab: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever way a tab is sorted, a page goes on where the one before ended."""
    whole = [row.case["case_id"] for row in (await queue.cases(db, WHO, Asked(tab=tab))).rows]
    monkeypatch.setattr(queue, "ROWS", 5)
    walked, after = [], ""
    while True:
        shown = await queue.cases(db, WHO, Asked(tab=tab, after=after))
        walked += [row.case["case_id"] for row in shown.rows]
        after = shown.next
        if not after:
            break
    assert walked == whole


@pytest.mark.parametrize(
    "after", ["x", "1/2026-03-01T00:00:00Z/c", "2/9/2026-03-01T00:00:00Z/c", "1/2/2026-03-01T00:00:00/c"]
)
async def test_what_is_no_page_is_refused(db: asyncpg.Connection, after: str) -> None:
    """An address that somebody made up reads nothing."""
    with pytest.raises(BadPage):
        await queue.cases(db, WHO, Asked(after=after))


async def test_the_next_case_is_the_first_that_nobody_else_has(
    db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many others have, beyond a page too; nobody's own case is the next one after itself."""
    order = [row.case["case_id"] for row in (await queue.cases(db, WHO, Asked())).rows]
    monkeypatch.setattr(queue, "ROWS", 5)
    for case in order[:12]:
        await leases.take(db, case, "bea")
    assert await queue.next_waiting(db, WHO, beside=order[0]) == order[12]
    await leases.take(db, order[12], WHO.actor)
    assert await queue.next_waiting(db, WHO, beside=order[0]) == order[12]
    for case in order[13:]:
        await leases.take(db, case, "bea")
    assert await queue.next_waiting(db, WHO, beside=order[12]) is None


async def test_a_page_is_read_from_the_queues_index(db: asyncpg.Connection) -> None:
    """From where the one before ended, in its order: nothing is sorted, nothing before it is read."""
    await db.execute("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off")
    page = SQL["queue_open"] + "SELECT * FROM page"
    end = (True, 2, waiting().now, "case-05")
    asked: tuple[Any, ...] = (None, None, None, None, None, [], None, None, *end, 10)
    plan = "\n".join(row[0] for row in await db.fetch("EXPLAIN " + page, *asked))
    assert "Index Scan using cases_queue" in plan
    assert "Index Cond: (ROW((NOT urgent), (- severity)" in plan
    assert "Sort" not in plan


def appealed(made: Ledger, number: int) -> str:
    """Somebody files an appeal; its id."""
    appeal = f"appeal-{number}"
    strike = f"strike-{number}"
    filed = ledger.AppealFiled(
        appeal, f"own-{number}", strike, "strike", "account", (strike,), None, made.now, made.now
    )
    made.add(f"acc-{number}", filed)
    return appeal


async def test_whoever_may_answer_appeals_is_told_of_each_once(database: str) -> None:
    """Each of them; nobody else. With nothing to tell nothing is written; what was answered is forgotten."""
    await migrated(database)
    made, ada, bea = Ledger(), *(Operator(name, frozenset({READ, DECIDE_APPEALS})) for name in ("ada", "bea"))
    made.now -= timedelta(days=3_650)  # what will be answered some day isn't forgotten
    appeals = [appealed(made, number) for number in range(2)]
    await apply(database, made.entries)
    async with connected(database) as db:
        assert await queue.new_appeals(db, WHO) == 0
        assert [await queue.new_appeals(db, one) for one in (ada, ada, bea, bea)] == [2, 0, 2, 0]
        seen = len(made.entries)
        appealed(made, 2)
        denied = ledger.AppealDecided(
            appeals[0], "own-0", "strike-0", "denied", (), 2, PERSON, "reason", made.now, None
        )
        made.add("acc-0", denied)
        await apply(database, made.entries[seen:])
        assert [await queue.new_appeals(db, ada), await queue.new_appeals(db, ada)] == [1, 0]
        async with db.transaction():
            await queue.new_appeals(db, ada)
            assert await db.fetchval("SELECT pg_current_xact_id_if_assigned()") is None
        (answered,) = [kept for kept in retention.kept(Settings()) if kept.table == "appeals_told"]
        assert await retention.forget(db, answered) == 2
        kept = await db.fetch("SELECT appeal FROM desk.appeals_told WHERE actor = 'ada' ORDER BY appeal")
        assert [row["appeal"] for row in kept] == ["appeal-1", "appeal-2"]
