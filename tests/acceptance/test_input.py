"""What platforms send, bad and personal, through the whole deployment on real Kafka and PostgreSQL."""

from __future__ import annotations

import asyncio
import re
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.structs import ConsumerRecord

from events.catalogue import INPUT_BYTES_MAX, TOPICS
from events.codec import decode_entry
from events.dead_letters import DeadLetter, from_headers, original_headers
from events.ledger import StrikeIssued
from services.runtime.kafka import plain_producer
from services.runtime.settings import Settings
from tests.acceptance.test_on_kafka import logs, made, settings, started  # noqa: F401  # fixtures
from tests.support.kafka_player import Deployment
from tests.support.policies import community
from tests.support.signals import day
from tests.support.topics import committed_records

pytestmark = [pytest.mark.kafka, pytest.mark.acceptance]

CURSE = "you are a fucking idiot"
MS = 1000
PROJECTED_S_MAX = 60.0


def event(what: str, subject: str, number: int, data: dict[str, Any]) -> dict[str, Any]:
    """An event as a platform sends it, on the first day."""
    return {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "/platform",
        "type": f"goodstanding.{what}.v1",
        "subject": subject,
        "time": day(0).isoformat(),
        "data": data,
    }


def post(number: int, **changed: Any) -> dict[str, Any]:
    """A post of `ann` that breaks a guideline."""
    data = {"post": f"p{number}", "revision": 1, "body": f"{CURSE} ({number})"}
    return event("post.created", "ann", number, data) | changed


def bytes_of(thing: Any) -> bytes:
    """As it is sent."""
    return msgspec.json.encode(thing)


def without(thing: dict[str, Any], name: str) -> dict[str, Any]:
    """The same without one field of its data."""
    return thing | {"data": {key: value for key, value in thing["data"].items() if key != name}}


BAD: dict[str, tuple[str, bytes | None, bytes | None]] = {
    # what is wrong: (the code that its producer reads, key, value)
    "no JSON": ("json_invalid", b"ann", b'{"specversion": "1.0", '),
    "no value": ("value_missing", b"ann", None),
    "no key": ("key_missing", None, bytes_of(post(901))),
    "another's key": ("key_mismatch", b"bea", bytes_of(post(902))),
    "unknown type": ("type_unknown", b"ann", bytes_of(post(903, type="goodstanding.post.craeted.v1"))),
    "unknown version": ("version_unknown", b"ann", bytes_of(post(904, type="goodstanding.post.created.v9"))),
    "a report among posts": (
        "type_misplaced",
        b"ann",
        bytes_of(post(905, type="goodstanding.report.filed.v1")),
    ),
    "a field missing": ("field_missing", b"ann", bytes_of(without(post(906), "revision"))),
    "a field of another kind": (
        "field_invalid",
        b"ann",
        bytes_of(post(907) | {"data": {**post(907)["data"], "revision": "first"}}),
    ),
    "an address as account": (
        "field_invalid",
        b"ann@company.example",
        bytes_of(post(908, subject="ann@company.example")),
    ),
    "too old": ("too_old", b"ann", bytes_of(post(909, time=day(-60).isoformat()))),
    "no time zone": ("field_invalid", b"ann", bytes_of(post(910, time="2026-03-01T12:00:00"))),
}


@pytest.mark.timeout(300)
async def test_bad_input_ends_in_a_dead_letter_with_a_remedy_and_its_neighbours_pass(
    settings: Settings,  # noqa: F811
    logs: Path,  # noqa: F811
) -> None:
    """Each kind of bad record, between two good ones, is kept byte for byte with a reason."""
    await made(settings)
    with ExitStack() as stack:
        started(stack, settings, logs)
        async with Deployment(settings, {"default": community()}) as deployment:
            await deployment.advance(day(0))
            await deployment.activate("default")
            await _send_bad_between_good(settings)
            await deployment.quiet()
        dead = await committed_records(settings, ["dead_letters"])
        struck = await _struck_posts(settings)
    told = [(record, _reason(record)) for record in dead]
    assert len(told) == len(BAD)
    for name, (code, key, value) in BAD.items():
        [(record, letter)] = [
            (record, letter) for record, letter in told if (record.key, record.value) == (key, value)
        ]
        assert letter.reason.code == code, name
        assert letter.reason.where, name
        assert letter.reason.expected, name
        assert letter.reason.remedy, name
        assert letter.topic == "posts", name
        assert original_headers(record.headers) == (("trace", b"t-1"),), name
    assert struck == {f"p{number}" for number in range(len(BAD) + 1)}


async def _send_bad_between_good(settings: Settings) -> None:  # noqa: F811
    """All to one partition, so that neighbours are neighbours; the oversize one is refused to its sender."""
    producer = plain_producer(settings.bootstrap_servers)
    await producer.start()
    at = {"timestamp_ms": int(day(0).timestamp() * MS), "partition": 0}
    topic = settings.topic("posts")
    try:
        await producer.send_and_wait(topic, bytes_of(post(0)), key=b"ann", **at)
        for number, (_, key, value) in enumerate(BAD.values(), start=1):
            await producer.send_and_wait(topic, value, key=key, headers=[("trace", b"t-1")], **at)
            await producer.send_and_wait(topic, bytes_of(post(number)), key=b"ann", **at)
        with pytest.raises(MessageSizeTooLargeError):
            await producer.send_and_wait(topic, b"x" * (INPUT_BYTES_MAX + 1), key=b"ann", **at)
    finally:
        await producer.stop()


def _reason(record: ConsumerRecord) -> DeadLetter:
    letter = from_headers(record.headers)
    assert letter is not None
    return letter


async def _struck_posts(settings: Settings) -> set[str]:  # noqa: F811
    entries = [decode_entry(record.value) for record in await committed_records(settings, ["ledger"])]
    return {
        outcome.post or ""
        for entry in entries
        for outcome in entry.outcomes
        if isinstance(outcome, StrikeIssued)
    }


CARD = "4539 5787 6362 1486"
ADDRESS = "zelda.fitz@northmail.net"
PASSWORD = "hunter2-Xq9!vb"
SECRETS = tuple(
    form.encode()
    for form in (CARD, CARD.replace(" ", ""), ADDRESS, ADDRESS.upper(), "zelda.fitz", "northmail", PASSWORD)
)
TEXT = f"her card is {CARD}, write to {ADDRESS}, password: {PASSWORD}"
READABLE = {"posts", "reports", "accounts", "decisions", "contents", "dead_letters"}
"""What is read with the right capability only: inputs, contents, and refused input."""
ADDRESS_OF_METRICS = re.compile(r"health and metrics on (http://[\d.]+:\d+)")


def personal_events() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A card number, an address and a password wherever a platform or a person can write text."""
    profile = {
        "handle": "bea",
        "display_name": TEXT,
        "company": TEXT,
        "title": TEXT,
        "business_address": ADDRESS,
    }
    yield "accounts", "bea", event("account.registered", "bea", 1, {"kind": "person", "profile": profile})
    data = {
        "post": "p1",
        "revision": 1,
        "body": TEXT,
        "title": TEXT,
        "links": [{"url": f"https://shop.example/?to={ADDRESS}", "text": TEXT}],
        "attachments": [{"name": f"{ADDRESS}.txt", "media_type": "text/plain", "size_bytes": 3}],
    }
    yield "posts", "ann", event("post.created", "ann", 2, data)
    about = {"account": "ann", "post": "p1", "revision": 1}
    report = {"about": about, "reason": "privacy", "text": TEXT, "report_copy": {"body": TEXT, "links": []}}
    yield (
        "reports",
        "bea",
        event("report.filed", "bea", 3, {"report": "r1", "reporter": {"account": "bea"}, **report}),
    )
    yield (
        "reports",
        "ann",
        event("report.filed", "ann", 4, {"report": "r2", "reporter": {"email": ADDRESS}, **report}),
    )
    decision = {"reason": TEXT, "actor": {"id": "mod:cleo", "capabilities": ["decisions.write"]}}
    yield "decisions", "account:ann", event("decision.note", "ann", 5, decision)
    yield "posts", "ann", event("post.created", "ann", 6, {"post": TEXT, "revision": 1, "body": TEXT})


@pytest.mark.timeout(300)
async def test_personal_text_is_found_in_contents_and_nowhere_else(
    settings: Settings,  # noqa: F811
    logs: Path,  # noqa: F811
) -> None:
    """A card number, an address and a password are in no other topic, table, log or metric."""
    settings = settings.model_copy(update={"log_level": "debug"})
    await made(settings)
    with ExitStack() as stack:
        started(stack, settings, logs)
        async with Deployment(settings, {"default": community()}) as deployment:
            await deployment.advance(day(0))
            await deployment.activate("default")
            await deployment.send(*personal_events())
            await deployment.quiet()
        contents = await _until_projected(settings)
        metrics = await asyncio.to_thread(_metrics, logs)
        log_files = await asyncio.to_thread(_logs, logs)
    struck = await _struck_posts(settings)
    tables = await _tables(settings)
    records = await committed_records(settings, TOPICS.keys() - READABLE)
    written = [
        part for record in records for part in (record.key, record.value, *dict(record.headers).values())
    ]
    headers = [
        value for record in await committed_records(settings, ["dead_letters"]) for _, value in record.headers
    ]
    assert struck == {"p1"}, "the post must have been struck, or nothing was looked at"
    assert all(secret in contents for secret in (CARD.encode(), ADDRESS.encode(), PASSWORD.encode()))
    assert any(b"goodstanding_findings" in page for page in metrics)
    everywhere = {
        "topics": [part for part in written if part],
        "headers of dead letters": headers,
        "tables": tables,
        "logs": log_files,
        "metrics": metrics,
    }
    for where, pieces in everywhere.items():
        assert pieces, f"nothing was read of {where}"
        for piece in pieces:
            for secret in SECRETS:
                assert secret not in piece, f"`{secret.decode()}` in {where}: {piece[:300]!r}"


def _logs(logs: Path) -> list[bytes]:  # noqa: F811
    """What each worker has logged."""
    return [path.read_bytes() for path in sorted(logs.glob("*.log"))]


def _metrics(logs: Path) -> list[bytes]:  # noqa: F811
    """What each worker's metrics say."""
    found = (ADDRESS_OF_METRICS.search(path.read_text()) for path in sorted(logs.glob("*.log")))
    return [urllib.request.urlopen(f"{at[1]}/metrics", timeout=10).read() for at in found if at]


async def _until_projected(settings: Settings) -> bytes:  # noqa: F811
    """The side table of contents, once the projector has written all that there is."""
    connection = await asyncpg.connect(settings.postgres_dsn)
    try:
        async with asyncio.timeout(PROJECTED_S_MAX):
            while True:
                rows = await connection.fetch("SELECT value FROM contents")
                entries = await connection.fetchval("SELECT count(*) FROM audit_entries")
                ledger = len(await committed_records(settings, ["ledger"]))
                kept = len({record.key for record in await committed_records(settings, ["contents"])})
                texts = b"\n".join(row["value"] for row in rows)
                if entries == ledger and len(rows) == kept > 0:
                    return texts
                await asyncio.sleep(0.2)
    finally:
        await connection.close()


async def _tables(settings: Settings) -> list[bytes]:  # noqa: F811
    """Every row of every table but that of contents, byte columns as they are."""
    connection = await asyncpg.connect(settings.postgres_dsn)
    try:
        tables = await connection.fetch(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'"
            " AND table_name <> 'contents'"
        )
        found: list[bytes] = []
        for schema, table in tables:
            for row in await connection.fetch(f'SELECT * FROM "{schema}"."{table}"'):
                found += [
                    v if isinstance(v, bytes) else str(v).encode() for v in row.values() if v is not None
                ]
        return found
    finally:
        await connection.close()
