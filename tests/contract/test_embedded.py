"""The embedded stack is a real Kafka and PostgreSQL, which can be stopped, killed and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.runtime.embedded import EmbeddedError, EmbeddedKafka, EmbeddedPostgres
from tests.conftest import JARS, PROJECT

pytestmark = pytest.mark.kafka


async def test_kafka_keeps_a_record_over_a_restart_and_a_kill(kafka: EmbeddedKafka, prefix: str) -> None:
    """What was written in a transaction can be read after a restart and after a crash, on the same port."""
    topic = prefix + "posts"
    before = kafka.bootstrap
    await create_topic(kafka.bootstrap, topic)
    await write(kafka.bootstrap, topic, b"kept")
    assert await read_first(kafka.bootstrap, topic) == b"kept"

    await asyncio.to_thread(kafka.restart)
    assert await read_first(kafka.bootstrap, topic) == b"kept"

    await asyncio.to_thread(kafka.kill)
    assert not kafka.running
    await asyncio.to_thread(kafka.start)
    assert await read_first(kafka.bootstrap, topic) == b"kept"
    assert kafka.bootstrap == before


async def test_postgres_keeps_what_was_committed_over_a_kill(
    postgres: EmbeddedPostgres, database: str
) -> None:
    """What was committed is there after a crash and after a restart, at the same address."""
    await execute(database, "CREATE TABLE notes (body text); INSERT INTO notes VALUES ('kept')")

    await asyncio.to_thread(postgres.kill)
    assert not postgres.running
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await asyncpg.connect(database)
    await asyncio.to_thread(postgres.start)
    assert await fetch(database, "SELECT body FROM notes") == "kept"

    await asyncio.to_thread(postgres.restart)
    assert await fetch(database, "SELECT body FROM notes") == "kept"


async def test_postgres_asks_for_its_password(postgres: EmbeddedPostgres) -> None:
    """Another user of the machine who finds the port doesn't get in."""
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.dsn, password="guessed")


def test_each_database_is_a_new_one(database: str) -> None:
    """A test is given an empty database of its own."""
    assert asyncio.run(fetch(database, "SELECT count(*) FROM pg_stat_user_tables")) == 0


def test_the_same_folder_is_not_used_twice(postgres: EmbeddedPostgres) -> None:
    """A second server on the same folder is refused, and the message names who holds it."""
    with pytest.raises(EmbeddedError, match=rf"in use by process {os.getpid()}: stop that first"):
        EmbeddedPostgres(postgres.folder).start()


def test_servers_die_with_a_killed_parent(tmp_path: Path) -> None:
    """SIGKILL leaves the parent no time to clean up, and nothing is left running all the same."""
    program = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from services.runtime.embedded import EmbeddedKafka, EmbeddedPostgres
        kafka = EmbeddedKafka(Path({str(tmp_path / "kafka")!r}), jars=Path({str(JARS)!r})).start()
        postgres = EmbeddedPostgres(Path({str(tmp_path / "postgres")!r})).start()
        print(kafka.pid(), postgres.pid, flush=True)
        time.sleep(600)
    """)
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    servers = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(servers) == 2
    assert all(alive(pid) for pid in servers)

    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in servers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in servers)


async def create_topic(bootstrap: str, topic: str) -> None:
    """Make a topic of one partition and wait until it has a leader."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def write(bootstrap: str, topic: str, value: bytes) -> None:
    """Write one record in a transaction."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"{topic}-writer")
    await producer.start()
    try:
        async with producer.transaction():
            await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def read_first(bootstrap: str, topic: str) -> bytes:
    """The first committed value of a topic of one partition; commits become visible a little later."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="none"
    )
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        async with asyncio.timeout(20):
            record = await consumer.getone(partition)
        return bytes(record.value or b"")
    finally:
        await consumer.stop()


async def execute(dsn: str, statement: str) -> None:
    """Run statements."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def fetch(dsn: str, query: str) -> object:
    """The first value of a query's answer."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet counts as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
