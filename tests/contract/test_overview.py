"""The console's overview and what-if over a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from services.keys import ACTIVATE, READ
from services.pulse import days
from services.pulse.days import DAY, Days, add_found
from tests.support.api import NOON, browsing
from tests.support.policies import community
from tests.support.projecting import connected
from tests.support.signals import decided, decision_signal, finding, post_signal, posted
from tests.support.world import World

pytestmark = pytest.mark.kafka

TEXT = (Path(__file__).parents[2] / "policies" / "community.yaml").read_text()
HOLDERS = {"reader": (READ,), "manager": (READ, ACTIVATE)}


@pytest.fixture(scope="module")
def world() -> World:
    """Three strikes on three days before noon; the second was overturned."""
    made = World(community())
    for number, account in enumerate(("ann", "bob", "cat")):
        at = NOON - (3 - number) * DAY
        made.advance(at)
        body = posted(account, f"{account}-1", finding("no-hate", "slur", 3))
        made.send(post_signal(account, body, at, policy_version=made.policy.version))
    strike = list(made.view.strikes.values())[1]
    overturn = decided("bob", "overturn", "strike", strike.id, strike.version)
    at = NOON - timedelta(hours=1)
    made.advance(at)
    made.send(decision_signal("bob", overturn, at, "overturn", policy_version=made.policy.version))
    return made


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every day is counted in one turn, however slow the machine is."""
    monkeypatch.setattr(days, "SPENT_S_MAX", 60.0)


def console(
    database: str, folder: Path, world: World, who: str
) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """A browser in which somebody is signed in."""
    return browsing(database, folder, world, HOLDERS, who)


async def numbers(connection: asyncpg.Connection) -> dict[tuple[int, str, str], int]:
    """What was counted, by days before noon, name and guideline."""
    rows = await connection.fetch("SELECT * FROM desk.pulse_days")
    return {((NOON.date() - row["day"]).days, row["name"], row["guideline"]): row["number"] for row in rows}


async def test_days_are_counted_and_counted_again(database: str, world: World, tmp_path: Path) -> None:
    """What was overturned later counts on the day it began; findings that were seen stay."""
    async with console(database, tmp_path, world, "reader"), connected(database) as connection:
        await add_found(connection, Counter({(NOON.date() - DAY, "no-hate"): 2}))
        await add_found(connection, Counter({(NOON.date() - DAY, "no-hate"): 5}))
        counting = Days()
        await counting.count(connection)
        await counting.count(connection)
        found = await numbers(connection)
        assert {key: number for key, number in found.items() if key[1] in {"strikes", "overturned"}} == {
            (3, "strikes", "no-hate"): 1,
            (2, "strikes", "no-hate"): 1,
            (2, "overturned", "no-hate"): 1,
            (1, "strikes", "no-hate"): 1,
        }
        assert found[1, "findings", "no-hate"] == 7
        assert found[1, "sanctions", "no-hate"] >= 1
        # A day that comes round again is as it is then.
        await connection.execute("UPDATE desk.pulse_days SET number = 99 WHERE name = 'strikes'")
        await Days().count(connection)
        assert await numbers(connection) == found


async def test_the_overview_shows_numbers_and_says_how_old_the_live_ones_are(
    database: str, world: World, tmp_path: Path
) -> None:
    """By guideline with the overturn rate, what waits, and the live part, which can be paused."""
    async with console(database, tmp_path, world, "reader") as browser, connected(database) as connection:
        before = await browser.get("/overview")
        assert before.status_code == 200, before.text
        assert "has never written here" in before.text
        await Days().count(connection)
        await connection.execute(
            "INSERT INTO desk.pulse_state (written_at, started_at, watched, partitions, missed) "
            "VALUES (now(), now(), 8, 8, 0)"
        )
        await connection.execute(
            "INSERT INTO desk.pulse_rates "
            "VALUES ('strikes', 'no-hate', array_fill(2::bigint, ARRAY[60]), 120)"
        )
        await connection.execute(
            "INSERT INTO desk.pulse_feed (at, what, account, guideline, id, detail) "
            "VALUES (now(), 'strike issued', '<b>bob</b>', 'no-hate', 'strike-1', 's3, strike')"
        )
        shown = (await browser.get("/overview?days=7")).text
        assert "33.3 %" in shown  # one of three was overturned
        assert "3 open cases" in shown or "open case" in shown
        assert 'hx-get="/overview/live"' in shown
        live = (await browser.get("/overview/live")).text
        assert ">120<" in live
        assert 'href="/strikes/strike-1"' in live
        assert "<b>bob</b>" not in live
        paused = (await browser.get("/overview?live=off")).text
        assert "hx-get" not in paused.partition('id="live"')[2]
        await connection.execute("UPDATE desk.pulse_state SET written_at = now() - interval '1 minute'")
        assert "these figures are from then" in (await browser.get("/overview/live")).text


async def test_a_candidate_is_held_against_the_ledger_from_the_page(
    database: str, world: World, tmp_path: Path
) -> None:
    """Pasted, run in the background, and shown with what would differ; only for who manages the policy."""
    async with console(database, tmp_path, world, "manager") as browser:
        form = (await browser.get("/policies/what-if")).text
        csrf = form.partition('name="csrf" value="')[2].partition('"')[0]
        candidate = TEXT.replace("s3: {points: 4", "s3: {points: 3")

        async def run(**fields: Any) -> str:
            answer = await browser.post("/policies/what-if", data={"csrf": csrf, **fields})
            assert answer.status_code == 303, answer.text
            for _ in range(600):
                text = (await browser.get(answer.headers["location"])).text
                if "hx-get" not in text.partition('id="run"')[2].partition(">")[0]:
                    return text
                await asyncio.sleep(0.05)
            raise AssertionError("it doesn't come to its end")

        told = await run(text=candidate)
        assert "3 points" in told
        assert 'href="/accounts/ann"' in told
        assert "nothing would differ" in await run(version=world.policy.version)
        faulty = await browser.post("/policies/what-if", data={"csrf": csrf, "text": "name: x"})
        assert faulty.status_code == 422
        assert "The text has faults" in faulty.text
        assert (await browser.get("/policies/what-if/99")).status_code == 404
    async with connected(database) as connection:
        assert await connection.fetchval("SELECT count(*) FROM audit_entries") == len(world.ledger)


async def test_who_may_not_manage_the_policy_sees_no_what_if(
    database: str, world: World, tmp_path: Path
) -> None:
    """Neither the form nor a run."""
    async with console(database, tmp_path, world, "reader") as browser:
        assert (await browser.get("/policies/what-if")).status_code == 403
        assert (await browser.get("/policies/what-if/1")).status_code == 403
