"""Every contract test that asks for `world` runs against the simulated log and against a real Kafka."""

from __future__ import annotations

import hypothesis  # noqa: F401 - imported by its plugin at the very end, the parser of Python 3.11 fails
import pytest

from services.runtime.embedded import EmbeddedKafka
from tests.contract.worlds import Real, Simulated, World


@pytest.fixture(params=["simulated", pytest.param("real", marks=pytest.mark.kafka)])
def world(request: pytest.FixtureRequest) -> World:
    """The simulated log, or a real Kafka."""
    if request.param == "simulated":
        return Simulated()
    kafka: EmbeddedKafka = request.getfixturevalue("kafka")
    return Real(kafka.bootstrap)
