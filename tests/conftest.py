"""What tests are given: a real Kafka and PostgreSQL, started when first asked for, shared by the run."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from services.runtime.embedded import EmbeddedKafka, EmbeddedPostgres

PROJECT = Path(__file__).parents[1]
JARS = PROJECT / ".goodstanding" / "kafka-jars"

# How long an example takes says how busy the machine is, and nothing about the claim.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def stack_folder() -> Iterator[Path]:
    """A folder for the servers' data, removed at the end. Its path is short, unlike those of `tmp_path`."""
    folder = Path(tempfile.mkdtemp(prefix="goodstanding-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka(stack_folder: Path) -> Iterator[EmbeddedKafka]:
    """A Kafka for the whole run. A test that stops or kills it starts it again."""
    with EmbeddedKafka(stack_folder / "kafka", jars=JARS) as running:
        yield running


@pytest.fixture(scope="session")
def postgres(stack_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL for the whole run. A test that stops or kills it starts it again."""
    with EmbeddedPostgres(stack_folder / "postgres") as running:
        yield running


@pytest.fixture
async def database(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The address of a new, empty database for one test."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    await _execute(postgres.dsn, f"CREATE DATABASE {name}")
    yield postgres.dsn_of(name)
    await _execute(postgres.dsn, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def prefix() -> str:
    """A prefix for the topics and groups of one test."""
    return f"test-{uuid.uuid4().hex[:12]}-"


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
