"""Consumed records as workers see them have what aiokafka's have."""

from __future__ import annotations

import pytest
from aiokafka.consumer import fetcher

from services.runtime.embedded import EmbeddedKafka
from services.runtime.records import Consumed, lighten
from tests.contract.worlds import Real, Record, read

pytestmark = pytest.mark.kafka
SHARED = tuple(Consumed.__struct_fields__)


def test_light_records_hold_what_aiokafkas_hold(
    kafka: EmbeddedKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys, values and headers, present and absent."""
    world = Real(kafka.bootstrap)
    pairs = [(b"k", b"v"), (None, b"v"), (b"k", None), (b"", b"")]

    async def scenario() -> tuple[list[Record], list[Record]]:
        await world.create("both", partitions=1)
        await world.produce("both", pairs)
        at = world.at("both", 0)
        plain = await read(world.process(), at)
        monkeypatch.setattr(fetcher, "PartitionRecords", fetcher.PartitionRecords)  # put back afterwards
        lighten()
        return plain, await read(world.process(), at)

    plain, light = world.run(scenario())
    assert len(plain) == len(pairs)
    assert all(type(record) is Consumed for record in light)
    assert [[getattr(record, name) for name in SHARED] for record in light] == [
        [getattr(record, name) for name in SHARED] for record in plain
    ]
