"""What fault tests are given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.runtime.embedded import EmbeddedKafka
from tests.fault.processes import Stage, stage_on


@pytest.fixture
def stage(kafka: EmbeddedKafka, tmp_path: Path) -> Iterator[Stage]:
    """A counting stage on a real Kafka; its workers end with the test."""
    with stage_on(kafka.bootstrap, tmp_path) as running:
        yield running
