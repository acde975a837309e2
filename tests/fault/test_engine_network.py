"""Replies lost on the way: the broker has acted, and the worker can't know."""

# ruff: noqa: ASYNC110 - another process can only be polled

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from services.runtime.embedded import EmbeddedKafka
from tests.contract.verifying import verify
from tests.fault.processes import Stage, stage_on
from tests.fault.proxy import END_TXN, PRODUCE, TXN_OFFSET_COMMIT, Decide, Proxy

pytestmark = [pytest.mark.fault, pytest.mark.kafka, pytest.mark.timeout(180)]

EVERY = 5
LOST_MIN = 3


def every(key: int, nth: int) -> Decide:
    """Name each n-th reply of one kind."""
    seen = 0

    def decide(found: int) -> bool:
        nonlocal seen
        seen += found == key
        return found == key and seen % nth == 0

    return decide


@pytest.mark.parametrize("dies", [False, True], ids=["lives", "dies"])
@pytest.mark.parametrize("key", [PRODUCE, END_TXN, TXN_OFFSET_COMMIT], ids=["produce", "end", "offsets"])
def test_a_lost_reply_neither_loses_nor_doubles(
    kafka: EmbeddedKafka, tmp_path: Path, key: int, dies: bool
) -> None:
    """Whether the worker lives on, or dies right afterwards."""
    broker_port = int(kafka.bootstrap.rpartition(":")[2])

    async def scenario(stage: Stage) -> None:
        await stage.create()
        await stage.send(300)
        async with Proxy(broker_port) as proxy:
            worker = stage.worker(bootstrap=f"127.0.0.1:{proxy.port}", records_max=10, instance="one")
            proxy.lose(every(key, EVERY))
            async with asyncio.timeout(60):
                while proxy.lost < (1 if dies else LOST_MIN):
                    await asyncio.sleep(0.02)
            if dies:
                worker.signal(signal.SIGKILL)
                await worker.exit_code()
            proxy.lose(lambda _: False)
            if dies:
                stage.worker(instance="one")
            assert await verify(stage.world, stage.group, partitions=stage.partitions) == 600

    with stage_on(kafka.bootstrap, tmp_path) as stage:
        stage.world.run(scenario(stage))
