"""Pulse between a real Kafka and a real PostgreSQL, as a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.runtime import topics
from services.runtime.embedded import EmbeddedKafka
from services.runtime.embedded.child import free_port
from services.runtime.kafka import Kafka, admin
from tests.support.entries import T0, Ledger, strike_issued
from tests.support.projecting import connected, make_topics, migrated, send, send_raw, settings, until

pytestmark = pytest.mark.kafka

PROJECT = Path(__file__).parents[2]
STOP_S_MAX = 15.0


class Running:
    """The process, and where it answers."""

    def __init__(self, child: asyncio.subprocess.Process, port: int, log: Path) -> None:
        self.child = child
        self.log = log
        self._port = port

    def reasons(self) -> list[str]:
        """Why it isn't ready."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/ready", timeout=2) as answer:
                return list(json.load(answer)["reasons"])
        except urllib.error.HTTPError as error:
            return list(json.load(error)["reasons"])
        except (OSError, ValueError) as error:
            return [repr(error)]

    async def ready(self) -> bool:
        """Whether it is ready. Fails when it has ended."""
        assert self.child.returncode is None, self.log.read_text()[-3000:]
        return await asyncio.to_thread(self.reasons) == []


@asynccontextmanager
async def pulse(kafka: EmbeddedKafka, prefix: str, dsn: str, folder: Path) -> AsyncIterator[Running]:
    """The worker, stopped at the end as an operator would, and well in time."""
    port, log = free_port(), folder / "pulse.log"
    given = {
        "BOOTSTRAP_SERVERS": kafka.bootstrap,
        "TOPIC_PREFIX": prefix,
        "PARTITIONS": "2",
        "POSTGRES_DSN": dsn,
        "METRICS_PORT": str(port),
    }
    with log.open("wb") as out:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.cli", "worker", "pulse"),
            cwd=PROJECT,
            env={**os.environ, **{f"GOODSTANDING_{name}": value for name, value in given.items()}},
            stdout=out,
            stderr=out,
        )
    try:
        running = Running(child, port, log)
        await until(running.ready, "pulse is ready")
        yield running
        child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_S_MAX):
            assert await child.wait() == 0, log.read_text()[-3000:]
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


def event(type_: str, account: str, /, **data: Any) -> bytes:
    """An outcome as consumers read it, as far as pulse looks at it."""
    return json.dumps(
        {"type": type_, "subject": account, "time": "2026-03-01T12:00:00Z", "data": data}
    ).encode()


async def abort(bootstrap: str, topic: str, value: bytes) -> None:
    """Write a record in a transaction that never was."""
    producer = Kafka(bootstrap).producer(f"{topic}-aborting")
    await producer.start()
    await producer.begin_transaction()
    await (await producer.send(topic, value, b"acc-1", 0))
    await producer.abort_transaction()
    await producer.stop()


async def rates(connection: asyncpg.Connection) -> dict[tuple[str, str], int]:
    """What was counted within the last minute or two."""
    rows = await connection.fetch("SELECT name, label, seconds, minute FROM desk.pulse_rates")
    return {(row["name"], row["label"]): max(sum(row["seconds"]), row["minute"]) for row in rows}


async def test_what_happens_is_seen_in_rates_and_feed(
    kafka: EmbeddedKafka, prefix: str, database: str, tmp_path: Path
) -> None:
    """Rates by guideline, the feed with ids only, lags; and no topic and no offset is left behind."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    made = Ledger()
    before = strike_issued("strike-0", made.now)
    made.add("acc-0", before)
    await send(kafka.bootstrap, prefix, made.entries)
    async with pulse(kafka, prefix, database, tmp_path), connected(database) as connection:
        made = Ledger()
        for number in range(3):
            made.add(f"acc-{number}", strike_issued(f"strike-{number}", T0))
        await send(kafka.bootstrap, prefix, made.entries)
        strike = event(
            "goodstanding.strike.issued.v1", "acc-1",
            strike="strike-1", guideline="no-spam", severity=2, counts_as="strike",
        )  # fmt: skip
        sanction = event(
            "goodstanding.sanction.imposed.v1", "acc-1",
            sanction="sanction-1", kind="suspension", notice={"guideline": "no-spam"},
        )  # fmt: skip
        await send_raw(kafka.bootstrap, f"{prefix}strikes", [(b"acc-1", strike, 0)])
        await abort(kafka.bootstrap, f"{prefix}strikes", strike)
        await send_raw(kafka.bootstrap, f"{prefix}sanctions", [(b"acc-1", sanction, 1)])
        await send_raw(kafka.bootstrap, f"{prefix}dead_letters", [(b"x", b"not ours", 0)] * 4)
        await send_raw(kafka.bootstrap, f"{prefix}posts", [(b"x", b"never read", 0)] * 25)

        async def all_seen() -> bool:
            found = await rates(connection)
            return (
                found.get(("strikes", "no-spam")) == 1
                and found.get(("sanctions", "no-spam")) == 1
                and found.get(("dead_letters", "")) == 4
                and sum(number for (name, _), number in found.items() if name == "signals") == 3
                and 25 <= found.get(("posts", ""), 0) <= 27
            )

        await until(all_seen, "the rates show what was sent")
        feed = await connection.fetch(
            "SELECT what, account, guideline, id, detail FROM desk.pulse_feed ORDER BY line"
        )
        assert {tuple(row) for row in feed} == {
            ("strike issued", "acc-1", "no-spam", "strike-1", "s2, strike"),
            ("sanction imposed", "acc-1", "no-spam", "sanction-1", "suspension"),
        }

        async def lags_told() -> bool:
            rows = await connection.fetch("SELECT stage, topic, behind FROM desk.pulse_lags")
            behind = {(row["stage"], row["topic"]): row["behind"] for row in rows}
            unread = behind.get(("projecting", "ledger"), 0), behind.get(("screening", "posts"), 0)
            return bool(unread[0] >= 4 and unread[1] >= 25)

        await until(lags_told, "what nobody has read shows as lag")
        state = await connection.fetchrow("SELECT *, now() - written_at AS age FROM desk.pulse_state")
        assert (state["watched"], state["partitions"], state["missed"]) == (8, 8, 0)
        assert state["age"].total_seconds() < 5
    client = admin(kafka.bootstrap)
    await client.start()
    try:
        assert await topics.check(client, settings(kafka.bootstrap, prefix, database)) == []
        known = {topic["topic"] for topic in await client.describe_topics()}
        assert not {
            name for name in known if name.startswith(prefix) and ("changelog" in name or "pulse" in name)
        }
        assert await client.list_consumer_group_offsets(f"{prefix}pulse") == {}
    finally:
        await client.close()


async def test_it_survives_a_restart_of_the_broker(
    kafka: EmbeddedKafka, prefix: str, database: str, tmp_path: Path
) -> None:
    """The process stays, becomes ready again, and sees what comes after."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    async with pulse(kafka, prefix, database, tmp_path) as running, connected(database) as connection:
        try:
            await asyncio.to_thread(kafka.stop)
            await until(lambda: running.reasons() != [], "it says that Kafka is away")
            await asyncio.sleep(8)  # longer than a session
        finally:
            await asyncio.to_thread(kafka.start)
        await until(running.ready, "it is ready again")
        strike = event(
            "goodstanding.strike.issued.v1",
            "acc-1",
            strike="s",
            guideline="privacy",
            severity=1,
            counts_as="warning",
        )

        async def seen() -> bool:
            await send_raw(kafka.bootstrap, f"{prefix}strikes", [(b"acc-1", strike, 0)])
            return (await rates(connection)).get(("strikes", "privacy"), 0) >= 1

        await until(seen, "what came after the restart is seen")


async def test_it_waits_for_a_database_that_is_away(
    kafka: EmbeddedKafka, prefix: str, database: str, tmp_path: Path
) -> None:
    """Every connection is cut: it opens another, and goes on."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    async with pulse(kafka, prefix, database, tmp_path) as running, connected(database) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pulse'"
        )
        cut_at = await connection.fetchval("SELECT now()")

        async def written_since() -> bool:
            return bool(await connection.fetchval("SELECT written_at > $1 FROM desk.pulse_state", cut_at))

        await until(written_since, "it writes again")
        assert await running.ready()


async def test_it_stops_at_once_while_the_broker_is_away(
    kafka: EmbeddedKafka, prefix: str, database: str, tmp_path: Path
) -> None:
    """Nobody has to kill it."""
    await migrated(database)
    await make_topics(kafka.bootstrap, prefix)
    try:
        async with pulse(kafka, prefix, database, tmp_path) as running:
            await asyncio.to_thread(kafka.stop)
            await until(lambda: running.reasons() != [], "it says that Kafka is away")
    finally:
        await asyncio.to_thread(kafka.start)
