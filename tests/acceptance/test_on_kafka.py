"""Every story, played through the whole deployment: real Kafka, real PostgreSQL, a process for each stage."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from services.projecting.migrate import migrate
from services.replay import worker
from services.runtime import topics
from services.runtime.embedded import EmbeddedKafka
from services.runtime.kafka import admin
from services.runtime.settings import Settings
from tests.acceptance.scenarios import STORIES
from tests.acceptance.scenarios.policies import policies
from tests.support.api_desk import ApiDesk
from tests.support.kafka_player import Deployment, KafkaPlayer
from tests.support.screening import default_rulebook
from tests.support.signals import day

PROJECT = Path(__file__).parents[2]
STAGES = ("screening", "enforcement", "clock", "projecting", "api")
PARTITIONS = 2
SECRET = "acceptance-" * 4
STOP_S_MAX = 15.0
START = day(0)


pytestmark = [pytest.mark.kafka, pytest.mark.acceptance]


def environment(settings: Settings) -> dict[str, str]:
    """What a stage's process is told."""
    return {
        **os.environ,
        "GOODSTANDING_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "GOODSTANDING_TOPIC_PREFIX": settings.topic_prefix,
        "GOODSTANDING_PARTITIONS": str(settings.partitions),
        "GOODSTANDING_TIME_MODE": "events",
        "GOODSTANDING_POSTGRES_DSN": settings.postgres_dsn,
        "GOODSTANDING_IDENTITY_KEY": SECRET,
        "GOODSTANDING_LOG_LEVEL": settings.log_level,
        "GOODSTANDING_API_PORT": str(settings.api_port),
        "GOODSTANDING_API_KEYS_FILE": str(settings.api_keys_file),
    }


@pytest.fixture
def settings(kafka: EmbeddedKafka, database: str, prefix: str, tmp_path: Path) -> Settings:
    """A deployment of its own on the run's servers.

    The shipped rules are compiled and kept before a worker needs them: the first one would be late.
    """
    default_rulebook()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Settings(
        bootstrap_servers=kafka.bootstrap,
        topic_prefix=prefix,
        partitions=PARTITIONS,
        time_mode="events",
        postgres_dsn=database,
        log_level="warning",
        api_port=port,
        api_keys_file=tmp_path / "keys.json",
    )


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Path]:
    """Where the stages' processes write to; shown when a test fails."""
    yield tmp_path
    for path in sorted(tmp_path.glob("*.log")):
        sys.stdout.write(f"--- {path.name}\n{path.read_text()[-4000:]}\n")


def started(stack: ExitStack, settings: Settings, logs: Path) -> None:
    """Start a process for each stage; they are stopped with the stack."""
    for stage in STAGES:
        log = stack.enter_context((logs / f"{stage}.log").open("wb"))
        process = subprocess.Popen(
            [sys.executable, "-m", "services.cli", "worker", stage],
            cwd=PROJECT,
            env=environment(settings),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        stack.callback(_stop, process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def made(settings: Settings) -> None:
    """Make topics and tables."""
    asking = admin(settings.bootstrap_servers)
    await asking.start()
    try:
        await topics.create(asking, settings)
    finally:
        await asking.close()
    await migrate(settings.postgres_dsn)


def proved(settings: Settings) -> str:
    """Run the verifier, a process of its own; what it said. Raises `AssertionError`."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.verifier", "--bootstrap", settings.bootstrap_servers),
            *("--prefix", settings.topic_prefix, "--dsn", settings.postgres_dsn),
        ],
        cwd=PROJECT,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def same(one: Path, other: Path) -> bool:
    """Whether two files hold the same bytes."""
    return one.read_bytes() == other.read_bytes()


async def replayed(settings: Settings, file: Path) -> None:
    """The ledger is exported, and verifies in Kafka and in the file against its heads."""
    heads = await worker.export(settings, file)
    assert await worker.heads(settings) == heads
    for report in (await worker.verify_kafka(settings, heads), worker.verify_export(file)):
        assert report.fault is None, str(report.fault)
        assert report.decided_again == sum(head.count for head in heads.values()) > 0
    again = file.with_name("again.jsonl")
    await worker.export(settings, again)
    assert same(again, file)


@pytest.mark.timeout(1800)
async def test_every_story_goes_as_it_is_told_through_the_whole_deployment(
    settings: Settings, logs: Path
) -> None:
    """What platforms say goes over Kafka, what people decide through the API.

    Expectations hold on the ledger in Kafka; afterwards, the verifier proves all that was written.
    """
    await made(settings)
    with ExitStack() as stack:
        started(stack, settings, logs)
        url = f"http://{settings.api_host}:{settings.api_port}"
        assert settings.api_keys_file is not None
        async with (
            Deployment(settings, policies()) as deployment,
            ApiDesk(url, settings.api_keys_file) as desk,
        ):
            first_day = 0.0
            for number, story in enumerate(STORIES):
                await KafkaPlayer(deployment, story, f"~{number}", first_day, desk).play()
                first_day = (deployment.at - START).days + 1
        assert "all proved" in proved(settings)
        await replayed(settings, logs / "ledger.jsonl")
