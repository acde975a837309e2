"""The desk on a large database: how long people wait for pages and answers, ten of them at once.

Made by COPY, see `desk_rows.py`. PostgreSQL's own counters say which large tables were read from end to end
meanwhile; there should be none.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import asyncpg
import httpx
from rich.console import Console

from benchmarks import desk_rows
from benchmarks.measure import Failed, Worker, median_and_p95_ms
from benchmarks.stack import Stack, community_policy, database, prepare
from services.keys import CAPABILITIES, new_key
from services.runtime.embedded.child import free_port

ACCOUNTS: Final = 1_000_000
OPEN_CASES: Final = 10_000
USERS: Final = 10
ROUNDS: Final = 20
"""How often each user asks for each thing."""
PAUSE_S_MAX: Final = 1.0
"""How long somebody looks at one thing before the next; half as long on average."""
LARGE_ROWS: Final = 100_000
KNOWN: Final = 2_000
"""So many cases and accounts are asked for."""
START_S_MAX: Final = 60.0


class Asked(NamedTuple):
    """What is asked for: a name for the figure, and the paths, of which one is drawn each time."""

    name: str
    paths: Sequence[str]


async def measure(stack: Stack, _: float, seed: int, *, accounts: int = ACCOUNTS) -> dict[str, Any]:
    """Median and 95th percentile, in ms, of each thing."""
    console = Console()
    dsn = await database(stack, "desk")
    settings = stack.settings("desk", dsn)
    await prepare(settings, community_policy())
    community = desk_rows.small(seed)
    copies = -(-accounts // desk_rows.ACCOUNTS)
    began = time.monotonic()
    connection = await desk_rows.writer(dsn)
    try:
        await desk_rows.fill(
            connection, community, copies, OPEN_CASES, lambda said: console.print("  ", said)
        )
        asked = await _asked(connection, community, copies, seed)
    finally:
        await connection.close()
    console.print(f"  filled in {time.monotonic() - began:.0f} s")
    keys = stack.folder / "keys.json"
    key = new_key(keys, "moderator-1", CAPABILITIES)
    port = free_port()
    before = await _scans(dsn)
    with Worker("api", settings, stack.folder, more={"api_port": port, "api_keys_file": keys}) as api:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            await api_ready(api, client)
            await sign_in(client, key)
            took = await _use(client, key, asked, seed)
    scanned = {name: count - before[name] for name, count in (await _scans(dsn)).items()}
    figures: dict[str, Any] = {
        "desk.accounts": copies * desk_rows.ACCOUNTS,
        "desk.entries": copies * community.entries,
        "desk.users": USERS,
        "desk.large_tables": len(scanned),
        "desk.sequential_scans": ", ".join(name for name, count in scanned.items() if count) or "none",
    }
    for name, times in took.items():
        figures |= median_and_p95_ms(f"desk.{name}", times)
    return figures


async def _asked(connection: Any, community: desk_rows.Small, copies: int, seed: int) -> list[Asked]:
    """What people look at: cases and accounts at random, busy ones among them."""
    dice = Random(seed)
    columns, standings = community.rows["standings"]
    patterns = [desk_rows.Pattern(columns, row) for row in standings]
    accounts = []
    for _ in range(KNOWN):
        number = f"{dice.randrange(copies):04x}"
        accounts.append(dice.choice(patterns).copy(number, number.encode(), 0)[columns.index("account")])
    open_cases = [
        row[0]
        for row in await connection.fetch("SELECT case_id FROM cases WHERE status = 'open' LIMIT $1", KNOWN)
    ]
    now = datetime.now(UTC)
    moments = [quote((now - timedelta(days=dice.randrange(200))).isoformat()) for _ in accounts]
    tabs = ("unreviewed", "escalated", "appeals", "mine", "resolved", "all")
    filters = ("", "&guideline=no-selling", "&severity=2", "&urgent=yes", "&kind=report")
    return [
        Asked("queue_page", [f"/queue?tab={tab}{narrowed}" for tab in tabs for narrowed in filters]),
        Asked("case_page", [f"/cases/{case}" for case in open_cases]),
        Asked("account_page", [f"/accounts/{account}" for account in accounts]),
        Asked("overview_page", ["/overview?days=30", "/overview?days=90"]),
        Asked("queue", ["/v1/cases?status=open", "/v1/cases?status=open&urgent=true"]),
        Asked("case", [f"/v1/cases/{case}" for case in open_cases]),
        Asked("standing", [f"/v1/accounts/{account}/standing" for account in accounts]),
        Asked("audit", [f"/v1/accounts/{account}/audit" for account in accounts]),
        Asked(
            "as_of",
            [
                f"/v1/accounts/{account}/standing?as_of={moment}"
                for account, moment in zip(accounts, moments, strict=True)
            ],
        ),
    ]


async def api_ready(api: Worker, client: httpx.AsyncClient) -> None:
    """Wait until the API says that it is ready. Raises `Failed` when it ends, or takes too long."""
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline:
        api.check()
        with suppress(httpx.TransportError):
            if (await client.get("/ready")).status_code == httpx.codes.OK:
                return
        await asyncio.sleep(0.2)
    raise api.failed(f"not ready after {START_S_MAX:.0f} s")


async def sign_in(client: httpx.AsyncClient, key: str) -> None:
    """Begin a session in the console. Raises `Failed` when it is refused."""
    signed = await client.post("/sign-in", data={"key": key})
    if signed.status_code != httpx.codes.SEE_OTHER:
        raise Failed(f"signing in was answered with {signed.status_code}: {signed.text[:500]}")


async def _use(
    client: httpx.AsyncClient, key: str, asked: Sequence[Asked], seed: int
) -> Mapping[str, list[float]]:
    """Ten people, each asking for everything in an order of their own; what is asked for took so many s."""
    took: dict[str, list[float]] = {one.name: [] for one in asked}

    async def person(number: int) -> None:
        dice = Random(seed * USERS + number)
        todo = [one for one in asked for _ in range(ROUNDS)]
        dice.shuffle(todo)
        for one in todo:
            path = dice.choice(one.paths)
            await asyncio.sleep(dice.random() * PAUSE_S_MAX)
            began = time.perf_counter()
            answer = await client.get(path, headers={"X-API-Key": key})
            took[one.name].append(time.perf_counter() - began)
            if answer.status_code != httpx.codes.OK:
                raise Failed(f"`{path}` was answered with {answer.status_code}: {answer.text[:500]}")

    await asyncio.gather(*(person(number) for number in range(USERS)))
    return took


async def _scans(dsn: str) -> dict[str, int]:
    """How often each large table was read from end to end, so far."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT pg_stat_force_next_flush()")
        rows = await connection.fetch(
            "SELECT schemaname || '.' || s.relname AS name, s.seq_scan FROM pg_stat_user_tables s "
            "JOIN pg_class c ON c.oid = s.relid WHERE c.reltuples > $1",
            LARGE_ROWS,
        )
    finally:
        await connection.close()
    return {row["name"]: row["seq_scan"] for row in rows}
